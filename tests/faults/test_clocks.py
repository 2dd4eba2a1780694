"""Clocks hours off, set while at work, and the hall's midnight and New Year in the middle of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from clerk_client.domain.clock import HALL_OFFSET
from clerk_client.domain.numbers import is_official_number, sequence_of
from tests.faults.clocks import set_clock
from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import Record, told
from tests.faults.town import a_town, forms

_HOUR = 3600.0


def test_a_windows_clock_that_is_hours_off_and_jumps_while_at_work_changes_no_number(
    tmp_path: Path, record_property: Record
) -> None:
    with a_town(tmp_path) as town:
        (window,) = town.windows
        clock = tmp_path / "clock"
        for begin, then in ((-5, 7), (9, -9), (0, 40), (30, -2)):
            set_clock(clock, begin * _HOUR)
            jump = ["set_clock", str(clock), then * _HOUR]
            acts = [*forms(3, prints=2), ["deliver"], jump, *forms(3, prints=2), ["deliver"]]
            assert window.live(acts, clock=str(clock)) in (0, 3)
        town.finish()
        told(record_property, town, ensure_exactly_once(town))


def test_over_midnight_and_new_year_numbers_are_of_the_year_of_the_act(
    tmp_path: Path, record_property: Record
) -> None:
    """Both clocks stand 5 s before the hall's New Year, then 5 s after it; numbers that were leased
    for the old year are burnt."""
    now = datetime.now(UTC).astimezone(HALL_OFFSET)
    new_year = datetime(now.year + 1, 1, 1, tzinfo=HALL_OFFSET)
    before = (new_year - timedelta(seconds=60) - now).total_seconds()
    with a_town(tmp_path) as town:
        (window,) = town.windows
        # An enrolment code ends after some days.
        assert window.live([]) == 0
        clock = tmp_path / "clock"
        set_clock(clock, before)
        town.service.kill()
        town.service.clock = str(clock)
        assert town.service.start()
        jump = ["set_clock", str(clock), before + 120]
        acts = [*forms(3), ["deliver"], jump, *forms(4), ["deliver"], *forms(3), ["deliver"]]
        assert window.live(acts, clock=str(clock)) == 0
        assert window.live([["deliver"]], clock=str(clock)) == 0
        shown = [said["shown"] for said in window.said if "shown" in said]
        official = [number for number in shown if is_official_number(number)]
        years = [sequence_of(number)[1] for number in official]
        assert years[:3] == [now.year] * 3
        assert set(years[3:]) == {now.year + 1}
        assert len(years[3:]) >= 3
        town.service.kill()
        told(record_property, town, ensure_exactly_once(town))

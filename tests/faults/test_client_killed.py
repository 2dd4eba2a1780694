"""The client is killed before and after everything it does: every step that reaches out of it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ledger import Findings, ensure_exactly_once
from tests.faults.town import Town, Window, a_town, forms
from tests.helpers.fault_points import Moment, chosen

Record = Callable[[str, object], None]


def acts() -> list[list[Any]]:
    """A morning that passes every kind of step: leases, papers, a void, a reprint, deliveries."""
    return [*forms(3, prints=2), ["deliver"], ["void_last"], ["reprint_last"], ["deliver"]]


def passed_in(window: Window, work: list[list[Any]], noted: Path) -> list[str]:
    """The steps of a whole life."""
    noted.unlink(missing_ok=True)
    assert window.live(work, noted=str(noted)) == 0
    return noted.read_text(encoding="utf-8").splitlines()


def killed_and_gone_on(window: Window, moments: list[Moment]) -> set[str]:
    """A life each, whose clerk first does again what the one before left open. The steps hit."""
    hit = set()
    for moment in moments:
        again = [["accept", key] for key in window.left_open()]
        code = window.live([*again, *acts()], kill_at=moment)
        if code == -9:
            hit.add(window.steps[-1])
    return hit


def told(record: Record, town: Town, findings: Findings) -> None:
    record("kills", town.kills)
    record("records", findings.lines)


def systematic(folder: Path, record: Record, each: int, first_only: bool) -> None:
    with a_town(folder) as town:
        (window,) = town.windows
        assert window.live(acts()) == 0
        ordinary = passed_in(window, acts(), folder / "ordinary")
        # What a start does that finds a paper in doubt and a form left open.
        between = next(s for s in ordinary if s.startswith("after link in"))
        assert window.live(acts(), kill_at=(between, 1)) == -9
        recovering = passed_in(window, acts(), folder / "recovering")
        steps = chosen(ordinary + recovering, each=each, first_only=first_only)
        hit = killed_and_gone_on(window, list(steps))
        town.finish()
        findings = ensure_exactly_once(town)
        told(record, town, findings)
        missed = {name for name, _ in steps} - hit
        # Not every life has everything to do: another one may have settled it already.
        assert len(missed) <= len(steps) // 10, missed


def test_a_client_killed_at_every_step_loses_nothing_and_numbers_nothing_twice(
    tmp_path: Path, record_property: Record
) -> None:
    """A cut of it: some of the steps, each at its first passage."""
    systematic(tmp_path, record_property, each=35, first_only=True)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_client_killed_at_every_step_first_middle_and_last(
    tmp_path: Path, record_property: Record
) -> None:
    systematic(tmp_path, record_property, each=1, first_only=False)


def test_a_station_killed_in_its_first_start_gets_there_in_the_next(
    tmp_path: Path, record_property: Record
) -> None:
    """Keys made and kept, enrolled, journal made, first lease: each kill needs a new station."""
    first_starts(tmp_path, record_property, each=40)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_station_killed_at_every_step_of_its_first_start_gets_there_in_the_next(
    tmp_path: Path, record_property: Record
) -> None:
    first_starts(tmp_path, record_property, each=1)


def first_starts(folder: Path, record: Record, each: int) -> None:
    with a_town(folder) as town:
        (window,) = town.windows
        steps = chosen(passed_in(window, forms(1), folder / "first"), each=each, first_only=True)
        for at, step in enumerate(steps):
            new = new_station(town, window, folder / f"station-{at}")
            new.live(forms(1), kill_at=step)
            assert new.steps, step
        town.finish()
        told(record, town, ensure_exactly_once(town))


def new_station(town: Town, beside: Window, folder: Path) -> Window:
    folder.mkdir()
    shutil.copy(beside.key, folder)
    return town.add_window(beside.clerk, folder, beside.nursery)


def test_a_station_put_back_from_an_image_and_killed_while_it_sets_the_journal_aside(
    tmp_path: Path, record_property: Record
) -> None:
    set_aside(tmp_path, record_property, each=25)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_station_put_back_from_an_image_and_killed_at_every_step_of_setting_aside(
    tmp_path: Path, record_property: Record
) -> None:
    set_aside(tmp_path, record_property, each=1)


def set_aside(folder: Path, record: Record, each: int) -> None:
    """What it accepted on the old copy before it was told is set aside with it, and stays readable;
    what it accepted after the image was made is at the hall."""
    with a_town(folder) as town:
        (window,) = town.windows
        image = folder / "image"
        put_back(town, window, image)
        steps = chosen(
            [s for s in passed_in(window, forms(1), folder / "aside") if "start_anew" in s],
            each=each,
            first_only=True,
        )
        assert steps
        for at, step in enumerate(steps):
            new = new_station(town, window, folder / f"station-{at}")
            put_back(town, new, folder / f"image-{at}")
            new.live(forms(1), kill_at=step)
            assert new.steps, step
        town.finish()
        told(record, town, ensure_exactly_once(town))


def put_back(town: Town, window: Window, image: Path) -> None:
    """Until the hall has told the old copy that it is one: the next start sets it aside."""
    assert window.live([*forms(2), ["deliver"]]) == 0
    shutil.copytree(window.journal.parent, image)
    assert window.live([*forms(2), ["deliver"]]) == 0
    shutil.rmtree(window.journal.parent)
    shutil.copytree(image, window.journal.parent)
    assert window.live([["deliver"]]) == 0
    assert window.said[-1]["blocked"] == "JOURNAL_BEHIND"

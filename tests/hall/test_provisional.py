"""临时受理号: what a window gave by itself is taken once, and gets an official number."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

from clerk_client.domain.clock import hall_day
from clerk_client.domain.numbers import (
    is_official_number,
    official_number,
    provisional_number,
    sequence_of,
)
from clerk_client.wire.lines import Line
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal, Json
from tests.hall.test_corrections import corrected
from tests.hall.test_voids import SETTLED, decided, refused, requested, waiting
from tests.helpers.small_hall import HALL, OTHER_WINDOW, WINDOW


def today() -> date:
    return hall_day(datetime.now(UTC))


def provisional(journal: Journal, sequence: int, window: str = WINDOW) -> str:
    return provisional_number(window, today(), journal.id, sequence)


def answers(desk: Desk, *lines: Line) -> list[Json]:
    answer = desk.post("records", {"lines": [line.to_json() for line in lines]})
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["answers"]
    return found


def test_a_provisional_number_gets_an_official_one_and_the_same_each_time(
    signed_in: Desk, journal: Journal
) -> None:
    line = journal.accepted(number=provisional(journal, 1), decided_offline=True)
    first = answers(signed_in, line)[0]
    assert first["outcome"] == "settled"
    assert is_official_number(first["official"])
    hall, year, epoch, _ = sequence_of(first["official"])
    assert (hall, year, epoch) == (HALL, today().year, 1)
    again = answers(signed_in, line)[0]
    assert (again["outcome"], again["official"]) == ("already_settled", first["official"])
    twice = journal.accepted(number=provisional(journal, 1))
    assert signed_in.sent(twice) == [refused("NUMBER_TAKEN")]


def test_an_official_number_needs_no_other(signed_in: Desk, journal: Journal) -> None:
    line = journal.accepted()
    assert answers(signed_in, line, line)[1]["official"] == ""


def test_windows_that_come_back_at_once_never_get_the_same_number(
    town: Town, signed_in: Desk
) -> None:
    journals = [Journal(town.keys["C01"], signed_in.key) for _ in range(4)]
    batches = [
        [each.accepted(number=provisional(each, n)) for n in range(1, 55)] for each in journals
    ]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda lines: answers(signed_in, *lines), batches))
    given = [each["official"] for batch in told for each in batch]
    assert all(is_official_number(number) for number in given)
    assert len(set(given)) == 4 * 54
    leased = Journal(town.keys["C01"], signed_in.key)
    block = leased.lease(signed_in)
    ours = {sequence_of(number)[3] for number in given}
    assert not ours & set(range(block["first"], block["last"] + 1))


def test_a_journal_cannot_use_the_numbers_that_the_hall_keeps_for_it(
    signed_in: Desk, journal: Journal
) -> None:
    first = answers(signed_in, journal.accepted(number=provisional(journal, 1)))[0]
    hall, year, epoch, sequence = sequence_of(first["official"])
    next_one = official_number(hall, year, epoch, sequence + 1)
    assert (
        signed_in.sent(
            journal.accepted(number=first["official"]), journal.accepted(number=next_one)
        )
        == [refused("NUMBER_NOT_LEASED")] * 2
    )
    second = answers(signed_in, journal.accepted(number=provisional(journal, 2)))[0]
    assert second["official"] == next_one


def test_a_provisional_number_of_another_window_day_or_journal_is_refused(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    other = Journal(town.keys["C01"], signed_in.key)
    assert signed_in.sent(
        journal.accepted(number=provisional(other, 1)),
        journal.accepted(number=provisional(journal, 1, OTHER_WINDOW)),
        journal.accepted(number=provisional_number(WINDOW, date(2026, 1, 2), journal.id, 1)),
        journal.accepted(number=provisional(journal, 1)[:-1] + "~"),
        journal.accepted(number=provisional(journal, 1)),
    ) == [*[refused("PROVISIONAL_OTHER")] * 3, refused("NUMBER_FORM"), SETTLED]


def test_voids_and_corrections_may_name_either_number(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    supervisor = town.desk()
    supervisor.sign_in(town.keys["S01"])
    own = provisional(journal, 1)
    official = answers(signed_in, journal.accepted(number=own))[0]["official"]
    assert signed_in.sent(
        corrected(journal, official, "department_internal"),
        corrected(journal, own, "department_internal"),
        requested(journal, official),
        requested(journal, own),
    ) == [SETTLED, refused("CATEGORY_SAME"), SETTLED, refused("VOID_WAITING")]
    shown = next(each for each in waiting(supervisor) if each["number"] == own)
    assert (shown["official"], shown["category"]) == (official, "department_internal")
    theirs = Journal(town.keys["S01"], supervisor.key, "S01")
    assert supervisor.sent(decided(town, theirs, own, "approved")) == [SETTLED]
    assert signed_in.sent(requested(journal, official)) == [refused("NUMBER_VOID")]


def test_the_official_number_is_of_the_year_of_the_act(signed_in: Desk, journal: Journal) -> None:
    number = provisional_number(WINDOW, date(2024, 12, 31), journal.id, 1)
    line = journal.accepted(number=number, done_at="2024-12-31T15:59:59.000Z")
    answer = answers(signed_in, line)[0]
    assert (answer["outcome"], answer["detail"]) == ("settled", "DONE_AT_LONG_AGO")
    assert sequence_of(answer["official"])[1] == 2024

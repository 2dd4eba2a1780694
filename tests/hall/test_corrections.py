"""更正分类: the latest category counts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from clerk_client.wire.lines import Line
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal
from tests.hall.test_voids import SETTLED, decided, refused, requested

PENDING, INTERNAL = "hall_pending", "department_internal"


def corrected(journal: Journal, number: str | None, category: str | None) -> Line:
    return journal.line(
        journal.clerk, {}, kind="category_corrected", number=number, category=category
    )


def rows(desk: Desk, day: str) -> dict[str, tuple[int, int, int, int]]:
    """By category: accepted, voided, corrected and what stands."""
    answer: Any = desk.get(f"tallies?from={day}&to={day}&by=category").json()
    return {
        row["code"]: (row["accepted"], row["voided"], row["corrected"], row["count"])
        for row in answer["rows"]
    }


def test_an_acceptance_counts_under_its_latest_category(signed_in: Desk, journal: Journal) -> None:
    day = "2033-02-01"
    lines = [journal.accepted(done_at=f"{day}T02:00:00.000Z") for _ in range(3)]
    number = lines[0].head.number
    assert signed_in.sent(*lines, corrected(journal, number, INTERNAL)) == [SETTLED] * 4
    assert rows(signed_in, day) == {PENDING: (3, 0, -1, 2), INTERNAL: (0, 0, 1, 1)}
    assert signed_in.sent(corrected(journal, number, PENDING)) == [SETTLED]
    assert rows(signed_in, day) == {PENDING: (3, 0, 0, 3)}


def test_a_void_takes_away_from_the_corrected_category(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    day = "2033-02-02"
    line = journal.accepted(done_at=f"{day}T02:00:00.000Z")
    number = line.head.number or ""
    supervisor = town.desk()
    supervisor.sign_in(town.keys["S01"])
    assert signed_in.sent(
        line,
        corrected(journal, number, INTERNAL),
        requested(journal, number),
        decided(town, journal, number, "approved"),
        corrected(journal, number, PENDING),
    ) == [*[SETTLED] * 4, refused("NUMBER_VOID")]
    assert rows(signed_in, day) == {PENDING: (1, 0, -1, 0), INTERNAL: (0, 1, 1, 0)}


def test_a_correction_of_no_sense_is_refused(signed_in: Desk, journal: Journal) -> None:
    line = journal.accepted()
    assert signed_in.sent(
        line,
        corrected(journal, line.head.number, PENDING),
        corrected(journal, line.head.number, "other"),
        corrected(journal, line.head.number, None),
        corrected(journal, "44200020261000000X", INTERNAL),
        corrected(journal, None, INTERNAL),
    ) == [
        SETTLED,
        refused("CATEGORY_SAME"),
        refused("CATEGORY_UNKNOWN"),
        refused("CATEGORY_UNKNOWN"),
        refused("NUMBER_UNKNOWN"),
        refused("NUMBER_UNKNOWN"),
    ]


def test_windows_that_correct_and_void_at_once_leave_a_right_count(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    day = "2033-02-03"
    supervisor = town.desk()
    supervisor.sign_in(town.keys["S01"])
    for _ in range(4):
        line = journal.accepted(done_at=f"{day}T02:00:00.000Z")
        number = line.head.number or ""
        assert signed_in.sent(line, requested(journal, number)) == [SETTLED] * 2
        others = [Journal(town.keys["C01"], signed_in.key) for _ in range(3)]
        theirs = Journal(town.keys["S01"], supervisor.key, "S01")
        calls = [
            (signed_in, corrected(others[0], number, INTERNAL)),
            (signed_in, corrected(others[1], number, PENDING)),
            (signed_in, corrected(others[2], number, INTERNAL)),
            (supervisor, decided(town, theirs, number, "approved")),
        ]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda call: call[0].sent(call[1]), calls))
    assert [each[3] for each in rows(signed_in, day).values()] == [0] * len(rows(signed_in, day))

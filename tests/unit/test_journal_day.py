"""What a clerk sees of the day: deliveries, provisional numbers, voids, corrections and papers."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clerk_client.domain.cases import Category
from clerk_client.domain.numbers import (
    NumberBlock,
    is_provisional_number,
    provisional_number,
    provisional_sequence,
)
from clerk_client.journal.day_sheet import DayRow, Delivered, LineStanding, Paper, VoidState
from clerk_client.journal.errors import JournalFull, ProvisionalNumbersUsedUp
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.lines import Json, Kind, Line
from tests.unit.test_journal import BLOCK, KEY, NOON, STATION, WRITER, accepted

TODAY = date(2026, 11, 21)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = journal_with_key(path, KEY)
    opened.add_block(BLOCK, Entry(Kind.LEASED, NOON, {"first": 1, "last": 3}), WRITER, STATION)
    yield opened
    opened.close()


def accept(journal: Journal, moment: datetime = NOON, *, provisional: bool = False) -> str:
    entry = accepted(moment=moment)
    line = journal.append(entry, WRITER, STATION, take=not provisional, provisional=provisional)
    return str(line.head.number)


def add(
    journal: Journal,
    kind: Kind,
    number: str,
    body: dict[str, Json] | None = None,
    category: Category | None = None,
) -> Line:
    entry = Entry(kind, NOON, body or {}, number=number, category=category)
    return journal.append(entry, WRITER, STATION)


def only(journal: Journal) -> DayRow:
    (row,) = journal.acceptances(TODAY)
    return row


# --- provisional numbers -------------------------------------------------------------------------


def test_offline_window_goes_on_with_numbers_of_its_own(journal: Journal, path: Path) -> None:
    first, second = (accept(journal, provisional=True) for _ in "12")
    assert first == provisional_number("B12", TODAY, journal.id, 1)
    journal.close()
    again = journal_with_key(path, KEY)
    third = accept(again, provisional=True)
    again.close()
    assert [provisional_sequence(number) for number in (first, second, third)] == [1, 2, 3]
    assert all(is_provisional_number(number) for number in (first, second, third))


def test_provisional_numbers_begin_anew_on_the_next_hall_day(journal: Journal) -> None:
    accept(journal, provisional=True)
    midnight_in_the_hall = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    number = accept(journal, midnight_in_the_hall, provisional=True)
    assert number == provisional_number("B12", date(2026, 11, 22), journal.id, 1)


def test_a_key_that_fails_to_sign_uses_no_provisional_number(journal: Journal) -> None:
    class PulledKey:
        """Stands for a key pulled at this very moment, which no soft token can be."""

        alg = "RS256"
        cert_sha256 = "0" * 64

        def sign(self, message: bytes) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        journal.append(accepted(), WRITER, PulledKey(), provisional=True)
    assert provisional_sequence(accept(journal, provisional=True)) == 1


def test_the_last_provisional_number_of_the_day_is_told(journal: Journal) -> None:
    number = provisional_number("B12", TODAY, journal.id, 9999)
    entry = Entry(Kind.ACCEPTED, NOON, {}, number=number)
    journal.append(entry, WRITER, STATION)
    with pytest.raises(ProvisionalNumbersUsedUp):
        accept(journal, provisional=True)


def test_each_window_of_a_journal_counts_by_itself(journal: Journal) -> None:
    other = Writer("442000", "B1", "ZS-0001", 0)
    accept(journal, provisional=True)
    line = journal.append(accepted(), other, STATION, provisional=True)
    assert line.head.number == provisional_number("B1", TODAY, journal.id, 1)


# --- what the hall answered ----------------------------------------------------------------------


def test_a_provisional_number_has_its_official_one_once_the_hall_gave_it(journal: Journal) -> None:
    number = accept(journal, provisional=True)
    assert journal.official_of(number) == ""
    journal.settle(2, official="4420002026100000420")
    assert journal.official_of(number) == "4420002026100000420"
    assert only(journal).standing == LineStanding(Delivered.SETTLED, "", "4420002026100000420")
    assert only(journal).number == number
    assert journal.official_of("4420002026100000420") == ""


def test_refused_lines_are_shown_newest_first_and_hold_nobody_up(journal: Journal) -> None:
    numbers = [accept(journal) for _ in "123"]
    journal.settle(2, "MATTER_UNKNOWN")
    journal.settle(4, "TICKET_USED")
    assert [(r.line.head.number, r.code) for r in journal.refused(10)] == [
        (numbers[2], "TICKET_USED"),
        (numbers[0], "MATTER_UNKNOWN"),
    ]
    assert [r.code for r in journal.refused(1)] == ["TICKET_USED"]
    assert [line.head.seq for line in journal.waiting(10)] == [1, 3]
    assert journal.standing_of(4) == LineStanding(Delivered.REFUSED, "TICKET_USED")
    assert journal.standing_of(3) == LineStanding(Delivered.WAITING)


# --- the day's list ------------------------------------------------------------------------------


def test_the_list_shows_the_halls_day_and_no_other(journal: Journal) -> None:
    before_midnight = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    evening, morning = (
        accept(journal, before_midnight),
        accept(journal, before_midnight + timedelta(seconds=1)),
    )
    assert [row.number for row in journal.acceptances(TODAY)] == [evening]
    assert [row.number for row in journal.acceptances(date(2026, 11, 22))] == [morning]
    assert journal.acceptances(date(2026, 11, 20)) == ()


def test_a_clock_that_is_set_back_and_forth_hides_no_acceptance(
    journal: Journal, path: Path
) -> None:
    days = [0, 1, 0]
    numbers = [accept(journal, NOON + timedelta(days=day)) for day in days]
    journal.close()
    again = journal_with_key(path, KEY)
    assert [row.number for row in again.acceptances(TODAY)] == [numbers[0], numbers[2]]
    assert [row.number for row in again.acceptances(date(2026, 11, 22))] == [numbers[1]]
    again.close()


def test_an_acceptance_that_was_not_stored_leaves_no_day_behind(journal: Journal) -> None:
    """The database's own limit stands for the disk's: SQLite answers both with SQLITE_FULL."""
    with journal.changing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    tomorrow = NOON + timedelta(days=1)
    large = Entry(Kind.ACCEPTED, tomorrow, {"text": "x" * 20_000}, number="1")
    with pytest.raises(JournalFull):
        journal.append(large, WRITER, STATION)
    with journal.changing() as connection:
        connection.execute("PRAGMA max_page_count = 100000")
    number = accept(journal, tomorrow)
    assert [row.number for row in journal.acceptances(date(2026, 11, 22))] == [number]


def test_the_last_void_line_counts_and_one_the_hall_refused_does_not(journal: Journal) -> None:
    number = accept(journal)
    assert only(journal).void is VoidState.NONE
    add(journal, Kind.VOID_REQUESTED, number)
    assert only(journal).void is VoidState.REQUESTED
    add(journal, Kind.VOID_DECLINED, number)
    assert only(journal).void is VoidState.DECLINED
    again = add(journal, Kind.VOID_REQUESTED, number)
    journal.settle(again.head.seq, "VOID_TOO_LATE")
    assert only(journal).void is VoidState.DECLINED
    add(journal, Kind.VOID_APPROVED, number)
    assert only(journal).void is VoidState.APPROVED


def test_the_last_correction_is_the_category_that_counts(journal: Journal) -> None:
    number = accept(journal)
    assert (only(journal).corrected, only(journal).category) == (None, Category.HALL_PENDING)
    add(journal, Kind.CATEGORY_CORRECTED, number, category=Category.DEPARTMENT_INTERNAL)
    assert only(journal).category is Category.DEPARTMENT_INTERNAL
    refused = add(journal, Kind.CATEGORY_CORRECTED, number, category=Category.HALL_PENDING)
    journal.settle(refused.head.seq, "CATEGORY_SAME")
    assert only(journal).corrected is Category.DEPARTMENT_INTERNAL


# --- papers --------------------------------------------------------------------------------------


def test_a_receipt_is_at_the_printer_and_then_printed(journal: Journal) -> None:
    number = accept(journal)
    assert only(journal).paper is Paper.UNPRINTED
    with journal.at_printer(number, 0, NOON):
        assert only(journal).paper is Paper.AT_PRINTER
        assert journal.papers_in_doubt() == ()
        add(journal, Kind.PRINTED, number, {"reprint": 0})
    assert (only(journal).paper, only(journal).reprints) == (Paper.PRINTED, 0)
    assert journal.next_reprint(number) == 1
    add(journal, Kind.REPRINTED, number, {"reprint": 1})
    assert (only(journal).reprints, journal.next_reprint(number)) == (1, 2)


def test_a_paper_that_the_hall_refused_to_record_is_printed_all_the_same(journal: Journal) -> None:
    number = accept(journal)
    line = add(journal, Kind.PRINTED, number, {"reprint": 0})
    journal.settle(line.head.seq, "NUMBER_UNKNOWN")
    assert only(journal).paper is Paper.PRINTED


def test_a_client_killed_at_the_printer_leaves_the_receipt_in_doubt(path: Path) -> None:
    program = f"""
import os, sys
from pathlib import Path
from tests.unit.test_journal import BLOCK, KEY, NOON, STATION, WRITER, accepted
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Entry
from clerk_client.wire.lines import Kind
journal = journal_with_key(Path({str(path)!r}), KEY)
journal.add_block(BLOCK, Entry(Kind.LEASED, NOON, {{}}), WRITER, STATION)
number = journal.append(accepted(), WRITER, STATION, take=True).head.number
with journal.at_printer(number, 0, NOON):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    journal = journal_with_key(path, KEY)
    (paper,) = journal.papers_in_doubt()
    assert (paper.number, paper.reprint, paper.since) == (only(journal).number, 0, NOON)
    assert only(journal).paper is Paper.DOUBTFUL
    assert journal.next_reprint(paper.number) == 1
    add(journal, Kind.PRINTED, paper.number, {"reprint": 0, "doubtful": True})
    assert only(journal).paper is Paper.PRINTED
    assert journal.papers_in_doubt() == ()
    journal.close()


def test_a_printer_that_refuses_the_second_paper_leaves_the_first_in_doubt(
    journal: Journal,
) -> None:
    number = accept(journal)
    with journal.at_printer(number, 0, NOON):
        pass
    with journal.at_printer(number, 1, NOON):
        journal.came_to_nothing(number, 1)
    (paper,) = journal.papers_in_doubt()
    assert paper.reprint == 0
    assert journal.next_reprint(number) == 1


def test_a_line_that_could_not_be_stored_leaves_the_mark(journal: Journal) -> None:
    number = accept(journal)
    with journal.changing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalFull), journal.at_printer(number, 0, NOON):
        add(journal, Kind.PRINTED, number, {"reprint": 0, "text": "x" * 20_000})
    assert only(journal).paper is Paper.DOUBTFUL


def test_numbers_of_a_lease_are_used_before_and_after_provisional_ones(journal: Journal) -> None:
    accept(journal, provisional=True)
    assert journal.numbers_left(2026) == 3
    accept(journal)
    block = NumberBlock("442000", 2026, 1, 11, 12)
    journal.add_block(block, Entry(Kind.LEASED, NOON, {}), WRITER, STATION)
    assert journal.numbers_left(2026) == 4

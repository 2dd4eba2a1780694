"""Which number the next acceptance bears. The durable lines tell how far numbers are used."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from clerk_client.domain.numbers import (
    LAST_PROVISIONAL,
    NumberBlock,
    provisional_number,
    provisional_prefix,
    provisional_sequence,
    sequence_of,
)
from clerk_client.journal.database import Database
from clerk_client.journal.errors import NumbersUsedUp, ProvisionalNumbersUsedUp


class Numbering:
    """Leased numbers, and provisional ones of a day."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used_up: dict[int, int] = {}
        # The block at work as far as it is used. One writer: it need not be asked for each time.
        self._current: NumberBlock | None = None

    def add(self, block: NumberBlock) -> None:
        """Keeps a lease."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO blocks (hall, year, epoch, first, last) VALUES (?,?,?,?,?)",
                (block.hall, block.year, block.epoch, block.next, block.last),
            )

    def leases(self) -> int:
        """How many were kept."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM blocks").fetchone()[0])

    def left(self, year: int) -> int:
        """Unused leased numbers of the year."""
        with self._database.reading():
            return sum(block.left for block in self._blocks(year))

    def leased(self, day: date) -> str:
        """The next leased number. Raises NumbersUsedUp.

        The year inside a number is the hall's year of the act: a block of last year is burnt.
        """
        current = self._current
        if current is None or current.year != day.year or not current.left:
            with self._database.reading():
                current = next((block for block in self._blocks(day.year) if block.left), None)
            if current is None:
                raise NumbersUsedUp
            self._current = current
        return current.number()

    def took(self) -> None:
        """The number that `leased` gave last stands in a durable line."""
        assert self._current is not None
        self._current = self._current.after_use()

    def provisional(self, window: str, day: date, journal: str) -> str:
        """The next provisional number of the hall day. Raises ProvisionalNumbersUsedUp."""
        prefix = provisional_prefix(window, day, journal)
        with self._database.reading() as connection:
            # Of another window's longer name a number could begin the same: the length tells.
            used = connection.execute(
                "SELECT max(number) FROM lines WHERE kind = 'accepted' "
                "AND number BETWEEN ? AND ? AND length(number) = ?",
                (f"{prefix}0000", f"{prefix}9999~", len(prefix) + 5),
            ).fetchone()[0]
        sequence = provisional_sequence(used) + 1 if used else 1
        if sequence > LAST_PROVISIONAL:
            raise ProvisionalNumbersUsedUp
        return provisional_number(window, day, journal, sequence)

    def _blocks(self, year: int) -> Iterator[NumberBlock]:
        """The year's leases that are not known to be used up, oldest first, as far as used."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, hall, year, epoch, first, last FROM blocks "
                "WHERE year = ? AND id > ? ORDER BY id",
                (year, self._used_up.get(year, 0)),
            ).fetchall()
            for identity, *fields in rows:
                block = NumberBlock(*fields)
                used = connection.execute(
                    "SELECT max(number) FROM lines "
                    "WHERE kind = 'accepted' AND number BETWEEN ? AND ?",
                    (block.number(), replace(block, next=block.last).number()),
                ).fetchone()[0]
                if used is not None:
                    block = replace(block, next=sequence_of(used)[3] + 1)
                if not block.left:
                    self._used_up[year] = identity
                yield block

"""This window's journal: append-only lines, one writer. Open it with `journal.opening`.

A line is durable when `append` returns: WAL with synchronous=FULL. May be called from any thread; a
lock serialises.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.domain.numbers import NumberBlock
from clerk_client.journal.database import Database, told
from clerk_client.journal.day_sheet import DayRow, DaySheet, LineStanding, RefusedLine
from clerk_client.journal.deliveries import Deliveries
from clerk_client.journal.entries import Entry, Writer, ensure_kept
from clerk_client.journal.errors import JournalError
from clerk_client.journal.numbering import Numbering
from clerk_client.journal.papers import PAPER_KINDS, DoubtfulPaper, Papers
from clerk_client.journal.rows import COLUMNS, insert_line, line_of
from clerk_client.wire.lines import FIRST_PREV, Head, Kind, Line, Signer, canonical, salted

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

__all__ = ["Entry", "Journal", "Writer"]


class _End(NamedTuple):
    """The chain's. One writer: it is known here and need not be asked for."""

    seq: int
    hash: str
    day: str


class Journal:
    """One open journal. Its connection is given over and closed with it.

    `was_closed`: whoever had it open before let it go properly. With a `fault` the journal is only
    read, and everything that would write raises that.
    """

    def __init__(
        self,
        connection: "sqlcipher.Connection",
        *,
        was_closed: bool = True,
        fault: JournalError | None = None,
    ) -> None:
        self._database = Database(connection, fault)
        self.was_closed = was_closed
        self._on_close = ExitStack()
        if fault is None:
            with self._database.writing():
                connection.execute(
                    "INSERT OR IGNORE INTO marks VALUES ('journal', ?)", (str(uuid.uuid4()),)
                )
        self.id: str = self.mark("journal") or ""
        with told():
            row = connection.execute(
                "SELECT seq, hash, coalesce((SELECT day FROM days ORDER BY first DESC LIMIT 1), '')"
                " FROM lines ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        self._end = _End(*row) if row else _End(0, FIRST_PREV, "")
        self._deliveries = Deliveries(self._database)
        self._numbering = Numbering(self._database)
        self._papers = Papers(self._database)
        self._day_sheet = DaySheet(self._database, self._papers)

    def close(self) -> None:
        """Lets the file go; another client may open it then."""
        self._database.close()
        self._on_close.close()

    def when_closed(self, done: Callable[[], None]) -> None:
        """Calls `done` after the file was let go."""
        self._on_close.callback(done)

    @property
    def fault(self) -> JournalError | None:
        """Why it is only read."""
        return self._database.fault

    # --- lines ---

    def append(
        self,
        entry: Entry,
        writer: Writer,
        signer: Signer,
        *,
        take: bool = False,
        provisional: bool = False,
    ) -> Line:
        """Signs the entry and makes it durable.

        With `take` it comes under the next leased number, with `provisional` under the next one of
        this window's own for that hall day; both are for acceptances. A number counts as used when
        a durable line bears it, so a signature that fails burns none. A paper's line clears its
        number's marks of the printer. Raises JournalError kinds, NumbersUsedUp,
        ProvisionalNumbersUsedUp and AttachmentAbsent among them, and whatever the signer raises.
        """
        self._database.ensure_writable()
        body = salted(entry.body)
        body_text = canonical(body)
        day = hall_day(entry.done_at)
        with self._database.lock:
            ensure_kept(self._database, entry.body)
            number = entry.number
            if take:
                number = self._numbering.leased(day)
            elif provisional:
                number = self._numbering.provisional(writer.window, day, self.id)
            head = self._head(entry, hashlib.sha256(body_text).hexdigest(), number, writer, signer)
            line = Line(head, body, signer.sign(head.canonical()))
            with self._database.writing() as connection:
                insert_line(connection, line, body_text, entry.subjects)
                if day.isoformat() != self._end.day:
                    connection.execute(
                        "INSERT INTO days VALUES (?, ?)", (head.seq, day.isoformat())
                    )
                if entry.kind in PAPER_KINDS:
                    connection.execute("DELETE FROM printing WHERE number = ?", (number,))
            self._end = _End(head.seq, line.hash, day.isoformat())
            if take:
                self._numbering.took()
            return line

    @property
    def last_seq(self) -> int:
        """Of the newest line; 0 for none."""
        return self._end.seq

    def line(self, seq: int) -> Line | None:
        """The line at `seq`, from 1."""
        return self._found("seq = ?", seq)

    def accepted(self, number: str) -> Line | None:
        """The acceptance under that number, as it stands in the signed line."""
        return self._found("kind = 'accepted' AND number = ?", number)

    def lines(self) -> Iterator[Line]:
        """All lines in order."""
        seq = 1
        while (line := self.line(seq)) is not None:
            yield line
            seq += 1

    def count(self, kind: Kind, number: str) -> int:
        """How many papers of that kind were recorded for the acceptance number."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM lines WHERE number = ? AND kind = ? AND kind <> 'accepted'",
                (number, kind.value),
            ).fetchone()
        return int(row[0])

    def has_subject(self, subject: str) -> bool:
        """A line with this subject stands in the journal."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM subjects WHERE subject = ?", (subject,)
            ).fetchone()
        return row is not None

    def is_behind(self, held: int) -> bool:
        """The hall holds a later line than this file: the file is an older copy of itself."""
        return held > self._end.seq

    # --- delivery ---

    def waiting(self, limit: int) -> list[Line]:
        """Lines the hall has not answered yet, oldest first."""
        return self._deliveries.waiting(limit)

    def settle(self, seq: int, refused_code: str = "", official: str = "") -> None:
        """Notes the hall's final answer for one line: settled, or refused with a code.

        `official` is the number that the hall gave to a provisional one.
        """
        self._deliveries.settle(seq, refused_code, official)

    def send_again(self, held: int) -> None:
        """Lets every line after `held` wait once more, whatever was answered before."""
        self._deliveries.send_again(held)

    def given(self, first: int, last: int) -> dict[int, str]:
        """Official numbers that the hall ever gave to lines `first` to `last`, by seq."""
        return self._deliveries.given(first, last)

    def undelivered(self) -> tuple[int, int, int]:
        """How many lines wait, how many of them are acceptances, and how many were refused."""
        return self._deliveries.counts()

    def standing_of(self, seq: int) -> LineStanding:
        """The hall's answer to one line."""
        return self._deliveries.standing_of(seq)

    def refused(self, limit: int) -> tuple[RefusedLine, ...]:
        """Lines that the hall does not take, newest first."""
        return self._deliveries.refused(limit)

    def official_of(self, number: str) -> str:
        """The number that the hall gave to a provisional one; empty when none yet."""
        return self._deliveries.official_of(number)

    # --- a day's list, and its papers ---

    def acceptances(self, day: date) -> tuple[DayRow, ...]:
        """The acceptances of a hall day, in order, with all that came after each."""
        return self._day_sheet.rows(day)

    def next_reprint(self, number: str) -> int:
        """What the next receipt of that number is: 0 the original, then 补打第n次."""
        return self._papers.next_reprint(number)

    def at_printer(
        self, number: str, reprint: int, moment: datetime
    ) -> AbstractContextManager[None]:
        """While the printer is asked: a durable mark, which only the paper's line clears, or
        `came_to_nothing`. One that is left is in doubt, now and at every later start."""
        return self._papers.at_printer(number, reprint, moment)

    def came_to_nothing(self, number: str, reprint: int) -> None:
        """The printer is known not to have taken that paper."""
        self._papers.came_to_nothing(number, reprint)

    def papers_in_doubt(self) -> tuple[DoubtfulPaper, ...]:
        """Receipts of which nobody knows whether they came out, oldest first."""
        return self._papers.in_doubt()

    # --- numbers ---

    def add_block(self, block: NumberBlock, entry: Entry, writer: Writer, station: Signer) -> None:
        """Keeps a lease, told in a line of the station's own: both or neither."""
        with self._database.lock:
            end = self._end
            try:
                with self._database.writing():
                    self.append(entry, writer, station)
                    self._numbering.add(block)
            except BaseException:
                self._end = end
                raise

    def leases(self) -> int:
        """How many blocks of numbers were kept."""
        return self._numbering.leases()

    def numbers_left(self, year: int) -> int:
        """Unused leased numbers of the year."""
        return self._numbering.left(year)

    # --- marks: small facts beside the lines ---

    def mark(self, name: str) -> str | None:
        """A kept fact, such as the catalogue's version."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def changing(self) -> "AbstractContextManager[sqlcipher.Connection]":
        """One transaction for the tables that are no lines: catalogue and drafts."""
        return self._database.writing()

    def clear_away(self) -> None:
        """Writes the log back and cuts it: what was deleted is in none of the files any more."""
        with self._database.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # --- inside ---

    def _found(self, where: str, value: int | str) -> Line | None:
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT {COLUMNS} FROM lines WHERE {where}",  # noqa: S608
                (value,),
            ).fetchone()
        return line_of(row) if row else None

    def _head(
        self, entry: Entry, body_hash: str, number: str | None, writer: Writer, signer: Signer
    ) -> Head:
        return Head(
            journal=self.id,
            seq=self._end.seq + 1,
            prev=self._end.hash,
            key=entry.key or str(uuid.uuid4()),
            kind=entry.kind.value,
            done_at=rfc3339(entry.done_at),
            clock_offset_ms=writer.clock_offset_ms,
            decided_offline=entry.decided_offline,
            hall=writer.hall,
            window=writer.window,
            clerk=writer.clerk,
            cert_sha256=signer.cert_sha256,
            alg=signer.alg,
            number=number,
            category=entry.category.value if entry.category else None,
            matter=entry.matter,
            body_sha256=body_hash,
        )

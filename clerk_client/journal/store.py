"""This window's journal: append-only lines, one writer. Open it with `journal.opening`.

A line is durable when `append` returns: WAL with synchronous=FULL. May be called from any thread; a
lock serialises.
"""

import hashlib
import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlcipher3 import dbapi2 as sqlcipher

from clerk_client.domain.cases import Category
from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.domain.numbers import NumberBlock, sequence_of
from clerk_client.journal.database import told
from clerk_client.journal.errors import NumbersUsedUp
from clerk_client.journal.tables import TABLES
from clerk_client.wire.lines import FIRST_PREV, Head, Json, Kind, Line, Signer, canonical, salted


@dataclass(frozen=True, slots=True)
class Writer:
    """For whom and where lines are written; stands in each head."""

    hall: str
    window: str
    clerk: str
    clock_offset_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What a new line says. `subjects` (a ticket's matter, say) are for finding it again."""

    kind: Kind
    done_at: datetime
    body: Mapping[str, Json]
    decided_offline: bool = False
    category: Category | None = None
    matter: str | None = None
    number: str | None = None
    subjects: tuple[str, ...] = ()


class Journal:
    """One open journal. Its connection is given over and closed with it."""

    def __init__(self, connection: "sqlcipher.Connection") -> None:
        self._connection = connection
        self._lock = threading.RLock()
        with told():
            self._connection.executescript(TABLES)
            self._connection.execute(
                "INSERT OR IGNORE INTO marks VALUES ('journal', ?)", (str(uuid.uuid4()),)
            )
            row = self._connection.execute(
                "SELECT seq, hash FROM lines ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        self.id: str = self.mark("journal") or ""
        # One writer: the end of the chain is known here and need not be asked for.
        self._last: tuple[int, str] = (row[0], row[1]) if row else (0, FIRST_PREV)
        self._used_up: dict[int, int] = {}
        # Every line up to this one has the hall's answer.
        self._settled = 0
        with told():
            self._advance()

    def close(self) -> None:
        """Lets the file go; another client may open it then."""
        with self._lock:
            self._connection.close()

    # --- lines ---

    def append(self, entry: Entry, writer: Writer, signer: Signer, *, take: bool = False) -> Line:
        """Signs the entry and makes it durable; with `take` under the next leased number.

        A number counts as used when a durable line bears it, so a signature that fails burns none.
        Raises JournalError kinds, NumbersUsedUp, and whatever the signer raises.
        """
        body = salted(entry.body)
        body_text = canonical(body)
        with self._lock:
            number = self._next_number(entry) if take else entry.number
            head = self._head(entry, hashlib.sha256(body_text).hexdigest(), number, writer, signer)
            line = Line(head, body, signer.sign(head.canonical()))
            with told(), self._transaction():
                self._insert(line, body_text, entry.subjects)
            self._last = (line.head.seq, line.hash)
            return line

    def line(self, seq: int) -> Line | None:
        """The line at `seq`, from 1."""
        with self._lock, told():
            row = self._connection.execute(
                "SELECT head, body, signature FROM lines WHERE seq = ?", (seq,)
            ).fetchone()
        return _line(row) if row else None

    def lines(self) -> Iterator[Line]:
        """All lines in order."""
        seq = 1
        while (line := self.line(seq)) is not None:
            yield line
            seq += 1

    def count(self, kind: Kind, number: str) -> int:
        """How many papers of that kind were recorded for the acceptance number."""
        with self._lock, told():
            row = self._connection.execute(
                "SELECT count(*) FROM lines WHERE number = ? AND kind = ? AND kind <> 'accepted'",
                (number, kind.value),
            ).fetchone()
        return int(row[0])

    def has_subject(self, subject: str) -> bool:
        """A line with this subject stands in the journal."""
        with self._lock, told():
            row = self._connection.execute(
                "SELECT 1 FROM subjects WHERE subject = ?", (subject,)
            ).fetchone()
        return row is not None

    # --- delivery ---

    def waiting(self, limit: int) -> list[Line]:
        """Lines the hall has not answered yet, oldest first."""
        with self._lock, told():
            rows = self._connection.execute(
                "SELECT head, body, signature FROM unanswered WHERE seq > ? ORDER BY seq LIMIT ?",
                (self._settled, limit),
            ).fetchall()
        return [_line(row) for row in rows]

    def settle(self, seq: int, refused_code: str = "") -> None:
        """Notes the hall's final answer for one line: settled, or refused with a code."""
        state = "refused" if refused_code else "settled"
        with self._lock, told():
            with self._transaction():
                self._connection.execute(
                    "INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)",
                    (seq, state, refused_code),
                )
            self._advance()

    def send_again(self, held: int) -> None:
        """Lets every line after `held` wait once more, whatever was answered before."""
        with self._lock, told():
            with self._transaction():
                self._connection.execute("DELETE FROM deliveries WHERE seq > ?", (held,))
            self._settled = min(self._settled, held)

    def undelivered(self) -> tuple[int, int, int]:
        """How many lines wait, how many of them are acceptances, and how many were refused."""
        with self._lock, told():
            waiting = self._connection.execute(
                "SELECT count(*), coalesce(sum(kind = 'accepted'), 0) FROM unanswered "
                "WHERE seq > ?",
                (self._settled,),
            ).fetchone()
            refused = self._connection.execute(
                "SELECT count(*) FROM deliveries WHERE state = 'refused'"
            ).fetchone()
        return int(waiting[0]), int(waiting[1]), int(refused[0])

    # --- numbers ---

    def add_block(self, block: NumberBlock, entry: Entry, writer: Writer, station: Signer) -> None:
        """Keeps a lease, told in a line of the station's own: both or neither."""
        with self._lock:
            last = self._last
            try:
                with told(), self._transaction():
                    self.append(entry, writer, station)
                    self._connection.execute(
                        "INSERT INTO blocks (hall, year, epoch, first, last) VALUES (?,?,?,?,?)",
                        (block.hall, block.year, block.epoch, block.next, block.last),
                    )
            except BaseException:
                self._last = last
                raise

    def numbers_left(self, year: int) -> int:
        """Unused leased numbers of the year."""
        with self._lock, told():
            return sum(block.left for block in self._blocks(year))

    # --- marks: small facts beside the lines ---

    def mark(self, name: str) -> str | None:
        """A kept fact, such as the catalogue's version."""
        with self._lock, told():
            row = self._connection.execute(
                "SELECT value FROM marks WHERE name = ?", (name,)
            ).fetchone()
        return row[0] if row else None

    @contextmanager
    def changing(self) -> Iterator["sqlcipher.Connection"]:
        """One transaction for the tables that are no lines: catalogue and drafts."""
        with self._lock, told(), self._transaction():
            yield self._connection

    def clear_away(self) -> None:
        """Writes the log back and cuts it: what was deleted is in none of the files any more."""
        with self._lock, told():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # --- inside ---

    def _head(
        self, entry: Entry, body_hash: str, number: str | None, writer: Writer, signer: Signer
    ) -> Head:
        seq, prev = self._last
        return Head(
            journal=self.id,
            seq=seq + 1,
            prev=prev,
            key=str(uuid.uuid4()),
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

    def _next_number(self, entry: Entry) -> str:
        # The year inside a number is the hall's year of the act: a block of last year is burnt.
        with told():
            for block in self._blocks(hall_day(entry.done_at).year):
                if block.left:
                    return block.number()
        raise NumbersUsedUp

    def _blocks(self, year: int) -> Iterator[NumberBlock]:
        """The year's leases that are not known to be used up, oldest first, as far as used."""
        rows = self._connection.execute(
            "SELECT id, hall, year, epoch, first, last FROM blocks "
            "WHERE year = ? AND id > ? ORDER BY id",
            (year, self._used_up.get(year, 0)),
        ).fetchall()
        for identity, *fields in rows:
            block = NumberBlock(*fields)
            used = self._connection.execute(
                "SELECT max(number) FROM lines WHERE kind = 'accepted' AND number BETWEEN ? AND ?",
                (block.number(), replace(block, next=block.last).number()),
            ).fetchone()[0]
            if used is not None:
                block = replace(block, next=sequence_of(used)[3] + 1)
            if not block.left:
                self._used_up[year] = identity
            yield block

    def _advance(self) -> None:
        """Moves on over lines that have their answer, so that none of them is looked at again."""
        row = self._connection.execute(
            "SELECT min(seq) FROM unanswered WHERE seq > ?", (self._settled,)
        ).fetchone()
        self._settled = self._last[0] if row[0] is None else row[0] - 1

    def _insert(self, line: Line, body: bytes, subjects: tuple[str, ...]) -> None:
        head = line.head
        self._connection.executemany(
            "INSERT OR IGNORE INTO subjects VALUES (?, ?)", [(s, head.seq) for s in subjects]
        )
        self._connection.execute(
            "INSERT INTO lines (seq, kind, number, head, body, signature, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                head.seq,
                head.kind,
                head.number,
                head.canonical().decode(),
                body.decode(),
                line.signature,
                line.hash,
            ),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            # A full disk speaks up here at the latest.
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise


def _line(row: tuple[str, str, bytes]) -> Line:
    return Line(Head(**json.loads(row[0])), json.loads(row[1]), bytes(row[2]))

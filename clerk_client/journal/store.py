"""This window's journal: one SQLCipher file, append-only, one writer.

A line is durable when `append` returns: WAL with synchronous=FULL. The file's 32-byte key is in the
operating system's keyring. May be called from any thread; a lock serialises.
"""

import json
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from clerk_client.domain.cases import Category
from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.domain.numbers import NumberBlock
from clerk_client.hall_link import secret_store
from clerk_client.journal.errors import (
    JournalDamaged,
    JournalError,
    JournalFull,
    JournalInUse,
    JournalKeyLost,
    JournalNotWritable,
    NumbersUsedUp,
)
from clerk_client.journal.tables import TABLES
from clerk_client.wire.lines import (
    FIRST_PREV,
    Head,
    Json,
    Kind,
    Line,
    Signer,
    body_sha256,
    salted,
)


@dataclass(frozen=True, slots=True)
class Writer:
    """For whom and where lines are written; stands in each head."""

    hall: str
    window: str
    clerk: str
    clock_offset_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What a new line says. `subject` (a ticket and matter, say) is for finding it again."""

    kind: Kind
    done_at: datetime
    body: Mapping[str, Json]
    decided_offline: bool = False
    category: Category | None = None
    matter: str | None = None
    number: str | None = None
    subject: str | None = None


class Journal:
    """Open with `open_journal`."""

    def __init__(self, connection: "sqlcipher.Connection") -> None:
        self._connection = connection
        self._lock = threading.RLock()
        with _told():
            self._connection.executescript(TABLES)
            self._connection.execute(
                "INSERT OR IGNORE INTO marks VALUES ('journal', ?)", (str(uuid.uuid4()),)
            )
            self._connection.commit()
            self.id: str = self.mark("journal") or ""

    def close(self) -> None:
        """Lets the file go; another client may open it then."""
        with self._lock:
            self._connection.close()

    # --- lines ---

    def append(self, entry: Entry, writer: Writer, signer: Signer, *, take: bool = False) -> Line:
        """Signs the entry and makes it durable; with `take` under the next leased number.

        The number counts as used in the same transaction, so a signature that fails burns none.
        Raises JournalError kinds, NumbersUsedUp, and whatever the signer raises.
        """
        body = salted(entry.body)
        with self._lock, _told():
            last = self._connection.execute(
                "SELECT seq, hash FROM lines ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            seq, prev = (last[0] + 1, last[1]) if last else (1, FIRST_PREV)
            block_id, number = self._next_number(entry) if take else (None, entry.number)
            head = Head(
                journal=self.id,
                seq=seq,
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
                body_sha256=body_sha256(body),
            )
            line = Line(head, body, signer.sign(head.canonical()))
            with self._transaction():
                self._insert(line, entry.subject)
                if block_id is not None:
                    self._connection.execute(
                        "UPDATE blocks SET next = next + 1 WHERE id = ?", (block_id,)
                    )
            return line

    def line(self, seq: int) -> Line | None:
        """The line at `seq`, from 1."""
        with self._lock, _told():
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
        """How many lines of that kind name the acceptance number."""
        with self._lock, _told():
            row = self._connection.execute(
                "SELECT count(*) FROM lines WHERE number = ? AND kind = ?", (number, kind.value)
            ).fetchone()
        return int(row[0])

    def has_subject(self, subject: str) -> bool:
        """A line with this subject stands in the journal."""
        with self._lock, _told():
            row = self._connection.execute(
                "SELECT 1 FROM lines WHERE subject = ? LIMIT 1", (subject,)
            ).fetchone()
        return row is not None

    # --- delivery ---

    def waiting(self, limit: int) -> list[Line]:
        """Lines the hall has not answered yet, oldest first."""
        with self._lock, _told():
            rows = self._connection.execute(
                "SELECT head, body, signature FROM lines JOIN deliveries USING (seq) "
                "WHERE state = 'waiting' ORDER BY seq LIMIT ?",
                (limit,),
            ).fetchall()
        return [_line(row) for row in rows]

    def settle(self, seq: int, refused_code: str = "") -> None:
        """Notes the hall's answer for one line: settled, or refused with a code."""
        state = "refused" if refused_code else "settled"
        with self._lock, _told(), self._transaction():
            self._connection.execute(
                "UPDATE deliveries SET state = ?, code = ? WHERE seq = ?",
                (state, refused_code, seq),
            )

    def undelivered(self) -> tuple[int, int]:
        """How many lines wait, and how many the hall refused."""
        with self._lock, _told():
            row = self._connection.execute(
                "SELECT coalesce(sum(state = 'waiting'), 0), coalesce(sum(state = 'refused'), 0) "
                "FROM deliveries WHERE state <> 'settled'"
            ).fetchone()
        return int(row[0]), int(row[1])

    # --- numbers ---

    def add_block(self, block: NumberBlock, entry: Entry, writer: Writer, station: Signer) -> None:
        """Keeps a lease, told in a line of the station's own."""
        with self._lock, _told(), self._transaction():
            self.append(entry, writer, station)
            self._connection.execute(
                "INSERT INTO blocks (hall, year, epoch, next, last) VALUES (?, ?, ?, ?, ?)",
                (block.hall, block.year, block.epoch, block.next, block.last),
            )

    def numbers_left(self, year: int) -> int:
        """Unused leased numbers of the year."""
        with self._lock, _told():
            row = self._connection.execute(
                "SELECT coalesce(sum(last - next + 1), 0) FROM blocks WHERE year = ?", (year,)
            ).fetchone()
        return int(row[0])

    # --- marks: small facts beside the lines ---

    def mark(self, name: str) -> str | None:
        """A kept fact, such as the catalogue's version."""
        with self._lock, _told():
            row = self._connection.execute(
                "SELECT value FROM marks WHERE name = ?", (name,)
            ).fetchone()
        return row[0] if row else None

    @contextmanager
    def changing(self) -> Iterator["sqlcipher.Connection"]:
        """One transaction for the catalogue's tables."""
        with self._lock, _told(), self._transaction():
            yield self._connection

    # --- inside ---

    def _next_number(self, entry: Entry) -> tuple[int, str]:
        # The year inside a number is the hall's year of the act: a block of last year is burnt.
        row = self._connection.execute(
            "SELECT id, hall, year, epoch, next, last FROM blocks "
            "WHERE next <= last AND year = ? ORDER BY id LIMIT 1",
            (hall_day(entry.done_at).year,),
        ).fetchone()
        if row is None:
            raise NumbersUsedUp
        return row[0], NumberBlock(*row[1:]).number()

    def _insert(self, line: Line, subject: str | None) -> None:
        head = line.head
        self._connection.execute(
            "INSERT INTO lines (seq, key, kind, number, subject, head, body, signature, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                head.seq,
                head.key,
                head.kind,
                head.number,
                subject,
                json.dumps(asdict(head), ensure_ascii=False),
                json.dumps(line.body, ensure_ascii=False),
                line.signature,
                line.hash,
            ),
        )
        self._connection.execute(
            "INSERT INTO deliveries (seq, state) VALUES (?, 'waiting')", (head.seq,)
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()


def open_journal(path: Path, station: str) -> Journal:
    """The station's journal, made on its first start.

    Raises JournalInUse, JournalKeyLost, JournalDamaged, JournalNotWritable, KeyringAbsent.
    """
    name = f"journal-key:{station}"
    key = secret_store.read(name)
    if key is None:
        if path.exists():
            raise JournalKeyLost("the keyring holds no key for it")
        key = secret_store.store(name, secrets.token_bytes(32))
    return journal_with_key(path, key)


def journal_with_key(path: Path, key: bytes) -> Journal:
    """A journal under a key that the caller holds."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlcipher.connect(
            str(path), isolation_level=None, check_same_thread=False, timeout=1.0
        )
    except (OSError, sqlcipher.OperationalError) as error:
        raise JournalNotWritable(type(error).__name__) from error
    try:
        with _told():
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            # One writer: the lock taken here is held until the journal is closed.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        return Journal(connection)
    except BaseException:
        connection.close()
        raise


def _line(row: tuple[str, str, bytes]) -> Line:
    head = json.loads(row[0])
    version = head.pop("v")
    return Line(Head(**head, v=version), json.loads(row[1]), bytes(row[2]))


@contextmanager
def _told() -> Iterator[None]:
    """Turns the database's errors into the journal's."""
    try:
        yield
    except sqlcipher.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        for start, kind in _KINDS.items():
            if name.startswith(start):
                raise kind(name) from error
        raise JournalError(name) from error


_KINDS: dict[str, type[JournalError]] = {
    "SQLITE_BUSY": JournalInUse,
    "SQLITE_LOCKED": JournalInUse,
    "SQLITE_FULL": JournalFull,
    "SQLITE_READONLY": JournalNotWritable,
    "SQLITE_CANTOPEN": JournalNotWritable,
    "SQLITE_PERM": JournalNotWritable,
    "SQLITE_IOERR": JournalNotWritable,
    # SQLCipher says this for a wrong key and for a file that never was a journal.
    "SQLITE_NOTADB": JournalKeyLost,
    "SQLITE_CORRUPT": JournalDamaged,
}

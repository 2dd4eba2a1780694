"""What was met already, kept on disk: the memory stays the same for a million lines."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from clerk_client.auditing.errors import AuditNoRoom

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8192;
CREATE TABLE lines (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, row INTEGER NOT NULL);
CREATE TABLE numbers (number TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
BEGIN;
"""


class Seen:
    """Of one journal. A private file of SQLite's, gone when it is closed. Raises AuditNoRoom."""

    def __init__(self) -> None:
        with _told():
            self._connection = sqlite3.connect("", isolation_level=None)
            self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Lets the file go."""
        self._connection.close()

    def line(self, seq: int, line_hash: str, row: int) -> tuple[int, bool] | None:
        """The row where that seq stood before, and whether it was the same line. Else notes it."""
        short = bytes.fromhex(line_hash)
        with _told():
            try:
                self._connection.execute("INSERT INTO lines VALUES (?, ?, ?)", (seq, short, row))
            except sqlite3.IntegrityError:
                found = self._connection.execute(
                    "SELECT row, hash FROM lines WHERE seq = ?", (seq,)
                ).fetchone()
                return int(found[0]), found[1] == short
        return None

    def number(self, number: str, row: int) -> int | None:
        """The row where the number stood before. Else notes it."""
        with _told():
            try:
                self._connection.execute("INSERT INTO numbers VALUES (?, ?)", (number, row))
            except sqlite3.IntegrityError:
                found = self._connection.execute(
                    "SELECT row FROM numbers WHERE number = ?", (number,)
                ).fetchone()
                return int(found[0])
        return None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise AuditNoRoom(str(error)) from error

"""SQLCipher's side of the journal: one lock, one transaction, and what its errors mean here."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlcipher3 import dbapi2 as sqlcipher

from clerk_client.journal.errors import (
    JournalDamaged,
    JournalError,
    JournalFull,
    JournalInUse,
    JournalKeyLost,
    JournalNotWritable,
)


class Database:
    """The connection that all parts of a journal share; any thread, one at a time.

    With a `fault` it is only read: whatever would write raises that.
    """

    def __init__(
        self, connection: "sqlcipher.Connection", fault: JournalError | None = None
    ) -> None:
        self._connection = connection
        self.fault = fault
        self.lock = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator["sqlcipher.Connection"]:
        """For questions. Raises JournalError kinds."""
        with self.lock, told():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator["sqlcipher.Connection"]:
        """One transaction, within another one a part of that. Raises JournalError kinds."""
        self.ensure_writable()
        with self.lock, told():
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                # A full disk speaks up here at the latest.
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def ensure_writable(self) -> None:
        """Raises the fault for which the journal is only read."""
        if self.fault is not None:
            raise self.fault

    def close(self) -> None:
        """Lets the file go."""
        with self.lock:
            self._connection.close()


@contextmanager
def told() -> Iterator[None]:
    """Turns the database's errors into the journal's."""
    try:
        yield
    except sqlcipher.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        for start, kind in _KINDS.items():
            if name.startswith(start):
                raise kind(name) from error
        raise JournalError(name or str(error)) from error


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

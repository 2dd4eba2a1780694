"""SQLCipher's side of the journal: what its errors mean here."""

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

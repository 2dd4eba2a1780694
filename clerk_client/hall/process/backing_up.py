"""A whole copy of a SQLite database while the service goes on, for IT's daily job."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from clerk_client.hall.errors import (
    BackupElsewhere,
    BackupExists,
    BackupFailed,
    DatabaseAddressWrong,
)
from clerk_client.hall.origin import COPY, sync_folder

_PATIENCE = 30.0


def back_up(address: str, target: Path) -> int:
    """Its size in bytes. The file appears whole and durable, checked, readable by its owner alone.

    Inside it is marked as a copy. Raises BackupElsewhere, BackupExists, BackupFailed,
    DatabaseAddressWrong.
    """
    source = _file_of(address)
    if target.exists():
        raise BackupExists(str(target))
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        # Personal data: nobody else may read it, not even while it is made.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(source, unfinished)
        _take_name(unfinished, target)
    except FileExistsError as error:
        raise BackupExists(str(target)) from error
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BackupFailed(f"{target}: {reason}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _file_of(address: str) -> Path:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise DatabaseAddressWrong("sqlite:////folder/hall.sqlite") from error
    if url.get_backend_name() == "postgresql":
        raise BackupElsewhere
    if url.get_backend_name() != "sqlite" or not url.database:
        raise DatabaseAddressWrong("sqlite:////folder/hall.sqlite")
    return Path(url.database)


def _copy(source: Path, unfinished: Path) -> None:
    # Not to be made if it is not there.
    existing = f"{source.resolve().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(existing, uri=True, timeout=_PATIENCE)) as database,
        closing(sqlite3.connect(unfinished, isolation_level=None)) as copy,
    ):
        copy.execute("PRAGMA synchronous=FULL")
        # In one step: it is one moment of the database, and writers are not in its way.
        database.backup(copy)
        # One file, with nothing beside it that could be left behind.
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("UPDATE hall SET origin = ?1 || ':' || origin", (COPY,))
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        if faults != ["ok"] or copy.execute("PRAGMA foreign_key_check").fetchone():
            raise BackupFailed(f"{source}: {faults[0]}")


def _take_name(unfinished: Path, target: Path) -> None:
    with unfinished.open("rb+") as written:
        os.fsync(written.fileno())
    if sys.platform == "win32":
        # There a rename refuses a name that is taken.
        unfinished.rename(target)
    else:
        os.link(unfinished, target)
    sync_folder(target.parent.absolute())

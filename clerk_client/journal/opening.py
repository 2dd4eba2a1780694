"""Opening the journal's file: its key from the keyring, one writer, durable settings."""

import contextlib
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlcipher3 import dbapi2 as sqlcipher

from clerk_client.hall_link import secret_store
from clerk_client.journal.database import told
from clerk_client.journal.errors import (
    JournalError,
    JournalFull,
    JournalInUse,
    JournalKeyLost,
    JournalNotWritable,
    JournalReadOnly,
)
from clerk_client.journal.store import Journal
from clerk_client.journal.tables import bring_forward, version_of
from clerk_client.journal.tail import ensure_whole_end

if TYPE_CHECKING:
    from collections.abc import Callable


_COPIES = 5
_LOG_HEADER = 32  # SQLite's file format, 4.1: magic, checkpoint sequence, salts


def open_journal(path: Path, station: str) -> Journal:
    """The station's journal, made on its first start.

    Raises JournalInUse, JournalKeyLost, JournalDamaged, JournalNewer, JournalNotWritable,
    KeyringAbsent. A damaged one is not written to: `open_to_read` shows what can be shown.
    """
    finish_replacement(path)
    name = key_name(station)
    key = secret_store.read(name)
    if key is None:
        if path.exists():
            raise JournalKeyLost("the keyring holds no key for it")
        key = secret_store.store(name, secrets.token_bytes(32))
    return journal_with_key(path, key)


def journal_with_key(path: Path, key: bytes) -> Journal:
    """A journal under a key that the caller holds."""
    # A client that let go has written its log back and removed it.
    was_closed = not has_log(path)
    if not was_closed:
        _ensure_sound(path, key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise JournalNotWritable(type(error).__name__) from error
    journal = _opened(path, key, lambda connection: _checked(connection, was_closed))
    with contextlib.suppress(OSError):
        # Encrypted as it is: where the folder stood before, others could copy it.
        for file in (path, log_of(path)):
            file.chmod(0o600)
    return journal


def open_to_read(path: Path, key: bytes, fault: JournalError | None = None) -> Journal:
    """What a journal holds, as far as it can be read: for the day's list and an export.

    `fault` is why it is only read. The file is not touched and may be open elsewhere: a copy, as
    encrypted as the file, is read and is gone with the journal. Raises JournalError kinds, also
    later, from a part that cannot be read.
    """
    folder = Path(tempfile.mkdtemp(prefix="journal-"))
    try:
        copy = folder / path.name
        _copy_both(path, folder)
        why = fault or JournalReadOnly("opened to be read")
        journal = _opened(copy, key, lambda connection: _only_read(connection, why))
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise JournalNotWritable(type(error).__name__) from error
        raise
    journal.when_closed(lambda: shutil.rmtree(folder, ignore_errors=True))
    return journal


def _copy_both(path: Path, folder: Path) -> None:
    """File and log as they belong together, though a window writes on."""
    for _ in range(_COPIES):
        before = _state(path)
        for file in (path, log_of(path)):
            if file is path or file.exists():
                shutil.copyfile(file, folder / file.name)
            else:
                (folder / file.name).unlink(missing_ok=True)
        if _state(path) == before:
            return
    raise JournalInUse("it changed while it was copied")


def _state(path: Path) -> tuple[int, int, bytes]:
    """Another one once the log was written back or begun anew; what is added to it does no harm."""
    about = path.stat()
    try:
        with log_of(path).open("rb") as log:
            header = log.read(_LOG_HEADER)
    except FileNotFoundError:
        header = b""
    return about.st_mtime_ns, about.st_size, header


def key_name(station: str) -> str:
    """Under which the keyring holds the key of the station's journal."""
    return f"journal-key:{station}"


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log beside the journal."""
    return path.with_name(path.name + "-wal")


def has_log(path: Path) -> bool:
    """Changes stand in the log that are not written back."""
    try:
        return log_of(path).stat().st_size > 0
    except OSError:
        return False


def replacement_of(path: Path) -> Path:
    """The new journal while the old one is being set aside."""
    return path.with_name(path.name + ".next")


def finish_replacement(path: Path) -> None:
    """After a crash between setting the old journal aside and putting the new one in its place."""
    next_one = replacement_of(path)
    if not path.exists() and next_one.exists():
        try:
            # The old one's, of which a copy lies beside it. It must not meet the new file.
            log_of(path).unlink(missing_ok=True)
            next_one.rename(path)
        except OSError as error:
            raise JournalNotWritable(type(error).__name__) from error


def _ensure_sound(path: Path, key: bytes) -> None:
    """Looks before anything is written: closing a writable file would write its log back.

    A connection that may not write makes a file for the log's index. Where the disk has no room
    for that, the writable connection looks first thing.
    """
    try:
        with contextlib.suppress(JournalFull, JournalNotWritable):
            connection = _connected(path.resolve().as_uri() + "?mode=ro", key)
            with contextlib.closing(connection), told():
                version_of(connection)
                ensure_whole_end(connection)
    finally:
        with contextlib.suppress(OSError):
            path.with_name(path.name + "-shm").unlink(missing_ok=True)


def _connected(address: str, key: bytes) -> "sqlcipher.Connection":
    try:
        connection = sqlcipher.connect(
            address, uri=True, isolation_level=None, check_same_thread=False, timeout=1.0
        )
    except sqlcipher.OperationalError as error:
        raise JournalNotWritable(type(error).__name__) from error
    try:
        with told():
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        return connection
    except BaseException:
        connection.close()
        raise


def _opened(path: Path, key: bytes, made: "Callable[[sqlcipher.Connection], Journal]") -> Journal:
    connection = _connected(path.resolve().as_uri(), key)
    try:
        with told():
            # One writer: the lock taken here is held until the journal is closed.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            return made(connection)
    except BaseException:
        connection.close()
        raise


def _checked(connection: "sqlcipher.Connection", was_closed: bool) -> Journal:
    version_of(connection)
    ensure_whole_end(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Drafts are destroyed, not only forgotten; lines are never deleted.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("COMMIT")
    bring_forward(connection)
    return Journal(connection, was_closed=was_closed)


def _only_read(connection: "sqlcipher.Connection", fault: JournalError) -> Journal:
    # The copy of an older file gets today's tables; the file itself stays.
    bring_forward(connection)
    connection.execute("PRAGMA query_only = ON")
    return Journal(connection, fault=fault)

"""Opening the journal's file: its key from the keyring, one writer, durable settings."""

import secrets
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from clerk_client.hall_link import secret_store
from clerk_client.journal.database import told
from clerk_client.journal.errors import JournalKeyLost, JournalNotWritable
from clerk_client.journal.store import Journal


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
        with told():
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            # One writer: the lock taken here is held until the journal is closed.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            # Drafts are destroyed, not only forgotten; lines are never deleted.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        return Journal(connection)
    except BaseException:
        connection.close()
        raise

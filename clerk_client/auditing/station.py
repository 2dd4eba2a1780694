"""What IT does with one station's journal, without a window, a key or the hall."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from clerk_client.auditing.errors import FileAbsent, RecoveryKeyUnusable
from clerk_client.auditing.exporting import Exported, ensure_new, write_export
from clerk_client.hall_link import secret_store
from clerk_client.journal.errors import JournalKeyLost
from clerk_client.journal.key_copy import give_back
from clerk_client.journal.opening import key_name, open_to_read
from clerk_client.settings import Settings, find_settings, load_settings

PASSPHRASE = "CLERK_CLIENT_RECOVERY_PASSPHRASE"  # noqa: S105 - a variable's name
"""The environment's name for what the recovery key's file is encrypted with, where it is."""

_LARGEST_KEY = 64 * 1024


def export_journal(folder: Path, station: Path | None) -> Exported:
    """The window may be running: its journal is read and not touched.

    Raises ExportThere, ExportNotWritten, FileAbsent, JournalError, KeyringAbsent, SettingsBroken.
    """
    ensure_new(folder)
    settings = _settings(station)
    if not settings.journal.exists():
        raise FileAbsent(settings.journal)
    key = secret_store.read(key_name(settings.station))
    if key is None:
        raise JournalKeyLost("the keyring holds no key for it")
    journal = open_to_read(settings.journal, key)
    try:
        return write_export(folder, journal.lines(), journal.mark)
    finally:
        journal.close()


def recover_journal(journal: Path, key_file: Path, station: Path | None) -> str:
    """Puts the journal's key back into this account's keyring, for the station that it names.

    Raises FileAbsent, RecoveryKeyUnusable, JournalError, KeyringAbsent, SettingsBroken.
    """
    settings = _settings(station)
    if not journal.exists():
        raise FileAbsent(journal)
    give_back(journal, settings.station, _private_key(key_file))
    return settings.station


def _settings(station: Path | None) -> Settings:
    settings = load_settings(find_settings(station))
    if settings.demo is not None and settings.demo.keyring_folder is not None:
        secret_store.use_folder(settings.demo.keyring_folder)
    return settings


def _private_key(path: Path) -> rsa.RSAPrivateKey:
    passphrase = os.environ.get(PASSPHRASE, "").encode() or None
    try:
        with path.open("rb") as file:
            key = load_pem_private_key(file.read(_LARGEST_KEY), passphrase)
    except FileNotFoundError as error:
        raise FileAbsent(path) from error
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        # A passphrase that is missing or not wanted is a TypeError here.
        raise RecoveryKeyUnusable(path, type(error).__name__) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise RecoveryKeyUnusable(path, "no RSA key")
    return key

"""A journal that cannot go on is set aside, never deleted, and a new one opened in its place.

It cannot go on when it is older than what the hall holds of it: the station was restored from an
image, and its next line would be a second one with the same place in the chain.

The new journal has the same key. The keyring and the hall's wrapped copy then open both, and there
is no second secret to lose; each file has a salt of its own.
"""

import contextlib
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clerk_client.hall_link import secret_store
from clerk_client.journal.entries import Entry, Writer
from clerk_client.journal.errors import (
    JournalDamaged,
    JournalError,
    JournalKeyLost,
    JournalNotWritable,
)
from clerk_client.journal.key_copy import copy_of
from clerk_client.journal.opening import (
    finish_replacement,
    journal_with_key,
    key_name,
    log_of,
    open_to_read,
    replacement_of,
)
from clerk_client.journal.recovery import SET_ASIDE
from clerk_client.journal.store import Journal
from clerk_client.wire.lines import Kind, Line, Signer

log = logging.getLogger(__name__)

_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class LostLine:
    """A line of a journal set aside that the hall never took, to be recorded anew."""

    journal: str
    line: Line


def start_anew(
    path: Path, station: str, moment: datetime, writer: Writer, station_key: Signer
) -> Journal:
    """Sets the file aside under a name with its id and opens a new journal in its place.

    The caller has closed it. The new one's first line says `recovered`, with the old id and the
    reason: `behind`, or `damaged` for a file that cannot be written. A crash in between leaves one
    of the two in its place, whole. Raises JournalError kinds, KeyringAbsent.
    """
    finish_replacement(path)
    key = secret_store.read(key_name(station))
    if key is None:
        raise JournalKeyLost("the keyring holds no key for it")
    old, reason = _examined(path, key)
    new = replacement_of(path)
    with _files_told():
        # One from an attempt that ended before it was in its place: no line of it was ever sent.
        for leftover in (new, log_of(new)):
            leftover.unlink(missing_ok=True)
    journal = journal_with_key(new, key)
    try:
        with journal.changing() as connection:
            connection.execute("INSERT INTO marks VALUES (?, ?)", (SET_ASIDE, old))
        body = {"set_aside": old, "reason": reason}
        journal.append(Entry(Kind.RECOVERED, moment, body), writer, station_key)
    finally:
        journal.close()
    aside = _name_aside(path, old)
    with _files_told():
        for beside, kept in ((copy_of(path), copy_of(aside)), (log_of(path), log_of(aside))):
            if beside.exists():
                shutil.copyfile(beside, kept)
        path.rename(aside)
    finish_replacement(path)
    return journal_with_key(path, key)


def set_aside_files(path: Path) -> tuple[Path, ...]:
    """The journals that were set aside beside this one, by name."""
    return tuple(sorted(path.parent.glob(f"{path.stem}.aside-*{path.suffix}")))


def lost_lines(path: Path, station: str) -> Iterator[LostLine]:
    """Lines in the journals set aside that the hall never answered, in order.

    What the hall had taken after the image was made is answered by the delivery pass that finds the
    journal behind, and so is not among them. The others it cannot take any more: their chain went
    another way than the one it holds. A supervisor sees to it that what they say is recorded anew.
    One that cannot be read, under a key that was lost say, is only told in the log. Raises
    JournalError kinds, KeyringAbsent.
    """
    key = secret_store.read(key_name(station))
    files = set_aside_files(path)
    if key is None and files:
        raise JournalKeyLost("the keyring holds no key for it")
    for file in files:
        try:
            with contextlib.closing(open_to_read(file, key or b"")) as journal:
                found = [LostLine(journal.id, line) for line in journal.waiting(_LIMIT)]
        except JournalError as error:
            log.warning("a journal set aside cannot be read: %s", error.code)
            continue
        yield from found


def _examined(path: Path, key: bytes) -> tuple[str, str]:
    """The old journal's id, and why it is set aside; its log is written back where it can be."""
    try:
        with contextlib.closing(journal_with_key(path, key)) as journal:
            return journal.id, "behind"
    except JournalDamaged as damage:
        try:
            with contextlib.closing(open_to_read(path, key, damage)) as journal:
                return journal.id, "damaged"
        except JournalDamaged:
            return "unreadable", "damaged"


def _name_aside(path: Path, journal: str) -> Path:
    """With the id, and a count when an image brought the same journal back a second time."""
    count = 1
    while True:
        ending = journal if count == 1 else f"{journal}-{count}"
        aside = path.with_name(f"{path.stem}.aside-{ending}{path.suffix}")
        if not aside.exists():
            return aside
        count += 1


@contextlib.contextmanager
def _files_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JournalNotWritable(type(error).__name__) from error

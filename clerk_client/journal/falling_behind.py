"""A journal that is an older copy of itself: the station was put back from an image.

The hall tells, by holding a later line, or another one in the same place. From then on nothing is
accepted here, and the next start sets the file aside and opens a new one (`setting_aside`). Not at
once: the parts that hold this journal open would go on writing to the old file. Nothing is lost by
it; the lines of the copy that the hall does not know stay readable beside the new journal.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from clerk_client.domain.clock import Clock
from clerk_client.journal.entries import Writer
from clerk_client.journal.errors import JournalBehind
from clerk_client.journal.setting_aside import start_anew
from clerk_client.journal.store import Journal
from clerk_client.wire.lines import Signer

log = logging.getLogger(__name__)

_MARK = "behind"


def note_behind(journal: Journal, held: int, writer: Writer) -> None:
    """Durable; `writer` says for whom the new journal's first line is written."""
    if not is_behind(journal):
        log.error("this journal is an older copy: the hall holds %d lines of it", held)
        with journal.changing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO marks VALUES (?, ?)", (_MARK, json.dumps(asdict(writer)))
            )


def is_behind(journal: Journal) -> bool:
    """The hall has said so, now or before a restart."""
    return journal.mark(_MARK) is not None


def ensure_not_behind(journal: Journal) -> None:
    """Raises JournalBehind."""
    if is_behind(journal):
        raise JournalBehind


def up_to_date(
    journal: Journal, path: Path, station: str, clock: Clock, station_key: Callable[[], Signer]
) -> Journal:
    """The journal that was just opened, or a new one in its place. Raises JournalError kinds."""
    mark = journal.mark(_MARK)
    if mark is None:
        return journal
    journal.close()
    log.warning("the journal is set aside: the hall holds more of it")
    return start_anew(path, station, clock.now(), Writer(**json.loads(mark)), station_key())

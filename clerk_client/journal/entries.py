"""What a caller says of a new line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clerk_client.domain.cases import Category
from clerk_client.journal.database import Database
from clerk_client.journal.errors import AttachmentAbsent
from clerk_client.wire.attachments import named_in
from clerk_client.wire.lines import Json, Kind


@dataclass(frozen=True, slots=True)
class Writer:
    """For whom and where lines are written; stands in each head."""

    hall: str
    window: str
    clerk: str
    clock_offset_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What a new line says. `subjects` (a ticket's matter, say) are for finding it again.

    `key` names the line to the hall, which takes each once; a new UUID where none is given.
    """

    kind: Kind
    done_at: datetime
    body: Mapping[str, Json]
    decided_offline: bool = False
    category: Category | None = None
    matter: str | None = None
    number: str | None = None
    subjects: tuple[str, ...] = ()
    key: str = ""


def ensure_kept(database: Database, body: Mapping[str, Json]) -> None:
    """Those that a new line's body names: without one the hall would never take it.

    Raises AttachmentAbsent.
    """
    named = named_in(body)
    if named is None:
        raise ValueError("attachments are not named as the contract says")
    for each in named:
        with database.reading() as connection:
            found = connection.execute("SELECT 1 FROM attachments WHERE sha256 = ?", (each,))
            if not found.fetchone():
                raise AttachmentAbsent(each)

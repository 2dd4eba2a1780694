"""What a caller says of a new line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clerk_client.domain.cases import Category
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

"""A line as it comes in: its form, and what is worked out from it once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from clerk_client.domain.clock import HALL_OFFSET, from_rfc3339, hall_day, rfc3339
from clerk_client.hall.lines.leasing import is_uuid
from clerk_client.wire.lines import (
    VERSION,
    Head,
    Json,
    Line,
    LineError,
    canonical,
    line_from_json,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A line of the right form. `day` and `hour` are the hall's of `done_at`."""

    line: Line
    head_text: str
    body_text: str
    hash: str
    done_at: datetime
    day: date
    hour: int

    @property
    def head(self) -> Head:
        """The line's."""
        return self.line.head


def arrival_of(fields: dict[str, Json]) -> Arrival:
    """Raises LineError, or RecursionError for a body nested too deep.

    A newer format's line is refused as well: it waits at the station until the hall is updated.
    """
    line = line_from_json(fields)
    head = line.head
    if head.v != VERSION:
        raise LineError(f"head.v is {head.v}, this hall reads {VERSION}")
    if head.seq < 1 or len(head.kind) > 40:
        raise LineError("head.seq or head.kind")
    if not (is_uuid(head.journal) and is_uuid(head.key)):
        raise LineError("head.journal or head.key is no UUID")
    head_text = head.canonical().decode()
    if "\\u0000" in head_text:
        # PostgreSQL stores none, and no name holds one.
        raise LineError("NUL in the head")
    try:
        done_at = from_rfc3339(head.done_at)
        if rfc3339(done_at) != head.done_at:
            raise LineError("head.done_at")
        day, hour = hall_day(done_at), done_at.astimezone(HALL_OFFSET).hour
    except (ValueError, OverflowError) as error:
        raise LineError("head.done_at") from error
    body_text = canonical(dict(line.body)).decode()
    return Arrival(line, head_text, body_text, line.hash, done_at, day, hour)


def key_of(fields: dict[str, Json]) -> str:
    """For the answer to a line that has no form; empty when there is none to be found."""
    head = fields.get("head")
    key = head.get("key") if isinstance(head, Mapping) else None
    return key if isinstance(key, str) and is_uuid(key) else ""

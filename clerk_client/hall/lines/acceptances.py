"""An acceptance as it stands now: found by either of its numbers, its category the latest one."""

import json
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from clerk_client.domain.clock import HALL_OFFSET, from_rfc3339, hall_day
from clerk_client.hall import tables
from clerk_client.wire.lines import Json


@dataclass(frozen=True, slots=True)
class Accepted:
    """`number` is the one in the signed line, which voids and corrections are stored under.

    `request` is the key of the latest request to void it, `requested_by` the clerk who made it;
    both are empty without one.
    """

    number: str
    head: dict[str, Json]
    category: str
    corrections: int
    void_position: int
    request: str
    requested_by: str
    is_waiting: bool
    is_void: bool

    @property
    def day(self) -> date:
        """The hall's, of the acceptance: where it is counted."""
        return hall_day(from_rfc3339(self.head["done_at"]))

    @property
    def hour(self) -> int:
        """The hall's, of the acceptance."""
        return from_rfc3339(self.head["done_at"]).astimezone(HALL_OFFSET).hour


def locked(connection: Connection, number: str | None) -> Accepted | None:
    """Nobody else changes this acceptance until the transaction ends; None without one."""
    numbers, keys, lines = tables.numbers.c, tables.record_keys.c, tables.lines.c
    found = connection.scalar(
        select(lines.head)
        .join_from(tables.numbers, tables.record_keys, numbers.key == keys.key)
        .join(tables.lines, (lines.journal == keys.journal) & (lines.seq == keys.seq))
        .where(numbers.number == number)
    )
    if found is None:
        return None
    head = json.loads(found)
    # A statement of its own: PostgreSQL would show the rest as it was before the wait. Without
    # "key share" it would also wait for whoever only refers to the number.
    connection.execute(
        select(numbers.number)
        .where(numbers.number == head["number"])
        .with_for_update(key_share=True)
    )
    return _accepted(connection, head)


def _accepted(connection: Connection, head: dict[str, Json]) -> Accepted:
    voids, corrections = tables.voids.c, tables.corrections.c
    keys, lines = tables.record_keys.c, tables.lines.c
    corrected = connection.execute(
        select(corrections.position, corrections.category)
        .where(corrections.number == head["number"])
        .order_by(corrections.position.desc())
        .limit(1)
    ).first()
    void = connection.execute(
        select(
            voids.position,
            voids.requested_by,
            voids.approved_by,
            voids.is_waiting,
            lines.head,
        )
        .join_from(tables.voids, tables.record_keys, voids.requested_by == keys.key)
        .join(tables.lines, (lines.journal == keys.journal) & (lines.seq == keys.seq))
        .where(voids.number == head["number"])
        .order_by(voids.position.desc())
        .limit(1)
    ).first()
    return Accepted(
        number=head["number"],
        head=head,
        category=corrected.category if corrected else head["category"],
        corrections=corrected.position if corrected else 0,
        void_position=void.position if void else 0,
        request=void.requested_by if void else "",
        requested_by=json.loads(void.head)["clerk"] if void else "",
        is_waiting=bool(void and void.is_waiting),
        is_void=bool(void and void.approved_by),
    )

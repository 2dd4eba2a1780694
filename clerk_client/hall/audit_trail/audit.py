"""Who did what at the hall, noted in the transaction that does it; sealed later (sealing.py)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.wire.lines import Json, canonical


def note(
    connection: Connection,
    now: datetime,
    *,
    actor: str,
    station: str,
    action: str,
    subject: str,
    facts: Mapping[str, Json] | None = None,
) -> None:
    """One row. `actor`: a clerk's code, or empty for the hall itself; nothing of a person in it.

    `action` is a word of the contract like `clerk.locked`; `subject` names what it was done to.
    """
    connection.execute(
        insert(tables.audit).values(
            at=rfc3339(now),
            actor=actor,
            station=station,
            action=action,
            subject=subject,
            facts=canonical(dict(facts or {})).decode(),
            seal=None,
        )
    )

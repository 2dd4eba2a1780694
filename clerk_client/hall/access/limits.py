"""Guessing is slowed down: five failures a minute for an address and a certificate or station.

A stranger who tries ever new certificates is not slowed down by that, only kept from filling the
audit, which is never cleared.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.errors import RateLimited

COUNTED = timedelta(minutes=1)
"""How long a failure counts."""

_FAILURES = 5
# Of refused strangers, a minute: from one address, and of all together.
_NOTED, _NOTED_OF_ALL = 60, 600
# A subject of its own; no certificate, station or clerk is counted under it.
_NOTES = "audit"


def ensure_not_limited(connection: Connection, address: str, subject: str, now: datetime) -> None:
    """Raises RateLimited after five failures in the last minute."""
    if _count(connection, address, subject, now) >= _FAILURES:
        raise RateLimited(seconds="60")


def note_failure(connection: Connection, address: str, subject: str, now: datetime) -> None:
    """Counts one failure, for COUNTED."""
    row = {"address": address, "subject": subject, "failed_at": rfc3339(now)}
    connection.execute(insert(tables.failures).values(row))


def may_be_noted(connection: Connection, address: str, now: datetime) -> bool:
    """Whether a stranger's refusal still goes into the audit; if so, it is counted as gone there.

    What is left out stands in the figures and in the log as every call does.
    """
    for whose, most in ((address, _NOTED), ("", _NOTED_OF_ALL)):
        if _count(connection, whose, _NOTES, now) >= most:
            return False
    for whose in {address, ""}:
        note_failure(connection, whose, _NOTES, now)
    return True


def _count(connection: Connection, address: str, subject: str, now: datetime) -> int:
    failures = tables.failures.c
    count = connection.scalar(
        select(func.count()).where(
            failures.subject == subject,
            failures.address == address,
            failures.failed_at > rfc3339(now - COUNTED),
        )
    )
    return count or 0

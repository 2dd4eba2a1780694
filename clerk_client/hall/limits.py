"""Guessing is slowed down: five failures a minute for an address and a certificate or station."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.errors import RateLimited

_FAILURES = 5
_MINUTE = timedelta(minutes=1)


def ensure_not_limited(connection: Connection, address: str, subject: str, now: datetime) -> None:
    """Raises RateLimited after five failures in the last minute."""
    failures = tables.failures.c
    count = connection.scalar(
        select(func.count()).where(
            failures.subject == subject,
            failures.address == address,
            failures.failed_at > rfc3339(now - _MINUTE),
        )
    )
    if count is not None and count >= _FAILURES:
        raise RateLimited(seconds="60")


def note_failure(connection: Connection, address: str, subject: str, now: datetime) -> None:
    """Counts one failure and forgets those that count no more."""
    failures = tables.failures
    connection.execute(delete(failures).where(failures.c.failed_at <= rfc3339(now - _MINUTE)))
    connection.execute(
        insert(failures).values(address=address, subject=subject, failed_at=rfc3339(now))
    )

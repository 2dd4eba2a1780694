"""Who asks for cases that are not there, or under other names, is slowed down."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine

from clerk_client.hall.access.auth import Session
from clerk_client.hall.access.limits import ensure_not_limited, note_failure
from clerk_client.hall.errors import CaseUnknown
from clerk_client.hall.store import reading, writing


@contextmanager
def counted_guess(engine: Engine, session: Session, now: datetime) -> Iterator[None]:
    """Around a question for a case: a CaseUnknown out of it counts as one guess.

    By clerk and station, whatever number was asked: numbers are as easy to try as names. Raises
    RateLimited before the question is asked.
    """
    with reading(engine) as connection:
        ensure_not_limited(connection, session.station, _subject(session), now)
    try:
        yield
    except CaseUnknown:
        with writing(engine) as connection:
            note_failure(connection, session.station, _subject(session), now)
        raise


def _subject(session: Session) -> str:
    return f"cases {session.clerk}"

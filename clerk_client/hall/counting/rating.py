"""星级评价: what a client thought of the window, anonymous if wished."""

from datetime import datetime, time

from sqlalchemy import Connection, Engine, select

from clerk_client.domain.clock import HALL_OFFSET, hall_day, rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.errors import RatingKeyReused, WindowUnknown
from clerk_client.hall.store import added, written
from clerk_client.wire.reporting import RatingAnswer, RatingRequest


def rate(engine: Engine, request: RatingRequest, session: Session, now: datetime) -> RatingAnswer:
    """Keeps the rating; once, however often it is sent. Raises WindowUnknown, RatingKeyReused."""
    return written(engine, _rate, request, session, now)


def _rate(
    connection: Connection, request: RatingRequest, session: Session, now: datetime
) -> RatingAnswer:
    windows, ratings = tables.windows.c, tables.ratings
    if (
        connection.execute(select(windows.code).where(windows.code == request.window)).first()
        is None
    ):
        raise WindowUnknown(window=request.window)
    row = {
        "key": request.key,
        # The minute beside the window would name an anonymous client as well as the number does.
        "rated_at": rfc3339(_day_of(now) if request.anonymous else now),
        "window": request.window,
        "number": "" if request.anonymous else request.number,
        "clerk": "" if request.anonymous else session.clerk,
        "stars": request.stars,
        "comment": request.comment,
    }
    is_new = added(connection, ratings, row)
    if not is_new:
        stored = connection.execute(select(ratings).where(ratings.c.key == request.key)).one()
        if any(stored._mapping[name] != row[name] for name in row if name != "rated_at"):
            raise RatingKeyReused
    return RatingAnswer(key=request.key, is_new=is_new)


def _day_of(now: datetime) -> datetime:
    return datetime.combine(hall_day(now), time.min, HALL_OFFSET)

"""Time: UTC in storage and on the wire, the hall's offset on screen and paper."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

HALL_OFFSET = timezone(timedelta(hours=8))


class Clock(Protocol):
    """Where every part gets its time from, so that a test can hold it still."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """RFC 3339 with milliseconds and Z: the only way a moment is stored or sent."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def from_rfc3339(text: str) -> datetime:
    """The moment that `rfc3339` wrote.

    Raises ValueError for any other form.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def hall_day(moment: datetime) -> date:
    """The day on the hall's wall calendar: what "today" and every tally mean."""
    return moment.astimezone(HALL_OFFSET).date()


def hall_time(moment: datetime) -> str:
    """As a person in the hall reads it, to the minute."""
    return f"{moment.astimezone(HALL_OFFSET):%Y-%m-%d %H:%M}"

"""The day as the hall counts it. This package knows no hall that it could ask for another zone."""

from datetime import date, datetime, timedelta, timezone

# China has one time zone without summer time.
HALL_ZONE = timezone(timedelta(hours=8))


def hall_day(moment: datetime) -> date:
    """`moment` is aware."""
    return moment.astimezone(HALL_ZONE).date()

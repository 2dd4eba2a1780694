"""工作日: which days offices work, as the hall's calendar says.

The State Council announces each year late in the year before. A year that the calendar does not
have is counted by weekdays alone, and whoever shows the result says so (`knows`).
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from clerk_client.domain.matters import DayUnit

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Workdays:
    """工作日历: `special` holds the days that an announcement names, True if it is worked."""

    special: Mapping[date, bool] = field(default_factory=dict)

    def knows(self, year: int) -> bool:
        """Whether any day of that year is announced."""
        return any(day.year == year for day in self.special)

    def knows_all(self, first: date, last: date) -> bool:
        """Whether each year from one day's to the other's is announced."""
        low, high = sorted((first.year, last.year))
        return set(range(low, high + 1)) <= {day.year for day in self.special}

    def is_workday(self, day: date) -> bool:
        """Announced, or else Monday to Friday."""
        return self.special.get(day, day.weekday() < _SATURDAY)

    def add_workdays(self, day: date, count: int) -> date:
        """The day on which `count` workdays after `day` have passed; backwards when negative.

        `day` itself never counts, as in the law (行政许可法: from the day after). 0 is `day`.
        Raises OverflowError where the calendar of the world ends.
        """
        step, left = (_DAY if count > 0 else -_DAY), abs(count)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def workdays_until(self, today: date, due: date) -> int:
        """Workdays after `today` up to `due`: 0 on the day itself, negative once it is over."""
        if due < today:
            # A weekend after it has no workday in it, and it is over all the same.
            return min(-1, -self.workdays_until(due, today))
        days = (due - today).days
        weeks, rest = divmod(days, 7)
        # Whole weeks have five weekdays each; only the rest and what is announced is looked at.
        count = weeks * 5
        begin = today + _DAY * (weeks * 7)
        count += sum((begin + _DAY * n).weekday() < _SATURDAY for n in range(1, rest + 1))
        for day, worked in self.special.items():
            if today < day <= due:
                count += worked - (day.weekday() < _SATURDAY)
        return count


def due_day(calendar: Workdays, received: date, count: int, unit: DayUnit) -> date:
    """The last day of the time promised for a matter received on that day.

    A month ends on the same day of the month, or on its last one. Nothing is moved off a weekend:
    the earlier day is what an applicant may count on.
    """
    match unit:
        case DayUnit.WORKING_DAYS:
            return calendar.add_workdays(received, count)
        case DayUnit.CALENDAR_DAYS:
            return received + count * _DAY
        case DayUnit.CALENDAR_MONTHS:
            years, month = divmod(received.month - 1 + count, 12)
            year = received.year + years
            return date(year, month + 1, min(received.day, monthrange(year, month + 1)[1]))
        case DayUnit.IMMEDIATE:
            return received

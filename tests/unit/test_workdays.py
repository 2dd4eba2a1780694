"""Days that offices work, against days that everybody in China remembers."""

import csv
from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_client.domain.matters import DayUnit
from clerk_client.domain.workdays import Workdays, due_day


def announced() -> Workdays:
    text = files("resources").joinpath("sample", "workdays.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return Workdays({date.fromisoformat(row["day"]): row["kind"] == "workday" for row in rows})


CALENDAR = announced()
DAYS = st.dates(date(2025, 6, 1), date(2027, 6, 30))


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 1, 1), False),
        (date(2026, 1, 4), True),  # a Sunday, for New Year
        (date(2026, 2, 14), True),  # the Saturday before the Spring Festival
        (date(2026, 2, 16), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 5, 9), True),
        (date(2026, 9, 20), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday, for the National Day
        (date(2026, 11, 21), False),
        (date(2026, 11, 23), True),
    ],
)
def test_holidays_and_the_weekends_worked_for_them_are_known(day: date, is_worked: bool) -> None:
    assert CALENDAR.is_workday(day) is is_worked


def test_the_year_has_as_many_free_days_as_were_announced() -> None:
    free = [day for day, worked in CALENDAR.special.items() if not worked]
    made_up = [day for day, worked in CALENDAR.special.items() if worked]
    assert (len(free), len(made_up)) == (33, 6)
    assert all(day.weekday() > 4 for day in made_up)


def test_an_unannounced_year_is_counted_by_weekdays_and_says_so() -> None:
    assert CALENDAR.knows(2026)
    assert not CALENDAR.knows(2027)
    assert CALENDAR.is_workday(date(2027, 1, 1))
    assert CALENDAR.knows_all(date(2026, 1, 1), date(2026, 12, 31))
    assert not CALENDAR.knows_all(date(2026, 12, 30), date(2027, 1, 4))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 2, 13), 5, date(2026, 2, 27)),  # over the Spring Festival
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # over the National Day
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 21)),
        (date(2026, 10, 8), -1, date(2026, 9, 30)),
    ],
)
def test_workdays_are_counted_from_the_day_after(start: date, count: int, end: date) -> None:
    assert CALENDAR.add_workdays(start, count) == end


@given(DAYS, DAYS)
def test_days_left_are_those_that_a_calendar_on_the_wall_shows(today: date, due: date) -> None:
    counted = CALENDAR.workdays_until(today, due)
    low, high = sorted((today, due))
    between = [low + timedelta(days=n) for n in range(1, (high - low).days + 1)]
    walked = sum(map(CALENDAR.is_workday, between))
    if due >= today:
        assert counted == walked
    else:
        assert counted == min(-1, -walked)


@given(DAYS, st.integers(0, 60))
def test_what_is_added_is_what_is_left(today: date, count: int) -> None:
    assert CALENDAR.workdays_until(today, CALENDAR.add_workdays(today, count)) == count


@pytest.mark.parametrize(
    ("received", "count", "unit", "due"),
    [
        (date(2026, 9, 30), 3, DayUnit.WORKING_DAYS, date(2026, 10, 10)),
        (date(2026, 9, 30), 60, DayUnit.CALENDAR_DAYS, date(2026, 11, 29)),
        (date(2026, 11, 30), 3, DayUnit.CALENDAR_MONTHS, date(2027, 2, 28)),
        (date(2026, 12, 31), 2, DayUnit.CALENDAR_MONTHS, date(2027, 2, 28)),
        (date(2026, 11, 21), 0, DayUnit.IMMEDIATE, date(2026, 11, 21)),
    ],
)
def test_time_promised_ends_on_the_right_day(
    received: date, count: int, unit: DayUnit, due: date
) -> None:
    assert due_day(CALENDAR, received, count, unit) == due

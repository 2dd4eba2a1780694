"""The day's appointments, fetched ahead so that a window can go on without the hall."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from clerk_client.domain.clock import from_rfc3339
from clerk_client.hall import tables
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import writing
from tests.hall.conftest import Town
from tests.hall.desk import Desk
from tests.helpers.small_hall import OTHER_WINDOW, WINDOW

HEADER = "number,day,time,matter,status,applicant_name,outlet,window"


@pytest.fixture(scope="module", autouse=True)
def bookings(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Seven of one day, each for a window or for none; answers the day."""
    day = (town.today + timedelta(days=30)).isoformat()
    places = (WINDOW, OTHER_WINDOW, "")
    rows = [f"ZZ{n},{day},09:00-09:30,GA-LG,booked,张三,,{places[n % 3]}" for n in range(7)]
    folder = tmp_path_factory.mktemp("bookings")
    (folder / "appointments.csv").write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    load(town.engine, folder)
    yield day
    with writing(town.engine) as connection:
        booked = tables.appointments
        connection.execute(delete(booked).where(booked.c.number.like("ZZ%")))


def page_of(desk: Desk, **query: Any) -> dict[str, Any]:
    answer = desk.call("GET", "appointments", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def numbers(page: dict[str, Any]) -> list[str]:
    return [each["number"] for each in page["appointments"]]


def test_day_comes_whole_with_the_moment_of_asking(signed_in: Desk, bookings: str) -> None:
    page = page_of(signed_in, day=bookings)
    assert numbers(page) == [f"ZZ{n}" for n in range(7)]
    assert (page["day"], page["next"]) == (bookings, "")
    assert from_rfc3339(page["as_of"])


def test_window_gets_its_own_and_those_for_any_window(signed_in: Desk, bookings: str) -> None:
    page = page_of(signed_in, day=bookings, window=WINDOW)
    assert numbers(page) == ["ZZ0", "ZZ2", "ZZ3", "ZZ5", "ZZ6"]
    assert {each["window"] for each in page["appointments"]} == {WINDOW, ""}
    assert numbers(page_of(signed_in, day=bookings, window="nowhere")) == ["ZZ2", "ZZ5"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("window", ["", WINDOW])
def test_pages_have_no_gap(signed_in: Desk, bookings: str, limit: int, window: str) -> None:
    found: list[str] = []
    after, more = "", True
    while more:
        page = page_of(signed_in, day=bookings, window=window, limit=limit, after=after)
        assert len(numbers(page)) <= limit
        found += numbers(page)
        after = page["next"]
        more = bool(after)
    assert found == numbers(page_of(signed_in, day=bookings, window=window))


def test_without_a_day_it_is_the_halls_today(town: Town, signed_in: Desk) -> None:
    page = page_of(signed_in)
    assert set(numbers(page)) >= {"YY0001", "YY0002", "YY0003"}
    assert page["day"] == town.today.isoformat()


def test_one_of_them_alone_names_its_window_too(signed_in: Desk) -> None:
    assert signed_in.get("appointments/zz1").json()["window"] == OTHER_WINDOW


def test_file_without_windows_leaves_them_as_they_are(
    town: Town, signed_in: Desk, bookings: str, tmp_path: Path
) -> None:
    text = f"{HEADER.removesuffix(',window')}\nZZ1,{bookings},09:30-10:00,GA-LG,booked,张三,\n"
    (tmp_path / "appointments.csv").write_text(text, "utf-8")
    load(town.engine, tmp_path)
    found = signed_in.get("appointments/ZZ1").json()
    assert (found["time"], found["window"]) == ("09:30-10:00", OTHER_WINDOW)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_are_empty(signed_in: Desk, day: str) -> None:
    assert page_of(signed_in, day=day)["appointments"] == []


@pytest.mark.parametrize(
    "query",
    [
        "day=2026-02-30",
        "day=10000-01-01",
        "day=0000-01-01",
        "day=1",
        "day=99999999999999999999",
        "day=",
        "day=2026-11-21T00:00:00",
        "day=%00",
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=1e9",
        "limit=99999999999999999999999",
        "after=" + "x" * 81,
        "window=" + "x" * 10_000,
        "window=%00",
        "after=%00",
    ],
)
def test_garbage_in_place_of_a_page_is_refused_with_a_code(signed_in: Desk, query: str) -> None:
    answer = signed_in.get(f"appointments?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")


@pytest.mark.parametrize(
    "query",
    [
        "window='%20OR%20''='",
        "window=%25",
        "window=..%2f..%2f",
        "window=%C0%AF",
        "window=%ED%A0%80",
        "after=';DROP%20TABLE%20appointments;--",
    ],
)
def test_odd_signs_find_no_more_than_others(signed_in: Desk, bookings: str, query: str) -> None:
    answer = signed_in.get(f"appointments?day={bookings}&{query}")
    assert answer.status_code == 200
    found = numbers(answer.json())
    assert found == (["ZZ2", "ZZ5"] if query.startswith("window") else [f"ZZ{n}" for n in range(7)])

"""Figures from elsewhere, as IT hands them in."""

from typing import Any

import pytest
from sqlalchemy import select

from clerk_client.hall import tables
from clerk_client.hall.store import reading
from clerk_client.wire.reporting import Indicator
from tests.hall.conftest import Town
from tests.hall.desk import Desk

ROW = {"month": "2026-11", "department": "GA", "name": "cases_online", "amount": 12}


@pytest.fixture(scope="module")
def it(town: Town) -> Desk:
    """A station where hall IT works."""
    desk = town.desk()
    assert desk.sign_in(town.keys["T01"]).status_code == 200
    return desk


def sent(desk: Desk, *rows: Any) -> tuple[int, dict[str, Any]]:
    answer = desk.post("indicators", {"rows": list(rows)})
    return answer.status_code, answer.json()


def stored(town: Town, month: str) -> dict[tuple[str, str], int]:
    indicators = tables.indicators
    with reading(town.engine) as connection:
        rows = connection.execute(select(indicators).where(indicators.c.month == month))
        return {(row.department, row.name): row.amount for row in rows}


def test_what_is_sent_again_replaces_and_the_rest_stays(town: Town, it: Desk) -> None:
    month = {"month": "2026-10"}
    other = {**ROW, **month, "name": "cases_all", "amount": 30}
    assert sent(it, {**ROW, **month}, other) == (200, {"taken": 2})
    assert sent(it, {**ROW, **month, "amount": 13}) == (200, {"taken": 1})
    assert stored(town, "2026-10") == {("GA", "cases_online"): 13, ("GA", "cases_all"): 30}


def test_every_figure_of_the_fixed_set_is_taken(town: Town, it: Desk) -> None:
    rows = [{**ROW, "month": "2026-09", "name": each.value} for each in Indicator]
    assert sent(it, *rows) == (200, {"taken": len(Indicator)})
    assert len(stored(town, "2026-09")) == len(Indicator)


def test_unknown_department_is_told_and_nothing_of_the_report_is_taken(
    town: Town, it: Desk
) -> None:
    month = {"month": "2026-08"}
    status, problem = sent(it, {**ROW, **month}, {**ROW, **month, "department": "XX"})
    assert (status, problem["code"]) == (404, "INDICATOR_DEPARTMENT_UNKNOWN")
    assert problem["facts"] == {"department": "XX"}
    assert stored(town, "2026-08") == {}


def test_figure_that_is_sent_twice_is_refused(it: Desk) -> None:
    assert sent(it, ROW, {**ROW, "amount": 13})[1]["code"] == "REQUEST_INVALID"


@pytest.mark.parametrize(
    "more",
    [
        {"month": "2026-13"},
        {"month": "2026-1"},
        {"month": "26-11"},
        {"month": "2026-11-01"},
        {"month": "2026-11\n"},
        {"name": "happiness"},
        {"amount": -1},
        {"amount": 2**53 + 1},
        {"amount": 1e300},
        {"amount": "12"},
        {"amount": None},
        {"department": "\x00"},
        {"department": "\ud800"},
        {"department": ""},
        {"source": "me"},
    ],
)
def test_garbage_in_place_of_a_figure_is_refused_with_a_code(
    it: Desk, more: dict[str, Any]
) -> None:
    status, problem = sent(it, {**ROW, **more})
    assert (status, problem["code"]) == (422, "REQUEST_INVALID")


def test_report_without_rows_or_with_too_many_is_refused(it: Desk) -> None:
    assert sent(it)[0] == 422
    assert sent(it, *[ROW] * 1001)[0] == 422

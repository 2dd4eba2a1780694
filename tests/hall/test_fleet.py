"""What IT sees of the stations."""

import uuid
from typing import Any

import pytest

from tests.hall.conftest import Town
from tests.hall.desk import Desk

REPORT: dict[str, Any] = {
    "version": "0.2.0",
    "system": "Debian 12",
    "contract": "1.1",
    "journal": str(uuid.UUID(int=7)),
    "lines": 120,
    "waiting": 3,
    "refused": 1,
    "numbers_left": 40,
    "clock_offset_ms": -250,
    "drivers": ["gdca"],
    "devices": [{"subject": "camera", "severity": "error", "code": "CAMERA_ABSENT"}],
}


@pytest.fixture(scope="module")
def it(town: Town) -> Desk:
    desk = town.desk()
    assert desk.sign_in(town.keys["T01"]).status_code == 200
    return desk


def seen(it: Desk, station: str) -> dict[str, Any]:
    """The station in the fleet."""
    rows = it.get("fleet").json()["stations"]
    return next(row for row in rows if row["station"] == station)


def test_it_sees_a_station_before_and_after_its_first_report(
    town: Town, it: Desk, signed_in: Desk
) -> None:
    silent = seen(it, signed_in.station)
    assert (silent["report"], silent["reported_at"]) == (None, "")
    assert signed_in.post("station-reports", REPORT).status_code == 200
    told = seen(it, signed_in.station)
    assert told["report"] == REPORT
    assert (told["clerk"], told["window"]) == ("C01", "2B12")


def test_the_last_report_stands(it: Desk, signed_in: Desk) -> None:
    for waiting in (5, 0):
        assert signed_in.post("station-reports", {**REPORT, "waiting": waiting}).ok
    assert seen(it, signed_in.station)["report"]["waiting"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"journal": "not a uuid"},
        {"waiting": -1},
        {"version": "x" * 81},
        {"devices": [{"subject": "kettle", "severity": "ok", "code": "X"}]},
        {"holder": "张丽"},
    ],
)
def test_a_report_of_another_form_is_refused(signed_in: Desk, wrong: dict[str, Any]) -> None:
    answer = signed_in.post("station-reports", {**REPORT, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")


def test_the_fleet_comes_in_pages(town: Town, it: Desk) -> None:
    town.desk()
    whole = [row["station"] for row in it.get("fleet").json()["stations"]]
    paged, after = [], ""
    while True:
        page = it.get(f"fleet?limit=1&after={after}").json()
        paged += [row["station"] for row in page["stations"]]
        after = page["next"]
        if not after:
            break
    assert paged == whole

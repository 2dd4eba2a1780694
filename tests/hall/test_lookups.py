"""What a window asks: the catalogue, tickets, appointments."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clerk_client.hall.files.loading import load
from tests.hall.conftest import STAFF, Town
from tests.hall.desk import Desk
from tests.helpers.small_hall import HALL, MATTERS, write_small_hall


def matters_of(desk: Desk, since: int = 0, limit: int = 500) -> tuple[int, list[dict[str, Any]]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        query = f"matters?since={since}&limit={limit}&after={after}"
        page = desk.get(query).json()
        found += page["matters"]
        after = page["next"]
        if not after:
            return page["version"], found


def test_the_catalogue_comes_whole_with_materials_parents_and_suspensions(signed_in: Desk) -> None:
    page = signed_in.get("matters").json()
    assert [each["code"] for each in page["departments"]] == ["GA", "RS", "SC"]
    assert page["departments"][0]["full_name"] == "示例市公安局"
    matters = {each["code"]: each for each in page["matters"]}
    assert len(matters) == 7
    assert [each["necessity"] for each in matters["GA-LG"]["materials"]] == [
        "required",
        "required",
        "deferrable",
    ]
    assert matters["SC-QY"]["is_parent"] is True
    assert matters["SC-QY-1"]["parent"] == "SC-QY"
    assert matters["RS-TZ"]["suspended"] == "系统升级，暂停至月底"
    assert matters["GA-SF"]["statutory_days"] == 60
    assert page["next"] == ""


def test_the_calendar_comes_with_the_catalogues_first_page(signed_in: Desk) -> None:
    page = signed_in.get("matters?limit=2").json()
    assert page["workdays"] == [
        {"day": "2026-10-01", "is_workday": False, "note": "国庆节"},
        {"day": "2026-10-02", "is_workday": False, "note": "国庆节"},
        {"day": "2026-10-10", "is_workday": True, "note": "国庆节调休"},
    ]
    assert signed_in.get(f"matters?limit=2&after={page['next']}").json()["workdays"] == []
    assert signed_in.get(f"matters?since={page['version']}").json()["workdays"] == []


def test_only_the_workdays_that_changed_are_sent_after_a_version(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    version, _ = matters_of(signed_in)
    text = "day,kind,note\n2026-10-02,holiday,国庆节\n2026-10-03,holiday,国庆节\n"
    (tmp_path / "workdays.csv").write_text(text, encoding="utf-8")
    load(town.engine, tmp_path)
    page = signed_in.get(f"matters?since={version}").json()
    assert page["version"] == version + 1
    assert [each["day"] for each in page["workdays"]] == ["2026-10-03"]
    assert page["matters"] == []


def test_the_catalogue_comes_in_pages_without_a_gap(signed_in: Desk) -> None:
    _, whole = matters_of(signed_in)
    _, paged = matters_of(signed_in, limit=2)
    assert paged == whole


def test_only_what_changed_is_sent_after_a_version(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    version, _ = matters_of(signed_in)
    assert signed_in.get(f"matters?since={version}").json()["matters"] == []
    folder = write_small_hall(tmp_path, town.today, STAFF)
    town.hall.load(folder)
    assert matters_of(signed_in, since=version) == (version, [])
    changed = MATTERS.replace("居民身份证换领", "居民身份证换领（含补领）")
    (folder / "matters.csv").write_text(changed, encoding="utf-8")
    town.hall.load(folder)
    newer, matters = matters_of(signed_in, since=version)
    assert newer == version + 1
    assert [each["name"] for each in matters] == ["居民身份证换领（含补领）"]
    assert len(matters[0]["materials"]) == 2


@pytest.mark.parametrize(
    ("number", "status", "matters"),
    [
        ("A023", "waiting", ["GA-LG"]),
        ("A024", "waiting", ["GA-SF", "SC-QY-1"]),
        ("A001", "used", ["GA-SF"]),
        ("A002", "cancelled", ["GA-SF"]),
        ("A003", "passed", ["GA-SF"]),
    ],
)
def test_a_ticket_of_today_is_found(
    town: Town, signed_in: Desk, number: str, status: str, matters: list[str]
) -> None:
    found = signed_in.get(f"tickets/{number}?day={town.today}").json()
    assert (found["hall"], found["day"], found["number"]) == (HALL, town.today.isoformat(), number)
    assert (found["status"], found["matters"]) == (status, matters)
    assert found["priority"] is (number == "A024")


def test_the_same_number_is_another_ticket_tomorrow(town: Town, signed_in: Desk) -> None:
    assert signed_in.get(f"tickets/A023?day={town.today}").json()["matters"] == ["GA-LG"]
    tomorrow = town.today + timedelta(days=1)
    assert signed_in.get(f"tickets/A023?day={tomorrow}").json()["matters"] == ["RS-LW"]


@pytest.mark.parametrize("typed", ["a023", "Ａ０２３", " A023 "])
def test_a_ticket_number_may_be_typed_carelessly(town: Town, signed_in: Desk, typed: str) -> None:
    url = f"tickets/{typed}".replace(" ", "%20").replace(
        "Ａ０２３", "%EF%BC%A1%EF%BC%90%EF%BC%92%EF%BC%93"
    )
    assert signed_in.get(f"{url}?day={town.today}").json()["number"] == "A023"


def test_an_appointment_is_found_however_its_number_is_typed(town: Town, signed_in: Desk) -> None:
    found = signed_in.get("appointments/yy0004").json()
    assert found == {
        "number": "YY0004",
        "day": (town.today + timedelta(days=1)).isoformat(),
        "time": "09:00-09:30",
        "matter": "RS-LW",
        "status": "booked",
        "applicant_name": "示例商贸有限公司",
        "outlet": "东区分厅",
        "window": "",
    }


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("tickets/A999", "TICKET_UNKNOWN"),
        ("tickets/A023?day=2020-01-01", "TICKET_UNKNOWN"),
        ("tickets/A023'%20OR%20'1'='1", "TICKET_UNKNOWN"),
        ("appointments/YY9999", "APPOINTMENT_UNKNOWN"),
        ("appointments/'%3B%20DROP%20TABLE%20appointments%3B--", "APPOINTMENT_UNKNOWN"),
        ("appointments/%F0%28", "APPOINTMENT_UNKNOWN"),
    ],
)
def test_what_the_hall_does_not_have_is_told(signed_in: Desk, path: str, code: str) -> None:
    answer = signed_in.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert signed_in.get("appointments/YY0001").status_code == 200


@pytest.mark.parametrize("path", ["tickets/%00", "appointments/%00", "matters?after=%00"])
def test_a_character_that_no_name_holds_is_refused(signed_in: Desk, path: str) -> None:
    answer = signed_in.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "REQUEST_INVALID")

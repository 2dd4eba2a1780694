"""An applicant's own case at the window, and what is handed in for it."""

import json
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from clerk_client.hall import tables
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import reading, writing
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal

HEADER = (
    "number,matter,applicant_name,document_type,document_number,status,steps,received_on,due_on,"
    "opinion,result_ready"
)
APPLICANT = {"name": "张三", "document_type": "passport", "document_number": "E12345678"}
PLAN = {"name": "平面图", "copies": 1, "form": "original"}


@pytest.fixture
def desk(town: Town) -> Desk:
    """A station whose guesses are counted for itself."""
    made = town.desk()
    assert made.sign_in(town.keys["C01"]).status_code == 200
    return made


def case_of(desk: Desk, number: str, name: str) -> dict[str, Any]:
    answer = desk.call("GET", f"cases/{quote(number)}", params={"name": name})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code_of(desk: Desk, number: str, name: str) -> tuple[int, str]:
    answer = desk.call("GET", f"cases/{quote(number)}", params={"name": name})
    return answer.status_code, answer.json().get("code", "")


def supplement(desk: Desk, number: str, key: str = "", **more: Any) -> tuple[int, dict[str, Any]]:
    fields = {"key": key or str(uuid.uuid4()), "materials": [PLAN], **more}
    answer = desk.post(f"cases/{number}/supplements", fields)
    return answer.status_code, answer.json()


def awaiting_case(town: Town, folder: Path, number: str, status: str = "待补正") -> Path:
    """A new case of the department's, as IT loads it; answers the folder."""
    row = f"{number},GA-LG,张三,passport,E12345678,{status},,{town.today},,请补平面图,no"
    folder.mkdir(exist_ok=True)
    (folder / "cases.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    load(town.engine, folder)
    return folder


def test_applicant_learns_step_days_left_and_opinion(town: Town, desk: Desk) -> None:
    found = case_of(desk, "BJ-001", "欧阳·张三")
    assert (found["status"], found["status_word"]) == ("to_supplement", "待补正")
    assert found["source"] == "department"
    assert found["matter_name"] == "旅馆业特种行业许可"
    assert [step["state"] for step in found["steps"]] == ["done", "current", "waiting"]
    assert found["steps"][1]["workdays_left"] in (0, 1)
    assert found["opinion"] == "请补交平面图一份"
    assert found["result_ready"] is False
    assert found["supplements"] == []


def test_document_number_is_masked(desk: Desk) -> None:
    answer = desk.call("GET", "cases/BJ-001", params={"name": "欧阳张三"})
    assert answer.status_code == 404
    found = case_of(desk, "BJ-001", "欧阳·张三")
    assert found["document_masked"] == "1101**********002X"
    assert "11010519491231002X" not in json.dumps(found)


@pytest.mark.parametrize(
    ("number", "status", "ready"),
    [
        ("BJ-002", "in_review", False),
        ("BJ-003", "to_rate", True),
        ("BJ-004", "finished", True),
        ("BJ-005", "to_submit", False),
        ("BJ-006", "other", False),
    ],
)
def test_every_state_has_its_stable_word(
    signed_in: Desk, number: str, status: str, ready: bool
) -> None:
    found = case_of(signed_in, number, "李四")
    assert (found["status"], found["result_ready"]) == (status, ready)


@pytest.mark.parametrize("number", ["bj-001", "ＢＪ－００１", " BJ-001"])
@pytest.mark.parametrize("name", ["欧阳•张三", "欧阳．张三 ", "欧阳 ·　张三"])
def test_number_and_name_may_be_typed_carelessly(signed_in: Desk, number: str, name: str) -> None:
    assert case_of(signed_in, number, name)["number"] == "BJ-001"


def test_wrong_name_is_told_like_an_unknown_number(desk: Desk) -> None:
    wrong = desk.call("GET", "cases/BJ-002", params={"name": "李五"})
    unknown = desk.call("GET", "cases/BJ-999", params={"name": "李四"})
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "CASE_UNKNOWN"


def test_guessing_names_is_slowed_down_at_that_station(town: Town, desk: Desk) -> None:
    codes = [code_of(desk, "BJ-002", f"李{name}") for name in "一二三五六七"]
    assert codes == [(404, "CASE_UNKNOWN")] * 5 + [(429, "RATE_LIMITED")]
    assert code_of(desk, "BJ-002", "李四") == (429, "RATE_LIMITED")
    other = town.desk()
    other.sign_in(town.keys["C02"])
    assert case_of(other, "BJ-002", "李四")["status"] == "in_review"


def test_unmapped_status_of_a_department_is_other_and_its_word_is_kept(
    town: Town, signed_in: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    awaiting_case(town, tmp_path, "BJ-010", "公示中")
    found = case_of(signed_in, "BJ-010", "张三")
    assert (found["status"], found["status_word"]) == ("other", "公示中")
    assert [record.getMessage() for record in caplog.records] == [
        "cases.csv:2: status counts as other: 公示中"
    ]
    caplog.clear()


def test_acceptance_is_a_case_until_the_department_says_more(
    town: Town, signed_in: Desk, journal: Journal, tmp_path: Path
) -> None:
    line = journal.accepted({"applicant": APPLICANT})
    assert signed_in.sent(line) == [("settled", "")]
    number = line.head.number or ""
    found = case_of(signed_in, number, "张三")
    assert (found["status"], found["source"]) == ("in_review", "acceptance")
    assert found["received_on"] == town.today.isoformat()
    assert found["workdays_left"] == 20
    assert found["document_masked"] == "E1*****78"
    awaiting_case(town, tmp_path, number)
    found = case_of(signed_in, number, "张三")
    assert (found["status"], found["source"]) == ("to_supplement", "department")


def test_voided_acceptance_is_told_as_void(
    town: Town, signed_in: Desk, journal: Journal, tmp_path: Path
) -> None:
    line = journal.accepted({"applicant": APPLICANT})
    assert signed_in.sent(line) == [("settled", "")]
    number = line.head.number or ""
    with writing(town.engine) as connection:
        connection.execute(
            tables.voids.insert().values(
                number=number,
                position=1,
                requested_by=line.head.key,
                approved_by=line.head.key,
                is_waiting=False,
            )
        )
    awaiting_case(town, tmp_path, number)
    found = case_of(signed_in, number, "张三")
    assert (found["status"], found["status_word"], found["due_on"]) == ("other", "void", None)
    assert supplement(signed_in, number)[1]["code"] == "CASE_NOT_AWAITING"


def test_supplement_moves_the_case_on_and_is_shown_with_it(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    awaiting_case(town, tmp_path, "BJ-020")
    status, taken = supplement(signed_in, "BJ-020")
    assert (status, taken["status"], taken["number"]) == (200, "in_review", "BJ-020")
    found = case_of(signed_in, "BJ-020", "张三")
    assert found["status"] == "in_review"
    assert [each["materials"] for each in found["supplements"]] == [[PLAN]]
    assert supplement(signed_in, "BJ-020")[1]["code"] == "CASE_NOT_AWAITING"
    with reading(town.engine) as connection:
        rows = connection.execute(
            select(tables.audit).where(tables.audit.c.subject == "BJ-020")
        ).all()
    assert [(row.action, row.actor) for row in rows] == [("case.supplemented", "C01")]
    assert "张三" not in rows[0].facts


def test_repeated_supplement_is_one_and_another_under_its_key_is_refused(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    awaiting_case(town, tmp_path, "BJ-021")
    key = str(uuid.uuid4())
    first = supplement(signed_in, "BJ-021", key)
    assert supplement(signed_in, "BJ-021", key) == first
    other = supplement(signed_in, "BJ-021", key, materials=[{**PLAN, "copies": 2}])
    assert (other[0], other[1]["code"]) == (409, "SUPPLEMENT_KEY_REUSED")
    assert len(case_of(signed_in, "BJ-021", "张三")["supplements"]) == 1


@pytest.mark.parametrize("number", ["BJ-002", "BJ-004", "BJ-005"])
def test_nothing_is_taken_for_a_case_that_asks_for_nothing(signed_in: Desk, number: str) -> None:
    status, problem = supplement(signed_in, number)
    assert (status, problem["code"]) == (409, "CASE_NOT_AWAITING")


def test_file_from_before_the_supplement_does_not_ask_for_it_again(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    folder = awaiting_case(town, tmp_path, "BJ-022")
    assert supplement(signed_in, "BJ-022")[0] == 200
    load(town.engine, folder)
    assert case_of(signed_in, "BJ-022", "张三")["status"] == "in_review"
    path = folder / "cases.csv"
    path.write_text(path.read_text("utf-8").replace("请补平面图", "还缺消防意见"), "utf-8")
    load(town.engine, folder)
    found = case_of(signed_in, "BJ-022", "张三")
    assert (found["status"], found["opinion"]) == ("to_supplement", "还缺消防意见")


def test_supplement_is_taken_where_a_department_writes_our_own_word(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    awaiting_case(town, tmp_path, "BJ-023", "to_supplement")
    assert supplement(signed_in, "BJ-023")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "cases/..%2f..%2fetc%2fpasswd?name=x",
        "cases/%00?name=x",
        "cases/BJ-001?name=%00",
        "cases/BJ-001?name=%C0%AF",
        "cases/%C0%AFetc?name=x",
        "cases/%ED%A0%80?name=%ED%A0%80",
        "cases/1'%20OR%20'1'='1?name='%20OR%20''='",
        "cases/BJ-001?name=%25",
        "cases/BJ-%25?name=%25",
        "cases/BJ-001",
        "cases/BJ-001?name=",
        "cases/BJ-001?name=" + "x" * 201,
        "cases/" + "9" * 10_000 + "?name=x",
        "cases/%EF%B7%BA" + "%EF%B7%BA" * 70 + "?name=%EF%B7%BA",
        "cases/BJ-001?name=x&name=y",
    ],
)
def test_garbage_in_place_of_a_case_is_refused_with_a_code(
    town: Town, desk: Desk, path: str
) -> None:
    answer = desk.get(path)
    assert answer.status_code in (400, 404, 422, 431), answer.text
    assert answer.json()["code"] in {
        "CASE_UNKNOWN",
        "NOT_FOUND",
        "REQUEST_INVALID",
        "HEADERS_TOO_LARGE",
        "REQUEST_MALFORMED",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "no key"},
        {"key": str(uuid.uuid4()).upper() + "x"},
        {"materials": []},
        {"materials": [PLAN] * 51},
        {"materials": [{**PLAN, "copies": 0}]},
        {"materials": [{**PLAN, "copies": 2**70}]},
        {"materials": [{**PLAN, "copies": "1"}]},
        {"materials": [{**PLAN, "form": "carved in stone"}]},
        {"materials": [{**PLAN, "name": "\x00"}]},
        {"materials": [{**PLAN, "name": "\ud800"}]},
        {"materials": [{**PLAN, "name": "x" * 10_000}]},
        {"materials": [{**PLAN, "price": 1}]},
        {"materials": "平面图"},
        {"unknown": True},
    ],
)
def test_garbage_in_place_of_a_supplement_is_refused_with_a_code(
    signed_in: Desk, fields: dict[str, Any]
) -> None:
    status, problem = supplement(signed_in, "BJ-001", **fields)
    assert (status, problem["code"]) == (422, "REQUEST_INVALID")


def test_supplement_for_nothing_is_told(desk: Desk) -> None:
    status, problem = supplement(desk, "BJ-999")
    assert (status, problem["code"]) == (404, "CASE_UNKNOWN")


def test_body_that_was_erased_leaves_the_case_closed(
    town: Town, desk: Desk, signed_in: Desk, journal: Journal
) -> None:
    line = journal.accepted({"applicant": APPLICANT})
    assert signed_in.sent(line) == [("settled", "")]
    with writing(town.engine) as connection:
        connection.execute(
            update(tables.lines).where(tables.lines.c.key == line.head.key).values(body="")
        )
    assert code_of(desk, line.head.number or "", "张三") == (404, "CASE_UNKNOWN")

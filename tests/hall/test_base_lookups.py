"""Comparing with base databases: nothing comes out of them, and every look-up is written down."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from clerk_client.hall import tables
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import reading
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal

NUMBER = "11010519491231002X"
DRAFT = {"kind": "draft", "key": "0b9c4f0a-2f0e-4bb4-9d7a-0d2c7a3b1e55"}


@pytest.fixture
def desk(town: Town) -> Desk:
    """A station whose guesses are counted for itself; the clerk is seldom at work."""
    made = town.desk()
    assert made.sign_in(town.keys["S01"]).status_code == 200
    return made


def asked(desk: Desk, **more: Any) -> tuple[int, dict[str, Any]]:
    fields = {
        "base": "hukou",
        "reason": DRAFT,
        "document_type": "resident_id",
        "document_number": NUMBER,
        "fields": {"姓名": "张三"},
        **more,
    }
    answer = desk.post("base-lookups", fields)
    return answer.status_code, answer.json()


def rows_of(town: Town, table: Any) -> Sequence[Row[Any]]:
    with reading(town.engine) as connection:
        return connection.execute(select(table).order_by(table.c.id)).all()


def test_each_field_matches_differs_or_is_unknown(signed_in: Desk) -> None:
    typed = {"姓名": "张 三", "住址": "示例路1号", "性别": "男", "职业": "教师"}
    status, found = asked(signed_in, fields=typed)
    assert status == 200
    assert found["fields"] == {
        "姓名": "matches",
        "住址": "matches",
        "性别": "differs",
        "职业": "unknown",
    }


def test_values_of_the_base_never_leave_it(signed_in: Desk) -> None:
    _, found = asked(signed_in, fields={"姓名": "x", "住址": "y", "性别": "z"})
    assert set(found) == {"base", "base_name", "fields", "as_of", "age_days", "is_old"}
    assert not {"张三", "示例路１号", "女"} & set(json.dumps(found, ensure_ascii=False).split('"'))


def test_catalogue_names_the_bases_that_have_entries_and_none_of_their_values(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    (tmp_path / "base_databases.csv").write_text("code,name,as_of\ndiming,地名库,2026-11-20\n")
    load(town.engine, tmp_path)
    page = signed_in.get("matters?limit=2").json()
    hukou = {"code": "hukou", "name": "户籍库", "fields": ["住址", "姓名", "性别"]}
    assert hukou in page["bases"]
    assert "diming" not in [each["code"] for each in page["bases"]]
    told = json.dumps(page["bases"], ensure_ascii=False)
    assert not [value for value in ("张三", "示例路", NUMBER) if value in told]
    following = signed_in.get(f"matters?limit=2&after={page['next']}").json()
    assert following["bases"] == []
    unchanged = signed_in.get(f"matters?since={page['version']}").json()
    assert unchanged["bases"] == page["bases"]


@pytest.mark.parametrize("number", [" 110105 19491231002x", "１１０１０５１９４９１２３１００２Ｘ"])
def test_document_number_may_be_typed_carelessly(signed_in: Desk, number: str) -> None:
    assert asked(signed_in, document_number=number)[1]["fields"] == {"姓名": "matches"}


@pytest.mark.parametrize(
    "more", [{"document_number": "110105194912310011"}, {"document_type": "passport"}]
)
def test_person_whom_the_base_does_not_have_is_unknown(
    signed_in: Desk, more: dict[str, str]
) -> None:
    assert asked(signed_in, **more)[1]["fields"] == {"姓名": "unknown"}


def test_cell_that_the_base_left_empty_is_unknown(signed_in: Desk) -> None:
    status, found = asked(
        signed_in,
        document_type="passport",
        document_number="e12345678",
        fields={"姓名": "ANNA LI", "住址": "示例路"},
    )
    assert (status, found["fields"]) == (200, {"姓名": "matches", "住址": "unknown"})


def test_age_of_the_data_is_told_and_a_week_is_not_old(town: Town, signed_in: Desk) -> None:
    _, fresh = asked(signed_in)
    assert (fresh["as_of"], fresh["is_old"]) == (town.today.isoformat(), False)
    assert fresh["age_days"] in (0, 1)
    _, old = asked(signed_in, base="zhengzhao")
    assert old["age_days"] >= 8
    assert old["is_old"] is True


def test_every_look_up_leaves_who_why_and_which_fields_but_no_person(
    town: Town, signed_in: Desk, journal: Journal
) -> None:
    line = journal.accepted()
    assert signed_in.sent(line) == [("settled", "")]
    acceptance = {"kind": "acceptance", "number": line.head.number}
    before = len(rows_of(town, tables.base_lookups))
    asked(signed_in, reason=acceptance, fields={"性别": "女", "姓名": "张三"})
    asked(signed_in, reason={"kind": "case", "number": "bj-001"}, fields={"性别": "男"})
    asked(signed_in, document_number="A123456789", fields={"性别": "女"})
    rows = rows_of(town, tables.base_lookups)[before:]
    assert [(row.reason_kind, row.reason, row.outcome) for row in rows] == [
        ("acceptance", line.head.number, "matches"),
        ("case", "BJ-001", "differs"),
        ("draft", DRAFT["key"], "unknown"),
    ]
    assert {(row.clerk, row.station, row.base) for row in rows} == {
        ("C01", signed_in.station, "hukou")
    }
    assert json.loads(rows[0].fields) == ["姓名", "性别"]
    assert rows[0].subject_sha256 == rows[1].subject_sha256 != rows[2].subject_sha256
    kept = "".join(map(str, rows))
    assert not [secret for secret in (NUMBER, "张三", "A123456789", "女") if secret in kept]


def test_auditors_read_that_there_was_a_look_up_and_nothing_of_the_person(
    town: Town, signed_in: Desk
) -> None:
    asked(signed_in)
    last = [row for row in rows_of(town, tables.audit) if row.action == "base.looked_up"][-1]
    assert (last.actor, last.subject) == ("C01", "hukou")
    assert json.loads(last.facts) == {"reason": "draft", "fields": 1, "outcome": "matches"}


def test_number_cannot_be_hashed_back_out_of_the_log_alone(town: Town, signed_in: Desk) -> None:
    asked(signed_in)
    with reading(town.engine) as connection:
        secret = connection.scalars(select(tables.base_secrets.c.secret)).one()
    assert len(secret) == 64


@pytest.mark.parametrize("reason", ["case", "acceptance"])
def test_reason_that_the_hall_does_not_know_opens_nothing(
    town: Town, desk: Desk, reason: str
) -> None:
    before = len(rows_of(town, tables.base_lookups))
    status, problem = asked(desk, reason={"kind": reason, "number": "BJ-999"})
    assert (status, problem["code"]) == (404, "CASE_UNKNOWN")
    assert len(rows_of(town, tables.base_lookups)) == before


def test_base_that_the_hall_has_not_is_told(signed_in: Desk) -> None:
    status, problem = asked(signed_in, base="shebao")
    assert (status, problem["code"]) == (404, "BASE_UNKNOWN")


def test_clerk_who_looks_up_all_day_is_slowed_down_wherever_they_sit(town: Town) -> None:
    first, second = town.desk(), town.desk()
    for desk in (first, second):
        assert desk.sign_in(town.keys["C02"]).status_code == 200
    answers = [asked((first, second)[n % 2]) for n in range(62)]
    assert [status for status, _ in answers] == [200] * 60 + [429] * 2
    assert answers[-1][1]["code"] == "RATE_LIMITED"


def test_new_copy_of_a_base_replaces_the_old_one_whole(
    town: Town, signed_in: Desk, tmp_path: Path
) -> None:
    text = "document_type,document_number,证照名称\nother,{number},示例证\n"
    base = {"base": "zhengzhao", "document_type": "other", "fields": {"证照名称": "示例证"}}
    for number in ("NO-1", "NO-2"):
        (tmp_path / "base_zhengzhao.csv").write_text(text.format(number=number), "utf-8")
        assert load(town.engine, tmp_path) == {"base_zhengzhao": 1}
    assert asked(signed_in, **base, document_number="NO-1")[1]["fields"] == {"证照名称": "unknown"}
    assert asked(signed_in, **base, document_number="no-2")[1]["fields"] == {"证照名称": "matches"}


@pytest.mark.parametrize(
    "more",
    [
        {"fields": {}},
        {"fields": {f"f{n}": "x" for n in range(21)}},
        {"fields": {"姓名": ""}},
        {"fields": {"姓名": "x" * 10_000}},
        {"fields": {"x" * 10_000: "x"}},
        {"fields": {"姓名": None}},
        {"fields": {"姓名": "\x00"}},
        {"fields": {"\x00": "x"}},
        {"fields": {"\ud800": "x"}},
        {"fields": ["姓名"]},
        {"document_number": "\udfff"},
        {"document_number": ""},
        {"document_type": "library card"},
        {"base": "../hukou\x00"},
        {"base": "x" * 81},
        {"reason": {"kind": "curiosity"}},
        {"reason": {}},
        {"reason": None},
        {"reason": {"kind": "draft", "key": "mine"}},
        {"reason": {"kind": "case", "number": "1\x00"}},
        {"reason": {"kind": "case", "number": "BJ-001", "key": "x"}},
        {"unknown": 1},
    ],
)
def test_garbage_in_place_of_a_look_up_is_refused_with_a_code(
    signed_in: Desk, more: dict[str, Any]
) -> None:
    status, problem = asked(signed_in, **more)
    assert (status, problem["code"]) == (422, "REQUEST_INVALID")


@pytest.mark.parametrize(
    "text", ["' OR '1'='1", "%", "_", "');DROP TABLE base_entries;--", "..%2f"]
)
def test_signs_that_mean_something_to_a_database_mean_nothing_here(
    signed_in: Desk, text: str
) -> None:
    key = {"kind": "draft", "key": str(uuid.uuid4())}
    found = asked(signed_in, reason=key, document_number=text, fields={"姓名": text})[1]
    assert found["fields"] == {"姓名": "unknown"}
    assert asked(signed_in, fields={"姓名": text})[1]["fields"] == {"姓名": "differs"}

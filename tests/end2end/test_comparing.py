"""与基础库比对 from the form to the hall's log and into the record, at the real hall."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from clerk_client.desk.desk import Desk
from clerk_client.desk.forms import BaseQuestion, Form
from clerk_client.domain.base_data import Agreement, BaseDatabase
from clerk_client.domain.cases import Category
from clerk_client.domain.errors import DocumentCheckCharacterWrong
from clerk_client.domain.people import DocumentType
from clerk_client.hall_link.errors import HallRefused, HallUnavailable
from clerk_client.parts import Parts
from tests.helpers.station import Station, opened_key

NUMBER = "11010519491231002X"  # GB 11643's own example; the small hall's 户籍库 has it as 张三


@pytest.fixture
def parts(station: Station) -> Iterator[Parts]:
    with station.opened() as opened_parts:
        yield opened_parts


@pytest.fixture
def desk(parts: Parts) -> Desk:
    """With 张丽 signed in."""
    desk = parts.desk()
    desk.sign_in(opened_key(parts, "张丽", "123456"))
    return desk


@pytest.fixture
def form(desk: Desk) -> Form:
    """For 李四, with the number of 张三."""
    found = desk.choose("GA-LG")
    kind = DocumentType.RESIDENT_ID
    return Form(found, found.matters[0], Category.HALL_PENDING, kind, "李四", NUMBER)


def question(form: Form, base: BaseDatabase) -> BaseQuestion:
    return BaseQuestion(form.key, base, form.document_type, form.name, form.number)


def test_clerk_compares_with_a_base_and_the_hall_and_the_record_say_so(
    desk: Desk, form: Form, parts: Parts, station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    (base,) = desk.bases()
    assert (base.code, base.name) == ("hukou", "户籍库")
    with caplog.at_level("DEBUG"):
        comparison = desk.compare(question(form, base))
        same = desk.compare(question(replace(form, name="张 三"), base))
    assert comparison.fields == (("姓名", Agreement.DIFFERS),)
    assert same.fields == (("姓名", Agreement.MATCHES),)
    assert (comparison.as_of, comparison.is_old) == (station.today, False)
    assert not [word for word in ("李四", "张三", NUMBER, "DIFFERS") if word in caplog.text]
    logged = "SELECT clerk, reason_kind, reason, fields, outcome FROM base_lookups ORDER BY id"
    assert station.at_hall(logged) == [
        ("W01", "draft", form.key, '["姓名"]', "differs"),
        ("W01", "draft", form.key, '["姓名"]', "matches"),
    ]
    acceptance = desk.accept(replace(form, compared=(comparison,)))
    assert parts.delivery().deliver().refused == 0
    # The log's reason is the record's own key.
    assert acceptance.key == form.key
    ((body,),) = station.at_hall("SELECT body FROM lines WHERE key = ?", form.key)
    assert json.loads(body)["compared"] == [
        {
            "base": "hukou",
            "base_name": "户籍库",
            "as_of": station.today.isoformat(),
            "fields": {"姓名": "differs"},
        }
    ]
    assert "张三" not in body


def test_an_acceptance_without_a_comparison_says_nothing_of_one(
    desk: Desk, form: Form, parts: Parts
) -> None:
    desk.accept(form)
    assert "compared" not in list(parts.journal().lines())[-1].body


def test_with_the_hall_away_nothing_is_compared_and_the_acceptance_stands(
    desk: Desk, form: Form, station: Station
) -> None:
    (base,) = desk.bases()
    station.hall.kill()
    with pytest.raises(HallUnavailable):
        desk.compare(question(form, base))
    assert desk.bases() == (base,)
    assert desk.accept(form).decided_offline


def test_a_base_that_is_gone_is_told_by_its_code(desk: Desk, form: Form) -> None:
    with pytest.raises(HallRefused) as caught:
        desk.compare(question(form, BaseDatabase("faren", "法人库", ("姓名",))))
    assert caught.value.code == "BASE_UNKNOWN"


def test_a_mistyped_number_is_not_asked_about(desk: Desk, form: Form, station: Station) -> None:
    (base,) = desk.bases()
    with pytest.raises(DocumentCheckCharacterWrong):
        desk.compare(question(replace(form, number="110105194912310021"), base))
    assert station.at_hall("SELECT * FROM base_lookups") == []


def test_nobody_compares_without_a_session(desk: Desk, form: Form) -> None:
    (base,) = desk.bases()
    desk.sign_out()
    with pytest.raises(HallRefused):
        desk.compare(question(form, base))
    with pytest.raises(HallRefused):
        desk.bases()


def test_a_clerk_who_asks_too_often_is_told_to_wait(
    desk: Desk, form: Form, station: Station
) -> None:
    (base,) = desk.bases()
    desk.compare(question(form, base))
    columns = "at, clerk, station, base, reason_kind, reason, subject_sha256, fields, outcome"
    more = " UNION ALL ".join(["SELECT 1"] * 60)
    station.at_hall(
        f"INSERT INTO base_lookups ({columns}) SELECT {columns} FROM base_lookups, ({more})"
    )
    with pytest.raises(HallRefused) as caught:
        desk.compare(question(form, base))
    assert caught.value.code == "RATE_LIMITED"
    assert desk.accept(form).number

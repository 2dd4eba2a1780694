"""与基础库比对, without a screen: what is asked, what is shown, what stays and what goes."""

from dataclasses import replace
from datetime import date

import pytest

from clerk_client.desk.forms import BaseQuestion, Draft, Entries, Form
from clerk_client.domain.base_data import Agreement, BaseDatabase, Comparison
from clerk_client.domain.people import DocumentType
from clerk_client.domain.stages import Stage
from clerk_client.hall_link.errors import HallError, HallFailing, HallRefused, HallUnreachable
from clerk_client.ui.reception.exchange import Compared
from tests.unit.test_reception_presenter import FILLED, MATTER, NUMBER, Window, found

PEOPLE = BaseDatabase("renkou", "人口基础库", ("姓名", "户籍地址"))
LICENCES = BaseDatabase("zhengzhao", "证照基础库", ("持证人", "证照名称"))
UNITS = BaseDatabase("faren", "法人基础库", ("单位名称",))
PLACES = BaseDatabase("diming", "地名库", ("门牌",))


def same(base: BaseDatabase) -> Comparison:
    return outcome(base, Agreement.MATCHES)


def outcome(base: BaseDatabase, agreement: Agreement, age: int = 1) -> Comparison:
    fields = ((base.fields[0], agreement),)
    return Comparison(base.code, base.name, fields, date(2026, 11, 20), age, age > 7)


@pytest.fixture
def window() -> Window:
    """A filled form at a hall with two bases that know people."""
    made = Window()
    made.record()
    made.presenter.comparing.bases_known([PEOPLE, LICENCES, UNITS, PLACES])
    made.presenter.change_entries()
    return made


def shown(window: Window) -> Compared:
    (standing,) = window.page.told["show_compared"]
    assert isinstance(standing, Compared)
    return standing


def asked(window: Window) -> list[BaseQuestion]:
    return [each[2] for each in window.asked if each[0] == "compare"]


def answer(window: Window, comparison: Comparison) -> None:
    window.presenter.comparing.compared(window.last("compare")[0], comparison)


def refuse(window: Window, error: HallError) -> None:
    window.presenter.comparing.refused(window.last("compare")[0], error)


def compare(window: Window) -> None:
    window.presenter.compare()
    answer(window, same(PEOPLE))
    answer(window, outcome(LICENCES, Agreement.DIFFERS, age=320))


def accepted_form(window: Window) -> Form:
    window.presenter.commit()
    window.presenter.commit()
    (form,) = window.last("accept")
    assert isinstance(form, Form)
    return form


def test_each_base_that_knows_people_is_asked_once_for_the_forms_draft(window: Window) -> None:
    window.presenter.compare()
    assert shown(window).is_under_way
    window.presenter.compare()
    assert len(asked(window)) == 1
    answer(window, same(PEOPLE))
    answer(window, same(LICENCES))
    assert [question.base for question in asked(window)] == [PEOPLE, LICENCES]
    assert {(q.name, q.number, q.document_type) for q in asked(window)} == {
        ("欧阳建国", NUMBER, DocumentType.RESIDENT_ID)
    }
    assert not shown(window).is_under_way
    assert {question.key for question in asked(window)} == {accepted_form(window).key}


def test_a_unit_is_compared_with_the_bases_of_units(window: Window) -> None:
    number = "91350100M000100Y43"  # GB 32100's own example
    window.page.fields = Entries(FILLED.category, DocumentType.CREDIT_CODE, "示例公司", number)
    window.presenter.change_document_type()
    assert shown(window).is_ready
    window.presenter.compare()
    answer(window, same(LICENCES))
    answer(window, same(UNITS))
    assert [question.base for question in asked(window)] == [LICENCES, UNITS]


@pytest.mark.parametrize("bases", [[], [PLACES], [UNITS]])
def test_the_button_is_not_there_where_the_hall_has_no_base_for_a_person(
    bases: list[BaseDatabase],
) -> None:
    window = Window()
    window.record()
    window.presenter.comparing.bases_known([PEOPLE])
    window.presenter.comparing.bases_known(bases)
    assert not shown(window).is_offered
    window.presenter.compare()
    assert asked(window) == []


@pytest.mark.parametrize(
    "entries",
    [
        replace(FILLED, name=" "),
        replace(FILLED, number=""),
        replace(FILLED, number=NUMBER[:-1]),
        replace(FILLED, number="110105194912310021"),
    ],
)
def test_nothing_is_asked_before_name_and_number_are_right(
    window: Window, entries: Entries
) -> None:
    assert shown(window).is_ready
    window.page.fields = entries
    window.presenter.change_entries()
    assert (shown(window).is_offered, shown(window).is_ready) == (True, False)
    window.presenter.compare()
    assert asked(window) == []


@pytest.mark.parametrize(
    "entries",
    [
        replace(FILLED, name="欧阳建"),
        replace(FILLED, number="11010519491231002X"),
        replace(FILLED, document_type=DocumentType.OTHER),
    ],
)
def test_what_came_out_goes_when_the_person_is_another(window: Window, entries: Entries) -> None:
    compare(window)
    window.page.fields = entries
    window.presenter.change_entries()
    assert shown(window).found == ()
    window.page.fields = FILLED
    window.presenter.change_entries()
    assert shown(window).found == ()
    assert accepted_form(window).compared == ()


def test_a_late_answer_about_somebody_else_is_not_shown(window: Window) -> None:
    window.presenter.compare()
    window.page.fields = replace(FILLED, name="欧阳建")
    window.presenter.change_entries()
    answer(window, same(PEOPLE))
    assert shown(window).found == ()
    assert len(asked(window)) == 1


def test_category_and_phone_leave_what_came_out(window: Window) -> None:
    compare(window)
    window.page.fields = replace(FILLED, phone="13800000000", name=" 欧阳建国 ")
    window.presenter.change_entries()
    assert len(shown(window).found) == 2


def test_a_difference_warns_blocks_nothing_and_is_recorded(window: Window) -> None:
    compare(window)
    window.presenter.commit()
    assert window.page.stage is Stage.CONFIRMING
    _, _, warnings = window.page.told["show_summary"]
    assert [words.code for words in warnings] == ["BASE_DIFFERS"]
    assert "持证人" in warnings[0].title
    assert "证照基础库" in warnings[0].title
    window.presenter.commit()
    (form,) = window.last("accept")
    assert form.compared == (same(PEOPLE), outcome(LICENCES, Agreement.DIFFERS, age=320))


def test_a_base_that_does_not_know_the_person_warns_of_nothing(window: Window) -> None:
    window.presenter.compare()
    answer(window, outcome(PEOPLE, Agreement.UNKNOWN))
    window.presenter.commit()
    assert window.page.told["show_summary"][2] == []


def test_an_answer_that_came_after_the_check_is_not_in_the_record(window: Window) -> None:
    window.presenter.compare()
    answer(window, same(PEOPLE))
    window.presenter.commit()
    answer(window, same(LICENCES))
    window.presenter.compare()
    assert len(asked(window)) == 2
    window.presenter.back()
    assert not shown(window).is_under_way
    assert accepted_form(window).compared == (same(PEOPLE),)


def test_a_check_that_finds_a_mistake_does_not_end_the_comparing(window: Window) -> None:
    window.presenter.compare()
    window.page.fields = replace(FILLED, category=None)
    window.presenter.change_entries()
    window.presenter.commit()
    answer(window, same(PEOPLE))
    assert shown(window).found == (same(PEOPLE),)


@pytest.mark.parametrize("error", [HallUnreachable(), HallFailing(503)])
def test_with_the_hall_away_the_clerk_compares_later_and_goes_on(
    window: Window, error: HallError
) -> None:
    window.presenter.compare()
    refuse(window, error)
    problem = shown(window).problem
    assert problem is not None
    assert problem.code == "COMPARE_OFFLINE"
    assert len(asked(window)) == 1
    compare(window)
    assert shown(window).problem is None
    assert len(accepted_form(window).compared) == 2


@pytest.mark.parametrize("code", ["RATE_LIMITED", "BASE_UNKNOWN"])
def test_a_refusal_is_told_and_what_came_before_it_stays(window: Window, code: str) -> None:
    window.presenter.compare()
    answer(window, same(PEOPLE))
    before = window.times("know_bases")
    refuse(window, HallRefused(429, code))
    problem = shown(window).problem
    assert problem is not None
    assert problem.code == code
    assert shown(window).found == (same(PEOPLE),)
    assert window.times("know_bases") == before + 1


def test_asked_again_the_new_answer_takes_the_place_of_the_old(window: Window) -> None:
    compare(window)
    window.presenter.compare()
    assert len(shown(window).found) == 2
    answer(window, outcome(PEOPLE, Agreement.DIFFERS))
    refuse(window, HallUnreachable())
    assert {each.base: each.differing for each in accepted_form(window).compared} == {
        "renkou": ("姓名",),
        "zhengzhao": ("持证人",),
    }


def test_nothing_of_it_outlives_the_form(window: Window) -> None:
    compare(window)
    window.presenter.back()
    assert not shown(window).is_offered
    assert shown(window).found == ()
    window.presenter.proceed()
    assert shown(window).found == ()


def test_nothing_of_it_is_kept_when_the_key_is_pulled(window: Window) -> None:
    compare(window)
    window.presenter.lock()
    assert shown(window).found == ()
    clerk, drafts = window.last("keep_drafts")
    assert clerk == "001"
    assert all(isinstance(draft, Draft) for draft in drafts)
    assert not [word for word in ("renkou", "MATCHES", "人口基础库") if word in repr(drafts)]


def test_the_next_client_finds_nothing_of_it(window: Window) -> None:
    compare(window)
    accepted_form(window)
    window.presenter.lock()
    window.presenter.welcome("002")
    window.presenter.drafts_taken("002", [])
    window.presenter.enter_ticket("A024")
    window.presenter.found(found(MATTER))
    window.presenter.proceed()
    assert shown(window).found == ()

"""The page 办件记录 under a clerk's hands: arrows, Enter, P, F9, Esc; both widths."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.desk.records import Record, RefusedRecord
from clerk_client.domain.cases import Category
from clerk_client.hall_link.errors import HallUnreachable
from clerk_client.journal.day_sheet import Delivered, Paper, VoidState
from clerk_client.ui.records.deciding import DecidingPresenter
from clerk_client.ui.records.exchange import KeyBeside, Pane, RecordsActions, Section, Shown
from clerk_client.ui.records.presenter import RecordsPresenter
from clerk_client.ui.records.view import RecordsPage
from clerk_client.wire.lines import Kind
from tests.helpers.reception_window import commit, focused
from tests.unit.test_records_presenter import NOW, OTHER, RECORD, TODAY, WAITING

pytestmark = pytest.mark.usefixtures("themed")


class Hands:
    """The page with its presenters; what they ask of the workers is kept."""

    def __init__(self, page: RecordsPage, qtbot: QtBot) -> None:
        self.page, self._qtbot = page, qtbot
        self.asked: list[tuple[object, ...]] = []
        actions = RecordsActions(
            **{name: self._recorder(name) for name in RecordsActions.__dataclass_fields__}
        )
        self.records = RecordsPresenter(page, actions, lambda: TODAY)
        self.deciding = DecidingPresenter(page, actions, lambda: NOW)
        page.follow(self.records, self.deciding)

    def show(self, *records: Record) -> None:
        self.records.enter()
        self.records.listed(TODAY, records)
        self.asked.clear()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.NoModifier) -> None:
        """On whatever has the keyboard, as a clerk does."""
        self._qtbot.keyClick(focused(), key, modifier)

    def press_alt(self, key: Qt.Key, until: Callable[[], bool]) -> None:
        """A button reached by its letter looks pressed for a moment before it is."""
        self.press(key, Qt.KeyboardModifier.AltModifier)
        self._qtbot.waitUntil(until)

    def _recorder(self, name: str) -> Callable[..., None]:
        return lambda *what: self.asked.append((name, *what))


@pytest.fixture
def hands(shown: Callable[[QWidget], None], qtbot: QtBot) -> Hands:
    page = RecordsPage()
    made = Hands(page, qtbot)
    page.resize(1366, 640)
    shown(page)
    return made


def test_row_tells_state_and_paper_by_sign_and_word(hands: Hands) -> None:
    late = replace(OTHER, delivered=Delivered.WAITING, reprints=2, paper=Paper.PRINTED)
    hands.show(late, replace(RECORD, void=VoidState.REQUESTED))
    assert hands.page.day.table.rows == [
        (
            "09:12\n中山分厅待办",
            "44200020261000000024\nL2B12261121A3F0001K\n居民身份证换领",
            "李四\n1101**********002X",
            "… 待上报 离线\n✓ 已打印 补打2",
        ),
        (
            "09:12\n中山分厅待办",
            "44200020261000000016\n旅馆业特种行业许可",
            "欧阳小满\n1101**********002X",
            "! 作废待批\n✓ 已打印",
        ),
    ]


def test_clerk_walks_the_list_and_prints_a_copy_by_keyboard(hands: Hands) -> None:
    hands.show(OTHER, RECORD)
    assert focused() is hands.page.day.table
    hands.press(Qt.Key.Key_Down)
    assert hands.page.day.details.facts.number.text() == RECORD.number
    hands.press(Qt.Key.Key_P)
    assert hands.page.day.details.pane is Pane.ASK
    hands.press(Qt.Key.Key_F9)
    assert hands.asked == [("read_acceptance", RECORD.number, True)]


def test_esc_leads_from_the_question_back_to_the_list(hands: Hands) -> None:
    hands.show(RECORD)
    hands.press(Qt.Key.Key_F9)
    hands.press(Qt.Key.Key_Escape)
    assert hands.page.day.details.pane is Pane.FACTS
    assert focused() is hands.page.day.table
    assert hands.asked == []


def test_paper_in_doubt_offers_both_answers_first(hands: Hands) -> None:
    hands.show(OTHER)
    hands.press(Qt.Key.Key_Return)
    facts = hands.page.day.details.facts
    assert focused() is facts.confirm
    assert facts.print.text() == "再打一次 (F9)"
    hands.press(Qt.Key.Key_Return)
    assert hands.asked == [("confirm_printed", OTHER.number)]


def test_void_is_asked_for_by_keyboard_with_a_typed_reason(hands: Hands) -> None:
    hands.show(RECORD)
    void = hands.page.day.details.void
    hands.press_alt(Qt.Key.Key_V, void.choice.hasFocus)
    hands.press(Qt.Key.Key_Tab)
    commit("应为公章刻制备案")
    hands.press(Qt.Key.Key_Return)
    assert "应为公章刻制备案" in hands.page.day.details.ask.text
    hands.press(Qt.Key.Key_Return)
    assert hands.asked == [("request_void", RECORD.number, "应为公章刻制备案")]


def test_usual_reason_is_filled_in_and_forgotten_with_its_acceptance(hands: Hands) -> None:
    hands.show(RECORD, OTHER)
    hands.records.ask_void()
    void = hands.page.day.details.void
    void.choice.setCurrentIndex(1)
    void.choice.activated.emit(1)
    assert void.reason.text() == "选错了事项"
    hands.press(Qt.Key.Key_Escape)
    hands.press(Qt.Key.Key_Down)
    assert void.reason.text() == ""


def test_category_other_than_now_is_marked_for_the_correction(hands: Hands) -> None:
    hands.show(RECORD)
    category = hands.page.day.details.category
    hands.press_alt(Qt.Key.Key_C, category.choices[Category.DEPARTMENT_INTERNAL].hasFocus)
    assert category.choices[Category.DEPARTMENT_INTERNAL].isChecked()
    category.go_on.click()
    assert hands.asked == [("correct_category", RECORD.number, Category.DEPARTMENT_INTERNAL)]


def test_supervisors_pin_is_gone_from_the_page_once_it_was_given(
    hands: Hands, qtbot: QtBot
) -> None:
    hands.show(replace(RECORD, void=VoidState.REQUESTED))
    beside = hands.page.day.details.beside
    hands.press_alt(Qt.Key.Key_G, beside.look.hasFocus)
    assert not beside.pin.isEnabled()
    hands.page.show_keys([KeyBeside("t", "梁国辉")])
    assert focused() is beside.pin
    qtbot.keyClicks(beside.pin, "654321")
    hands.press(Qt.Key.Key_Return)
    assert hands.asked[-1] == ("approve_beside", RECORD.number, "t", "654321")
    assert beside.pin.text() == ""
    hands.records.go_back()
    hands.records.done(RECORD.number, "VOID_APPROVED_HERE")
    assert "主管已同意" in hands.page.notice


def test_filter_narrows_the_list_and_enter_leads_back_to_it(hands: Hands, qtbot: QtBot) -> None:
    hands.show(OTHER, RECORD)
    hands.press(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    commit("欧阳")
    assert len(hands.page.day.table.rows) == 1
    hands.press(Qt.Key.Key_Return)
    assert focused() is hands.page.day.table
    hands.records.filter_by("没有的", Shown.ALL)
    assert hands.page.day.empty == "没有符合条件的受理"
    hands.records.filter_by("", Shown.VOID)
    assert hands.page.day.empty == "没有符合条件的受理"


def test_other_days_are_reached_by_keyboard(hands: Hands) -> None:
    hands.show()
    assert hands.page.day.empty == "这一天本窗口没有受理"
    hands.press(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert ("list_day", TODAY - timedelta(days=1)) in hands.asked


def test_marked_row_stays_marked_when_the_list_is_renewed(hands: Hands) -> None:
    hands.show(RECORD, OTHER)
    hands.press(Qt.Key.Key_Down)
    newer = replace(RECORD, number="44200020261000000040")
    hands.records.refresh()
    hands.records.listed(TODAY, (newer, RECORD, OTHER))
    assert hands.page.day.table.key == OTHER.number
    assert hands.page.day.details.facts.number.text() == OTHER.number


def test_on_a_small_screen_enter_opens_the_details_in_the_lists_place(
    hands: Hands, qtbot: QtBot
) -> None:
    hands.page.resize(683, 300)
    qtbot.waitUntil(lambda: hands.page.day.width() < 700)
    hands.show(RECORD)
    day = hands.page.day
    assert day.table.isVisible()
    assert not day.details.isVisible()
    hands.press(Qt.Key.Key_Return)
    assert day.details.isVisible()
    assert not day.table.isVisible()
    assert focused() is day.details.facts.print
    hands.press(Qt.Key.Key_Escape)
    assert day.table.isVisible()
    assert focused() is day.table


def test_refused_line_tells_its_cause_and_next_step(hands: Hands) -> None:
    hands.show(RECORD)
    line = RefusedRecord(Kind.ACCEPTED, RECORD.number, NOW, RECORD.matter_name, "MATTER_UNKNOWN")
    lost = RefusedRecord(Kind.ACCEPTED, OTHER.number, NOW, "", "")
    hands.records.refused_listed((line, lost))
    assert hands.page.tabs.tabText(1) == "未被接受 2"
    hands.press(Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert hands.page.section is Section.REFUSED
    assert hands.page.refused.told.endswith("（MATTER_UNKNOWN）")
    hands.press(Qt.Key.Key_Down)
    assert "封存的原受理记录" in hands.page.refused.told


def test_supervisor_decides_by_keyboard(hands: Hands) -> None:
    hands.deciding.welcome(is_supervisor=True)
    hands.show(RECORD)
    hands.deciding.waiting_listed((WAITING,))
    hands.records.choose_section(Section.APPROVALS)
    assert hands.page.tabs.tabText(2) == "待我批准 1"
    assert "选错了事项" in hands.page.approvals.text
    hands.press_alt(Qt.Key.Key_A, hands.page.approvals.ask.go_on.hasFocus)
    hands.press(Qt.Key.Key_Return)
    assert hands.asked == [("decide", WAITING, True, "")]
    hands.deciding.waiting_refused(HallUnreachable())
    assert "连不上大厅" in hands.page.approvals.text


def test_clerk_sees_no_approvals(hands: Hands) -> None:
    hands.deciding.welcome(is_supervisor=False)
    hands.show(RECORD)
    assert not hands.page.tabs.isTabVisible(2)
    for section in (Section.REFUSED, Section.DAY):
        hands.press(Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
        assert hands.page.section is section


def test_nothing_of_an_applicant_is_left_on_the_page_of_who_signed_out(hands: Hands) -> None:
    hands.show(RECORD, OTHER)
    hands.press(Qt.Key.Key_Return)
    hands.records.forget()
    hands.deciding.forget()
    texts = (w.text for w in hands.page.findChildren(QWidget) if hasattr(w, "text"))
    shown = "".join(text() if callable(text) else text for text in texts)
    assert "欧阳小满" not in shown
    assert RECORD.masked_document not in shown
    assert hands.page.day.table.rows == []


def test_page_keeps_to_the_smallest_window(hands: Hands) -> None:
    hands.show(RECORD)
    hands.page.resize(640, 250)
    QApplication.processEvents()
    assert hands.page.width() == 640

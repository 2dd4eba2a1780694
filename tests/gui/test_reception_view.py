"""The reception page with real widgets: the keyboard, the input method, what stands where."""

import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, Qt
from PyQt5.QtGui import QImage, QKeyEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clerk_client.desk.forms import Entries
from clerk_client.domain.cases import Category, LookUp
from clerk_client.domain.errors import DomainError, NotATicket
from clerk_client.ui.reception.exchange import Spot
from clerk_client.ui.widgets import Button, LineEdit, Text
from tests.helpers.reception_window import Window, commit, compose, focused
from tests.unit.test_reception_presenter import (
    MATTER,
    NUMBER,
    OTHER,
    found,
    receipt_of,
)

pytestmark = pytest.mark.usefixtures("themed")

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def test_clerk_serves_a_client_with_the_keyboard_alone(window: Window) -> None:
    page = window.page
    assert page.ticket.box.hasFocus()
    window.type("a023")
    assert page.ticket.box.text() == "A023"
    window.press(Qt.Key_Return)
    assert window.asked_for("begin") == [("A023",)]
    window.presenter.found(found(MATTER))
    assert page.card.proceed.hasFocus()
    window.press(Qt.Key_Return)
    assert page.applicant.category.has_focus()
    window.press(Qt.Key_1, ALT)
    assert page.applicant.name.hasFocus()
    commit("欧阳建国")
    window.press(Qt.Key_Return)
    assert page.applicant.number.hasFocus()
    window.type(NUMBER)
    window.press(Qt.Key_Return, CTRL)
    assert page.summary.isVisible()
    assert page.bar.submit.hasFocus()
    window.press(Qt.Key_Return, CTRL)
    number = window.answer_acceptance()
    assert page.outcome.number.text() == number
    assert page.outcome.print.hasFocus()
    window.press(Qt.Key_Return)
    assert len(window.asked_for("print_receipt")) == 1
    window.presenter.printed(receipt_of(number))
    assert page.outcome.hand_over.hasFocus()
    window.press(Qt.Key_Return)
    assert window.asked_for("hand_over") == [(number,)]
    assert page.outcome.next.hasFocus()
    window.press(Qt.Key_Return)
    assert page.ticket.box.hasFocus()
    assert page.ticket.box.text() == ""
    assert page.entries() == Entries()


def test_the_function_keys_lead_to_the_three_look_ups(window: Window) -> None:
    boxes = {
        Qt.Key_F3: window.page.appointment.box,
        Qt.Key_F4: window.page.search.box,
        Qt.Key_F2: window.page.ticket.box,
    }
    for key, box in boxes.items():
        window.press(key)
        assert box.hasFocus()
    window.press(Qt.Key_Y, ALT)
    assert window.page.appointment.box.hasFocus()


def test_arrows_choose_a_result_while_the_letters_stay_in_the_box(window: Window) -> None:
    window.press(Qt.Key_F4)
    window.type("sb")
    serial, query = window.asked_for("search")[-1]
    assert query == "sb"
    window.presenter.matters_found(int(str(serial)), [MATTER, OTHER])
    window.press(Qt.Key_Down)
    window.press(Qt.Key_Down)
    assert window.page.search.box.text() == "sb"
    window.press(Qt.Key_Return)
    assert window.asked_for("choose") == [("M2",)]


def test_chinese_from_the_input_method_is_searched_when_it_is_committed(window: Window) -> None:
    window.press(Qt.Key_F4)
    compose("she'bao")
    assert window.asked_for("search") == []
    commit("社保")
    assert window.asked_for("search")[-1][1] == "社保"


def test_a_plain_1_in_the_number_field_is_text(window: Window) -> None:
    window.find()
    window.presenter.proceed()
    window.page.applicant.number.setFocus()
    window.type("12")
    assert window.page.applicant.number.text() == "12"
    assert window.page.entries().category is None


@pytest.mark.parametrize(
    ("key", "category"),
    [(Qt.Key_1, Category.HALL_PENDING), (Qt.Key_2, Category.DEPARTMENT_INTERNAL)],
)
def test_alt_with_a_digit_chooses_the_category_from_anywhere(
    window: Window, key: Qt.Key, category: Category
) -> None:
    window.find()
    window.presenter.proceed()
    window.page.applicant.number.setFocus()
    window.press(key, ALT)
    assert window.page.entries().category is category
    assert window.page.applicant.number.hasFocus()


def test_plain_digits_and_space_act_in_the_category_group(window: Window) -> None:
    window.find()
    window.presenter.proceed()
    window.press(Qt.Key_Space)
    assert window.page.entries().category is Category.HALL_PENDING
    window.press(Qt.Key_2)
    assert window.page.entries().category is Category.DEPARTMENT_INTERNAL
    assert window.page.applicant.name.hasFocus()
    assert window.page.applicant.serial.isVisible()


def test_the_number_is_folded_while_it_is_typed(window: Window) -> None:
    window.find()
    window.presenter.proceed()
    number = window.page.applicant.number
    number.setFocus()
    assert not number.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    number.insert("４４２０００ 19900307")
    window.type("888x")
    assert number.text() == "44200019900307888X"


def test_a_wrong_number_is_told_below_its_field_and_stays(window: Window) -> None:
    window.find()
    window.presenter.proceed()
    window.page.applicant.number.setFocus()
    window.type("123")
    window.press(Qt.Key_Tab)
    assert "18" in window.page.applicant.message(Spot.NUMBER)
    assert window.page.applicant.number.text() == "123"
    assert window.page.applicant.phone.hasFocus()


def test_composing_keeps_ctrl_enter_and_esc_for_the_input_method(window: Window) -> None:
    window.fill()
    window.page.applicant.name.setFocus()
    compose("ou'yang")
    window.press(Qt.Key_Return, CTRL)
    window.press(Qt.Key_Escape)
    assert window.page.applicant.isVisible()
    assert window.page.applicant.isEnabled()
    commit("欧阳")
    window.press(Qt.Key_Return, CTRL)
    assert window.page.summary.isVisible()


def test_ctrl_enter_again_while_accepting_does_nothing(window: Window) -> None:
    window.fill()
    for _ in range(4):
        window.press(Qt.Key_Return, CTRL)
    assert len(window.asked_for("accept")) == 1
    window.presenter.refused(DomainError())
    assert window.page.bar.submit.hasFocus()
    assert window.page.entries().name == "欧阳建国"


def test_a_double_click_on_the_check_does_not_accept(window: Window, qtbot: QtBot) -> None:
    window.fill()
    check = window.page.bar.check
    where = check.mapTo(window.page, check.rect().center())
    qtbot.mouseClick(check, Qt.LeftButton)
    assert window.page.summary.isVisible()
    under = window.page.childAt(where)
    assert under is check
    assert not check.isEnabled()


def test_enter_held_down_presses_one_button_only(window: Window) -> None:
    window.fill()
    window.page.bar.check.setFocus()
    window.press(Qt.Key_Return)
    held = QKeyEvent(QKeyEvent.KeyPress, Qt.Key_Return, Qt.NoModifier, "\r", True)
    QCoreApplication.sendEvent(focused(), held)
    assert window.asked_for("accept") == []


def test_esc_leaves_the_form_and_ctrl_z_brings_it_back(window: Window) -> None:
    window.fill()
    window.page.applicant.name.setFocus()
    window.press(Qt.Key_Escape)
    assert window.page.notice.text.startswith("已暂存")
    assert window.page.notice.action.isVisible()
    assert window.page.entries() == Entries()
    window.press(Qt.Key_F2)
    assert window.page.ticket.box.hasFocus()
    window.press(Qt.Key_Z, CTRL)
    assert window.page.entries().name == "欧阳建国"
    assert window.page.entries().number == NUMBER
    assert window.page.applicant.name.hasFocus()


def test_f9_reprints_after_a_confirmation_in_the_page(window: Window) -> None:
    number = window.accept()
    window.press(Qt.Key_F9)
    assert window.asked_for("print_receipt") == []
    window.press(Qt.Key_Return)
    window.presenter.printed(receipt_of(number))
    window.press(Qt.Key_F9)
    assert window.page.notice.action.hasFocus()
    window.press(Qt.Key_Escape)
    assert not window.page.notice.action.isVisible()
    window.press(Qt.Key_F9)
    window.press(Qt.Key_Return)
    assert [again for _, again in window.asked_for("print_receipt")] == [False, True]
    window.presenter.printed(receipt_of(number, reprint=1))


def test_the_document_number_is_masked_in_the_check_and_on_the_success_page(
    window: Window,
) -> None:
    window.accept()
    masked = "4420" + "*" * 10 + NUMBER[-4:]
    for text in (window.page.summary.text, window.page.outcome.text, window.page.bar.text):
        assert masked in text
        assert NUMBER not in text


def test_the_hint_goes_with_the_read(window: Window) -> None:
    window.presenter.preview_started()
    window.presenter.reading_hindered("PICTURE_GLARE")
    assert "反光" in window.page.ticket.hint
    window.presenter.ticket_read("A023")
    assert window.page.ticket.hint == ""


def test_no_picture_stays_after_the_preview_has_stopped(window: Window) -> None:
    picture = QImage(64, 48, QImage.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    window.presenter.preview_started()
    window.page.show_picture(picture)
    middle = window.page.ticket.picture.rect().center() + QPoint(40, 20)
    shot = window.page.ticket.picture.grab().toImage()
    assert shot.pixelColor(middle).name() == "#ffffff"
    window.presenter.preview_stopped()
    window.page.show_picture(picture)
    shot = window.page.ticket.picture.grab().toImage()
    assert shot.pixelColor(middle).name() == "#22303f"


@pytest.mark.parametrize("size", [(1366, 640), (1024, 640), (910, 440)])
def test_no_stage_pushes_the_window_wider_or_higher(window: Window, size: tuple[int, int]) -> None:
    window.page.resize(*size)
    window.fill()
    for act in (window.presenter.check, window.presenter.submit, window.answer_acceptance):
        act()
        QCoreApplication.processEvents()
        assert (window.page.width(), window.page.height()) == size
    assert not window.page.outcome.print.visibleRegion().isEmpty()


@pytest.mark.parametrize("width", [640, 683, 1024, 1366])
@pytest.mark.parametrize("text", ["https://example.com/" + "a" * 40, "长" * 60])
def test_nothing_of_a_long_notice_is_cut(window: Window, width: int, text: str) -> None:
    window.page.resize(width, 640)
    window.presenter.enter_ticket("x")
    window.presenter.refused(NotATicket(text))
    QCoreApplication.processEvents()
    QCoreApplication.processEvents()
    assert window.page.width() == width
    for label in window.page.notice.findChildren(Text):
        assert label.height() >= label.heightForWidth(label.width())
        assert label.width() > width / 3
        assert label.visibleRegion().boundingRect() == label.rect()
    assert text in window.page.notice.text


def test_a_narrow_screen_shows_one_step_at_a_time(window: Window) -> None:
    window.page.resize(1024, 640)
    assert window.page.ticket.isVisible()
    assert not window.page.applicant.isVisible()
    window.fill()
    assert window.page.applicant.isVisible()
    assert not window.page.card.isVisible()
    window.presenter.back()
    assert window.page.card.isVisible()


def test_every_control_has_a_name_for_a_screen_reader(window: Window) -> None:
    for kind in (Button, LineEdit):
        nameless = [w for w in window.page.findChildren(kind) if not w.accessibleName()]
        assert nameless in ([], [window.page.notice.action])


def test_tab_follows_the_order_of_the_manual(window: Window) -> None:
    window.fill()
    form = window.page.applicant
    form.category.buttons[Category.HALL_PENDING].setFocus()
    for place in (form.name, form.document_type, form.number, form.phone, window.page.bar.check):
        window.press(Qt.Key_Tab)
        assert focused() is place


def test_a_click_on_a_tab_is_the_same_as_its_key(window: Window, qtbot: QtBot) -> None:
    tabs = window.page.tabs
    qtbot.mouseClick(tabs, Qt.LeftButton, pos=tabs.tabRect(1).center())
    assert window.page.appointment.box.hasFocus()
    assert list(LookUp)[tabs.currentIndex()] is LookUp.APPOINTMENT


def test_the_page_is_busy_while_the_key_signs(window: Window) -> None:
    window.fill()
    window.presenter.check()
    window.presenter.submit()
    assert not window.page.bar.submit.isEnabled()
    assert not window.page.bar.back.isEnabled()
    assert not window.page.tabs.isEnabled()


def test_nothing_longer_than_it_can_be_goes_into_a_box(window: Window) -> None:
    page = window.page
    longest = {
        page.applicant.name: 120,
        page.applicant.number: 40,
        page.applicant.phone: 40,
        page.applicant.serial: 40,
        page.ticket.box: 1000,
        page.appointment.box: 40,
        page.search.box: 60,
    }
    for box, length in longest.items():
        box.setText("9" * 1000)
        assert len(box.text()) == length


def test_an_appointment_box_that_is_emptied_or_mistyped_complains_of_nothing(
    window: Window,
) -> None:
    window.press(Qt.Key_F3)
    window.type("y0/")
    assert window.page.appointment.box.text() == "Y0/"
    for _ in range(3):
        window.press(Qt.Key_Backspace)
    assert window.page.appointment.box.text() == ""


def test_esc_closes_an_open_list_and_not_the_form(window: Window, qtbot: QtBot) -> None:
    window.fill()
    page = window.page
    page.applicant.document_type.setFocus()
    page.applicant.document_type.showPopup()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    window.press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    assert page.applicant.name.text() == "欧阳建国"
    assert page.windowTitle() == "录入办事人信息"


def test_both_categories_are_marked_when_none_was_chosen(window: Window) -> None:
    window.find()
    window.presenter.proceed()
    window.presenter.check()
    buttons = window.page.applicant.category.buttons.values()
    assert [button.property("wrong") for button in buttons] == [True, True]


def test_the_way_back_from_the_check_leads_to_the_number(window: Window) -> None:
    window.fill()
    window.presenter.check()
    assert NUMBER not in window.page.bar.text
    window.press(Qt.Key.Key_Escape)
    assert window.page.applicant.number.hasFocus()
    assert NUMBER not in window.page.bar.text


def test_the_next_client_does_not_lead_before_the_receipt_is_there(window: Window) -> None:
    number = window.accept()
    assert not window.page.outcome.next.property("primary")
    window.presenter.print_receipt()
    window.presenter.printed(receipt_of(number))
    assert window.page.outcome.next.property("primary")


def test_enter_at_the_question_goes_on_without_a_receipt(window: Window) -> None:
    window.accept()
    window.page.outcome.next.click()
    assert "回执还没有打印" in window.page.notice.text
    window.press(Qt.Key.Key_Return)
    assert window.page.windowTitle() == "等待办事人"


def test_a_page_that_is_not_shown_takes_no_keyboard(window: Window) -> None:
    window.find()
    window.page.hide()
    window.presenter.proceed()
    assert not window.page.applicant.category.has_focus()

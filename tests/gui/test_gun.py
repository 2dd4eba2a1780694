"""The bar-code gun at the reception page: real key events, wherever the keyboard stands."""

import subprocess

import pytest
from PyQt5.QtCore import QCoreApplication, QEvent, Qt
from PyQt5.QtGui import QInputMethodEvent, QKeyEvent
from PyQt5.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.domain.cases import Category, LookUp
from clerk_client.domain.errors import SlipWithoutTicket
from clerk_client.ui.reception.gun_filter import GunFilter, watch_gun
from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.ui.wording import wording_for
from tests.helpers.reception_window import Window
from tests.unit.test_reception_presenter import NUMBER

pytestmark = pytest.mark.usefixtures("themed")

TICKET = '{"hall":"440000","day":"2026-11-21","number":"A023"}'
SHIFT = Qt.KeyboardModifiers(Qt.KeyboardModifier.ShiftModifier)
NONE = Qt.KeyboardModifiers(Qt.KeyboardModifier.NoModifier)
PRESS, RELEASE, OVERRIDE = (
    QEvent.Type.KeyPress,
    QEvent.Type.KeyRelease,
    QEvent.Type.ShortcutOverride,
)
KEYS = {"\r": Qt.Key.Key_Return, "\t": Qt.Key.Key_Tab}


class Keyboard:
    """Sends keys to the window as Qt gets them from the system, at moments of its own."""

    def __init__(self, page: ReceptionPage, gun: GunFilter, qtbot: QtBot) -> None:
        self._page = page
        self._gun = gun
        self._qtbot = qtbot
        self.moment = 10_000

    def shoot(self, text: str, gap: int = 3) -> None:
        """All at once by the clock on the wall: a busy program takes it so."""
        self.moment += 5000
        for each in text:
            if each.isupper():
                self.send(PRESS, Qt.Key.Key_Shift, "")
            key = KEYS.get(each, ord(each.upper()))
            held = SHIFT if each.isupper() else NONE
            self.send(OVERRIDE, key, each, held)
            self.send(PRESS, key, each, held)
            self.moment += 1
            self.send(RELEASE, key, each, held)
            if each.isupper():
                self.send(RELEASE, Qt.Key.Key_Shift, "")
            self.moment += gap - 1

    def type(self, text: str) -> None:
        """As a clerk does: each key reaches its field before the next one comes."""
        for each in text:
            self.shoot(each, 80)
            self.rest()

    def send(
        self, kind: QEvent.Type, key: int, text: str, held: Qt.KeyboardModifiers = NONE
    ) -> None:
        event = QKeyEvent(kind, key, held, text)
        event.setTimestamp(self.moment)
        QCoreApplication.sendEvent(self._page.window().windowHandle(), event)

    def is_swallowed(
        self, kind: QEvent.Type, key: int, text: str, held: Qt.KeyboardModifiers
    ) -> bool:
        event = QKeyEvent(kind, key, held, text)
        event.setTimestamp(self.moment)
        return self._gun.eventFilter(self._page.window().windowHandle(), event)

    def rest(self) -> None:
        """Until nothing waits any more."""
        self._qtbot.waitUntil(lambda: not self._gun.is_at_work)


@pytest.fixture
def gun(page: ReceptionPage, window: Window) -> GunFilter:
    return watch_gun(page, window.presenter, "", "\r")


@pytest.fixture
def keyboard(page: ReceptionPage, gun: GunFilter, qtbot: QtBot) -> Keyboard:
    return Keyboard(page, gun, qtbot)


def told(page: ReceptionPage, code: str, **facts: str) -> bool:
    return wording_for(code, facts).title in page.notice.text


def commit(text: str, composed: str = "") -> None:
    event = QInputMethodEvent(composed, [])
    event.setCommitString(text)
    QCoreApplication.sendEvent(QApplication.focusWidget(), event)


# --- waiting for a ticket ---


@pytest.mark.parametrize("text", ["A023", TICKET, "https://hall.example/t?n=A023 1"])
def test_a_shot_is_looked_up_as_it_was_printed(
    window: Window, keyboard: Keyboard, text: str
) -> None:
    assert window.page.ticket.box.hasFocus()
    keyboard.shoot(text + "\r")
    keyboard.rest()
    assert window.asked_for("begin") == [(text,)]


def test_query_password_of_a_slip_stays_nowhere(window: Window, keyboard: Keyboard) -> None:
    """Shot, typed by a gun too slow to be told from a hand, or of a form that nobody has listed."""
    slip = "https://hall.invalid/q?case=SB001&password=x7Kp2m"
    box = window.page.ticket.box
    keyboard.shoot(slip + "\r")
    keyboard.rest()
    assert (window.asked_for("begin"), box.text()) == ([(slip,)], "")
    window.presenter.refused(SlipWithoutTicket("SB001"))
    box.setFocus()
    keyboard.shoot(slip + "\r", gap=90)
    keyboard.rest()
    assert (window.asked_for("begin"), box.text()) == ([(slip,), (slip,)], "")
    assert not box.isUndoAvailable()
    window.presenter.refused(SlipWithoutTicket("SB001"))
    keyboard.shoot("no=SB001;pwd=x7Kp2m\r")
    keyboard.rest()
    assert box.text() == "no=SB001;pwd=***"


def test_what_stood_in_the_box_is_replaced(window: Window, keyboard: Keyboard) -> None:
    keyboard.type("B1")
    assert window.page.ticket.box.text() == "B1"
    keyboard.shoot("A023\r")
    keyboard.rest()
    assert window.asked_for("begin") == [("A023",)]
    assert window.page.ticket.box.text() == "A023"


@pytest.mark.parametrize(
    "place", ["ticket.read", "ticket.stop", "tabs", "search.box", "appointment.box"]
)
def test_wherever_the_keyboard_stands_it_is_a_ticket(
    window: Window, keyboard: Keyboard, place: str
) -> None:
    page = window.page
    if place in ("search.box", "appointment.box"):
        window.presenter.choose_entry(
            LookUp[place.split(".")[0].upper().replace("SEARCH", "MATTER")]
        )
    widget: QWidget = page
    for name in place.split("."):
        widget = getattr(widget, name)
    widget.setFocus()
    pressed = len(window.asked_for("read_now"))
    keyboard.shoot("A 23 " + TICKET + "\r")
    keyboard.rest()
    assert window.asked_for("begin") == [("A 23 " + TICKET,)]
    assert (page.search.box.text(), page.appointment.box.text()) == ("", "")
    assert len(window.asked_for("read_now")) == pressed
    assert window.asked_for("search") == window.asked_for("by_appointment") == []


def test_a_second_pull_of_the_trigger_is_no_second_client(
    window: Window, keyboard: Keyboard
) -> None:
    keyboard.shoot("A023\r")
    keyboard.rest()
    keyboard.shoot("A023\r")
    keyboard.rest()
    assert window.asked_for("begin") == [("A023",)]
    assert not told(window.page, "GUN_WHILE_SERVING", label="A023")


def test_equal_digits_that_qt_takes_for_a_key_held_down_are_all_read(
    window: Window, keyboard: Keyboard
) -> None:
    """Two presses of one millisecond, as the fastest guns send them."""
    keyboard.moment += 5000
    for position, digit in enumerate("A0020001111\r"):
        event = QKeyEvent(PRESS, KEYS.get(digit, ord(digit)), NONE, digit, position > 1)
        event.setTimestamp(keyboard.moment + position)
        QCoreApplication.sendEvent(window.page.windowHandle(), event)
    keyboard.rest()
    assert window.asked_for("begin") == [("A0020001111",)]


def test_a_digit_held_down_repeats_in_the_box(window: Window, keyboard: Keyboard) -> None:
    keyboard.type("0")
    keyboard.moment += 600
    for _ in range(8):
        keyboard.moment += 30
        event = QKeyEvent(PRESS, Qt.Key.Key_0, NONE, "0", True)
        event.setTimestamp(keyboard.moment)
        QCoreApplication.sendEvent(window.page.windowHandle(), event)
    assert window.page.ticket.box.text() == "0" * 9


def test_typing_a_number_goes_on_as_ever(window: Window, keyboard: Keyboard) -> None:
    keyboard.type("a023\r")
    assert window.asked_for("begin") == [("A023",)]


def test_a_roll_of_keys_arrives_in_its_order_before_the_shortcut_after_it(
    window: Window, keyboard: Keyboard
) -> None:
    keyboard.shoot("A0", 20)
    assert window.page.ticket.box.text() == ""
    keyboard.send(OVERRIDE, Qt.Key.Key_F4, "")
    assert window.page.ticket.box.text() == "A0"


def test_backspace_comes_after_what_it_deletes(window: Window, keyboard: Keyboard) -> None:
    keyboard.shoot("A02", 20)
    keyboard.send(PRESS, Qt.Key.Key_Backspace, "\b")
    assert window.page.ticket.box.text() == "A0"


def test_letters_typed_before_a_click_stay_where_they_were_typed(
    window: Window, keyboard: Keyboard, qtbot: QtBot
) -> None:
    keyboard.shoot("A0", 20)
    read = window.page.ticket.read
    qtbot.mouseClick(
        window.page.windowHandle(),
        Qt.MouseButton.LeftButton,
        pos=read.mapTo(window.page, read.rect().center()),
    )
    assert window.page.ticket.box.text() == "A0"


# --- while somebody is served ---


@pytest.mark.parametrize("place", ["name", "phone", "number", "category", "document_type"])
def test_a_ticket_shot_into_a_form_changes_nothing_and_is_told(
    window: Window, keyboard: Keyboard, place: str
) -> None:
    window.fill()
    page = window.page
    getattr(page.applicant, place).setFocus()
    before, asked = page.entries(), list(window.asked)
    focus = QApplication.focusWidget()
    keyboard.shoot("A 1 2 " + TICKET + "\r")
    keyboard.rest()
    assert page.entries() == before
    assert window.asked == asked
    assert QApplication.focusWidget() is focus
    assert told(page, "GUN_WHILE_SERVING", label="A 1 2 " + TICKET[:54])


def test_a_shot_presses_no_button_of_the_check(window: Window, keyboard: Keyboard) -> None:
    window.fill()
    window.presenter.check()
    assert window.page.bar.submit.hasFocus()
    keyboard.shoot(TICKET + " \r")
    keyboard.rest()
    assert window.asked_for("accept") == []


def test_an_open_list_gets_none_of_it(window: Window, keyboard: Keyboard) -> None:
    window.fill()
    kinds = window.page.applicant.document_type
    chosen = kinds.currentIndex()
    kinds.setFocus()
    kinds.showPopup()
    keyboard.shoot("A023\r")
    keyboard.rest()
    kinds.hidePopup()
    assert kinds.currentIndex() == chosen


@pytest.mark.parametrize("number", ["11010519491231002X", "91350100M000100Y43", "H12345678"])
def test_a_document_reader_that_types_fills_the_field_for_the_number(
    window: Window, keyboard: Keyboard, number: str
) -> None:
    window.fill()
    window.page.applicant.number.setFocus()
    keyboard.shoot(number + "\r")
    keyboard.rest()
    assert window.page.entries().number == number
    assert window.page.applicant.number.hasFocus()


def test_the_name_can_still_be_undone_after_a_gun_that_stumbled(
    window: Window, keyboard: Keyboard
) -> None:
    window.fill()
    name = window.page.applicant.name
    name.setFocus()
    name.selectAll()
    keyboard.type("li")
    keyboard.shoot("A", 50)
    keyboard.moment -= 5000
    keyboard.rest()
    assert name.text() == "liA"
    keyboard.shoot("023 44 0000\r")
    keyboard.rest()
    assert told(window.page, "GUN_WHILE_SERVING", label="A023 44 0000")
    assert name.text() == "li"
    while name.isUndoAvailable():
        name.undo()
    assert name.text() == "欧阳建国"


def test_a_letter_that_a_gun_sends_by_alt_and_its_number_is_no_shortcut(
    window: Window, keyboard: Keyboard
) -> None:
    """As guns do on Windows for what is not ASCII; the letter is lost, the page keeps still."""
    window.fill()
    before = window.page.entries()
    keyboard.shoot('{"name":"')
    for digit in "50":
        for kind in (OVERRIDE, PRESS):
            held = Qt.KeyboardModifiers(Qt.KeyboardModifier.AltModifier)
            assert keyboard.is_swallowed(kind, ord(digit), digit, held)
    keyboard.rest()
    assert window.page.entries() == before


# --- through an input method ---


def test_a_gun_behind_an_input_method_is_withdrawn_and_the_next_shot_arrives(
    window: Window, keyboard: Keyboard
) -> None:
    page = window.page
    window.presenter.choose_entry(LookUp.MATTER)
    page.search.box.setText("居住")
    for length in range(1, 13):
        commit("", "hallnumbera0"[:length])
    commit("哈")
    keyboard.send(PRESS, Qt.Key.Key_Return, "\r")
    keyboard.rest()
    assert page.search.box.text() == "居住"
    assert not page.search.box.composing
    assert page.search.box.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    assert told(page, "GUN_THROUGH_IME")
    assert page.ticket.box.hasFocus()
    keyboard.shoot("A023\r")
    keyboard.rest()
    assert window.asked_for("begin") == [("A023",)]


def test_behind_an_input_method_the_name_stays_as_it_was(
    window: Window, keyboard: Keyboard, qtbot: QtBot
) -> None:
    window.fill()
    name = window.page.applicant.name
    name.setFocus()
    name.deselect()
    for letter in "｛“ｈａｌｌ”：":
        commit(letter)
    for length in range(1, 9):
        commit("", "hallnumb"[:length])
    keyboard.rest()
    assert (name.text(), name.hasFocus(), name.composing) == ("欧阳建国", True, False)
    assert told(window.page, "GUN_MISSED_WHILE_SERVING")
    commit("欧")
    assert name.text() == "欧阳建国欧"


def test_digits_that_an_input_method_let_through_are_no_ticket(
    window: Window, keyboard: Keyboard
) -> None:
    window.presenter.choose_entry(LookUp.MATTER)
    commit("｛")
    commit("", "ha")
    commit("“")
    keyboard.shoot("440123\r")
    keyboard.rest()
    assert window.asked_for("begin") == []
    assert told(window.page, "GUN_THROUGH_IME")


def test_a_name_composed_fast_is_a_name(
    window: Window, keyboard: Keyboard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1_000_000
    monkeypatch.setattr("clerk_client.ui.reception.gun_filter._now", lambda: moment)
    window.fill()
    name = window.page.applicant.name
    name.setFocus()
    name.clear()
    for length in range(1, 7):
        moment += 65
        commit("", "ouyang"[:length])
        commit("", "ou'yang"[: length + 1])
    commit("欧阳")
    assert name.text() == "欧阳"


# --- another page, real keys ---


def test_on_another_page_nothing_waits(window: Window, keyboard: Keyboard, qtbot: QtBot) -> None:
    other = QLineEdit(window.page.parentWidget())
    qtbot.addWidget(other)
    window.page.hide()
    with qtbot.waitExposed(other):
        other.show()
    other.setFocus()
    for letter in "A023":
        event = QKeyEvent(PRESS, ord(letter), NONE, letter)
        QCoreApplication.sendEvent(other.windowHandle(), event)
    assert other.text() == "A023"


@pytest.mark.parametrize("delay", [1, 3, 15])
@pytest.mark.parametrize("place", ["ticket", "search"])
def test_keys_of_a_real_keyboard_at_the_pace_of_a_gun(
    window: Window, keyboard: Keyboard, qtbot: QtBot, delay: int, place: str
) -> None:
    """Over the X server, as a gun's keys come."""
    if place == "search":
        window.presenter.choose_entry(LookUp.MATTER)
    xdotool(TICKET + "\n", delay, qtbot)
    qtbot.waitUntil(lambda: window.asked_for("begin") == [(TICKET,)])
    keyboard.rest()
    assert window.page.search.box.text() == ""
    assert window.asked_for("search") == []


def test_keys_of_a_real_keyboard_at_the_pace_of_hands(
    window: Window, keyboard: Keyboard, qtbot: QtBot
) -> None:
    window.fill()
    page = window.page
    page.applicant.name.setFocus()
    page.applicant.name.selectAll()
    xdotool("Li Si 2", 70, qtbot)
    qtbot.waitUntil(lambda: page.entries().name == "Li Si 2")
    assert page.entries().category is Category.HALL_PENDING
    assert page.entries().number == NUMBER


def xdotool(text: str, delay: int, qtbot: QtBot) -> None:
    """Lets the window live meanwhile."""
    with subprocess.Popen(["xdotool", "type", "--delay", str(delay), text]) as typing:
        qtbot.waitUntil(lambda: typing.poll() is not None, timeout=20_000)
    assert typing.returncode == 0

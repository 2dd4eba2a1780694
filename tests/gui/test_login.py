"""The login page with real widgets: keyboard, dots, what is shown when."""

from collections.abc import Callable

import pytest
from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from clerk_client.hall_link.errors import HallUnreachable
from clerk_client.journal.errors import JournalInUse
from clerk_client.ui.login.exchange import LoginActions
from clerk_client.ui.login.presenter import LoginPresenter
from clerk_client.ui.login.view import LoginPage
from clerk_client.ui.widgets import Button
from tests.unit.test_login_presenter import (
    FAMILIES,
    HELP,
    OPENED,
    SESSION,
    TODAY,
    key,
    plugged,
)
from ukey.errors import PinLocked, PinRefused, TokenRemoved
from ukey.token import PinStanding

pytestmark = pytest.mark.usefixtures("themed")


class Desk:
    """Where the page's questions end."""

    def __init__(self, page: LoginPage) -> None:
        self.pins: list[tuple[str, str]] = []
        self.sign_ins: list[object] = []
        self.prepared: list[int] = []
        self.changes: list[tuple[str, str, str]] = []
        self.papers: list[object] = []
        self.files: list[tuple[object, str]] = []
        actions = LoginActions(
            open_key=lambda *asked: self.pins.append(asked),
            close_key=lambda: None,
            change_pin=lambda *asked: self.changes.append(asked),
            choose_family=lambda family: None,
            sign_in=self.sign_ins.append,
            sign_out=lambda: None,
            prepare=lambda: self.prepared.append(1),
            open_window=lambda session: None,
            print_paper=self.papers.append,
            save_paper=lambda *asked: self.files.append(asked),
        )
        self.presenter = LoginPresenter(page, actions, HELP, lambda: TODAY)
        page.follow(self.presenter)


@pytest.fixture
def page(shown: Callable[[QWidget], None]) -> LoginPage:
    made = LoginPage("中山市行政服务中心", "ZS-2B12")
    made.resize(1366, 768)
    shown(made)
    return made


@pytest.fixture
def desk(page: LoginPage) -> Desk:
    return Desk(page)


def button(page: LoginPage, text: str) -> QPushButton:
    return next(
        b for b in page.findChildren(QPushButton) if b.text().startswith(text) and b.isVisible()
    )


def test_clerk_types_the_pin_and_presses_enter(qtbot: QtBot, page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    qtbot.waitUntil(page.pin.hasFocus)
    qtbot.keyClicks(page.pin, "123456")
    assert page.pin.displayText() == "●" * 6 or "1" not in page.pin.displayText()
    qtbot.keyClick(page.pin, Qt.Key.Key_Return)
    assert desk.pins == [("a", "123456")]
    assert page.pin.text() == ""
    assert not page.pin.isUndoAvailable()


def pressed(box: QLineEdit, text: str, gap: int) -> None:
    """As the system reports keys, so many milliseconds from one to the next."""
    for number, letter in enumerate(text):
        key = Qt.Key.Key_Return if letter == "\r" else ord(letter.upper())
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, letter)
        event.setTimestamp(10_000 + number * gap)
        QApplication.sendEvent(box, event)


def test_ticket_that_is_shot_at_the_login_costs_the_key_no_try(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    qtbot.waitUntil(page.pin.hasFocus)
    pressed(page.pin, "A023\r", gap=8)
    assert (desk.pins, page.pin.text()) == ([], "")
    shown = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    assert any("扫码枪" in text for text in shown)
    pressed(page.pin, "12a456\r", gap=70)
    assert desk.pins == [("a", "12a456")]


def test_pin_is_never_shown_nor_copied(qtbot: QtBot, page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    assert page.pin.echoMode() == QLineEdit.EchoMode.Password
    assert page.pin.inputMethodHints() & Qt.InputMethodHint.ImhHiddenText
    assert not page.pin.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_clerk_chooses_among_keys_with_the_arrows(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.tokens_seen(plugged(key("a"), key("b", holder="李强", serial="00000002")), [])
    keys = page.findChild(QListWidget, "keyList")
    assert [keys.item(row).text().splitlines()[0] for row in range(2)] == ["张丽", "李强"]
    qtbot.waitUntil(page.pin.hasFocus)
    qtbot.keyClicks(page.pin, "12")
    qtbot.keyClick(page.pin, Qt.Key.Key_Down)
    assert keys.currentRow() == 1
    # What was typed was meant for the other key.
    assert page.pin.text() == ""
    qtbot.keyClicks(page.pin, "654321")
    qtbot.keyClick(page.pin, Qt.Key.Key_Return)
    assert desk.pins == [("b", "654321")]


def test_page_says_what_is_going_on(page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.pin_entered("123456")
    assert page.busy == "正在核对PIN…"
    assert not page.pin.isEnabled()
    desk.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    assert page.busy == "正在向大厅验证身份…"


def test_locked_key_offers_no_box_for_a_pin(page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.pin_entered("1")
    desk.presenter.key_failed(PinLocked())
    assert not page.pin.isVisible()
    assert "已锁定" in page.hint


def test_clerk_reads_that_one_try_is_left(qtbot: QtBot, page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.pin_entered("1")
    desk.presenter.key_failed(PinRefused(PinStanding.LAST))
    assert "还可再试一次，再错将锁定" in page.problem
    qtbot.waitUntil(page.pin.hasFocus)


def test_enter_asks_the_hall_again_and_esc_gives_up(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.pin_entered("123456")
    desk.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    desk.presenter.sign_in_refused(HallUnreachable())
    retry = button(page, "重试")
    qtbot.waitUntil(retry.hasFocus)
    qtbot.keyClick(retry, Qt.Key.Key_Return)
    assert desk.sign_ins == [OPENED, OPENED]
    desk.presenter.sign_in_refused(HallUnreachable())
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not retry.isVisible()
    assert page.pin.isVisible()


def test_diagnosis_is_offered_without_a_key(qtbot: QtBot, page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen([], [("DRIVER_MISSING", {})])
    with qtbot.waitSignal(page.diagnosis_asked):
        qtbot.keyClick(page, Qt.Key.Key_D, Qt.KeyboardModifier.AltModifier)


def test_demo_pin_stands_only_where_one_was_handed_in(page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key("b", serial="00000002"), key("a")), [])
    assert page.demo_line == ""
    desk.presenter.choose(1)
    assert page.demo_line == "演示PIN：123456"


def test_card_keeps_its_parts_apart_on_the_smallest_screen(page: LoginPage, desk: Desk) -> None:
    page.resize(1024, 700)
    keys = [key(name, holder=name * 3, serial=name * 8, pin=PinStanding.LAST) for name in "abcd"]
    desk.presenter.tokens_seen(plugged(*keys), [])
    desk.presenter.pin_entered("1")
    desk.presenter.key_failed(PinRefused(PinStanding.LAST))
    page.grab()
    listed = page.findChild(QListWidget, "keyList")
    bottom = listed.mapTo(page, listed.rect().bottomLeft()).y()
    assert bottom < page.pin.mapTo(page, page.pin.rect().topLeft()).y()


def test_station_that_cannot_work_offers_to_try_again_and_the_diagnosis(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.station_refused(JournalInUse())
    desk.presenter.tokens_seen(plugged(key()), [])
    assert "另一个客户端" in page.station
    assert not page.pin.isVisible()
    assert button(page, "故障诊断").isEnabled()
    retry = button(page, "重试")
    qtbot.waitUntil(retry.hasFocus)
    qtbot.keyClick(retry, Qt.Key.Key_Return)
    assert desk.prepared == [1]
    assert not retry.isEnabled()
    desk.presenter.station_ready()
    assert page.station == ""
    qtbot.waitUntil(page.pin.hasFocus)


def test_login_page_that_is_not_shown_takes_no_keyboard(page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    page.hide()
    desk.presenter.tokens_seen([], [])
    desk.presenter.tokens_seen(plugged(key()), [])
    assert not page.pin.hasFocus()


def test_pin_typed_for_a_pulled_key_does_not_stay_for_another(
    page: LoginPage, desk: Desk, qtbot: QtBot
) -> None:
    other = key("b", serial="00000002")
    desk.presenter.tokens_seen(plugged(key(), other), [])
    qtbot.keyClicks(page.pin, "1234")
    desk.presenter.tokens_seen(plugged(other), [])
    assert page.pin.text() == ""


def test_rest_of_a_pin_whose_key_was_pulled_goes_nowhere(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    other = key("b", holder="8号窗口", serial="00000002")
    desk.presenter.tokens_seen(plugged(key(), other), [])
    qtbot.waitUntil(page.pin.hasFocus)
    qtbot.keyClicks(page.pin, "1234")
    desk.presenter.tokens_seen(plugged(other), [])
    keys = page.findChild(QListWidget, "keyList")
    qtbot.waitUntil(keys.hasFocus)
    qtbot.keyClicks(keys, "8 56")
    qtbot.keyClick(keys, Qt.Key.Key_Return)
    assert (keys.currentRow(), page.pin.isVisible()) == (-1, False)
    assert desk.pins == []
    # The other clerk chooses, and types.
    qtbot.keyClick(keys, Qt.Key.Key_Down)
    qtbot.waitUntil(page.pin.hasFocus)
    qtbot.keyClicks(page.pin, "654321")
    qtbot.keyClick(page.pin, Qt.Key.Key_Return)
    assert desk.pins == [("b", "654321")]


def test_clerk_caught_typing_by_a_lock_presses_no_button(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    asked: list[bool] = []
    page.diagnosis_asked.connect(lambda: asked.append(True))
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.pin_entered("123456")
    desk.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    desk.presenter.signed_in(SESSION)  # type: ignore[arg-type]
    card = page.findChild(QWidget, "loginCard")
    steps: list[Callable[[], None]] = [
        desk.presenter.signing_out,
        lambda: desk.presenter.key_removed("a", TokenRemoved("gone"), locked=True),
        desk.presenter.signed_out,
        lambda: desk.presenter.tokens_seen([], []),
    ]
    for step in steps:
        step()
        assert page.window().focusWidget() is card
        for pressed in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_A):
            qtbot.keyClick(page.window().focusWidget(), pressed)
    assert asked == []
    assert page.panels.shown is None
    # Tab still leads to what is offered.
    qtbot.keyClick(card, Qt.Key.Key_Tab)
    assert button(page, "故障诊断").hasFocus()


def test_nothing_else_is_begun_while_the_hall_is_waited_for(page: LoginPage, desk: Desk) -> None:
    desk.presenter.families_known(FAMILIES)
    desk.presenter.tokens_seen(plugged(key(family=("", "")), key("b", serial="00000002")), [])
    desk.presenter.pin_entered("123456")
    desk.presenter.key_opened(OPENED)  # type: ignore[arg-type]
    desk.presenter.sign_in_refused(HallUnreachable())
    offers = ("驱动下载", "业务需求表", "证书申请表", "修改PIN")
    keys, kinds = page.findChild(QListWidget, "keyList"), page.findChild(QComboBox)
    begun = [keys, kinds, *(button(page, text) for text in offers)]
    assert [each.isEnabled() for each in begun] == [False] * 6
    assert button(page, "故障诊断").isEnabled()
    assert button(page, "取消").isEnabled()
    desk.presenter.give_up()
    assert [each.isEnabled() for each in begun] == [True] * 6


def test_buttons_are_read_out_without_the_letters_that_reach_them(page: LoginPage) -> None:
    assert button(page, "故障诊断(&D)").accessibleName() == "故障诊断"
    made = Button("甲(&A)")
    made.setText("修改PIN(&C)")
    assert made.accessibleName() == "修改PIN"

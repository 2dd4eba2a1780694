"""The signed-in key is pulled, in the real window: from every page, and in the middle of it all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QContextMenuEvent
from PyQt5.QtWidgets import QApplication, QListWidget
from pytestqt.qtbot import QtBot

from clerk_client.app import Application
from clerk_client.desk.desk import Desk
from clerk_client.desk.drafts import Drafts
from clerk_client.domain.clock import SystemClock
from clerk_client.journal.errors import JournalFull
from clerk_client.logs import crash_report
from clerk_client.settings import load_settings
from clerk_client.ui.crash_page import CrashReports
from clerk_client.ui.login.view import LoginPage, PinEdit
from clerk_client.ui.reception.view import ReceptionPage
from tests.end2end.test_window import (
    PATIENCE,
    UNIT,
    Clerk,
    Slow,
    accepted_at_hall,
    application,
    camera,
    clerk,
    crashes,
    keys_pulled,
    slow,
)
from tests.helpers.station import CLERK, SUPERVISOR, Person, Station
from ukey.errors import TokenRemoved

__all__ = ["application", "camera", "clerk", "crashes", "slow"]

NAME = "欧阳小满"


def start_typing(clerk: Clerk) -> None:
    """The form is open, category and name stand in it, the number does not."""
    clerk.wait_for("核对事项")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("录入办事人信息")
    clerk.press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    clerk.type(NAME)


def pull(clerk: Clerk, station: Station) -> None:
    """Out, the login page is there, and in again."""
    with keys_pulled(station):
        clerk.see("电子钥匙已拔出")
        assert isinstance(clerk.window.page, LoginPage)
        assert NAME not in clerk.text()
        clerk.see_no_key()


def sign_in_as(clerk: Clerk, person: Person, pin: str) -> None:
    clerk.wait_for("登录：请输入PIN")
    keys = clerk.window.findChild(QListWidget, "keyList")
    (own,) = keys.findItems(person.name, Qt.MatchFlag.MatchStartsWith)
    keys.setCurrentItem(own)
    clerk.bot.waitUntil(lambda: isinstance(QApplication.focusWidget(), PinEdit))
    clerk.type(pin)
    clerk.press(Qt.Key.Key_Return)


def sign_out(clerk: Clerk) -> None:
    clerk.window.sign_out_asked.emit()
    clerk.see("正在退出登录")
    clerk.bot.waitUntil(lambda: "正在退出登录" not in clerk.text(), timeout=PATIENCE)


def reception(clerk: Clerk) -> ReceptionPage:
    return clerk.window.findChild(ReceptionPage)


def stay(_clerk: Clerk, _crashes: CrashReports) -> None:
    """The reception itself."""


def look_at_tallies(clerk: Clerk, _crashes: CrashReports) -> None:
    clerk.press(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("统计")


def look_at_diagnostics(clerk: Clerk, _crashes: CrashReports) -> None:
    clerk.press(Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("诊断")


def read_a_report(clerk: Clerk, crashes: CrashReports) -> None:
    try:
        raise RuntimeError
    except RuntimeError as error:
        crashes.tell(crash_report(error, "desk"))
    clerk.wait_for("程序遇到问题")


def open_a_list(clerk: Clerk, _crashes: CrashReports) -> None:
    reception(clerk).applicant.document_type.showPopup()
    clerk.bot.waitUntil(lambda: QApplication.activePopupWidget() is not None)


def open_a_menu(clerk: Clerk, _crashes: CrashReports) -> None:
    field = reception(clerk).applicant.name
    field.selectAll()
    at = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, field.mapToGlobal(at))
    QApplication.sendEvent(field, event)
    clerk.bot.waitUntil(lambda: QApplication.activePopupWidget() is not None)


@pytest.mark.parametrize(
    "go",
    [stay, look_at_tallies, look_at_diagnostics, read_a_report, open_a_list, open_a_menu],
    ids=lambda go: go.__name__,
)
def test_clerk_goes_on_with_the_form_wherever_the_key_was_pulled(
    clerk: Clerk,
    station: Station,
    crashes: CrashReports,
    go: Callable[[Clerk, CrashReports], None],
) -> None:
    clerk.sign_in()
    start_typing(clerk)
    go(clerk, crashes)
    pull(clerk, station)
    assert QApplication.activePopupWidget() is None
    clerk.sign_in()
    clerk.wait_for("录入办事人信息")
    clerk.see("已恢复锁屏前未办完的内容")
    assert reception(clerk).applicant.name.text() == NAME
    clerk.bot.waitUntil(reception(clerk).applicant.number.hasFocus)
    clerk.type(UNIT)
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("核对后提交")
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("受理成功 ")
    clerk.bot.waitUntil(lambda: accepted_at_hall(station) == ["settled"], timeout=PATIENCE)


def test_another_clerk_at_the_same_window_sees_nothing_of_it(
    clerk: Clerk, station: Station
) -> None:
    clerk.sign_in()
    start_typing(clerk)
    pull(clerk, station)
    sign_in_as(clerk, SUPERVISOR, "654321")
    clerk.wait_for("核对事项")  # the ticket lies there, for whoever comes
    assert SUPERVISOR.name in clerk.window.who
    assert reception(clerk).applicant.name.text() == ""
    clerk.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert reception(clerk).applicant.name.text() == ""
    sign_out(clerk)
    sign_in_as(clerk, CLERK, "123456")
    clerk.wait_for("录入办事人信息")
    assert reception(clerk).applicant.name.text() == NAME


def test_a_program_closed_while_locked_brings_the_form_back(
    qtbot: QtBot, clerk: Clerk, station: Station, application: Application, crashes: CrashReports
) -> None:
    clerk.sign_in()
    start_typing(clerk)
    pull(clerk, station)
    application.stop()
    application.window.hide()
    again = Application(load_settings(station.settings), SystemClock(), crashes)
    qtbot.addWidget(again.window)
    again.start()
    try:
        later = Clerk(qtbot, again)
        later.sign_in()
        later.wait_for("录入办事人信息")
        assert reception(later).applicant.name.text() == NAME
    finally:
        again.stop()


def test_a_program_closed_right_after_the_pull_brings_the_form_back(
    qtbot: QtBot,
    clerk: Clerk,
    station: Station,
    application: Application,
    crashes: CrashReports,
    slow: Callable[[str], Slow],
) -> None:
    """While the desk's thread still waits for the hall."""
    leaving = slow("suspend")
    clerk.sign_in()
    start_typing(clerk)
    with keys_pulled(station):
        clerk.see("电子钥匙已拔出")
        leaving.release()
        application.stop()
    application.window.hide()
    again = Application(load_settings(station.settings), SystemClock(), crashes)
    qtbot.addWidget(again.window)
    again.start()
    try:
        later = Clerk(qtbot, again)
        later.sign_in()
        later.wait_for("录入办事人信息")
        assert reception(later).applicant.name.text() == NAME
    finally:
        again.stop()


def test_clerk_goes_on_with_the_form_while_the_hall_is_away(
    clerk: Clerk, station: Station, qtbot: QtBot
) -> None:
    clerk.sign_in()
    start_typing(clerk)
    station.hall.kill()
    pull(clerk, station)
    sign_in_as(clerk, SUPERVISOR, "654321")
    clerk.see("连不上大厅服务")
    clerk.window.findChild(LoginPage).given_up.emit()
    clerk.sign_in()
    clerk.wait_for("录入办事人信息")
    assert reception(clerk).applicant.name.text() == NAME
    clerk.bot.waitUntil(reception(clerk).applicant.number.hasFocus)
    clerk.type(UNIT)
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("核对后提交")
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("受理成功 ")
    clerk.see("离线受理")
    assert accepted_at_hall(station) == []
    station.hall.start()
    qtbot.waitUntil(lambda: accepted_at_hall(station) == ["settled"], timeout=PATIENCE)


@pytest.mark.parametrize("typed", [True, False])
def test_locked_page_says_of_the_form_what_became_of_it(
    clerk: Clerk, station: Station, typed: bool
) -> None:
    clerk.sign_in()
    clerk.wait_for("核对事项")
    if typed:
        start_typing(clerk)
    else:
        clerk.press(Qt.Key.Key_Escape)
    with keys_pulled(station):
        clerk.see("填写的内容已保留" if typed else "窗口已锁定；插好同一把钥匙")
        assert ("填写的内容" in clerk.text()) == typed


def test_locked_page_does_not_promise_what_the_journal_did_not_take(
    clerk: Clerk, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalFull

    clerk.sign_in()
    start_typing(clerk)
    monkeypatch.setattr(Drafts, "keep", full)
    with keys_pulled(station):
        clerk.see("填写的内容没有写入本机记录")
    clerk.sign_in()
    clerk.wait_for("录入办事人信息")
    assert reception(clerk).applicant.name.text() == NAME


def test_signing_out_leaves_no_draft_in_the_journal(clerk: Clerk, station: Station) -> None:
    clerk.sign_in()
    start_typing(clerk)
    pull(clerk, station)
    clerk.sign_in()
    clerk.wait_for("录入办事人信息")
    sign_out(clerk)
    clerk.sign_in()
    clerk.wait_for("核对事项")
    assert "已恢复" not in clerk.text()
    assert reception(clerk).applicant.name.text() == ""


@contextmanager
def signature_that_ends(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> Iterator[tuple[threading.Event, threading.Event]]:
    """An acceptance that has begun, and fails when it is told to.

    Stands in for a key pulled while it signs: a soft token cannot be pulled at that moment.
    """
    begun, pulled = threading.Event(), threading.Event()

    def accept(*_: object) -> None:
        begun.set()
        assert pulled.wait(30)
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(Desk, "accept", accept)
        yield begun, pulled
        pulled.set()


def test_a_pull_in_the_middle_of_a_signature_leaves_the_form_at_the_check(
    clerk: Clerk, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    with signature_that_ends(monkeypatch, TokenRemoved()) as (begun, pulled):
        clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        clerk.bot.waitUntil(begun.is_set, timeout=PATIENCE)
        with keys_pulled(station):
            clerk.see("电子钥匙已拔出")
            assert NAME not in clerk.text()
            pulled.set()
            clerk.see_no_key()
    clerk.sign_in()
    clerk.wait_for("核对后提交")
    clerk.see(NAME)
    assert accepted_at_hall(station) == []
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("受理成功 ")
    clerk.bot.waitUntil(lambda: accepted_at_hall(station) == ["settled"], timeout=PATIENCE)

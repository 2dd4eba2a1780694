"""A mistaken acceptance in the real window: accepted, requested, approved with both keys in."""

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clerk_client.ui.records.exchange import Pane
from clerk_client.ui.records.view import RecordsPage
from clerk_client.ui.tallies.view import TalliesPage
from tests.end2end.test_locked_window import sign_in_as, sign_out
from tests.end2end.test_window import PATIENCE, Clerk, application, camera, clerk, crashes
from tests.helpers.station import SUPERVISOR, Station

__all__ = ["application", "camera", "clerk", "crashes"]

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def accept(clerk: Clerk) -> None:
    """One client, whose receipt is printed and handed over."""
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    clerk.press(Qt.Key.Key_Return, CTRL)
    clerk.wait_for("受理成功 ")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("回执已打印")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("已交办事人")
    clerk.press(Qt.Key.Key_Return)


def request_void(clerk: Clerk) -> RecordsPage:
    clerk.press(Qt.Key.Key_2, CTRL)
    clerk.wait_for("办件记录")
    page = clerk.window.findChild(RecordsPage)
    clerk.bot.waitUntil(page.day.table.hasFocus, timeout=PATIENCE)
    clerk.press(Qt.Key.Key_V, ALT)
    clerk.bot.waitUntil(page.day.details.void.choice.hasFocus, timeout=PATIENCE)
    clerk.press(Qt.Key.Key_Tab)
    clerk.type("选错了事项")
    clerk.press(Qt.Key.Key_Return)
    assert page.day.details.pane is Pane.ASK
    clerk.press(Qt.Key.Key_Return)
    clerk.bot.waitUntil(lambda: "等主管处理" in page.notice, timeout=PATIENCE)
    clerk.bot.waitUntil(page.day.details.facts.approve.isVisible, timeout=PATIENCE)
    return page


def test_supervisor_beside_the_clerk_approves_and_the_hall_counts_it_no_more(
    clerk: Clerk, station: Station, qtbot: QtBot
) -> None:
    accept(clerk)
    page = request_void(clerk)
    clerk.press(Qt.Key.Key_G, ALT)
    beside = page.day.details.beside
    # 黄生's is plugged, too: whose key it is, the supervisor chooses.
    qtbot.waitUntil(lambda: beside.keys.count() == 2, timeout=PATIENCE)
    qtbot.waitUntil(beside.pin.hasFocus, timeout=PATIENCE)
    texts = [beside.keys.itemText(at) for at in range(2)]
    chosen = next(at for at, text in enumerate(texts) if text.startswith(SUPERVISOR.name))
    beside.keys.setCurrentIndex(chosen)
    clerk.type("999999")
    clerk.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "PIN" in page.notice, timeout=PATIENCE)
    qtbot.waitUntil(beside.pin.hasFocus, timeout=PATIENCE)
    clerk.type("654321")
    clerk.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "主管已同意" in page.notice, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "— 已作废" in page.day.table.rows[0][3], timeout=PATIENCE)
    kinds = "SELECT kind, outcome FROM lines WHERE kind LIKE 'void%' ORDER BY seq"
    decided = [("void_requested", "settled"), ("void_approved", "settled")]
    qtbot.waitUntil(lambda: station.at_hall(kinds) == decided, timeout=PATIENCE)
    assert clerk.window.who.startswith("2楼B区12号　张丽")
    clerk.press(Qt.Key.Key_3, CTRL)
    tallies = clerk.window.findChild(TalliesPage)
    qtbot.waitUntil(lambda: tallies.totals == ("0", "0", "0"), timeout=PATIENCE)


def test_supervisor_decides_alone_and_the_clerk_sees_it(
    clerk: Clerk, station: Station, qtbot: QtBot
) -> None:
    accept(clerk)
    page = request_void(clerk)
    waits = "SELECT is_waiting FROM voids"
    qtbot.waitUntil(lambda: station.at_hall(waits) == [(1,)], timeout=PATIENCE)
    sign_out(clerk)
    assert "欧阳小满" not in clerk.text()
    sign_in_as(clerk, SUPERVISOR, "654321")
    qtbot.waitUntil(lambda: clerk.window.is_signed_in, timeout=PATIENCE)
    clerk.press(Qt.Key.Key_2, CTRL)
    qtbot.waitUntil(lambda: page.tabs.tabText(2) == "待我批准 1", timeout=PATIENCE)
    clerk.press(Qt.Key.Key_Tab, CTRL)
    clerk.press(Qt.Key.Key_Tab, CTRL)
    qtbot.waitUntil(page.approvals.table.hasFocus, timeout=PATIENCE)
    clerk.press(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is page.approvals.approve
    clerk.press(Qt.Key.Key_Return)
    clerk.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "处理结果已记下" in page.notice, timeout=PATIENCE)
    qtbot.waitUntil(lambda: station.at_hall(waits) == [(0,)], timeout=PATIENCE)
    sign_out(clerk)
    clerk.sign_in()
    qtbot.waitUntil(lambda: clerk.window.is_signed_in, timeout=PATIENCE)
    clerk.press(Qt.Key.Key_2, CTRL)
    qtbot.waitUntil(lambda: bool(page.day.table.rows), timeout=PATIENCE)
    assert "— 已作废" in page.day.table.rows[0][3]

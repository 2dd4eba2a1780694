"""The whole application in its real window: keys, hall, camera, printer and journal are real."""

import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QInputMethodEvent
from PyQt5.QtWidgets import QApplication, QListWidget, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.app import Application
from clerk_client.demo.photographs import photograph
from clerk_client.demo.slip import SlipText
from clerk_client.desk.desk import Desk
from clerk_client.desk.diagnosis import Diagnosis
from clerk_client.desk.paperwork import Paperwork
from clerk_client.domain.clock import SystemClock
from clerk_client.domain.tickets import TicketReference, ticket_text
from clerk_client.hall_link.errors import HallSessionEnded
from clerk_client.logs import crash_report, install_crash_hook
from clerk_client.settings import load_settings
from clerk_client.ui.crash_page import CrashReports
from clerk_client.ui.login.view import PinEdit
from clerk_client.ui.tallies.view import TalliesPage
from clerk_client.ui.wording import wording_for
from printing.errors import PrintFailed
from tests.helpers.broken_hall import broken_hall, http
from tests.helpers.small_hall import HALL
from tests.helpers.station import CLERK, Station, code_on, text_of

PATIENCE = 20_000
RESIDENT = "11010519491231002X"  # GB 11643's own example
UNIT = "91350100M000100Y43"  # GB 32100's own example; A023 is a unit's matter


class Clerk:
    """Hands at the keyboard and eyes on the window."""

    def __init__(self, qtbot: QtBot, application: Application) -> None:
        self.bot = qtbot
        self.window = application.window

    def press(self, key: int, held: int = Qt.KeyboardModifier.NoModifier) -> None:
        self.bot.keyClick(QApplication.focusWidget() or self.window, key, held)

    def type(self, text: str) -> None:
        """Chinese as an input method commits it; QTest aborts on characters that no key has."""
        focused = QApplication.focusWidget()
        if text.isascii():
            self.bot.keyClicks(focused, text)
        else:
            event = QInputMethodEvent()
            event.setCommitString(text)
            QApplication.sendEvent(focused, event)

    def wait_for(self, title: str) -> None:
        def told() -> None:
            assert title in self.window.windowTitle(), self.window.windowTitle()

        self.bot.waitUntil(told, timeout=PATIENCE)

    def see(self, words: str) -> None:
        """Somewhere on the window, in a label that shows."""
        self.bot.waitUntil(lambda: words in self.text(), timeout=PATIENCE)

    def see_no_key(self) -> None:
        """The login page offers none, and waits for nobody's leaving."""
        keys = self.window.findChild(QListWidget, "keyList")

        def gone() -> bool:
            return keys.count() == 0 and "正在退出登录" not in self.text()

        self.bot.waitUntil(gone, timeout=PATIENCE)

    def signed_out(self) -> None:
        """The page for a PIN waits for nothing any more."""
        self.bot.waitUntil(lambda: "正在退出登录" not in self.text(), timeout=PATIENCE)

    def text(self) -> str:
        shown = (widget for widget in self.window.findChildren(QWidget) if widget.isVisible())
        texts = (widget.text for widget in shown if hasattr(widget, "text"))
        return "\n".join(text() if callable(text) else text for text in texts)

    def sign_in(self, pin: str = "123456") -> None:
        self.wait_for("登录：请输入PIN")
        self.window.activateWindow()
        self.bot.waitUntil(lambda: isinstance(QApplication.focusWidget(), PinEdit))
        # Keys come in whatever order their driver has them.
        keys = self.window.findChild(QListWidget, "keyList")
        (own,) = keys.findItems(CLERK.name, Qt.MatchFlag.MatchStartsWith)
        keys.setCurrentItem(own)
        self.type(pin)
        self.press(Qt.Key.Key_Return)

    def record(self, name: str = "欧阳小满", number: str = UNIT) -> None:
        """From the matter found to the summary."""
        self.wait_for("核对事项")
        self.press(Qt.Key.Key_Return)
        self.wait_for("录入办事人信息")
        self.press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
        self.type(name)
        self.press(Qt.Key.Key_Tab)
        self.press(Qt.Key.Key_Tab)
        self.type(number)
        self.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def find_matter(self, typed: str) -> None:
        self.wait_for("等待办事人")
        self.press(Qt.Key.Key_F4)
        self.type(typed)
        self.bot.waitUntil(self._has_results, timeout=PATIENCE)
        self.press(Qt.Key.Key_Return)

    def _has_results(self) -> bool:
        from clerk_client.ui.reception.search_panel import SearchPanel

        panel = self.window.findChild(SearchPanel)
        return panel is not None and panel.results.count() > 0


@pytest.fixture
def camera(station: Station) -> Path:
    folder = station.folder / "camera"
    folder.mkdir(exist_ok=True)
    code = ticket_text(TicketReference(HALL, station.today, "A023"))
    slip = SlipText(
        hall="示例市政务服务中心",
        number="A023",
        matter="旅馆业许可",
        department="公安局",
        area="2楼B区",
        ahead=5,
        drawn_at="2026-11-21 09:12",
        appointment="YY0001",
        document="4420****1234",
        code=code,
    )
    (folder / "1.jpg").write_bytes(photograph(slip, 7))
    return folder


@pytest.fixture
def crashes() -> CrashReports:
    return CrashReports()


@pytest.fixture
def application(qtbot: QtBot, station: Station, crashes: CrashReports) -> Iterator[Application]:
    made = Application(load_settings(station.settings), SystemClock(), crashes)
    qtbot.addWidget(made.window)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def clerk(qtbot: QtBot, camera: Path, application: Application) -> Clerk:
    """Needs the ticket under the camera first."""
    return Clerk(qtbot, application)


@contextmanager
def keys_pulled(station: Station) -> Iterator[None]:
    """Nothing is plugged inside; outside it is the same keys again."""
    away = station.folder / "pulled"
    away.mkdir()
    keys = list(station.store.folder.iterdir())
    for folder in keys:
        shutil.move(folder, away)
    try:
        yield
    finally:
        for folder in keys:
            shutil.move(away / folder.name, station.store.folder)


class Slow:
    """A call of the real desk whose answer is held back until `release`: no test may rely on how
    long a key or a hall takes."""

    def __init__(self, call: Callable[..., object]) -> None:
        self._call = call
        self.done = threading.Event()
        self._answered = threading.Event()

    def __call__(self, *arguments: object) -> object:
        answer = self._call(*arguments)
        self.done.set()
        assert self._answered.wait(30)
        return answer

    def release(self) -> None:
        self._answered.set()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Slow]]:
    """Makes one of the desk's calls a slow one."""
    made: list[Slow] = []

    def slow_down(name: str) -> Slow:
        held = Slow(getattr(Desk, name))
        made.append(held)
        monkeypatch.setattr(Desk, name, lambda *arguments: held(*arguments))
        return held

    yield slow_down
    for held in made:
        held.release()


def accepted_at_hall(station: Station) -> list[str]:
    """Outcomes of the acceptances that the hall holds."""
    with sqlite3.connect(station.hall.database_file) as connection:
        query = "SELECT outcome FROM lines WHERE kind = 'accepted' ORDER BY seq"
        return [outcome for (outcome,) in connection.execute(query)]


def test_clerk_does_the_whole_job_without_a_mouse(
    clerk: Clerk, station: Station, qtbot: QtBot
) -> None:
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    assert UNIT not in clerk.text()
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("受理成功 ")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("回执已打印")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("已交办事人")
    (paper,) = station.receipts.glob("*.pdf")
    assert "欧阳小满" in text_of(paper)
    assert code_on(paper).startswith("R1|")
    qtbot.waitUntil(lambda: accepted_at_hall(station) == ["settled"], timeout=PATIENCE)
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("等待办事人")
    clerk.press(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("统计")
    tallies = clerk.window.findChild(TalliesPage)
    qtbot.waitUntil(lambda: tallies.totals == ("1", "0", "1"), timeout=PATIENCE)


@pytest.mark.parametrize(
    ("error", "is_printers"),
    [(PrintFailed("no paper"), True), (HallSessionEnded(401, "HALL_SESSION_ENDED"), False)],
)
def test_strip_blames_the_printer_for_what_is_the_printers(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, error: Exception, is_printers: bool
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Paperwork, "print_receipt", fail)
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("受理成功 ")
    clerk.press(Qt.Key.Key_Return)
    clerk.see(wording_for(error).title)
    assert ("打印机故障" in clerk.window.strip.text) == is_printers


def test_the_same_paper_is_not_read_again_for_the_next_client(clerk: Clerk) -> None:
    """The camera goes on showing the ticket of the client before."""
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("受理成功 ")
    for title in ("回执已打印", "已交办事人", "等待办事人"):
        clerk.press(Qt.Key.Key_Return)
        clerk.wait_for(title)
    clerk.type("A025")
    clerk.press(Qt.Key.Key_Return)
    clerk.see("高温津贴")


def test_a_wrong_pin_is_told_and_the_right_one_still_signs_in(clerk: Clerk) -> None:
    clerk.sign_in("000000")
    clerk.see("PIN")
    clerk.wait_for("登录：请输入PIN")
    clerk.see("PIN不对")
    clerk.sign_in()
    clerk.wait_for("核对事项")


def test_with_a_failing_hall_the_acceptance_stands_and_is_delivered_later(
    clerk: Clerk, station: Station, qtbot: QtBot
) -> None:
    clerk.sign_in()
    clerk.wait_for("核对事项")
    station.hall.kill()
    with broken_hall(http("500 Internal Server Error", b"{}"), station.hall.port):
        clerk.press(Qt.Key.Key_Escape)
        clerk.find_matter("GA-SF")
        clerk.record(number=RESIDENT)
        clerk.wait_for("核对后提交")
        clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        clerk.wait_for("受理成功 ")
        clerk.see("离线受理")
        assert accepted_at_hall(station) == []
    station.hall.start()
    qtbot.waitUntil(lambda: accepted_at_hall(station) == ["settled"], timeout=PATIENCE)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http("500 Internal Server Error", b"{}"), "大厅"),
        (http("200 OK", b"<html>garbage</html>"), "大厅"),
        (b"", "大厅"),
    ],
)
def test_a_look_up_at_a_broken_hall_is_one_plain_line_and_nothing_typed_is_lost(
    clerk: Clerk, station: Station, answer: bytes, words: str
) -> None:
    clerk.sign_in()
    clerk.wait_for("核对事项")
    station.hall.kill()
    with broken_hall(answer, station.hall.port):
        clerk.press(Qt.Key.Key_F3)
        clerk.type("YY0004")
        clerk.press(Qt.Key.Key_Return)
        clerk.wait_for("等待办事人")
        clerk.see(words)
    assert "YY0004" in clerk.text()


def test_a_code_that_is_no_ticket_is_told(clerk: Clerk) -> None:
    clerk.sign_in()
    clerk.wait_for("核对事项")
    clerk.press(Qt.Key.Key_Escape)
    clerk.type("https://example.invalid/")
    clerk.press(Qt.Key.Key_Return)
    clerk.see("这不是叫号纸上的码或票号")


def test_without_a_camera_the_ticket_number_is_typed(
    qtbot: QtBot, station: Station, application: Application
) -> None:
    clerk = Clerk(qtbot, application)
    clerk.sign_in()
    clerk.wait_for("等待办事人")
    clerk.see("高拍仪故障")
    clerk.type("A023")
    clerk.press(Qt.Key.Key_Return)
    clerk.record()
    clerk.wait_for("核对后提交")


def test_an_unforeseen_error_shows_a_report_and_work_goes_on(
    clerk: Clerk, crashes: CrashReports
) -> None:
    clerk.sign_in()
    clerk.wait_for("核对事项")
    try:
        raise RuntimeError("欧阳小满 " + UNIT)
    except RuntimeError as error:
        crashes.tell(crash_report(error, "desk"))
    clerk.wait_for("程序遇到问题")
    assert "RuntimeError" in clerk.window.crash.report
    assert UNIT not in clerk.window.crash.report
    clerk.window.crash.went_on.emit()
    clerk.wait_for("核对事项")


def test_clerk_compares_with_a_base_before_accepting(clerk: Clerk, station: Station) -> None:
    clerk.sign_in()
    clerk.wait_for("核对事项")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("录入办事人信息")
    clerk.press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    clerk.type("欧阳小满")
    clerk.press(Qt.Key.Key_Tab)
    # A023 is a unit's matter, and the hall's base knows people.
    assert "与基础库比对" not in clerk.text()
    clerk.press(Qt.Key.Key_Home)
    clerk.press(Qt.Key.Key_Tab)
    clerk.type(RESIDENT)
    clerk.see("与基础库比对")
    clerk.press(Qt.Key.Key_B, Qt.KeyboardModifier.AltModifier)
    clerk.see("≠ 不一致　姓名 · 户籍库")
    clerk.see(f"数据截至 {station.today.isoformat()}（")
    station.hall.kill()
    clerk.press(Qt.Key.Key_B, Qt.KeyboardModifier.AltModifier)
    clerk.see(wording_for("COMPARE_OFFLINE").title)
    assert "≠ 不一致" in clerk.text()
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("核对后提交")


def test_signing_out_returns_to_the_login_page_and_leaves_nothing_behind(clerk: Clerk) -> None:
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    clerk.window.sign_out_asked.emit()
    clerk.see("正在退出登录")
    clerk.bot.waitUntil(lambda: "正在退出登录" not in clerk.text(), timeout=PATIENCE)
    clerk.sign_in()
    clerk.wait_for("核对事项")
    assert "欧阳小满" not in clerk.text()


def test_a_bug_while_accepting_shows_its_report_and_gives_the_page_back(
    clerk: Clerk, crashes: CrashReports, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    install_crash_hook(crashes.tell)
    with monkeypatch.context() as broken:
        broken.setattr(Desk, "accept", lambda *_: {}["no such thing"])
        clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        clerk.wait_for("程序遇到问题")
    assert "KeyError" in clerk.window.crash.report
    clerk.window.crash.go_on.click()
    clerk.wait_for("核对后提交")
    clerk.see("这一步可能没有完成")
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.wait_for("受理成功 ")
    clerk.see("欧阳小满")


def test_nothing_leads_away_until_it_is_known_whether_the_client_was_accepted(
    clerk: Clerk, slow: Callable[[str], Slow]
) -> None:
    accepting = slow("accept")
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.bot.waitUntil(accepting.done.is_set, timeout=PATIENCE)
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4):
        clerk.press(key, Qt.KeyboardModifier.ControlModifier)
    assert not clerk.window.close()
    clerk.see("正在提交，请稍候")
    clerk.wait_for("正在提交")
    accepting.release()
    clerk.wait_for("受理成功 ")
    assert "正在提交，请稍候" not in clerk.text()


def test_an_acceptance_whose_key_was_pulled_waits_for_its_clerk(
    clerk: Clerk, slow: Callable[[str], Slow], station: Station
) -> None:
    accepting = slow("accept")
    clerk.sign_in()
    clerk.record()
    clerk.wait_for("核对后提交")
    clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    clerk.bot.waitUntil(accepting.done.is_set, timeout=PATIENCE)
    with keys_pulled(station):
        clerk.see("电子钥匙已拔出")
        clerk.see("正在退出登录")
        assert "欧阳小满" not in clerk.text()
        accepting.release()
        clerk.see_no_key()
    clerk.sign_in()
    clerk.wait_for("受理成功 ")
    clerk.see("回执还没有确认打印")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("回执已打印")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("已交办事人")
    clerk.press(Qt.Key.Key_Return)
    clerk.wait_for("等待办事人")


def test_a_key_pulled_while_the_hall_is_asked_opens_no_window(
    clerk: Clerk, slow: Callable[[str], Slow], station: Station
) -> None:
    shown: list[QWidget] = []
    clerk.window.page_changed.connect(shown.append)
    asking = slow("sign_in")
    clerk.sign_in()
    clerk.bot.waitUntil(asking.done.is_set, timeout=PATIENCE)
    with keys_pulled(station):
        clerk.see("电子钥匙已拔出")
        asking.release()
        clerk.see_no_key()
    assert shown == []
    clerk.sign_in()
    clerk.wait_for("核对事项")


def test_a_diagnosis_that_hangs_delays_no_acceptance(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = Slow(Diagnosis.checks)
    monkeypatch.setattr(Diagnosis, "checks", lambda diagnosis: looking(diagnosis))
    clerk.sign_in()
    clerk.wait_for("核对事项")
    clerk.press(Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    clerk.bot.waitUntil(looking.done.is_set, timeout=PATIENCE)
    clerk.press(Qt.Key.Key_Escape)
    try:
        clerk.record()
        clerk.wait_for("核对后提交")
        clerk.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        clerk.wait_for("受理成功 ")
    finally:
        looking.release()


def test_a_station_without_its_journal_says_so_until_it_is_there(
    qtbot: QtBot, station: Station, crashes: CrashReports
) -> None:
    with station.opened() as other:
        other.journal()
        made = Application(load_settings(station.settings), SystemClock(), crashes)
        qtbot.addWidget(made.window)
        clerk = Clerk(qtbot, made)
        made.start()
        clerk.see("本机受理记录正被另一个客户端使用")
    try:
        clerk.window.findChild(QPushButton, "prepareAgain").click()
        clerk.sign_in()
        clerk.wait_for("等待办事人")
    finally:
        made.stop()

"""The window around the pages: bar, strip, menu, and the pages that are not the reception."""

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.desk.diagnosis import Check
from clerk_client.desk.session import Session
from clerk_client.domain.cases import Category
from clerk_client.domain.clerks import Clerk, Role, Window
from clerk_client.domain.tallies import Tally, TallyRow
from clerk_client.hall_link.errors import HallUnreachable
from clerk_client.journal.delivery import Standing
from clerk_client.journal.errors import JournalInUse
from clerk_client.logs import install_crash_hook
from clerk_client.ui.crash_page import CrashReports
from clerk_client.ui.diagnostics.presenter import DiagnosticsPresenter
from clerk_client.ui.diagnostics.view import DiagnosticsPage
from clerk_client.ui.login.view import LoginPage
from clerk_client.ui.main_window import MainWindow
from clerk_client.ui.notice_bar import NoticeBar
from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.ui.tallies.presenter import TalliesPresenter
from clerk_client.ui.tallies.view import TalliesPage
from clerk_client.ui.theme import window_icon
from clerk_client.ui.tray import KeyNotices, key_sentence
from clerk_client.ui.wording import wording_for
from tests.gui.conftest import MORNING
from tests.unit.test_login_presenter import certificate, key
from ukey.errors import DriverCrashed, TokenRemoved

pytestmark = pytest.mark.usefixtures("themed")

DAY = date(2026, 11, 21)
SESSION = Session(
    clerk=Clerk("W01", "张丽", Role.CLERK),
    window=Window("2B12", "2楼B区12号"),
    hall="442000",
    hall_name="中山市行政服务中心",
    station="ZS-2B12",
    supervision_phone="",
    certificate=certificate("张丽"),
    token_id="a",
    clock_offset_ms=0,
)
TALLY = Tally(
    DAY,
    DAY,
    (
        TallyRow("fgj", "发改局", Category.HALL_PENDING, 3),
        TallyRow("gaj", "公安局", Category.DEPARTMENT_INTERNAL, 1200),
        TallyRow("gaj", "公安局", Category.HALL_PENDING, 7),
    ),
)


@dataclass
class Frame:
    """A window, its pages, and what they asked for."""

    window: MainWindow
    login: LoginPage
    reception: QWidget
    records: QWidget
    tallies: TalliesPage
    diagnostics: DiagnosticsPage
    counting: TalliesPresenter
    diagnosing: DiagnosticsPresenter
    asked: list[str]
    clock: list[datetime]
    held: list[bool]
    """Not empty: an acceptance is under way."""


@pytest.fixture
def frame(shown: Callable[[QWidget], None]) -> Frame:
    asked: list[str] = []
    clock = [MORNING]
    held: list[bool] = []
    login, reception = LoginPage("中山市行政服务中心", "ZS-2B12"), QWidget()
    records = QWidget()
    tallies, diagnostics = TalliesPage(), DiagnosticsPage()
    counting = TalliesPresenter(tallies, lambda: asked.append("tally"), lambda: clock[0])
    tallies.follow(counting)
    diagnosing = DiagnosticsPresenter(
        diagnostics, lambda: asked.append("diagnose"), lambda file: asked.append(file)
    )
    diagnostics.follow(diagnosing)
    window = MainWindow(
        "中山市行政服务中心",
        login,
        reception,
        records,
        tallies,
        diagnostics,
        lambda: clock[0],
        is_held=lambda: bool(held),
    )
    diagnostics.left.connect(window.leave_diagnostics)
    shown(window)
    return Frame(
        window,
        login,
        reception,
        records,
        tallies,
        diagnostics,
        counting,
        diagnosing,
        asked,
        clock,
        held,
    )


@pytest.fixture
def signed_in(frame: Frame) -> Frame:
    frame.window.show_session(SESSION)
    frame.window.show_reception()
    return frame


def press(qtbot: QtBot, frame: Frame, digit: Qt.Key) -> None:
    qtbot.keyClick(frame.window, digit, Qt.KeyboardModifier.ControlModifier)


# --- pages ---


def test_nobody_signed_in_reaches_reception_or_tallies(qtbot: QtBot, frame: Frame) -> None:
    for digit in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3):
        press(qtbot, frame, digit)
        assert frame.window.page is frame.login


def test_diagnostics_open_without_signing_in_and_esc_goes_back(qtbot: QtBot, frame: Frame) -> None:
    press(qtbot, frame, Qt.Key.Key_4)
    assert frame.window.page is frame.diagnostics
    assert frame.asked == ["diagnose"]
    qtbot.waitUntil(frame.diagnostics.back.hasFocus)
    qtbot.keyClick(frame.diagnostics, Qt.Key.Key_Escape)
    assert frame.window.page is frame.login


def test_clerk_changes_pages_with_the_keyboard(qtbot: QtBot, signed_in: Frame) -> None:
    pages = {
        Qt.Key.Key_2: signed_in.records,
        Qt.Key.Key_3: signed_in.tallies,
        Qt.Key.Key_4: signed_in.diagnostics,
        Qt.Key.Key_1: signed_in.reception,
    }
    for digit, page in pages.items():
        press(qtbot, signed_in, digit)
        assert signed_in.window.page is page


def test_diagnostics_go_back_to_where_the_clerk_was(qtbot: QtBot, signed_in: Frame) -> None:
    signed_in.window.show_tallies()
    signed_in.window.show_diagnostics()
    signed_in.window.leave_diagnostics()
    assert signed_in.window.page is signed_in.tallies


def test_bar_shows_hall_window_clerk_and_role(signed_in: Frame) -> None:
    assert signed_in.window.who == "2楼B区12号　张丽（窗口人员）"


def test_login_page_shows_nobody(signed_in: Frame) -> None:
    signed_in.window.show_login()
    assert signed_in.window.page is signed_in.login
    assert signed_in.window.who == ""
    signed_in.window.show_reception()
    assert signed_in.window.page is signed_in.login


def test_key_pulled_during_diagnostics_does_not_lead_back_to_the_last_page(
    signed_in: Frame,
) -> None:
    signed_in.window.show_diagnostics()
    signed_in.window.show_login()
    signed_in.window.show_diagnostics()
    signed_in.window.leave_diagnostics()
    assert signed_in.window.page is signed_in.login


def test_nobody_leaves_while_an_acceptance_is_under_way(qtbot: QtBot, signed_in: Frame) -> None:
    window = signed_in.window
    left: list[str] = []
    window.sign_out_asked.connect(lambda: left.append("signed out"))
    sign_out = next(b for b in window.findChildren(QPushButton) if b.text() == "退出登录")
    entries = window.findChildren(QPushButton, "menuEntry")
    signed_in.held.append(True)
    for digit in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4):
        with qtbot.waitSignal(window.leaving_refused):
            press(qtbot, signed_in, digit)
    for entry in entries:
        with qtbot.waitSignal(window.leaving_refused):
            entry.click()
    with qtbot.waitSignal(window.leaving_refused):
        assert not window.close()
    assert window.page is signed_in.reception
    assert window.isVisible()
    assert left == []
    signed_in.held.clear()
    sign_out.click()
    assert left == ["signed out"]
    assert window.close()


def test_crash_page_gives_way_to_the_acceptance_that_holds_the_window(
    qtbot: QtBot, signed_in: Frame
) -> None:
    signed_in.window.show_crash("report")
    signed_in.held.append(True)
    with qtbot.waitSignal(signed_in.window.leaving_refused):
        signed_in.window.crash.leave.click()
    assert signed_in.window.page is signed_in.reception


# --- strip and offline bar ---


def test_strip_tells_hall_queue_and_refused_lines(signed_in: Frame) -> None:
    assert signed_in.window.strip.text == ""
    signed_in.window.show_standing(Standing(0, 0, hall_reachable=True))
    assert signed_in.window.strip.text == "✓ 大厅已连接"
    signed_in.window.show_standing(Standing(14, 1, hall_reachable=False, waiting_acceptances=12))
    text = signed_in.window.strip.text
    assert text.startswith("! 大厅连不上　待上报 12 件　✗ 未被接受 1 条")


def test_strip_tells_why_nothing_is_taken_until_it_is(signed_in: Frame) -> None:
    window = signed_in.window
    window.show_standing(Standing(3, 0, hall_reachable=True, blocked_code="LINE_CHAIN_BROKEN"))
    assert "记录上报中　✗ 记录的先后顺序不连续" in window.strip.text
    window.show_standing(Standing(0, 0, hall_reachable=True))
    assert window.strip.text == "✓ 大厅已连接"


def test_delivery_that_this_station_cannot_make_is_told_in_the_strip(signed_in: Frame) -> None:
    signed_in.window.show_delivery_failed(JournalInUse())
    assert "✗ 本机受理记录正被另一个客户端使用" in signed_in.window.strip.text
    signed_in.window.show_standing(Standing(0, 0, hall_reachable=True))
    assert signed_in.window.strip.text == "✓ 大厅已连接"


def test_nothing_old_is_said_of_the_hall_after_signing_out(signed_in: Frame) -> None:
    signed_in.window.show_standing(Standing(3, 1, hall_reachable=False))
    signed_in.window.show_login()
    # The last pass may end after the clerk left.
    signed_in.window.show_standing(Standing(3, 1, hall_reachable=False))
    signed_in.window.show_delivery_failed(JournalInUse())
    assert signed_in.window.strip.text == ""


def test_notice_and_strip_use_the_same_signs(signed_in: Frame) -> None:
    notice = NoticeBar()
    for level in Level:
        notice.show_notice("x", "", level)
        assert notice.findChild(QLabel, "noticeSign").text() == SIGNS[level]


def test_clerk_reads_that_work_goes_on_without_the_hall(signed_in: Frame) -> None:
    signed_in.window.show_standing(Standing(14, 0, hall_reachable=False, waiting_acceptances=12))
    assert "可继续办理" in signed_in.window.offline_notice
    assert "待上报 12 件" in signed_in.window.offline_notice
    signed_in.window.show_standing(Standing(2, 0, hall_reachable=False))
    assert "件" not in signed_in.window.offline_notice
    signed_in.window.show_standing(Standing(0, 0, hall_reachable=True))
    assert signed_in.window.offline_notice == ""


def test_bar_says_since_when_and_why_and_goes_with_what_was_made_up(signed_in: Frame) -> None:
    since = datetime(2026, 11, 21, 1, 5, tzinfo=UTC)
    away = Standing(
        4, 0, False, waiting_acceptances=3, away_code="HALL_CERTIFICATE", away_since=since
    )
    signed_in.window.show_standing(away)
    notice = signed_in.window.offline_notice
    for told in ("安全证书不对", "自 09:05 起离线", "待上报 3 件", "打印照常", "统计暂停"):
        assert told in notice
    signed_in.window.show_standing(Standing(0, 0, True, made_up=3))
    assert signed_in.window.offline_notice == ""
    assert "已补报 3 件" in signed_in.window.strip.text


def test_strip_tells_devices_by_word_and_sign(frame: Frame) -> None:
    frame.window.show_device("printer", Level.WARNING, "缺纸")
    assert "! 打印机缺纸" in frame.window.strip.text


def test_strip_shows_the_halls_time(frame: Frame) -> None:
    assert frame.window.strip.time == "2026-11-21 09:12"


def test_plugged_key_is_told_once_with_holder_and_last_day(frame: Frame) -> None:
    notices = KeyNotices(frame.window)
    assert notices.tokens_seen([key()]) == ["已识别白色KEY(GDCA)：张丽，有效期至2030-03-01"]
    assert notices.tokens_seen([key()]) == []
    assert notices.tokens_seen([]) == []
    assert notices.tokens_seen([key()]) == [key_sentence(key())]


def test_key_of_no_known_kind_is_told_as_one() -> None:
    assert key_sentence(key(family=("", ""))).startswith("发现未识别种类的电子钥匙：张丽")


@pytest.mark.parametrize(
    ("error", "cause"),
    [(TokenRemoved("gone"), "电子钥匙已拔出"), (DriverCrashed("/x.so", ""), "驱动意外退出")],
)
def test_strip_says_why_the_window_was_locked_until_a_key_is_plugged(
    frame: Frame, error: Exception, cause: str
) -> None:
    notices = KeyNotices(frame.window)
    notices.tokens_seen([key()])
    assert notices.said == key_sentence(key())
    assert notices.key_lost(error) == notices.said
    assert cause in notices.said
    assert notices.said.endswith("窗口已锁定")
    notices.tokens_seen([])
    assert cause in notices.said
    notices.tokens_seen([key()])
    assert notices.said == key_sentence(key())
    # Also where no look ever saw it gone.
    notices.key_lost(error)
    assert notices.tokens_seen([key()]) == [key_sentence(key())]
    assert notices.said == key_sentence(key())
    notices.tokens_seen([])
    assert notices.said == ""


def test_long_name_on_a_key_does_not_widen_the_window(frame: Frame) -> None:
    before = frame.window.minimumSizeHint().width()
    frame.window.strip.show_message("<b>办事</b>" * 60)
    assert frame.window.minimumSizeHint().width() == before
    assert "<b>" in frame.window.strip.text


# --- tallies ---


def test_tallies_show_both_categories_and_their_sum(signed_in: Frame) -> None:
    signed_in.window.show_tallies()
    assert signed_in.asked == ["tally"]
    assert signed_in.tallies.totals == ("—", "—", "—")
    signed_in.counting.tallied(TALLY)
    assert signed_in.tallies.totals == ("10", "1,200", "1,210")
    assert signed_in.tallies.lines == [
        ("公安局", "7", "1,200", "1,207"),
        ("发改局", "3", "0", "3"),
    ]
    assert signed_in.tallies.age == "统计时间 2026-11-21 09:12（刚刚）"


def test_last_figures_stay_with_their_time_when_the_hall_is_gone(
    qtbot: QtBot, signed_in: Frame
) -> None:
    signed_in.window.show_tallies()
    signed_in.counting.tallied(TALLY)
    signed_in.clock[0] += timedelta(minutes=3)
    qtbot.waitUntil(signed_in.tallies.refresh.isEnabled)
    qtbot.keyClick(signed_in.tallies, Qt.Key.Key_F5)
    signed_in.counting.tally_refused(HallUnreachable())
    assert signed_in.asked == ["tally", "tally"]
    assert signed_in.tallies.totals == ("10", "1,200", "1,210")
    assert signed_in.tallies.age == "统计时间 2026-11-21 09:12（3 分钟前）"
    assert "连不上大厅" in signed_in.tallies.problem


def test_day_without_acceptances_is_said_in_words(signed_in: Frame) -> None:
    signed_in.window.show_tallies()
    signed_in.counting.tallied(Tally(DAY, DAY, ()))
    assert signed_in.tallies.empty == "今天还没有受理的事项"
    assert signed_in.tallies.totals == ("0", "0", "0")


def test_page_asks_once_while_an_answer_is_awaited(qtbot: QtBot, signed_in: Frame) -> None:
    signed_in.window.show_tallies()
    qtbot.keyClick(signed_in.tallies, Qt.Key.Key_F5)
    assert signed_in.asked == ["tally"]


# --- diagnostics ---

CHECKS = [
    Check("key", "ok", "KEY_OK", {"holder": "张丽"}),
    Check("camera", "error", "CAMERA_BUSY"),
    Check("clock", "warning", "CLOCK_UNCHECKED"),
]


def test_diagnostics_tell_each_part_in_words_with_a_next_step(frame: Frame) -> None:
    frame.window.show_diagnostics()
    frame.diagnosing.diagnosed(CHECKS)
    rows = frame.diagnostics.rows
    assert rows[0].startswith("电子钥匙 正常 ")
    assert rows[1].startswith("高拍仪 故障 高拍仪打不开，可能正被其他程序使用")
    assert rows[2].startswith("电脑时间 注意 ")


def test_copied_result_names_codes_and_nobody(frame: Frame) -> None:
    frame.window.show_diagnostics()
    frame.diagnosing.diagnosed(CHECKS)
    frame.diagnostics.copy.click()
    copied = QApplication.clipboard().text()
    assert "电子钥匙 正常 KEY_OK\n高拍仪 故障 CAMERA_BUSY" in copied
    assert "张丽" not in copied


def test_f5_looks_again(qtbot: QtBot, frame: Frame) -> None:
    frame.window.show_diagnostics()
    frame.diagnosing.diagnosed(CHECKS)
    qtbot.keyClick(frame.diagnostics, Qt.Key.Key_F5)
    assert frame.asked == ["diagnose", "diagnose"]
    assert not frame.diagnostics.refresh.isEnabled()


def test_station_that_cannot_be_looked_at_says_why(frame: Frame) -> None:
    frame.window.show_diagnostics()
    frame.diagnosing.diagnosis_refused(JournalInUse())
    assert "另一个客户端" in frame.diagnostics.problem


# --- crash ---


@pytest.fixture
def hooks() -> Iterator[None]:
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before


@pytest.mark.usefixtures("hooks")
def test_failure_in_any_thread_reaches_the_crash_page(qtbot: QtBot, signed_in: Frame) -> None:
    reports = CrashReports()
    install_crash_hook(reports.tell)
    reports.reported.connect(signed_in.window.show_crash)

    def fail() -> None:
        raise KeyError("张丽 442000199001011234")

    thread = threading.Thread(target=fail, name="some-worker")
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: signed_in.window.page.objectName() == "crashPage")
    assert "error: KeyError" in signed_in.window.crash.report
    assert "张丽" not in signed_in.window.crash.report
    qtbot.waitUntil(signed_in.window.crash.go_on.hasFocus)
    qtbot.keyClick(signed_in.window.crash.go_on, Qt.Key.Key_Return)
    assert signed_in.window.page is signed_in.reception


def test_report_from_before_the_window_is_not_lost(qtbot: QtBot) -> None:
    reports = CrashReports()
    reports.tell("early")
    qtbot.waitUntil(lambda: reports.missed == ["early"])


def test_repeated_failures_are_counted_and_the_newest_stands_first(signed_in: Frame) -> None:
    for number in range(12):
        signed_in.window.show_crash(f"report {number}")
    assert signed_in.window.crash.report.startswith("report 11\n\nreport 10")
    assert signed_in.window.crash.times == "共 12 次，最近的在最上面"


def test_crash_report_is_copied_as_shown(signed_in: Frame) -> None:
    signed_in.window.show_crash("time: now\nerror: KeyError")
    signed_in.window.crash.copy.click()
    assert QApplication.clipboard().text() == "time: now\nerror: KeyError"


# --- sizes ---


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1024, 768)])
def test_every_page_fits_the_screen(signed_in: Frame, width: int, height: int) -> None:
    signed_in.counting.tallied(TALLY)
    signed_in.diagnosing.diagnosed(CHECKS)
    blocked = "LINE_SIGNER_UNKNOWN"
    signed_in.window.show_standing(Standing(999, 99, False, blocked))
    for subject in ("key", "camera", "printer"):
        signed_in.window.show_device(subject, Level.WARNING, "故障")
    needed = signed_in.window.minimumSizeHint()
    assert needed.width() <= width
    assert needed.height() <= height - 60


def test_window_fits_a_small_screen_at_one_and_a_half_times(signed_in: Frame) -> None:
    window = signed_in.window
    page = ReceptionPage()
    window.show_standing(Standing(1, 0, hall_reachable=False, waiting_acceptances=1))
    assert page.minimumSizeHint().width() <= 900
    frame = window.centralWidget().layout()
    beside = sum(
        frame.itemAt(place).widget().minimumSizeHint().height()
        for place in range(frame.count())
        if frame.itemAt(place).widget().objectName() in ("topBar", "notice", "statusStrip")
        and not frame.itemAt(place).widget().isHidden()
    )
    assert page.minimumSizeHint().height() + beside <= 480
    assert (window.minimumWidth(), window.minimumHeight()) <= (900, 480)


def test_window_fits_a_small_screen_at_twice_the_size(qtbot: QtBot, signed_in: Frame) -> None:
    """1366 x 768 at 200 %."""
    window, page = signed_in.window, ReceptionPage()
    signed_in.counting.tallied(TALLY)
    signed_in.diagnosing.diagnosed(CHECKS)
    window.show_standing(Standing(999, 99, hall_reachable=True, blocked_code="LINE_SIGNER_UNKNOWN"))
    for subject in ("key", "camera", "printer"):
        window.show_device(subject, Level.WARNING, "故障")
    window.resize(683, 384)
    assert (window.width(), window.height()) == (683, 384)
    # Laid out anew once the event loop runs.
    qtbot.waitUntil(lambda: window.minimumSizeHint().width() <= 683)
    assert window.minimumSizeHint().height() <= 384
    beside = 40 + window.strip.minimumSizeHint().height()
    assert page.minimumSizeHint().width() <= 683
    assert page.minimumSizeHint().height() + beside <= 384


def test_figures_say_what_the_hall_has_not_got_yet(signed_in: Frame) -> None:
    signed_in.counting.show_standing(Standing(5, 0, False, waiting_acceptances=3))
    assert signed_in.tallies.waiting == "另有 3 件待上报，未计入"
    signed_in.counting.show_standing(Standing(0, 0, True))
    assert signed_in.tallies.waiting == ""


def test_a_station_without_a_keyring_is_no_fault_of_the_hall(signed_in: Frame) -> None:
    signed_in.diagnosing.diagnosed(
        [Check("hall", "error", "KEYRING_ABSENT"), Check("clock", "warning", "CLOCK_UNCHECKED")]
    )
    keyring, clock = signed_in.diagnostics.rows
    assert keyring.startswith("本机密码库")
    assert "没有核对" in clock
    assert "大厅" not in clock


def test_window_has_an_icon_of_its_own(themed: QApplication) -> None:
    assert not window_icon().pixmap(32, 32).isNull()


def test_what_the_start_found_stands_until_its_page_is_seen(qtbot: QtBot, signed_in: Frame) -> None:
    window = signed_in.window
    window.show_standing(Standing(1, 0, hall_reachable=False, waiting_acceptances=1))
    window.show_found(wording_for("RECOVERED_DOUBTFUL", {"count": 2}))
    assert "2 张回执" in window.found_notice
    # One bar at a time; the strip tells of the hall.
    assert window.offline_notice == ""
    assert "大厅连不上" in window.strip.text
    signed_in.held.append(True)
    take = next(b for b in window.findChildren(QPushButton) if b.text() == "查看")
    with qtbot.waitSignal(window.leaving_refused):
        take.click()
    signed_in.held.clear()
    with qtbot.waitSignal(window.found_taken):
        take.click()
    press(qtbot, signed_in, Qt.Key.Key_2)
    assert window.found_notice == ""
    assert "可继续办理" in window.offline_notice
    window.show_login()
    window.show_found(wording_for("RECOVERED_DOUBTFUL", {"count": 2}))
    assert window.found_notice == ""

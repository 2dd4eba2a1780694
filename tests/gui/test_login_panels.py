"""What the login page offers without a PIN, with real widgets: boxes, Esc, the keyboard."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt5.QtCore import QObject, Qt
from PyQt5.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from clerk_client.desk.keys import Plugged
from clerk_client.ui.login.application_panel import ApplicationPanel
from clerk_client.ui.login.downloads_panel import DownloadsPanel
from clerk_client.ui.login.exchange import Panel
from clerk_client.ui.login.pin_change_panel import PinChangePanel
from clerk_client.ui.login.request_panel import RequestPanel
from clerk_client.ui.login.view import LoginPage
from clerk_client.ui.saving import speak_chinese
from clerk_client.workers.paper_worker import PaperWorker
from clerk_client.workers.thread import WorkerThread
from printing.document import CertificateKind, KeyFamily, KeyRequest, Occasion, Wish
from printing.errors import PrinterAbsent, PrintingError
from printing.spool import FolderPrinter, Printer
from tests.gui.test_login import Desk, button
from tests.helpers.station import text_of
from tests.unit.test_login_presenter import FAMILIES, key, plugged
from ukey.errors import PinRefused
from ukey.findings import Finding
from ukey.token import Kind, PinStanding

pytestmark = pytest.mark.usefixtures("themed")

SIZES = [(1024, 700), (1366, 720), (1920, 1040)]
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def page(shown: Callable[[QWidget], None]) -> LoginPage:
    made = LoginPage("中山市行政服务中心", "ZS-2B12")
    made.resize(1366, 768)
    shown(made)
    return made


@pytest.fixture
def desk(page: LoginPage) -> Desk:
    return Desk(page)


@pytest.fixture
def boxes(qtbot: QtBot, page: LoginPage, desk: Desk) -> PinChangePanel:
    """修改PIN is open, with a PIN in each box."""
    desk.presenter.tokens_seen(plugged(key()), [])
    qtbot.keyClick(page, Qt.Key.Key_C, ALT)
    panel = page.panels.pin_change
    qtbot.waitUntil(panel.old.hasFocus)
    for box, text in zip(
        (panel.old, panel.new, panel.again), ("123456", "654321", "654321"), strict=True
    ):
        qtbot.keyClicks(box, text)
        qtbot.keyClick(box, Qt.Key.Key_Return)
    return panel


def typed(panel: PinChangePanel) -> list[str]:
    return [box.text() for box in (panel.old, panel.new, panel.again)]


# --- reached by the keyboard, left by Esc ---


@pytest.mark.parametrize(
    ("letter", "panel"),
    [
        (Qt.Key.Key_L, DownloadsPanel),
        (Qt.Key.Key_R, RequestPanel),
        (Qt.Key.Key_A, ApplicationPanel),
        (Qt.Key.Key_C, PinChangePanel),
    ],
)
def test_every_panel_is_opened_by_a_key_and_left_by_esc(
    qtbot: QtBot, page: LoginPage, desk: Desk, letter: Qt.Key, panel: type[QWidget]
) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    qtbot.waitUntil(page.pin.hasFocus)
    qtbot.keyClick(page, letter, ALT)
    qtbot.waitUntil(lambda: page.findChild(panel) is not None)
    opened = page.findChild(panel)
    qtbot.waitUntil(lambda: opened.isAncestorOf(page.window().focusWidget()))
    assert opened.isVisible()
    assert not page.pin.isVisible()
    qtbot.keyClick(page.window().focusWidget(), Qt.Key.Key_Escape)
    assert not opened.isVisible()
    qtbot.waitUntil(page.pin.hasFocus)


def test_way_out_of_an_expired_key_has_the_keyboard(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.tokens_seen(plugged(key(until=2025)), [])
    way_out = button(page, "填写业务需求表：续期")
    qtbot.waitUntil(way_out.hasFocus)
    qtbot.keyClick(way_out, Qt.Key.Key_Return)
    panel = page.panels.request
    assert panel.isVisible()
    assert panel.wishes[Wish.RENEWAL].isChecked()
    assert "2024-01-01 至 2025-03-01" in panel.facts


def test_keyboard_stays_where_the_clerk_walked_to(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.tokens_seen([], [])
    away = button(page, "驱动下载")
    away.setFocus()
    desk.presenter.key_absent(Finding("USB_ABSENT", "error"))
    assert away.hasFocus()
    desk.presenter.tokens_seen(plugged(key()), [])
    qtbot.waitUntil(page.pin.hasFocus)


def test_no_panel_is_built_before_it_is_asked_for(page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    for panel in (DownloadsPanel, RequestPanel, ApplicationPanel, PinChangePanel):
        assert page.findChild(panel) is None


# --- the causes ---


def test_cause_stands_under_its_heading_whichever_came_before(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    def lines() -> list[str]:
        labels = [each for each in frame.findChildren(QLabel) if each.isVisible()]
        labels.sort(key=lambda label: label.mapTo(page, label.rect().topLeft()).y())
        return [label.text() for label in labels]

    frame = page.findChild(QWidget, "causes")
    desk.presenter.tokens_seen([], [])
    for code in ("DRIVER_MISSING", "USB_ABSENT", "DRIVER_MISSING", "KEY_ERROR"):
        desk.presenter.key_absent(Finding(code, "error"))
        told = page.causes.splitlines()
        is_fault = code != "USB_ABSENT"
        assert len([line for line in told if line.startswith("✗")]) == is_fault
        assert (told[0] == "请插入电子钥匙") is not is_fault
        likely = told.index("②USB接口故障（较常见）") if not is_fault else 0
        assert is_fault or "USB接口" in told[likely + 1]
        qtbot.waitUntil(lambda told=told: lines() == told)


# --- 修改PIN ---


def test_pins_are_gone_from_their_boxes_as_soon_as_they_are_given(
    boxes: PinChangePanel, desk: Desk
) -> None:
    assert desk.changes == [("a", "123456", "654321")]
    assert typed(boxes) == ["", "", ""]
    assert not any(box.isUndoAvailable() for box in boxes.findChildren(QLineEdit))
    assert not boxes.old.isEnabled()


def test_enter_walks_through_the_boxes(qtbot: QtBot, page: LoginPage, desk: Desk) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.open_panel(Panel.PIN_CHANGE)
    panel = page.panels.pin_change
    qtbot.waitUntil(panel.old.hasFocus)
    qtbot.keyClicks(panel.old, "123456")
    qtbot.keyClick(panel.old, Qt.Key.Key_Return)
    assert panel.new.hasFocus()
    assert desk.changes == []


@pytest.mark.parametrize("how", ["esc", "pulled", "hidden", "page hidden"])
def test_pins_do_not_outlive_the_panel(qtbot: QtBot, page: LoginPage, desk: Desk, how: str) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.open_panel(Panel.PIN_CHANGE)
    panel = page.panels.pin_change
    for box in (panel.old, panel.new, panel.again):
        qtbot.keyClicks(box, "123456")
    match how:
        case "esc":
            qtbot.keyClick(panel.again, Qt.Key.Key_Escape)
        case "pulled":
            desk.presenter.tokens_seen([], [])
            assert "已拔出" in page.problem
        case "hidden":
            panel.hide()
        case "page hidden":
            page.hide()
    assert typed(panel) == ["", "", ""]


def test_wrong_old_pin_is_told_and_typing_goes_on(
    qtbot: QtBot, boxes: PinChangePanel, desk: Desk
) -> None:
    desk.presenter.pin_change_failed(PinRefused(PinStanding.LAST))
    assert "再错将锁定" in boxes.result
    qtbot.waitUntil(boxes.old.hasFocus)
    assert boxes.old.isEnabled()


def test_pin_typed_for_signing_in_goes_when_the_page_is_hidden(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.tokens_seen(plugged(key()), [])
    qtbot.keyClicks(page.pin, "123456")
    page.hide()
    assert page.pin.text() == ""


def test_clerk_reads_the_new_pin_is_taken(
    boxes: PinChangePanel, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.pin_changed("a")
    assert not boxes.isVisible()
    assert "PIN已修改" in page.done
    assert page.pin.isVisible()


# --- the papers ---


def test_enter_walks_through_the_fields_and_ctrl_enter_prints(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.tokens_seen(plugged(key(until=2025)), [])
    desk.presenter.open_panel(Panel.REQUEST)
    panel = page.panels.request
    qtbot.waitUntil(panel.department.hasFocus)
    panel.department.setText("公安局")
    qtbot.keyClick(panel.department, Qt.Key.Key_Return)
    assert panel.user_name.hasFocus()
    assert desk.papers == []
    panel.reason.setFocus()
    qtbot.keyClick(panel.reason, Qt.Key.Key_Return)
    assert panel.print.hasFocus()
    qtbot.keyClick(panel.department, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (paper,) = desk.papers
    assert isinstance(paper, KeyRequest)
    assert (paper.department, paper.user_name, paper.family) == ("公安局", "张丽", KeyFamily.GDCA)
    assert paper.wishes == {Wish.RENEWAL}
    assert not panel.print.isEnabled()
    desk.presenter.panels.failed(PrinterAbsent("HP"))
    assert "HP" in panel.result
    assert panel.department.text() == "公安局"


def test_nothing_typed_on_a_paper_is_kept(qtbot: QtBot, page: LoginPage, desk: Desk) -> None:
    for panel_kind in (Panel.REQUEST, Panel.APPLICATION):
        desk.presenter.open_panel(panel_kind)
        panel = page.panels.shown
        fields = panel.findChildren(QLineEdit)
        for field in fields:
            if not field.objectName().startswith("qt_"):
                field.setText("张丽")
        qtbot.keyClick(panel, Qt.Key.Key_Escape)
        kept = [f.text() for f in fields if not f.objectName().startswith("qt_")]
        assert set(kept) == {""}
        assert not any(f.isUndoAvailable() for f in fields)


def test_tab_walks_from_the_fields_to_the_print_button(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.open_panel(Panel.REQUEST)
    panel = page.panels.request
    qtbot.waitUntil(panel.department.hasFocus)
    walked = []
    for _ in range(14):
        focused = page.window().focusWidget()
        walked.append(focused)
        if focused is panel.back:
            break
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    expected = [panel.department, panel.user_name, panel.post, panel.phone, panel.family]
    expected += [*panel.wishes.values(), panel.reason, panel.print, panel.save, panel.back]
    assert walked == expected


def test_fee_follows_what_is_chosen(page: LoginPage, desk: Desk) -> None:
    desk.presenter.open_panel(Panel.APPLICATION)
    panel = page.panels.application
    panel.counts[CertificateKind.BUSINESS].setValue(0)
    panel.years[CertificateKind.INSTITUTION].setValue(3)
    assert panel.fees.split() == ["500*3+100=1600元", "费用合计：1600元"]
    panel.counts[CertificateKind.INSTITUTION].setValue(0)
    assert "未选证书" in panel.fees


def test_print_button_prints_once_it_has_the_keyboard(
    qtbot: QtBot, page: LoginPage, desk: Desk
) -> None:
    desk.presenter.open_panel(Panel.APPLICATION)
    panel = page.panels.application
    panel.medium.setFocus()
    qtbot.keyClick(panel.medium, Qt.Key.Key_Return)
    assert panel.print.hasFocus()
    assert desk.papers == []
    qtbot.keyClick(panel.print, Qt.Key.Key_Return)
    assert len(desk.papers) == 1


def test_renewal_pays_for_a_medium_only_when_it_is_asked_for(page: LoginPage, desk: Desk) -> None:
    desk.presenter.open_panel(Panel.APPLICATION)
    panel = page.panels.application
    panel.counts[CertificateKind.BUSINESS].setValue(0)
    assert panel.fees.split()[0] == "500*1+100=600元"
    panel.occasion.setCurrentIndex(panel.occasion.findData(Occasion.RENEWAL))
    assert not panel.medium.isChecked()
    assert panel.fees.split()[0] == "500*1=500元"
    panel.medium.setChecked(True)
    assert panel.fees.split()[0] == "500*1+100=600元"
    panel.medium.setChecked(False)
    assert [line.with_medium for line in panel.typed().lines] == [False]
    # Begun anew.
    desk.presenter.close_panel()
    desk.presenter.open_panel(Panel.APPLICATION)
    assert panel.medium.isChecked()


def test_menus_of_fields_speak_chinese(page: LoginPage, qapp: QApplication) -> None:
    def words() -> list[str]:
        menu = page.pin.createStandardContextMenu()
        texts = [action.text() for action in menu.actions()]
        menu.deleteLater()
        return texts

    # Another window of these tests may have said so before.
    translator = speak_chinese()
    assert translator is not None
    try:
        assert any(text.startswith("撤") for text in words())
    finally:
        qapp.removeTranslator(translator)


def test_paper_is_saved_where_the_clerk_says(
    qtbot: QtBot, page: LoginPage, desk: Desk, tmp_path: Path
) -> None:
    desk.presenter.open_panel(Panel.REQUEST)
    panel = page.panels.request
    panel.department.setText("公安局")
    panel.save.click()
    dialog = page.findChild(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("业务需求表.pdf")
    file = str(tmp_path / "我的表.pdf")
    dialog.selectFile(file)
    dialog.accept()
    ((paper, where),) = desk.files
    assert (paper.department, where) == ("公安局", file)


def test_address_is_copied_or_read(page: LoginPage, desk: Desk) -> None:
    desk.presenter.families_known(FAMILIES)
    desk.presenter.tokens_seen(plugged(key()), [])
    desk.presenter.open_panel(Panel.DOWNLOADS)
    panel = page.panels.downloads
    assert panel.text.splitlines()[0].startswith("白色KEY(GDCA)　（您的钥匙）")
    assert "没有设置下载地址，请联系信息科（0760-88880000）" in panel.text
    button(page, "复制").click()
    assert QApplication.clipboard().text() == "https://drivers.example.gov.cn/gdca"


def assert_only_holders_are_cut(keys: QListWidget) -> None:
    # The borders and paddings of an item in window.qss, and a bar to scroll by.
    room = keys.viewport().width() - 4 - 2 * 10 - 2
    for row in range(keys.count()):
        first, below = keys.item(row).text().splitlines()
        kept = keys.fontMetrics().elidedText(first, Qt.TextElideMode.ElideRight, room)
        for said in ("✗ 不能登录", "机构证书"):
            assert (said in kept) is (said in first)
        assert keys.fontMetrics().horizontalAdvance(below) <= room


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_on_any_screen(
    page: LoginPage, desk: Desk, size: tuple[int, int]
) -> None:
    page.resize(*size)
    ends = ("CERT_EXPIRES_30", {"days": "20", "not_after": "2026-12-11T00:00:00+00:00"})
    tokens = [key(name, holder="办事" * 16, serial=name * 8) for name in "abcd"]
    tokens.append(key("e", PinStanding.LOCKED, "办事" * 16, serial="e" * 8, kind=Kind.INSTITUTION))
    desk.presenter.families_known(FAMILIES)
    desk.presenter.tokens_seen([Plugged(token, None, (ends,)) for token in tokens], [])
    assert_only_holders_are_cut(page.findChild(QListWidget, "keyList"))
    for panel in (None, *Panel):
        if panel is not None:
            desk.presenter.open_panel(panel)
        page.grab()
        whole = page.panels.shown or page.findChild(QWidget, "loginCard")
        assert whole.mapTo(page, whole.rect().topRight()).x() <= page.width()
        for label in whole.findChildren(QLabel):
            if label.isVisible() and not label.wordWrap():
                assert label.width() >= label.sizeHint().width(), label.text()
            elif label.isVisible():
                assert label.height() >= label.heightForWidth(label.width()), label.text()
        if panel is not None:
            desk.presenter.close_panel()


# --- the thread that makes the papers ---


@pytest.mark.parametrize("is_saved", [False, True])
def test_paper_comes_out_as_it_was_filled_in(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread], tmp_path: Path, is_saved: bool
) -> None:
    papers = PaperWorker(lambda: FolderPrinter(tmp_path), (PrintingError,))
    thread = run(papers)
    paper = KeyRequest(department="公安局", holder="张丽", wishes=frozenset({Wish.UNLOCK}))
    if is_saved:
        with qtbot.waitSignal(papers.saved, timeout=20_000) as saved:
            thread.queued(papers.save_paper)(paper, str(tmp_path / "表.pdf"))
        assert saved.args == [str(tmp_path / "表.pdf")]
    else:
        # A folder is no printer: whoever "printed" is told where the file is.
        with qtbot.waitSignal(papers.saved, timeout=20_000) as saved:
            thread.queued(papers.print_paper)(paper)
        assert saved.args == [str(tmp_path / "业务需求表.pdf")]
    (pdf,) = tmp_path.iterdir()
    text = text_of(pdf)
    assert "公安局" in text
    assert "张丽" in text


def test_paper_on_a_real_printer_is_told_as_printed(
    qtbot: QtBot, run: Callable[[QObject], WorkerThread]
) -> None:
    class Queue:
        name = "HP"

        def submit(self, _pdf: bytes, _title: str) -> str:
            return "HP-12"

    papers = PaperWorker(Queue, (PrintingError,))
    thread = run(papers)
    with qtbot.waitSignal(papers.printed, timeout=20_000) as printed:
        thread.queued(papers.print_paper)(KeyRequest())
    assert printed.args == ["业务需求表", "HP"]


@pytest.mark.parametrize(
    ("error", "code"),
    [(PrinterAbsent("HP"), "PRINTER_ABSENT"), (ZeroDivisionError(), "UNFORESEEN")],
)
def test_paper_that_was_not_made_says_why(
    qtbot: QtBot,
    run: Callable[[QObject], WorkerThread],
    caught: list[type[BaseException]],
    error: Exception,
    code: str,
) -> None:
    def printer() -> Printer:
        raise error

    papers = PaperWorker(printer, (PrintingError,))
    thread = run(papers)
    with qtbot.waitSignal(papers.failed, timeout=20_000) as failed:
        thread.queued(papers.print_paper)(KeyRequest())
    assert failed.args[0].code == code
    qtbot.waitUntil(lambda: len(caught) == (code == "UNFORESEEN"))

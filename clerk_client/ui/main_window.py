"""The one window: a bar above, a page in the middle, a strip below."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QKeySequence, QResizeEvent
from PyQt5.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QShortcut,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

import resources
from clerk_client.domain.clerks import Role
from clerk_client.domain.clock import HALL_OFFSET
from clerk_client.ui.crash_page import CrashPage
from clerk_client.ui.identity_notice import IdentityNotice
from clerk_client.ui.notice_bar import NoticeBar
from clerk_client.ui.notices import Level
from clerk_client.ui.strip import StatusStrip
from clerk_client.ui.widgets import Button, restyled
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.session import Session
    from clerk_client.journal.delivery import Standing

_NARROW = 800
_ROLES = {
    Role.CLERK: "窗口人员",
    Role.SUPERVISOR: "主管",
    Role.IT: "信息员",
    Role.AUDITOR: "审计员",
}


class MainWindow(QMainWindow):
    """Shows one of the pages that it is given; what stands on them is not its business.

    Without a session only the login page and the diagnostics can be shown. A page learns that it
    comes and goes by Qt's show and hide events. While `is_held`, the clerk cannot leave the
    reception by any way: another page, signing out, closing.
    """

    sign_out_asked = pyqtSignal()
    found_taken = pyqtSignal()  # 查看: what the start found
    leaving_refused = pyqtSignal()  # the reception is held; it is shown
    page_changed = pyqtSignal(QWidget)  # the page that is shown now

    def __init__(
        self,
        hall_name: str,
        login: QWidget,
        reception: QWidget,
        records: QWidget,
        tallies: QWidget,
        diagnostics: QWidget,
        now: Callable[[], datetime],
        is_held: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._is_held = is_held
        self.setObjectName("mainWindow")
        self._hall_name = hall_name
        self.setStyleSheet(resources.text("window.qss"))
        # 1366 x 768 at 200 %, less the desktop's own bar.
        self.setMinimumSize(640, 340)
        self.resize(1366, 768)
        self._login, self._diagnostics = login, diagnostics
        self._reception, self._records, self._tallies = reception, records, tallies
        self.crash = CrashPage()
        self.crash.went_on.connect(self._return)
        self.crash.quit_asked.connect(self.close)
        self._session: Session | None = None
        self._before: QWidget = login
        self._hall = QLabel(hall_name)
        self._hall.setObjectName("barHall")
        self._who = QLabel()
        self._who.setObjectName("barWho")
        self._menu = {
            reception: _entry("窗口受理", "Ctrl+1"),
            records: _entry("办件记录", "Ctrl+2"),
            tallies: _entry("统计", "Ctrl+3"),
            diagnostics: _entry("诊断", "Ctrl+4"),
        }
        self._sign_out = _entry("退出登录", "")
        self._sign_out.setCheckable(False)
        self._sign_out.clicked.connect(lambda: self._unless_held(self.sign_out_asked.emit))
        self._offline = NoticeBar()
        self._offline.hide()
        self._is_offline = False
        self._found = NoticeBar()
        self._found.hide()
        self._found.taken.connect(lambda: self._unless_held(self.found_taken.emit))
        self.identity = IdentityNotice()
        self.strip = StatusStrip(now)
        self._pages = QStackedWidget()
        for page in (login, reception, records, tallies, diagnostics, self.crash):
            self._pages.addWidget(page)
            page.windowTitleChanged.connect(self._show_title)
        self._arrange()
        self._connect_menu()
        self.show_session(None)

    # --- pages ---

    def show_login(self) -> None:
        """Whoever was signed in is not shown any more."""
        self.show_session(None)
        self._show(self._login)

    def show_reception(self) -> None:
        self._show_signed_in(self._reception)

    def show_records(self) -> None:
        self._show_signed_in(self._records)

    def show_tallies(self) -> None:
        self._show_signed_in(self._tallies)

    def show_diagnostics(self) -> None:
        """From the login page too; `leave_diagnostics` goes back."""
        self._show(self._diagnostics)

    def leave_diagnostics(self) -> None:
        """To the page from which they were opened."""
        self._return()

    def show_crash(self, report: str) -> None:
        """Over whatever is shown; 继续工作 goes back to it."""
        self.crash.show_report(report)
        self._show(self.crash)

    # --- what the frame shows ---

    def show_session(self, session: "Session | None") -> None:
        """Who is signed in; None for nobody."""
        self._session = session
        self._bar.setVisible(session is not None)
        if session is None:
            self._who.clear()
            self._is_offline = False
            self._found.hide()
            self._share_notice()
            self.strip.forget_standing()
            return
        self._hall.setText(session.hall_name)
        role = _ROLES[session.clerk.role]
        self._who.setText(f"{session.window.name}　{session.clerk.name}（{role}）")

    def show_standing(self, standing: "Standing") -> None:
        """After each pass of the delivery; one that ends after the clerk left is no news."""
        if self._session is None:
            return
        self.strip.show_standing(standing)
        offline = not standing.hall_reachable
        self._is_offline = offline
        self._share_notice()
        if offline:
            words = _offline_words(standing)
            self._offline.show_notice(words.title, words.next_step, Level.WARNING)
        elif standing.made_up:
            words = wording_for("HANDED_IN_LATER", {"count": standing.made_up})
            self.strip.show_message(words.title)

    def show_found(self, words: Words) -> None:
        """What the start found, until the page about it was shown."""
        self._found.show_notice(words.title, words.next_step, Level.WARNING, "查看")
        self._found.setVisible(self._session is not None)
        self._share_notice()

    def show_delivery_failed(self, error: Exception) -> None:
        """A pass of the delivery did not come to its end."""
        if self._session is not None:
            self.strip.show_delivery_failed(error)

    def show_device(self, subject: str, level: Level, word: str) -> None:
        """`subject` is key, camera or printer."""
        self.strip.show_device(subject, level, word)

    @property
    def is_signed_in(self) -> bool:
        """Somebody's session is shown."""
        return self._session is not None

    @property
    def page(self) -> QWidget:
        """The page that is shown."""
        return self._pages.currentWidget()

    @property
    def who(self) -> str:
        return self._who.text()

    @property
    def offline_notice(self) -> str:
        return "" if self._offline.isHidden() else self._offline.text

    @property
    def found_notice(self) -> str:
        return "" if self._found.isHidden() else self._found.text

    # --- inside ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        # It stands in the title as well.
        self._hall.setHidden(is_narrow)
        for entry in (*self._menu.values(), self._sign_out):
            restyled(entry, narrow=is_narrow)
        self.strip.save_room(is_narrow)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self._unless_held(lambda: super(MainWindow, self).closeEvent(event))

    def _show_signed_in(self, page: QWidget) -> None:
        if self._session is not None:
            self._show(page)

    def _show(self, page: QWidget) -> None:
        now = self.page
        if now is not page and now not in (self._diagnostics, self.crash):
            self._before = now
        if page is self._records:
            self._found.hide()
            self._share_notice()
        self._pages.setCurrentWidget(page)
        self._show_title()
        for each, button in self._menu.items():
            button.setChecked(each is page)
        if now is not page:
            self.page_changed.emit(page)

    def _share_notice(self) -> None:
        """One bar at a time: a small screen has no room for two; the strip tells of the hall."""
        self._offline.setVisible(self._is_offline and self._found.isHidden())

    def _show_title(self) -> None:
        """Page and step, as a task bar and a screen reader tell them."""
        self.setWindowTitle(f"{self.page.windowTitle()} - {self._hall_name} 窗口受理".strip())

    def _return(self) -> None:
        signed_in = self._session is not None
        back = self._before if signed_in or self._before is self._login else self._login
        if signed_in and back is self._login:
            back = self._reception
        self._show(back)

    def _connect_menu(self) -> None:
        actions = (
            self.show_reception,
            self.show_records,
            self.show_tallies,
            self.show_diagnostics,
        )
        for number, (button, show) in enumerate(
            zip(self._menu.values(), actions, strict=True), start=1
        ):
            # A checkable button unchecks itself when pressed twice: the page decides instead.
            button.clicked.connect(partial(self._chosen, show))
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(partial(self._unless_held, show))

    def _chosen(self, show: Callable[[], None], _checked: bool) -> None:
        self._unless_held(show)
        self._show(self.page)

    def _unless_held(self, leave: Callable[[], object]) -> None:
        if self._is_held():
            # A crash page may cover it.
            self._show(self._reception)
            self.leaving_refused.emit()
        else:
            leave()

    def _arrange(self) -> None:
        self._bar = QFrame()
        self._bar.setObjectName("topBar")
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(14, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(self._hall)
        row.addSpacing(18)
        for button in self._menu.values():
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._who)
        row.addSpacing(8)
        row.addWidget(self._sign_out)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(self._offline)
        column.addWidget(self.identity)
        column.addWidget(self._found)
        column.addWidget(self._pages, 1)
        column.addWidget(self.strip)
        self.setCentralWidget(whole)


def _offline_words(standing: "Standing") -> Words:
    since = standing.away_since
    facts = {
        "reason": wording_for(standing.away_code or "HALL_UNREACHABLE").title,
        "since": f"{since.astimezone(HALL_OFFSET):%H:%M}" if since else "",
        "waiting": standing.waiting_acceptances,
    }
    if standing.waiting_acceptances:
        return wording_for("WORKING_OFFLINE", facts)
    code = "WORKING_OFFLINE_RECORDS" if standing.waiting else "WORKING_OFFLINE_NONE"
    return wording_for(code, facts)


def _entry(text: str, key: str) -> Button:
    button = Button(text, hint=key)
    button.setObjectName("menuEntry")
    button.setCheckable(True)
    # Tab stays inside the page; the keyboard reaches these by Ctrl+1 to 4.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button

"""办件记录: what this window accepted, what the hall did not take, and voids that wait."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QHideEvent, QKeySequence, QShowEvent
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QShortcut,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.notices import Level
from clerk_client.ui.records.approvals_panel import ApprovalsPanel
from clerk_client.ui.records.day_panel import DayPanel
from clerk_client.ui.records.exchange import KeyBeside, Pane, Section, Shown, Steps
from clerk_client.ui.records.refused_panel import RefusedPanel
from clerk_client.ui.widgets import BusyLine, Button, is_composing
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.records import Record, RefusedRecord
    from clerk_client.hall_link.approvals import WaitingVoid
    from clerk_client.ui.records.deciding import DecidingPresenter
    from clerk_client.ui.records.presenter import RecordsPresenter

_TICK_MS = 20_000
_TABS = {Section.DAY: "当日受理", Section.REFUSED: "未被接受", Section.APPROVALS: "待我批准"}


class RecordsPage(QWidget):
    """Widgets only; what happens when is the presenters'."""

    shown = pyqtSignal()
    hidden = pyqtSignal()
    refresh_asked = pyqtSignal()
    section_chosen = pyqtSignal(object)  # Section
    print_asked = pyqtSignal()  # F9
    print_meant = pyqtSignal()  # F9 at the question
    day_left = pyqtSignal()  # Esc
    approvals_left = pyqtSignal()  # Esc
    ticked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recordsPage")
        self.setWindowTitle("办件记录")
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("列表")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        for title in _TABS.values():
            self.tabs.addTab(title)
        self.tabs.currentChanged.connect(self._choose)
        self.refresh = Button("刷新 F5", hint="F5")
        self.refresh.clicked.connect(lambda: self.refresh_asked.emit())
        self._moving = BusyLine()
        self._notice = FindingFrame()
        self.day = DayPanel()
        self.refused = RefusedPanel()
        self.approvals = ApprovalsPanel()
        self._panels: dict[Section, QWidget] = {
            Section.DAY: self.day,
            Section.REFUSED: self.refused,
            Section.APPROVALS: self.approvals,
        }
        self._stack = QStackedWidget()
        for panel in self._panels.values():
            self._stack.addWidget(panel)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.ticked)
        self._arrange()
        self.offer_approvals(False)
        self._give_keys()

    def follow(self, presenter: "RecordsPresenter", deciding: "DecidingPresenter") -> None:
        """Sends what the clerk does to the presenters."""
        details = self.day.details
        self.shown.connect(presenter.enter)
        self.shown.connect(deciding.refresh)
        self.hidden.connect(presenter.leave)
        self.refresh_asked.connect(presenter.refresh)
        self.refresh_asked.connect(deciding.refresh)
        self.ticked.connect(deciding.tick)
        self.section_chosen.connect(presenter.choose_section)
        self.day.day_chosen.connect(presenter.choose_day)
        self.day.filtered.connect(presenter.filter_by)
        self.day.table.marked.connect(presenter.mark)
        self.day.table.print_asked.connect(presenter.print_receipt)
        self.print_asked.connect(presenter.print_receipt)
        self.print_meant.connect(presenter.confirm)
        details.facts.print.clicked.connect(lambda: presenter.print_receipt())
        details.facts.confirm.clicked.connect(lambda: presenter.confirm_printed())
        details.facts.void.clicked.connect(lambda: presenter.ask_void())
        details.facts.correct.clicked.connect(lambda: presenter.ask_category())
        details.facts.approve.clicked.connect(lambda: presenter.ask_supervisor())
        details.ask.go_on.clicked.connect(lambda: presenter.confirm())
        details.void.given.connect(presenter.give_reason)
        details.category.chosen.connect(presenter.correct)
        details.beside.looked.connect(presenter.ask_supervisor)
        details.beside.approved.connect(presenter.approve_beside)
        details.left.connect(presenter.go_back)
        self.approvals.marked.connect(deciding.mark)
        self.approvals.approve_asked.connect(deciding.ask_approval)
        self.approvals.confirmed.connect(deciding.confirm)
        self.approvals.declined.connect(deciding.decline)
        self.approvals.left.connect(deciding.go_back)
        self.day_left.connect(presenter.go_back)
        self.approvals_left.connect(deciding.go_back)

    # --- what the presenters show ---

    def show_section(self, section: Section) -> None:
        self._stack.setCurrentWidget(self._panels[section])
        self.tabs.blockSignals(True)
        self.tabs.setCurrentIndex(list(_TABS).index(section))
        self.tabs.blockSignals(False)

    def offer_approvals(self, is_offered: bool) -> None:
        self.tabs.setTabVisible(list(_TABS).index(Section.APPROVALS), is_offered)

    def show_day(self, day: date) -> None:
        self.day.show_day(day)

    def show_filter(self, text: str, shown: Shown) -> None:
        self.day.show_filter(text, shown)

    def show_records(self, records: "Sequence[Record]", sums: str, empty: str) -> None:
        self.day.show_records(records, sums, empty)

    def show_record(self, record: "Record | None", steps: Steps) -> None:
        self.day.details.show_record(record, steps)

    def show_pane(self, pane: Pane) -> None:
        self.day.show_pane(pane)

    def show_question(self, words: Words, confirm: str) -> None:
        self.day.details.ask.show_question(words, confirm)

    def show_keys(self, keys: Sequence[KeyBeside]) -> None:
        self.day.details.beside.show_keys(keys)
        if self.day.details.pane is Pane.BESIDE:
            self.day.details.beside.first().setFocus()

    def show_notice(self, words: Words | None, level: Level) -> None:
        self._notice.show_words(words, level)

    def show_refused(self, records: "Sequence[RefusedRecord]") -> None:
        self.refused.show_refused(records)
        self._count(Section.REFUSED, len(records))

    def show_waiting(
        self, waiting: "Sequence[WaitingVoid]", age: str, problem: Words | None
    ) -> None:
        self.approvals.show_waiting(waiting, age, problem)
        self._count(Section.APPROVALS, len(waiting))

    def ask_decision(self, words: Words | None) -> None:
        self.approvals.ask_decision(words)

    def show_busy(self, busy: bool) -> None:
        self._moving.show_busy(busy)

    def focus_list(self) -> None:
        if self._stack.currentWidget() is self.day:
            self.day.focus_list()
        elif self._stack.currentWidget() is self.refused:
            self.refused.table.setFocus()
        else:
            self.approvals.focus_list()

    # --- what a test and a screen reader ask ---

    @property
    def section(self) -> Section:
        """The list that is shown."""
        return next(s for s, w in self._panels.items() if w is self._stack.currentWidget())

    @property
    def notice(self) -> str:
        return self._notice.text

    # --- inside ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._timer.start()
            self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self._timer.stop()
            self.hidden.emit()

    def _count(self, section: Section, count: int) -> None:
        title = _TABS[section]
        self.tabs.setTabText(list(_TABS).index(section), f"{title} {count}" if count else title)

    def _choose(self, at: int) -> None:
        self.section_chosen.emit(list(_TABS)[max(0, at)])

    def _give_keys(self) -> None:
        keys = {
            "F5": self.refresh_asked.emit,
            "F9": self._print,
            "Ctrl+F": self.day.filter.setFocus,
            "Esc": self._go_back,
            "Alt+Left": partial(self.day.step, -1),
            "Alt+Right": partial(self.day.step, 1),
            "Ctrl+Tab": partial(self._step, 1),
            "Ctrl+Shift+Tab": partial(self._step, -1),
        }
        for key, done in keys.items():
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(done)

    def _go_back(self) -> None:
        if is_composing():
            return
        if self.section is Section.APPROVALS:
            self.approvals_left.emit()
        else:
            self.day_left.emit()

    def _print(self) -> None:
        if self.section is not Section.DAY:
            return
        if self.day.details.pane is Pane.ASK:
            self.print_meant.emit()
        else:
            self.print_asked.emit()

    def _step(self, by: int) -> None:
        there = [at for at in range(self.tabs.count()) if self.tabs.isTabVisible(at)]
        at = there.index(self.tabs.currentIndex())
        self.tabs.setCurrentIndex(there[(at + by) % len(there)])

    def _arrange(self) -> None:
        title = QLabel("办件记录")
        title.setObjectName("pageTitle")
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(title)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.refresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._moving)
        column.addWidget(self._notice)
        column.addWidget(self._stack, 1)

"""Today's counts: three totals and a line for each department."""

from datetime import datetime

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QHideEvent, QKeySequence, QShowEvent
from PyQt5.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QShortcut,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from clerk_client.domain.clock import hall_time
from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.notices import Level
from clerk_client.ui.tallies.presenter import DepartmentCount, TalliesPresenter
from clerk_client.ui.widgets import BusyLine, Button, Text
from clerk_client.ui.wording import Words

_HEADINGS = ("部门", "中山分厅待办", "部门内部系统", "合计")
_TICK_MS = 20_000
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TalliesPage(QWidget):
    """Widgets only; what happens when is the presenter's."""

    shown = pyqtSignal()
    refresh_asked = pyqtSignal()
    ticked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("talliesPage")
        self.setWindowTitle("统计")
        self._age = QLabel()
        self._age.setProperty("role", "aside")
        self.refresh = Button("刷新 F5", hint="F5")
        self.refresh.clicked.connect(lambda: self.refresh_asked.emit())
        shortcut = QShortcut(QKeySequence("F5"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(lambda: self.refresh_asked.emit())
        self._moving = BusyLine()
        self._waiting = Text(role="aside")
        self._waiting.hide()
        self._problem = FindingFrame()
        self._totals = {name: QLabel("—") for name in ("pending", "internal", "total")}
        self._table = QTableWidget(0, len(_HEADINGS))
        self._table.setObjectName("talliesTable")
        self._table.setAccessibleName("各部门今日受理件数")
        self._table.setHorizontalHeaderLabels(_HEADINGS)
        self._table.verticalHeader().hide()
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self._table.setAlternatingRowColors(True)
        self._table.setShowGrid(False)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self._table.horizontalHeaderItem(0).setTextAlignment(int(_LEFT))
        for column in range(1, len(_HEADINGS)):
            self._table.horizontalHeaderItem(column).setTextAlignment(int(_RIGHT))
        self._empty = Text("", role="emptyState")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.ticked)
        self._arrange()
        self._say_empty("还没有取得今日的统计")

    def follow(self, presenter: TalliesPresenter) -> None:
        """Sends what the clerk does to the presenter."""
        self.shown.connect(presenter.refresh)
        self.refresh_asked.connect(presenter.refresh)
        self.ticked.connect(presenter.tick)

    # --- what the presenter shows ---

    def show_counts(self, counts: list[DepartmentCount], sum_of_all: DepartmentCount) -> None:
        self._totals["pending"].setText(f"{sum_of_all.hall_pending:,}")
        self._totals["internal"].setText(f"{sum_of_all.department_internal:,}")
        self._totals["total"].setText(f"{sum_of_all.total:,}")
        self._table.setRowCount(len(counts))
        for row, count in enumerate(counts):
            self._table.setItem(row, 0, QTableWidgetItem(count.name))
            figures = (count.hall_pending, count.department_internal, count.total)
            for column, figure in enumerate(figures, start=1):
                self._table.setItem(row, column, _figure(figure))
        if counts:
            self._stack.setCurrentWidget(self._table)
        else:
            self._say_empty("今天还没有受理的事项")

    def show_age(self, taken_at: datetime, minutes: int) -> None:
        ago = f"{minutes} 分钟前" if minutes else "刚刚"
        self._age.setText(f"统计时间 {hall_time(taken_at)}（{ago}）")

    def show_waiting(self, acceptances: int) -> None:
        self._waiting.setText(f"另有 {acceptances} 件待上报，未计入" if acceptances else "")
        self._waiting.setVisible(bool(acceptances))

    def show_problem(self, words: Words | None) -> None:
        self._problem.show_words(words, Level.WARNING)

    def show_busy(self, busy: bool) -> None:
        self._moving.show_busy(busy)
        self.refresh.setEnabled(not busy)

    # --- what a test and a screen reader ask ---

    @property
    def totals(self) -> tuple[str, str, str]:
        """As shown: 中山分厅待办, 部门内部系统, 合计."""
        names = ("pending", "internal", "total")
        pending, internal, total = (self._totals[name].text() for name in names)
        return pending, internal, total

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """The table as shown."""
        columns = range(self._table.columnCount())
        return [
            tuple(self._table.item(row, column).text() for column in columns)
            for row in range(self._table.rowCount())
        ]

    @property
    def empty(self) -> str:
        return self._empty.text() if self._stack.currentWidget() is self._empty else ""

    @property
    def age(self) -> str:
        return self._age.text()

    @property
    def waiting(self) -> str:
        return self._waiting.text()

    @property
    def problem(self) -> str:
        return self._problem.text

    # --- inside ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._timer.start()
            self.refresh.setFocus()
            self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _say_empty(self, text: str) -> None:
        self._empty.setText(text)
        self._stack.setCurrentWidget(self._empty)

    def _arrange(self) -> None:
        title = QLabel("今日受理统计")
        title.setObjectName("pageTitle")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._age)
        head.addWidget(self.refresh)
        totals = QHBoxLayout()
        totals.setSpacing(12)
        for name, label in zip(("pending", "internal", "total"), _HEADINGS[1:], strict=True):
            totals.addWidget(_total(label, self._totals[name]), 1)
        below = QFrame()
        below.setObjectName("talliesBelow")
        self._stack = QStackedLayout(below)
        self._stack.addWidget(self._table)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._moving)
        column.addWidget(self._problem)
        column.addLayout(totals)
        column.addWidget(self._waiting)
        column.addWidget(below, 1)


def _total(label: str, figure: QLabel) -> QFrame:
    frame = QFrame()
    frame.setObjectName("totalCard")
    name = QLabel(label)
    name.setProperty("role", "totalName")
    figure.setObjectName("totalFigure")
    figure.setAccessibleName(label)
    column = QVBoxLayout(frame)
    column.setContentsMargins(16, 10, 16, 10)
    column.setSpacing(2)
    column.addWidget(name)
    column.addWidget(figure)
    return frame


def _figure(count: int) -> QTableWidgetItem:
    item = QTableWidgetItem(f"{count:,}")
    item.setTextAlignment(int(_RIGHT))
    return item

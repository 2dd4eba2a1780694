"""当日受理: filter, list, sums, and the marked one's details beside them."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QDate, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QDateEdit, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from clerk_client.domain.clock import HALL_OFFSET
from clerk_client.domain.names import CATEGORIES
from clerk_client.ui.notices import Level
from clerk_client.ui.records.details import NARROW, Details
from clerk_client.ui.records.exchange import Pane, Shown
from clerk_client.ui.records.table import Cell, RecordTable
from clerk_client.ui.records.words import gravest, paper_of, state_of
from clerk_client.ui.widgets import Button, ComboBox, LineEdit, Text

if TYPE_CHECKING:
    from clerk_client.desk.records import Record

_LONGEST_FILTER = 60


class DayPanel(QWidget):
    """Where there is no room for both, the details stand in the list's place once opened."""

    day_chosen = pyqtSignal(object)  # date
    filtered = pyqtSignal(str, object)  # what is typed, Shown

    def __init__(self) -> None:
        super().__init__()
        self.day = QDateEdit()
        self.day.setAccessibleName("日期")
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setButtonSymbols(QDateEdit.ButtonSymbols.NoButtons)
        self.day.setToolTip("↑↓ 改日期")
        self.before, self.after = Button("‹", hint="前一天 Alt+←"), Button("›", hint="后一天 Alt+→")
        for button, days, name in ((self.before, -1, "前一天"), (self.after, 1, "后一天")):
            button.setAccessibleName(name)
            button.setProperty("narrow", True)
            button.clicked.connect(partial(self.step, days))
        # Not at each digit of a year that is being typed.
        self.day.setKeyboardTracking(False)
        self.day.dateChanged.connect(lambda day: self.day_chosen.emit(day.toPyDate()))
        self.filter = LineEdit("筛选", "受理号、姓名或事项 (Ctrl+F)", longest=_LONGEST_FILTER)
        self.filter.textChanged.connect(lambda _: self._tell_filter())
        self.filter.returnPressed.connect(lambda: self.table.setFocus())
        self.shown = ComboBox("状态")
        for shown in Shown:
            self.shown.addItem(shown.value, shown)
        self.shown.activated.connect(lambda _: self._tell_filter())
        self.table = RecordTable(
            "当日受理",
            ("时间 / 类型", "受理号 / 事项", "办事人 / 证件号码", "状态 / 回执"),
            ("中山分厅待办", "", "1101**********1234", "✗ 未被接受 离线"),
        )
        self.table.opened.connect(self.enter)
        self._sums = Text(role="aside")
        self._empty = Text("", role="emptyState")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.details = Details()
        self._is_open = False
        self._arrange()

    def step(self, days: int, _checked: bool = False) -> None:
        """To a neighbouring day."""
        self.day.setDate(self.day.date().addDays(days))

    def show_day(self, day: date) -> None:
        self.day.blockSignals(True)
        self.day.setDate(QDate(day.year, day.month, day.day))
        self.day.blockSignals(False)

    def show_filter(self, typed: str, shown: Shown) -> None:
        self.blockSignals(True)
        if self.filter.text() != typed:
            self.filter.setText(typed)
        self.shown.setCurrentIndex(self.shown.findData(shown))
        self.blockSignals(False)

    def show_records(self, records: "Sequence[Record]", sums: str, empty: str) -> None:
        self._sums.setText(sums)
        self._empty.setText(empty)
        self._stack.setCurrentWidget(self.table if records else self._empty)
        self.table.show_rows([(record.number, _cells(record)) for record in records])

    def show_pane(self, pane: Pane) -> None:
        if pane not in (Pane.NONE, Pane.FACTS):
            self._is_open = True
        self._share_room()
        self.details.show_pane(pane)

    def enter(self) -> None:
        """Enter in the list: the keyboard goes to the details."""
        self._is_open = True
        self._share_room()
        self.details.enter()

    def focus_list(self) -> None:
        self._is_open = False
        self._share_room()
        (self.table if self.table.rowCount() else self.filter).setFocus()

    @property
    def sums(self) -> str:
        return self._sums.text()

    @property
    def empty(self) -> str:
        return self._empty.text() if self._stack.currentWidget() is self._empty else ""

    # --- inside ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _tell_filter(self) -> None:
        self.filtered.emit(self.filter.text(), self.shown.currentData())

    def _share_room(self) -> None:
        is_narrow = self.width() < NARROW
        self._list.setHidden(is_narrow and self._is_open)
        self.details.setHidden(is_narrow and not self._is_open)

    def _arrange(self) -> None:
        self._list = QWidget()
        head = QHBoxLayout()
        head.setSpacing(8)
        for part in (self.before, self.day, self.after):
            head.addWidget(part)
        head.addWidget(self.shown)
        head.addWidget(self.filter, 1)
        below = QWidget()
        self._stack = QStackedLayout(below)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self._list)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(below, 1)
        column.addWidget(self._sums)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._list, 2)
        row.addWidget(self.details, 1)


def _cells(record: "Record") -> tuple[Cell, ...]:
    (state, grave), (paper, weight) = state_of(record), paper_of(record)
    if record.is_offline:
        state += " 离线"
    # The official one first, and the one that stands on the paper.
    numbers = "\n".join(filter(None, (record.official, record.number)))
    moment = f"{record.done_at.astimezone(HALL_OFFSET):%H:%M}"
    return (
        (f"{moment}\n{CATEGORIES[record.category]}", Level.INFO),
        (f"{numbers}\n{record.matter_name}", Level.INFO),
        (f"{record.applicant_name}\n{record.masked_document}", Level.INFO),
        (f"{state}\n{paper}", gravest(grave, weight)),
    )

"""待我批准: voids that wait for this supervisor, and what is needed to decide each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clerk_client.domain.clock import hall_time
from clerk_client.domain.names import CATEGORIES
from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.summary_panel import FactGrid
from clerk_client.ui.records.details import NARROW
from clerk_client.ui.records.panes import AskPane, ReasonPane
from clerk_client.ui.records.table import RecordTable
from clerk_client.ui.scrolling import Column
from clerk_client.ui.widgets import Button, Text
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.hall_link.approvals import WaitingVoid

_USUAL = ("受理无误，不必作废", "应更正分类，不必作废", "原因不清楚，请重新申请")


class ApprovalsPanel(QWidget):
    """The list, and beside it, or in its place, the marked one with its two answers."""

    approve_asked = pyqtSignal()
    confirmed = pyqtSignal()
    declined = pyqtSignal(str)
    marked = pyqtSignal(str)
    left = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, WaitingVoid] = {}
        self.table = RecordTable(
            "等待处理的作废申请",
            ("受理号 / 事项", "申请"),
            ("", "2楼B区12号　欧阳建国"),
        )
        self.table.marked.connect(self._mark)
        self.table.opened.connect(self.enter)
        self._age = Text(role="aside")
        self._problem = FindingFrame()
        self._empty = Text("", role="emptyState")
        self._grid = FactGrid()
        self.approve = Button("同意作废(&A)", primary=True)
        self.decline = Button("不同意(&D)")
        self.ask = AskPane()
        self.reason = ReasonPane("不同意作废", "确认不同意", _USUAL)
        self.approve.clicked.connect(lambda: self.approve_asked.emit())
        self.decline.clicked.connect(self._ask_reason)
        self.ask.go_on.clicked.connect(lambda: self.confirmed.emit())
        self.reason.given.connect(self.declined)
        for pane in (self.ask, self.reason):
            pane.left.connect(lambda: self.left.emit())
        self._facts, self._content = QWidget(), QWidget()
        self._is_open = False
        self._arrange()
        self._show_pane(self._facts)

    def show_waiting(
        self, waiting: "Sequence[WaitingVoid]", age: str, problem: Words | None
    ) -> None:
        self._waiting = {each.request: each for each in waiting}
        self._age.setText(age)
        self._problem.show_words(problem, Level.WARNING)
        self.table.show_rows([(each.request, _cells(each)) for each in waiting])
        self.table.setVisible(bool(waiting))
        self._empty.setVisible(not waiting)
        self._empty.setText("没有等待处理的作废申请" if age else "还没有取得列表")
        self._show_marked()

    def ask_decision(self, words: Words | None) -> None:
        if words is None:
            self._show_pane(self._facts)
            return
        self.ask.show_question(words, "确认同意作废")
        self._show_pane(self.ask)
        self.ask.first().setFocus()

    def enter(self) -> None:
        """Enter in the list."""
        if self.table.key:
            self._is_open = True
            self._share_room()
            self.approve.setFocus()

    def focus_list(self) -> None:
        """The keyboard goes to the list."""
        self._is_open = False
        self._share_room()
        self.table.setFocus()

    @property
    def text(self) -> str:
        """What a reader sees of the marked one, and of the list's age."""
        return f"{self._grid.text}\n{self._age.text()}\n{self._problem.text}"

    # --- inside ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        is_narrow = self.width() < NARROW
        self._list.setHidden(is_narrow and self._is_open)
        self._beside.setHidden(is_narrow and not self._is_open)

    def _mark(self, request: str) -> None:
        self.marked.emit(request)
        self.reason.clear()
        self._show_marked()

    def _show_marked(self) -> None:
        chosen = self._waiting.get(self.table.key)
        self._content.setVisible(chosen is not None)
        if chosen is None:
            self._grid.show_facts({})
            return
        facts = {
            "受理号": chosen.number,
            "正式受理号": chosen.official,
            "事项": chosen.matter_name,
            "办理部门": chosen.department_name,
            "事项类型": CATEGORIES[chosen.category],
            "受理时间": hall_time(chosen.accepted_at),
            "受理窗口": chosen.window_name,
            "受理人": chosen.clerk_name,
            "申请人": chosen.requested_by_name,
            "申请时间": hall_time(chosen.requested_at),
            "作废原因": chosen.reason,
        }
        self._grid.show_facts({name: value for name, value in facts.items() if value})

    def _show_pane(self, shown: QWidget) -> None:
        shown.show()
        for pane in (self._facts, self.ask, self.reason):
            pane.setHidden(pane is not shown)

    def _ask_reason(self) -> None:
        self._show_pane(self.reason)
        self.reason.first().setFocus()

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.approve)
        buttons.addWidget(self.decline)
        buttons.addStretch(1)
        inside = QVBoxLayout(self._facts)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(10)
        inside.addLayout(buttons)
        inside.addWidget(self._grid)
        inside.addStretch(1)
        content = QWidget()
        outside = QVBoxLayout(content)
        outside.setContentsMargins(14, 12, 14, 12)
        outside.addWidget(self._content)
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        for pane in (self._facts, self.ask, self.reason):
            column.addWidget(pane)
        self._beside = Column(content)
        self._beside.setObjectName("recordDetails")
        self._list = QWidget()
        lists = QVBoxLayout(self._list)
        lists.setContentsMargins(0, 0, 0, 0)
        lists.setSpacing(6)
        lists.addWidget(self._problem)
        lists.addWidget(self._age)
        lists.addWidget(self.table, 1)
        lists.addWidget(self._empty, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._list, 5)
        row.addWidget(self._beside, 4)


def _cells(waiting: "WaitingVoid") -> "tuple[tuple[str, Level], ...]":
    number = waiting.official or waiting.number
    return (
        (f"{number}\n{waiting.matter_name}", Level.INFO),
        (
            f"{hall_time(waiting.requested_at)}\n"
            f"{waiting.window_name}　{waiting.requested_by_name}",
            Level.INFO,
        ),
    )

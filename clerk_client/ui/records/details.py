"""Beside the day's list: the facts of one acceptance and what can be done with it."""

from typing import TYPE_CHECKING

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from clerk_client.domain.clock import hall_time
from clerk_client.domain.names import CATEGORIES, DOCUMENT_TYPES
from clerk_client.ui.reception.summary_panel import FactGrid
from clerk_client.ui.records.exchange import Pane, Steps
from clerk_client.ui.records.panes import AskPane, BesidePane, CategoryPane, VoidPane
from clerk_client.ui.records.words import OFFLINE, paper_of, state_of
from clerk_client.ui.scrolling import Column
from clerk_client.ui.widgets import Button, Text
from clerk_client.ui.wording import wording_for

if TYPE_CHECKING:
    from clerk_client.desk.records import Record


NARROW = 900
"""Pixels below which a list and its details do not stand beside each other."""


class Facts(QWidget):
    """受理的内容 and the buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.number = Text(role="cardHeading")
        self._told = Text(role="told")
        self._grid = FactGrid()
        self.print = Button("打印回执 (F9)", hint="P 或 F9")
        self.confirm = Button("已出纸(&Y)", hint="纸在手里，不再打印")
        self.void = Button("申请作废(&V)")
        self.correct = Button("更正分类(&C)")
        self.approve = Button("主管在场(&G)", hint="主管用自己的钥匙在这里同意作废")
        buttons = QGridLayout()
        buttons.setSpacing(8)
        places = ((self.print, 0, 0), (self.confirm, 0, 1), (self.void, 1, 0))
        for button, row, column in (*places, (self.correct, 1, 1), (self.approve, 2, 0)):
            buttons.addWidget(button, row, column)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.number)
        whole.addWidget(self._told)
        whole.addLayout(buttons)
        whole.addWidget(self._grid)
        whole.addStretch(1)

    def show_record(self, record: "Record | None", steps: Steps) -> None:
        self.number.setText(record.number if record else "")
        told = _told(record) if record else ""
        self._told.setText(told)
        self._told.setVisible(bool(told))
        self._grid.show_facts(_facts(record) if record else {})
        self.print.setText(steps.print or "补打 (F9)")
        shown = {
            self.print: bool(steps.print),
            self.confirm: steps.confirm,
            self.void: steps.void,
            self.correct: steps.correct,
            self.approve: steps.approve,
        }
        for button, is_offered in shown.items():
            button.setVisible(is_offered)

    def first(self) -> QWidget | None:
        """The button that is pressed most."""
        order = (self.confirm, self.approve, self.print, self.void, self.correct)
        return next((button for button in order if not button.isHidden()), None)


class Details(Column):
    """One pane at a time."""

    left = pyqtSignal()

    def __init__(self) -> None:
        self.facts = Facts()
        self.ask = AskPane()
        self.void = VoidPane()
        self.category = CategoryPane()
        self.beside = BesidePane()
        self._panes: dict[Pane, QWidget] = {
            Pane.NONE: QWidget(),
            Pane.FACTS: self.facts,
            Pane.ASK: self.ask,
            Pane.VOID: self.void,
            Pane.CATEGORY: self.category,
            Pane.BESIDE: self.beside,
        }
        self._pane = Pane.NONE
        content = QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(14, 12, 14, 12)
        # Not a stack, which is as high as its highest pane and scrolls for nothing.
        for each, pane in self._panes.items():
            inside.addWidget(pane)
            pane.setHidden(each is not self._pane)
        super().__init__(content)
        self.setObjectName("recordDetails")
        for pane in (self.ask, self.void, self.category, self.beside):
            pane.left.connect(lambda: self.left.emit())

    @property
    def pane(self) -> Pane:
        """The one that is shown."""
        return self._pane

    def show_record(self, record: "Record | None", steps: Steps) -> None:
        if record is None or record.number != self.facts.number.text():
            self.void.clear()
        self.facts.show_record(record, steps)
        if record is not None:
            self.category.show_category(record.category)

    def show_pane(self, pane: Pane) -> None:
        """With the keyboard in what is asked; the facts leave it where it is."""
        self._pane = pane
        # Shown first: a focus that has nowhere to go would leave the page.
        self._panes[pane].show()
        for each, other in self._panes.items():
            other.setHidden(each is not pane)
        self.verticalScrollBar().setValue(0)
        shown = self._panes[pane]
        if isinstance(shown, AskPane | VoidPane | CategoryPane | BesidePane):
            shown.first().setFocus()

    def enter(self) -> None:
        """Enter in the list."""
        first = self.facts.first()
        if self.pane is Pane.FACTS and first is not None:
            first.setFocus()


def _told(record: "Record") -> str:
    """What the clerk has to know of it."""
    told = []
    if record.code:
        words = wording_for(record.code)
        told.append(f"大厅未接受：{words.title}。{words.next_step}")
    if record.void.value == "requested":
        told.append("已申请作废，等主管处理；主管不同意的，受理照旧有效")
    elif record.void.value == "approved":
        told.append("已作废：受理号不再使用")
    elif record.void.value == "declined":
        told.append("主管没有同意作废，受理有效")
    if record.official:
        told.append(f"临时受理号，大厅编的正式受理号是 {record.official}")
    return "\n".join(told)


def _facts(record: "Record") -> dict[str, str]:
    state, paper = state_of(record)[0], paper_of(record)[0]
    category = CATEGORIES[record.category]
    if record.category is not record.first_category:
        category += f"（受理时为{CATEGORIES[record.first_category]}）"
    facts = {
        "受理时间": hall_time(record.done_at),
        "事项": record.matter_name,
        "事项类型": category,
        "办事人": record.applicant_name,
        "证件": f"{DOCUMENT_TYPES[record.document_type]}　{record.masked_document}",
        "状态": f"{state}　{OFFLINE}" if record.is_offline else state,
        "回执": paper,
        "窗口人员": record.clerk,
    }
    if record.void_reason:
        facts["作废原因"] = record.void_reason
    return facts

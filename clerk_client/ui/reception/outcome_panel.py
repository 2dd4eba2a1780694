"""受理成功: the number, the receipt, and the way to the next client."""

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from clerk_client.domain.cases import Acceptance
from clerk_client.domain.clock import hall_time
from clerk_client.domain.names import CATEGORIES
from clerk_client.ui.reception.summary_panel import FactGrid
from clerk_client.ui.widgets import Button, Text, restyled
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.paperwork import PrintedReceipt


class OutcomePanel(QWidget):
    """Four buttons in the order in which they are pressed."""

    print_asked = pyqtSignal()
    handed_over = pyqtSignal()
    reprint_asked = pyqtSignal()
    next_asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._printed = False
        self._handed_over = False
        self._title = Text("✓ 受理成功", role="success")
        self.number = Text(role="caseNumber")
        self.number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._offline = Text(role="told")
        self._facts = FactGrid()
        self._paper = Text(role="aside")
        self._paper.setMinimumHeight(self._paper.fontMetrics().lineSpacing())
        self.print = Button("打印回执", primary=True, hint="Enter")
        self.hand_over = Button("已交办事人", primary=True, hint="回执已交到办事人手里")
        self.reprint = Button("补打 (F9)", hint="F9")
        self.next = Button("下一位", hint="回到二维码扫描")
        self.print.clicked.connect(lambda: self.print_asked.emit())
        self.hand_over.clicked.connect(lambda: self.handed_over.emit())
        self.reprint.clicked.connect(lambda: self.reprint_asked.emit())
        self.next.clicked.connect(lambda: self.next_asked.emit())
        buttons = QGridLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.print, 0, 0)
        buttons.addWidget(self.hand_over, 0, 1)
        buttons.addWidget(self.reprint, 1, 0)
        buttons.addWidget(self.next, 1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._title)
        column.addWidget(self.number)
        column.addWidget(self._offline)
        column.addLayout(buttons)
        column.addWidget(self._paper)
        column.addWidget(self._facts)
        column.addStretch(1)

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        return (self.print, self.hand_over, self.reprint, self.next)

    def show_accepted(self, acceptance: Acceptance, offline: Words | None) -> None:
        self.number.setText(acceptance.number)
        self.number.setAccessibleName(f"受理号 {acceptance.number}")
        self._offline.setText(f"{offline.title}；{offline.next_step}" if offline else "")
        self._offline.setVisible(offline is not None)
        facts = {
            "受理时间": hall_time(acceptance.done_at),
            "事项": acceptance.matter_name,
            "事项类型": CATEGORIES[acceptance.category],
            "办事人": acceptance.applicant.name,
            "证件号码": acceptance.applicant.document.masked(),
        }
        self._facts.show_facts(facts)
        self._paper.setText("")
        self._printed = self._handed_over = False
        self._open_buttons(printing=False)

    def clear(self) -> None:
        for text in (self.number, self._offline, self._paper):
            text.setText("")
        self.number.setAccessibleName("")
        self._facts.show_facts({})

    def show_printing(self) -> None:
        self._paper.setText("正在打印…")
        self._open_buttons(printing=True)

    def show_not_printed(self) -> None:
        self._paper.setText("受理已保存，回执未确认打印")
        self._open_buttons(printing=False)

    def show_printed(self, receipt: "PrintedReceipt") -> None:
        again = f"（补打第{receipt.reprint}次）" if receipt.reprint else ""
        self._paper.setText(f"回执已打印{again}：{receipt.where}")
        self._printed = True
        self._open_buttons(printing=False)

    def show_handed_over(self, done: bool) -> None:
        self._handed_over = done
        self._open_buttons(printing=False)

    def _open_buttons(self, *, printing: bool) -> None:
        self.print.setEnabled(not printing and not self._printed)
        self.reprint.setEnabled(not printing and self._printed)
        self.hand_over.setEnabled(self._printed and not self._handed_over)
        # Leads on only once the receipt is there.
        restyled(self.next, primary=self._printed)
        self.hand_over.setText("✓ 已交办事人" if self._handed_over else "已交办事人")

    @property
    def text(self) -> str:
        """All that is shown."""
        return f"{self.number.text()}\n{self._facts.text}\n{self._offline.text()}"

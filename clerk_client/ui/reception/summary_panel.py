"""核对: what is about to be accepted, to be compared with the document on the desk."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from clerk_client.desk.forms import Form, Summary
from clerk_client.domain.names import CATEGORIES, DOCUMENT_TYPES
from clerk_client.ui.widgets import Text
from clerk_client.ui.wording import Words


class SummaryPanel(QWidget):
    """Label and value in two columns; the number masked."""

    def __init__(self) -> None:
        super().__init__()
        self._facts = FactGrid()
        self._warnings = Text(role="told")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(Text("请与办事人的证件核对，无误后提交。", role="lead"))
        column.addWidget(self._facts)
        column.addWidget(self._warnings)
        column.addStretch(1)

    def show_summary(self, summary: Summary, form: Form, warnings: Sequence[Words]) -> None:
        applicant = summary.applicant
        facts = {
            "事项": summary.matter.name,
            "办理部门": summary.matter.department.name,
            "事项类型": CATEGORIES[summary.category],
            "办事人": applicant.name,
            "证件类型": DOCUMENT_TYPES[applicant.document.type],
            "证件号码": applicant.document.masked(),
            "联系电话": applicant.phone,
            "部门系统流水号": form.department_serial,
        }
        self._facts.show_facts({label: value for label, value in facts.items() if value})
        self._warnings.setText("\n".join(f"{w.title}；{w.next_step}" for w in warnings))
        self._warnings.setVisible(bool(warnings))

    def clear(self) -> None:
        self._facts.show_facts({})
        self._warnings.setText("")

    @property
    def text(self) -> str:
        """All that is shown."""
        return f"{self._facts.text}\n{self._warnings.text()}"


class FactGrid(QWidget):
    """Facts as label and value, the labels right-aligned to one line."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(1, 1)
        self._labels: list[Text] = []
        self.text = ""

    def show_facts(self, facts: dict[str, str]) -> None:
        for label in self._labels:
            self._grid.removeWidget(label)
            label.hide()
            # Gone with the event loop's next turn; what it says, now.
            label.setText("")
            label.setAccessibleName("")
            label.deleteLater()
        self._labels.clear()
        for row, (name, value) in enumerate(facts.items()):
            label, fact = Text(name, "label"), Text(value, "fact")
            label.setWordWrap(False)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            fact.setAccessibleName(f"{name}：{value}")
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(fact, row, 1)
            self._labels += [label, fact]
        self.text = "\n".join(f"{name} {value}" for name, value in facts.items())

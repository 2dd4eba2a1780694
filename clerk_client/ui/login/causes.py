"""Why no key is there, under the manual's headings, and the kind of key chosen by hand."""

from collections.abc import Sequence

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from clerk_client.ui.login.exchange import Absence
from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.widgets import ComboBox, Text, restyled

_BY_ITSELF = "自动识别"
_FAULT = "没有识别到电子钥匙，可能的原因："
_HELP = "已插入仍不能登录时："


class Causes(QFrame):
    """The headings in their order; under the one that applies, the cause and the next step.

    Where simply no key is plugged that is said first, and nothing is marked as a fault.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("causes")
        self._asked = Text()
        self._asked.setObjectName("causesAsked")
        self._title = QLabel()
        self._title.setObjectName("causesTitle")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 12, 8)
        self._column.setSpacing(3)
        self._column.addWidget(self._asked)
        self._column.addWidget(self._title)
        self._headings: list[Text] = []
        self._cause = Text(role="findingTitle")
        self._next_step = Text(role="findingNext")
        self._beneath = QWidget()
        beneath = QVBoxLayout(self._beneath)
        beneath.setContentsMargins(20, 0, 0, 4)
        beneath.setSpacing(2)
        beneath.addWidget(self._cause)
        beneath.addWidget(self._next_step)
        self.hide()

    def show_absence(self, absence: Absence | None) -> None:
        """None hides the frame."""
        if absence is None:
            self.hide()
            return
        while len(self._headings) < len(absence.headings):
            self._headings.append(Text(role="cause"))
            self._column.addWidget(self._headings[-1])
        for number, (label, heading) in enumerate(
            zip(self._headings, absence.headings, strict=True)
        ):
            is_marked = number == absence.marked
            marked = (
                f"{SIGNS[Level.ERROR]} {heading}" if absence.is_fault else f"{heading}（较常见）"
            )
            label.setText(marked if is_marked else heading)
            label.setProperty("here", is_marked)
            restyled(label, marked=is_marked and absence.is_fault)
        self._column.removeWidget(self._beneath)
        self._column.insertWidget(
            self._column.indexOf(self._headings[absence.marked]) + 1, self._beneath
        )
        restyled(self, fault=absence.is_fault)
        self._title.setText(_FAULT if absence.is_fault else _HELP)
        self._asked.setText("" if absence.is_fault else absence.words.title)
        self._asked.setVisible(not absence.is_fault)
        self._cause.setText(absence.words.title if absence.is_fault else "")
        self._cause.setVisible(absence.is_fault)
        self._next_step.setText(absence.words.next_step)
        self.setToolTip(absence.words.code)
        self.show()
        self.setAccessibleName(self.text)

    @property
    def text(self) -> str:
        """What a reader sees, for a screen reader and for tests."""
        if self.isHidden():
            return ""
        lines = [self._asked.text(), self._title.text()]
        for label in self._headings:
            lines.append(label.text())
            if label.property("here"):
                lines += [self._cause.text(), self._next_step.text()]
        return "\n".join(line for line in lines if line)


class FamilyChooser(QWidget):
    """KEY种类, for a key that does not tell its kind. Hidden without kinds."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.box = ComboBox("KEY种类")
        self.box.activated.connect(self._tell)
        label = QLabel("KEY种类(&K)")
        label.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(label)
        row.addWidget(self.box, 1)
        self.hide()

    def show_families(self, families: Sequence[tuple[str, str]], chosen: str) -> None:
        """Names and titles; `chosen` is a name, or "" for 自动识别."""
        self.setVisible(bool(families))
        wanted = [("", _BY_ITSELF), *families]
        shown = [(self.box.itemData(n), self.box.itemText(n)) for n in range(self.box.count())]
        if shown != wanted:
            # Not while it stays the same: a list that is open would close.
            self.box.clear()
            for name, title in wanted:
                self.box.addItem(title, name)
        self.box.setCurrentIndex(max(self.box.findData(chosen), 0))

    def _tell(self, index: int) -> None:
        self.chosen.emit(self.box.itemData(index))

"""按服务事项查询: a box, and results that follow the keystrokes."""

from collections.abc import Sequence

from PyQt5.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from clerk_client.domain.matters import Matter
from clerk_client.domain.names import time_limit
from clerk_client.ui.reception.labels import in_catalogue
from clerk_client.ui.scrolling import ChoiceList
from clerk_client.ui.widgets import LineEdit, Text
from clerk_client.ui.wording import Words

_MOVES: dict[int, int] = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -5,
    Qt.Key.Key_PageDown: 5,
}


class SearchPanel(QWidget):
    """Up and Down walk through the results while the letters stay in the box."""

    query_changed = pyqtSignal(str)
    entered = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.box = LineEdit("服务事项", "事项名称、拼音、首字母或编码", longest=60)
        self.box.textChanged.connect(self.query_changed)
        self.box.returnPressed.connect(lambda: self.entered.emit(self.results.currentRow()))
        self.box.installEventFilter(self)
        self.results = ChoiceList("查询结果")
        self.results.chosen.connect(self.entered)
        self._nothing = Text(role="aside")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._below = QStackedWidget()
        self._below.addWidget(self._nothing)
        self._below.addWidget(self.results)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.box)
        column.addWidget(self._below, 1)
        self.show_matters((), None)

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        return (self.box, self.results)

    def show_matters(self, matters: Sequence[Matter], words: Words | None) -> None:
        self.results.show_rows([_row(matter) for matter in matters])
        told = f"{words.title}。{words.next_step}" if words else "↑ ↓ 选择，Enter 确定"
        self._nothing.setText(told)
        self._below.setCurrentWidget(self.results if matters else self._nothing)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            rows = _MOVES.get(event.key())
            if rows is not None and self.results.count() and not self.box.composing:
                self.results.move_by(rows)
                return True
        return super().eventFilter(watched, event)


def _row(matter: Matter) -> str:
    marks = [matter.department.name, time_limit(matter), in_catalogue(matter)]
    if matter.is_parent:
        marks = [matter.department.name, "含子项"]
    if matter.suspended:
        marks = ["暂停办理", matter.department.name]
    return f"{matter.name}\n{' · '.join(marks)}"

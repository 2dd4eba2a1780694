"""修改PIN: three boxes, emptied as soon as they are given."""

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QWidget

from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.login.panel import FieldGrid, LoginPanel
from clerk_client.ui.login.pin_edit import PinEdit
from clerk_client.ui.notices import Level
from clerk_client.ui.widgets import Button, Text
from clerk_client.ui.wording import Words, wording_for


class PinChangePanel(LoginPanel):
    """Enter goes from box to box and gives what stands in them after the last."""

    given = pyqtSignal(str, str, str)

    def __init__(self) -> None:
        super().__init__("修改PIN")
        self._reason = FindingFrame()
        self._whose = Text(role="fact")
        self._rules = Text(role="aside")
        self.old = PinEdit("原PIN", "现在用的PIN")
        self.new = PinEdit("新PIN", "新的PIN")
        self.again = PinEdit("再输一遍新PIN", "与上面相同")
        self._boxes = (self.old, self.new, self.again)
        grid = FieldGrid()
        for row, (label, box) in enumerate(
            zip(("原PIN", "新PIN", "再输一遍"), self._boxes, strict=True)
        ):
            grid.add_wide(label, box, row)
            box.textChanged.connect(self._enable)
            box.shot.connect(lambda: self.show_problem(wording_for("GUN_AT_PIN")))
        self.change = Button("修改", primary=True, hint="Enter")
        self.change.clicked.connect(self._give)
        self.buttons.insertWidget(1, self.change)
        for part in (self._reason, self._whose, self._rules):
            self.column.addWidget(part)
        self.column.addLayout(grid)
        self.walk(*self._boxes)
        self._busy = False
        self._enable()

    def show_rules(self, whose: str, shortest: int, longest: int, reason: Words | None) -> None:
        self._reason.show_words(reason, Level.WARNING)
        self._whose.setText(whose)
        self._rules.setText(
            f"新PIN须为 {shortest} 至 {longest} 位，可用数字、英文字母和半角符号，区分大小写"
        )
        self.drop_pins()
        self.show_result(None, Level.INFO)

    def show_problem(self, words: Words | None) -> None:
        self.show_result(words, Level.ERROR)

    def show_busy(self, busy: bool) -> None:
        super().show_busy(busy)
        self._busy = busy
        for part in (*self._boxes, self.back):
            part.setEnabled(not busy)
        self.change.setText("正在修改…" if busy else "修改")
        self._enable()
        if not busy and self.isVisible():
            self.old.setFocus()

    def drop_pins(self) -> None:
        for box in self._boxes:
            box.take()

    def forget(self) -> None:
        self.drop_pins()

    def first(self) -> QWidget:
        return self.old

    def go_on(self) -> None:
        empty = next((box for box in self._boxes if not box.text()), None)
        if empty is not None:
            empty.setFocus()
        else:
            self._give()

    def _give(self) -> None:
        if self.change.isEnabled():
            self.given.emit(*(box.take() for box in self._boxes))
            if not self._busy:
                self.old.setFocus()

    def _enable(self) -> None:
        self.change.setEnabled(not self._busy and all(box.text() for box in self._boxes))

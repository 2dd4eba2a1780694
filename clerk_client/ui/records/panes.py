"""What stands beside the day's list while something is asked: a question, a reason, a PIN."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from clerk_client.desk.void_reasons import LONGEST_REASON
from clerk_client.domain.cases import Category
from clerk_client.domain.names import CATEGORIES
from clerk_client.ui.login.pin_edit import PinEdit
from clerk_client.ui.records.exchange import KeyBeside
from clerk_client.ui.records.voiding import REASONS
from clerk_client.ui.widgets import Button, ComboBox, LineEdit, Text
from clerk_client.ui.wording import Words


class RecordPane(QWidget):
    """A heading, content (`self.column`), one button that goes on and one that goes back."""

    left = pyqtSignal()

    def __init__(self, title: str, go_on: str) -> None:
        super().__init__()
        self._title = Text(title, role="cardHeading")
        self.go_on = Button(go_on, primary=True)
        self.back = Button("返回 Esc", hint="Esc")
        self.back.clicked.connect(lambda: self.left.emit())
        self.column = QVBoxLayout()
        self.column.setSpacing(8)
        buttons = QHBoxLayout()
        buttons.addWidget(self.go_on)
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(10)
        whole.addWidget(self._title)
        whole.addLayout(self.column)
        whole.addLayout(buttons)
        whole.addStretch(1)

    def first(self) -> QWidget:
        """Where the keyboard goes."""
        return self.go_on


class AskPane(RecordPane):
    """Is it meant?"""

    def __init__(self) -> None:
        super().__init__("", "")
        self._next_step = Text()
        self.column.addWidget(self._next_step)

    def show_question(self, words: Words, confirm: str) -> None:
        self._title.setText(words.title)
        self._next_step.setText(words.next_step)
        self.go_on.setText(confirm)

    @property
    def text(self) -> str:
        return f"{self._title.text()} {self._next_step.text()}"


class ReasonPane(RecordPane):
    """A reason out of the usual ones, or typed."""

    given = pyqtSignal(str)

    def __init__(self, title: str, go_on: str, usual: Sequence[str]) -> None:
        super().__init__(title, go_on)
        self.choice = ComboBox("常用原因")
        self.choice.addItems(["（选常用原因）", *usual])
        self.choice.activated.connect(self._choose)
        self.reason = LineEdit("原因", "选一个常用的，或在这里写明", longest=LONGEST_REASON)
        self.reason.returnPressed.connect(self._give)
        self.go_on.clicked.connect(self._give)
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        for row, (label, field) in enumerate((("常用原因", self.choice), ("原因", self.reason))):
            shown = QLabel(label)
            shown.setProperty("role", "label")
            shown.setBuddy(field)
            grid.addWidget(shown, row, 0)
            grid.addWidget(field, row, 1)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)
        self.column.addWidget(Text("原因会随记录签名上报，请不要写办事人的证件号码", role="aside"))

    def first(self) -> QWidget:
        return self.choice

    def clear(self) -> None:
        """What was written for another acceptance."""
        self.choice.setCurrentIndex(0)
        self.reason.clear()

    def _choose(self, place: int) -> None:
        if place > 0:
            self.reason.setText(self.choice.itemText(place))
            self.reason.setFocus()

    def _give(self) -> None:
        self.given.emit(self.reason.text())


class VoidPane(ReasonPane):
    """申请作废."""

    def __init__(self) -> None:
        super().__init__("申请作废", "下一步", REASONS)


class CategoryPane(RecordPane):
    """更正分类."""

    chosen = pyqtSignal(object)  # Category

    def __init__(self) -> None:
        super().__init__("更正事项类型", "确认更正")
        self.choices = {
            category: QRadioButton(f"{name}(&{place})")
            for place, (category, name) in enumerate(CATEGORIES.items(), start=1)
        }
        for button in self.choices.values():
            button.setProperty("big", True)
            self.column.addWidget(button)
        self.column.addWidget(Text("只改统计的分类，流程、回执和受理号都不变", role="aside"))
        self.go_on.clicked.connect(self._choose)

    def show_category(self, category: Category) -> None:
        """The one that counts now: the other is what a correction is for."""
        for each, button in self.choices.items():
            button.setChecked(each is not category)

    def first(self) -> QWidget:
        return next(button for button in self.choices.values() if button.isChecked())

    def _choose(self) -> None:
        category = next(each for each, button in self.choices.items() if button.isChecked())
        self.chosen.emit(category)


class BesidePane(RecordPane):
    """主管在场: their key beside the clerk's, and its PIN."""

    approved = pyqtSignal(str, str)  # token id, PIN
    looked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__("主管在场：同意作废", "同意作废")
        self._told = Text(
            "请主管插入自己的钥匙，核对受理内容后输入PIN。您的登录不受影响，请不要拔出您的钥匙。"
        )
        self.keys = ComboBox("主管的钥匙")
        self.pin = PinEdit("主管的PIN", "主管的PIN")
        self.pin.stepped.connect(self._step)
        self.pin.returnPressed.connect(self._approve)
        self.look = Button("重新查找(&R)")
        self.look.clicked.connect(lambda: self.looked.emit())
        self.go_on.clicked.connect(self._approve)
        self.column.addWidget(self._told)
        row = QHBoxLayout()
        row.addWidget(self.keys, 1)
        row.addWidget(self.look)
        self.column.addLayout(row)
        self.column.addWidget(self.pin)
        self.show_keys(())

    def first(self) -> QWidget:
        return self.pin if self.pin.isEnabled() else self.look

    def show_keys(self, keys: Sequence[KeyBeside]) -> None:
        chosen = self.keys.currentData()
        self.keys.clear()
        for key in keys:
            self.keys.addItem(key.label, key.token_id)
        self.keys.setCurrentIndex(max(0, self.keys.findData(chosen)))
        for part in (self.keys, self.pin, self.go_on):
            part.setEnabled(bool(keys))

    def _step(self, by: int) -> None:
        self.keys.setCurrentIndex(max(0, min(self.keys.currentIndex() + by, self.keys.count() - 1)))

    def _approve(self) -> None:
        pin = self.pin.take()
        if pin:
            self.approved.emit(self.keys.currentData() or "", pin)
        else:
            self.pin.setFocus(Qt.FocusReason.OtherFocusReason)

"""二维码扫描 and 按预约编号: the camera picture, and the two boxes for numbers."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clerk_client.domain.people import folded_number
from clerk_client.ui.reception.camera_panel import CameraChooser, CameraPanel
from clerk_client.ui.reception.exchange import Preview
from clerk_client.ui.reception.picture import Picture
from clerk_client.ui.widgets import Button, FieldRow, LatinEdit, Text
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.cameras import CameraChoice, Mark
    from scanner.adjustment import Adjustment

_SAID = {
    Preview.STOPPED: "预览已停止",
    Preview.STARTING: "正在打开高拍仪…",
    Preview.RUNNING: "等待画面…",
    Preview.READ: "已识读",
    Preview.AWAY: "高拍仪没有画面，恢复后自动继续",
}
_LONGEST_CODE = 1000  # of any ticket format
# What is typed for a ticket. Letters alone may begin a whole code that a slow gun types, and whose
# case means something.
_NUMBER = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]{1,2}[0-9０-９]{1,4}")
_FOLDED, _UNFOLDED = "画面设置 ▾", "画面设置 ▴"


class TicketPanel(QWidget):
    """二维码扫描."""

    read_asked = pyqtSignal()
    stop_asked = pyqtSignal()
    start_asked = pyqtSignal()
    cameras_asked = pyqtSignal()
    entered = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._preview = Preview.STOPPED
        self._chosen: CameraChoice | None = None
        self.picture = Picture()
        self.read = Button("获取条码", hint="立即识读一次叫号纸")
        self.stop = Button("停止预览", hint="关闭高拍仪画面")
        self.start = Button("开始预览", hint="打开高拍仪画面；画面不动时按 F2 重新打开")
        self.read.clicked.connect(lambda: self.read_asked.emit())
        self.stop.clicked.connect(lambda: self.stop_asked.emit())
        self.start.clicked.connect(lambda: self.start_asked.emit())
        self.box = LatinEdit(
            "叫号", "票号，如 A023，按 Enter", _upper_number, longest=_LONGEST_CODE
        )
        self.box.returnPressed.connect(lambda: self.entered.emit(self.box.text()))
        self.chooser = CameraChooser()
        self.settings = CameraPanel()
        self.settings.hide()
        self.fold = Button(_FOLDED, hint="亮度、曝光、旋转和分辨率")
        self.fold.setCheckable(True)
        self.fold.toggled.connect(self._fold_settings)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.read, self.stop, self.start):
            buttons.addWidget(button, 1)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(FieldRow("叫号", self.box, short=True), 1)
        last.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.picture, 1)
        column.addLayout(buttons)
        column.addLayout(last)
        column.addWidget(self.chooser)
        column.addWidget(self.settings)
        self.show_preview(Preview.STOPPED)

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        buttons = (self.read, self.stop, self.start, self.box, self.fold)
        return (*buttons, self.chooser, *self.settings.in_tab_order())

    def show_preview(self, preview: Preview) -> None:
        """The picture that was read stays; any other goes with the preview."""
        self._preview = preview
        is_on = preview in (Preview.STARTING, Preview.RUNNING)
        is_open = {self.start: not is_on, self.stop: is_on or preview is Preview.AWAY}
        for button, can_be_pressed in is_open.items():
            if button.hasFocus() and not can_be_pressed:
                # Qt would go on to the next button, which a second Enter would press.
                self.box.setFocus()
            button.setEnabled(can_be_pressed)
        if preview is not Preview.READ:
            self.picture.show_image(None, _SAID[preview])
            self.picture.show_tags({})

    def show_picture(self, image: QImage, marks: "Sequence[Mark]" = ()) -> None:
        """A picture that was on its way when the preview stopped comes too late."""
        if self._preview is Preview.RUNNING:
            self.picture.show_image(image, "高拍仪画面", marks)

    def show_kept(self, image: QImage, marks: "Sequence[Mark]") -> None:
        """The very picture that was read."""
        if self._preview is Preview.READ:
            self.picture.show_image(image, "已识读的画面", marks)

    def close_settings(self) -> bool:
        """Whether 画面设置 was open."""
        if not self.settings.isVisible():
            return False
        self.fold.setFocus()
        self.fold.setChecked(False)
        return True

    def show_tags(self, tags: Mapping[str, str]) -> None:
        self.picture.show_tags(tags)

    def forget_choice(self) -> None:
        """The frames bear no numbers any more; the ticket that was read keeps its own."""
        if self._preview is not Preview.READ:
            self.picture.show_tags({})

    def show_cameras(self, choices: "Sequence[CameraChoice]", chosen: str) -> None:
        self._chosen = next((choice for choice in choices if choice.identity == chosen), None)
        self.chooser.show_cameras(choices, chosen)

    def show_adjustment(self, adjustment: "Adjustment") -> None:
        is_device = self._chosen is None or self._chosen.is_device
        self.settings.show_adjustment(adjustment, is_device)

    def show_hint(self, words: Words | None) -> None:
        self.picture.show_caption(f"{words.title}。{words.next_step}" if words else "")

    @property
    def hint(self) -> str:
        return self.picture.caption

    def _fold_settings(self, is_open: bool) -> None:
        self.fold.setText(_UNFOLDED if is_open else _FOLDED)
        self.settings.setVisible(is_open)
        if is_open:
            self.cameras_asked.emit()


class AppointmentPanel(QWidget):
    """按预约编号."""

    entered = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        # Folded only: whether it can be an appointment's is judged when it is looked up.
        self.box = LatinEdit("预约编号", "输入预约编号，按 Enter", folded_number, longest=40)
        self.box.returnPressed.connect(lambda: self.entered.emit(self.box.text()))
        look_up = Button("查询", hint="Enter")
        look_up.clicked.connect(lambda: self.entered.emit(self.box.text()))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(FieldRow("预约编号", self.box, short=True), 1)
        row.addWidget(look_up, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        told = "预约编号见短信、预约凭条或网上预约记录，三者同样有效。"
        column.addWidget(Text(told, role="aside"))
        column.addStretch(1)


def _upper_number(typed: str) -> str:
    return typed.upper() if _NUMBER.fullmatch(typed) else typed

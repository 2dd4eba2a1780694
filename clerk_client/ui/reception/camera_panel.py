"""画面设置: which camera the page looks through, and how its pictures are taken."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QSlider, QWidget

from clerk_client.ui.widgets import Button, ComboBox
from scanner.adjustment import ROTATIONS, Adjustment

if TYPE_CHECKING:
    from clerk_client.desk.cameras import CameraChoice

_SIZES = {"自动": (0, 0), "1080p": (1920, 1080), "5MP": (2592, 1944)}
_MIDDLE = 50


class CameraChooser(ComboBox):
    """Names the cameras where there is a choice, and is not there where there is none."""

    picked = pyqtSignal(str)  # identity

    def __init__(self) -> None:
        super().__init__("高拍仪")
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda row: self.picked.emit(self.itemData(row)))
        self.hide()

    def show_cameras(self, choices: "Sequence[CameraChoice]", chosen: str) -> None:
        self.clear()
        for choice in choices:
            self.addItem(choice.name, choice.identity)
            self.setItemData(self.count() - 1, choice.name, Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(self.findData(chosen))
        self.setToolTip(self.currentText())
        self.setVisible(len(choices) > 1)


class CameraPanel(QWidget):
    """Each change is told at once; the picture shows what it does."""

    adjusted = pyqtSignal(object)  # Adjustment

    def __init__(self) -> None:
        super().__init__()
        self._adjustment = Adjustment()
        self.brightness = Slider("亮度")
        self.exposure = Slider("曝光")
        self.is_automatic = QCheckBox("自动")
        self.is_automatic.setAccessibleName("自动曝光")
        self.rotation = ComboBox("旋转")
        for degrees in ROTATIONS:
            self.rotation.addItem(f"{degrees}°", degrees)
        self.size_asked = ComboBox("分辨率")
        for name, size in _SIZES.items():
            self.size_asked.addItem(name, size)
        self.reset = Button("恢复默认", hint="画面设置恢复为高拍仪的默认值")
        self.brightness.valueChanged.connect(lambda: self._tell(is_brightness_set=True))
        self.exposure.valueChanged.connect(lambda: self._tell())
        self.is_automatic.toggled.connect(lambda: self._tell())
        self.rotation.activated.connect(lambda: self._tell())
        self.size_asked.activated.connect(lambda: self._tell())
        self.reset.clicked.connect(self._reset)
        self._arrange()
        self.show_adjustment(Adjustment(), True)

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        return (
            self.brightness,
            self.is_automatic,
            self.exposure,
            self.rotation,
            self.size_asked,
            self.reset,
        )

    def show_adjustment(self, adjustment: Adjustment, is_device: bool) -> None:
        """A stream, a file and a folder can be turned, and nothing else."""
        self._adjustment = adjustment
        for part in self.in_tab_order():
            part.blockSignals(True)
        middle = _MIDDLE
        self.brightness.setValue(middle if adjustment.brightness is None else adjustment.brightness)
        self.exposure.setValue(middle if adjustment.exposure is None else adjustment.exposure)
        self.is_automatic.setChecked(adjustment.exposure is None)
        self.rotation.setCurrentIndex(self.rotation.findData(adjustment.rotation))
        asked = (adjustment.width, adjustment.height)
        # A size that stands in the file by somebody's hand is shown as 自动.
        self.size_asked.setCurrentIndex(
            max(0, list(_SIZES.values()).index(asked) if asked in _SIZES.values() else 0)
        )
        for part in self.in_tab_order():
            part.blockSignals(False)
        for part in (self.brightness, self.is_automatic, self.size_asked):
            part.setEnabled(is_device)
        self.exposure.setEnabled(is_device and adjustment.exposure is not None)
        for label in self.findChildren(QLabel):
            label.setEnabled(is_device or label.buddy() is self.rotation)
        self._is_device = is_device

    def _tell(self, *, is_brightness_set: bool = False) -> None:
        before = self._adjustment
        width, height = self.size_asked.currentData()
        brightness = self.brightness.value() if is_brightness_set else before.brightness
        automatic = self.is_automatic.isChecked()
        self._adjustment = Adjustment(
            brightness=brightness,
            exposure=None if automatic else self.exposure.value(),
            rotation=self.rotation.currentData(),
            width=width,
            height=height,
        )
        self.exposure.setEnabled(self._is_device and not automatic)
        if self._adjustment != before:
            self.adjusted.emit(self._adjustment)

    def _reset(self) -> None:
        self.show_adjustment(Adjustment(), self._is_device)
        self.adjusted.emit(Adjustment())

    def _arrange(self) -> None:
        exposure = QHBoxLayout()
        exposure.setSpacing(8)
        exposure.addWidget(self.is_automatic)
        exposure.addWidget(self.exposure, 1)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self.rotation, 1)
        last.addWidget(_label("分辨率", self.size_asked))
        last.addWidget(self.size_asked, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.addWidget(_label("亮度", self.brightness), 0, 0)
        grid.addWidget(self.brightness, 0, 1)
        grid.addWidget(_label("曝光", self.exposure), 1, 0)
        grid.addLayout(exposure, 1, 1)
        grid.addWidget(self.reset, 0, 2, 2, 1)
        grid.addWidget(_label("旋转", self.rotation), 2, 0)
        grid.addLayout(last, 2, 1, 1, 2)


class Slider(QSlider):
    """Percent. The mouse wheel scrolls past it, so that nothing changes by accident."""

    def __init__(self, accessible_name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setAccessibleName(accessible_name)
        self.setRange(0, 100)
        self.setSingleStep(2)
        self.setPageStep(10)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _label(text: str, editor: QWidget) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "label")
    label.setBuddy(editor)
    return label

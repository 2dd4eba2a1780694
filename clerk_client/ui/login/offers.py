"""What the login page offers without a PIN: five buttons at the card's foot."""

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QGridLayout, QWidget

from clerk_client.ui.login.exchange import Panel
from clerk_client.ui.widgets import Button

_ACROSS = 3
_TEXTS = {
    Panel.DOWNLOADS: "驱动下载(&L)",
    Panel.REQUEST: "业务需求表(&R)",
    Panel.APPLICATION: "证书申请表(&A)",
    Panel.PIN_CHANGE: "修改PIN(&C)",
}


class Offers(QWidget):
    """Reached by Tab and by Alt with the letter."""

    diagnosis_asked = pyqtSignal()
    panel_asked = pyqtSignal(object)  # Panel

    def __init__(self) -> None:
        super().__init__()
        self.diagnose = Button("故障诊断(&D)")
        self.diagnose.clicked.connect(lambda: self.diagnosis_asked.emit())
        self.buttons = {panel: Button(text) for panel, text in _TEXTS.items()}
        for panel, button in self.buttons.items():
            button.clicked.connect(lambda _checked, panel=panel: self.panel_asked.emit(panel))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for number, button in enumerate((self.diagnose, *self.buttons.values())):
            button.setProperty("small", True)
            grid.addWidget(button, number // _ACROSS, number % _ACROSS)
        self._has_panels = True
        self._has_pin_change = False

    def offer(self, *, panels: bool, diagnosis: bool) -> None:
        """The diagnosis also while nothing but an answer is waited for."""
        self._has_panels = panels
        self.diagnose.setEnabled(diagnosis)
        self._enable()

    def offer_pin_change(self, offered: bool) -> None:
        """Only for a key that can be asked."""
        self._has_pin_change = offered
        self._enable()

    def _enable(self) -> None:
        for panel, button in self.buttons.items():
            is_possible = panel is not Panel.PIN_CHANGE or self._has_pin_change
            button.setEnabled(self._has_panels and is_possible)

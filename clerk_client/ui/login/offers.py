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

    def show_busy(self, busy: bool) -> None:
        """Nothing is offered while something goes on."""
        self.setEnabled(not busy)

    def offer_pin_change(self, offered: bool) -> None:
        """Only for a key that can be asked."""
        self.buttons[Panel.PIN_CHANGE].setEnabled(offered)

"""A box for a PIN: dots that are gone as soon as they are given, left or hidden."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QHideEvent, QKeyEvent
from PyQt5.QtWidgets import QLineEdit

from clerk_client.ui.widgets import LatinEdit


class PinEdit(LatinEdit):
    """A box of dots. Up and Down choose among the keys, so that the hand stays here."""

    stepped = pyqtSignal(int)

    def __init__(self, accessible_name: str = "PIN", placeholder: str = "请输入PIN") -> None:
        super().__init__(accessible_name, placeholder, longest=64)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(self.inputMethodHints() | Qt.InputMethodHint.ImhHiddenText)

    def take(self) -> str:
        """What was typed, which is gone from here then."""
        pin = self.text()
        # setText, not clear(): it also drops what could be undone.
        self.setText("")
        return pin

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.take()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
            return
        super().keyPressEvent(event)

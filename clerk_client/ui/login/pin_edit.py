"""A box for a PIN: dots that are gone as soon as they are given, left or hidden."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QHideEvent, QKeyEvent
from PyQt5.QtWidgets import QLineEdit

from clerk_client.ui.widgets import LatinEdit

_ENTER = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter))
# Milliseconds between keys, and keys with the Enter: a bar-code gun's, as docs/gun.md has them.
_LONGEST_GAP, _MEAN_GAP, _SHORTEST_SHOT = 60, 35, 5


class PinEdit(LatinEdit):
    """A box of dots. Up and Down choose among the keys, so that the hand stays here.

    What a gun types is dropped at its Enter: as a PIN a ticket would cost one of the few tries.
    """

    stepped = pyqtSignal(int)
    shot = pyqtSignal()  # by a gun

    def __init__(self, accessible_name: str = "PIN", placeholder: str = "请输入PIN") -> None:
        super().__init__(accessible_name, placeholder, longest=64)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(self.inputMethodHints() | Qt.InputMethodHint.ImhHiddenText)
        self._first = self._last = self._keys = 0

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
        if self._is_gun(event) and event.key() in _ENTER:
            self.take()
            self.shot.emit()
            return
        super().keyPressEvent(event)

    def _is_gun(self, event: QKeyEvent) -> bool:
        """By the pace of the keys up to this one; none is kept."""
        moment = event.timestamp()
        if not event.text():
            return False
        if not (moment and 0 <= moment - self._last <= _LONGEST_GAP):
            self._first, self._keys = moment, 0
        self._last = moment
        self._keys += 1
        gaps = self._keys - 1
        return self._keys >= _SHORTEST_SHOT and moment - self._first <= _MEAN_GAP * gaps

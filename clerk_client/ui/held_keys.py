"""A key held down is one press, also where the system's repeats look like presses of their own."""

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent

_KEYS = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space))
# X11 repeats a key by a release and a press of one moment. Qt marks such a pair as a repeat only
# when both have arrived; a hand needs fifty times as long.
_SAME_MOMENT_MS = 1


class HeldKeys(QObject):
    """An event filter for the whole application: drops the repeats of the keys that press buttons.

    Else a held Ctrl+Enter would walk through the check, and a held Enter into the next client.
    """

    def __init__(self) -> None:
        super().__init__()
        self._released: dict[int, int] = {}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        pressed = kind in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if not pressed and kind != QEvent.Type.KeyRelease:
            return False
        assert isinstance(event, QKeyEvent)
        if event.key() not in _KEYS:
            return False
        if not pressed:
            if not event.isAutoRepeat():
                self._released[event.key()] = event.timestamp()
            return False
        since = event.timestamp() - self._released.get(event.key(), -1000)
        # No timestamp: an input method or a test made the event, and the moment says nothing.
        same_moment = event.timestamp() > 0 and 0 <= since <= _SAME_MOMENT_MS
        if event.isAutoRepeat() or same_moment:
            # Accepted, so that no shortcut takes it either.
            event.accept()
            return True
        return False

"""When a widget is on the screen. Children of the benchmark import it, so nothing slow here."""

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QObject, QTimer
from PyQt5.QtWidgets import QWidget


class Painted(QObject):
    """Calls `seen` after each paint of the widget, once the window system was given the picture."""

    def __init__(self, widget: QWidget, seen: Callable[[], None]) -> None:
        super().__init__(widget)
        self._seen = seen
        widget.installEventFilter(self)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            # A filter comes before the paint; a window is painted and flushed in one go.
            QTimer.singleShot(0, self._seen)
        return False

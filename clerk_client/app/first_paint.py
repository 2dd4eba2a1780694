"""The moment from which threads may work: what they import must not hold the first page up."""

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QObject, QTimer
from PyQt5.QtWidgets import QWidget

_AT_LATEST_MS = 500


class AfterFirstPaint(QObject):
    """Calls `begin` once, after the widget's first paint; soon in any case, as a window that starts
    minimised or hidden is not painted."""

    def __init__(self, widget: QWidget, begin: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._begin: Callable[[], object] | None = begin
        widget.installEventFilter(self)
        QTimer.singleShot(_AT_LATEST_MS, self._do)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            # A filter comes before the paint; a window is painted and flushed in one go.
            QTimer.singleShot(0, self._do)
        return False

    def _do(self) -> None:
        begin, self._begin = self._begin, None
        if begin is not None:
            self._widget.removeEventFilter(self)
            begin()

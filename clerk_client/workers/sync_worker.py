"""Hands the journal's lines to the hall, for as long as the window is open."""

import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PyQt5.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot

if TYPE_CHECKING:
    from clerk_client.journal.delivery import Standing

log = logging.getLogger(__name__)

IDLE_MS = 15_000
FIRST_RETRY_MS = 1_000
LONGEST_RETRY_MS = 15_000


class Delivery(Protocol):
    """One pass over what waits. An unreachable hall is no error: the standing says it."""

    def deliver(self) -> "Standing": ...
    def close(self) -> None: ...


class SyncWorker(QObject):
    """Tries again after 1, 2, 4 … 15 s while the hall is out of reach, looks every 15 s otherwise.

    An exception of `failures` becomes `failed` and is tried again as if the hall were unreachable;
    any other is a bug and reaches the crash hook.
    """

    standing = pyqtSignal(object)  # Standing, after each pass
    failed = pyqtSignal(object)

    def __init__(
        self, build: Callable[[], Delivery], failures: tuple[type[Exception], ...]
    ) -> None:
        super().__init__()
        self._build = build
        self._failures = failures
        self._built: Delivery | None = None
        self._timer: QTimer | None = None
        self._retry_ms = FIRST_RETRY_MS

    @pyqtSlot()
    def start(self) -> None:
        """Makes a first pass, then goes on by itself until `stop`."""
        if self._timer is None:
            # Made here, not in __init__: a timer belongs to the thread that it is made in.
            self._timer = QTimer(self)
            self._timer.setSingleShot(True)
            self._timer.timeout.connect(self._deliver)
        self._retry_ms = FIRST_RETRY_MS
        self._deliver()

    @pyqtSlot()
    def deliver_now(self) -> None:
        """Makes a pass now instead of at the next turn. Nothing before `start`."""
        if self._timer is not None and self._timer.isActive():
            self._retry_ms = FIRST_RETRY_MS
            self._deliver()

    @pyqtSlot()
    def stop(self) -> None:
        """No further pass until `start`."""
        if self._timer is not None:
            self._timer.stop()

    @pyqtSlot()
    def finish(self) -> None:
        """Lets go of the journal and the hall, when they were ever opened."""
        self.stop()
        if self._built is not None:
            self._built.close()
            self._built = None

    @pyqtSlot()
    def _deliver(self) -> None:
        assert self._timer is not None
        # Armed before the pass: a pass that ends in the crash hook must not be the last one.
        self._timer.start(self._retry_ms)
        try:
            if self._built is None:
                self._built = self._build()
            standing = self._built.deliver()
        except self._failures as error:
            log.warning("delivery failed: %s", getattr(error, "code", type(error).__name__))
            self._wait_longer()
            self.failed.emit(error)
            return
        if standing.hall_reachable:
            self._retry_ms = FIRST_RETRY_MS
            self._timer.start(IDLE_MS)
        else:
            self._wait_longer()
        self.standing.emit(standing)

    def _wait_longer(self) -> None:
        assert self._timer is not None
        # Spread by a fifth: when the hall comes back, not all windows shall knock at once.
        self._timer.start(self._retry_ms + secrets.randbelow(self._retry_ms // 5))
        self._retry_ms = min(2 * self._retry_ms, LONGEST_RETRY_MS)

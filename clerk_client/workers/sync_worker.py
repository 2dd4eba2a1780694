"""Hands the journal's lines to the hall, for as long as the window is open.

Between two passes it asks whether the session still stands, in the same thread: both wait for the
hall, and a pass that the hall refuses for want of a session ends by itself.
"""

import logging
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PyQt5.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot

if TYPE_CHECKING:
    from clerk_client.hall_link.errors import HallRefused
    from clerk_client.journal.delivery import Standing

log = logging.getLogger(__name__)

IDLE_MS = 15_000
FIRST_RETRY_MS = 1_000
LONGEST_RETRY_MS = 15_000
# The hall ends a session within 60 s: it may take 30 s to learn of a revocation.
WATCH_MS = 20_000


class Delivery(Protocol):
    """One pass over what waits. An unreachable hall is no error: the standing says it."""

    def deliver(self) -> "Standing": ...
    def close(self) -> None: ...


class Watch(Protocol):
    """One look at the session."""

    def look(self) -> "HallRefused | None": ...
    def close(self) -> None: ...


class SyncWorker(QObject):
    """Tries again after 1, 2, 4 … 15 s while the hall is out of reach, looks every 15 s otherwise.

    An exception of `failures` becomes `failed` and is tried again as if the hall were unreachable;
    any other is a bug and reaches the crash hook.
    """

    standing = pyqtSignal(object)  # Standing, after each pass
    failed = pyqtSignal(object)
    session_ended = pyqtSignal(object)  # HallRefused: why. Nothing is sent after it.

    def __init__(
        self,
        build: Callable[[], Delivery],
        build_watch: Callable[[], Watch],
        failures: tuple[type[Exception], ...],
    ) -> None:
        super().__init__()
        self._build = build
        self._build_watch = build_watch
        self._watch: Watch | None = None
        self._watch_timer: QTimer | None = None
        self._rest_until = 0.0
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
            self._watch_timer = QTimer(self)
            self._watch_timer.timeout.connect(self._look_at_session)
        assert self._watch_timer is not None
        self._watch_timer.start(WATCH_MS)
        self._retry_ms = FIRST_RETRY_MS
        self._deliver()

    @pyqtSlot()
    def deliver_now(self) -> None:
        """Makes a pass now instead of at the next turn. Nothing before `start`, nor while the hall
        asks to be left alone."""
        if time.monotonic() < self._rest_until:
            return
        if self._timer is not None and self._timer.isActive():
            self._retry_ms = FIRST_RETRY_MS
            self._deliver()

    @pyqtSlot()
    def stop(self) -> None:
        """No further pass until `start`."""
        for timer in (self._timer, self._watch_timer):
            if timer is not None:
                timer.stop()

    @pyqtSlot()
    def finish(self) -> None:
        """Lets go of the journal and the hall, when they were ever opened."""
        self.stop()
        if self._built is not None:
            self._built.close()
            self._built = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None

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
            self._rest_until = time.monotonic() + standing.pause
            self._timer.start(max(IDLE_MS, standing.pause * 1000))
        else:
            self._wait_longer()
        self.standing.emit(standing)

    @pyqtSlot()
    def _look_at_session(self) -> None:
        try:
            if self._watch is None:
                self._watch = self._build_watch()
            ended = self._watch.look()
        except self._failures as error:
            log.warning("session: %s", getattr(error, "code", type(error).__name__))
            return
        if ended is not None:
            self.stop()
            self.session_ended.emit(ended)

    def _wait_longer(self) -> None:
        assert self._timer is not None
        # Spread by a fifth: when the hall comes back, not all windows shall knock at once.
        self._timer.start(self._retry_ms + secrets.randbelow(self._retry_ms // 5))
        self._retry_ms = min(2 * self._retry_ms, LONGEST_RETRY_MS)

"""统一身份认证 in a thread of its own: it waits for the clerk at a browser."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

log = logging.getLogger(__name__)


class Confirmation(Protocol):
    """One confirmation at the identity provider."""

    def confirm(self, identity: str, open_browser: Callable[[str], bool]) -> None: ...
    def cancel(self) -> None: ...


class IdentityWorker(QObject):
    """An exception of `failures` becomes `failed`; any other reaches the crash hook."""

    confirmed = pyqtSignal()
    failed = pyqtSignal(object)  # IdentityNotConfirmed

    def __init__(
        self,
        build: Callable[[], Confirmation],
        open_browser: Callable[[str], bool],
        failures: tuple[type[Exception], ...],
    ) -> None:
        super().__init__()
        self._build = build
        self._open_browser = open_browser
        self._failures = failures
        self._lock = threading.Lock()
        self._running: Confirmation | None = None
        self._ended = False

    @pyqtSlot(str)
    def confirm(self, identity: str) -> None:
        """Answers when the clerk is done at the browser, within 3 minutes."""
        confirmation = self._build()
        with self._lock:
            if self._ended:
                return
            self._running = confirmation
        try:
            confirmation.confirm(identity, self._open_browser)
        except self._failures as error:
            log.info("identity: %s", getattr(error, "code", type(error).__name__))
            self.failed.emit(error)
            return
        finally:
            with self._lock:
                self._running = None
        self.confirmed.emit()

    def skip(self) -> None:
        """The clerk goes on without. From any thread: the worker's own is waiting."""
        with self._lock:
            if self._running is not None:
                self._running.cancel()

    def end(self) -> None:
        """As `skip`, and no other begins. From any thread, before the thread is stopped."""
        with self._lock:
            self._ended = True
        self.skip()

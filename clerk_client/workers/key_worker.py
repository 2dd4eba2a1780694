"""The keys' watch: what is plugged, what was opened, what was pulled."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot

from clerk_client.workers.unforeseen import Unforeseen
from ukey.errors import NoToken, TokenRemoved, UKeyError

if TYPE_CHECKING:
    from ukey.hub import KeyHub
    from ukey.token import Certificate, Token

log = logging.getLogger(__name__)

POLL_MS = 500


class KeyWorker(QObject):
    """Looks twice a second, because drivers do not tell when a key comes or goes.

    While a key is open only that one is asked for; others are scanned again once it is closed. The
    hub is built on first use, in this thread: what it imports is slow to load. `unfit` says why a
    certificate cannot sign in, or None; it is asked here, too, because it reads files.
    """

    # Of (Token, why it is unfit or None), of problem codes; only when they changed.
    tokens_seen = pyqtSignal(list, list)
    opened = pyqtSignal(object)  # OpenedKey
    failed = pyqtSignal(object)  # UKeyError
    removed = pyqtSignal(str)  # token id of the key that was open

    def __init__(
        self,
        build: "Callable[[], KeyHub]",
        unfit: "Callable[[Certificate], Exception | None]",
    ) -> None:
        super().__init__()
        self._build = build
        self._unfit = unfit
        self._built: KeyHub | None = None
        self._timer: QTimer | None = None
        self._open_id = ""
        self._seen: tuple[list[Token], list[str], list[str]] | None = None

    @pyqtSlot()
    def watch(self) -> None:
        """Looks now, then goes on until `unwatch`. What was seen is told anew."""
        if self._timer is None:
            # Made here, not in __init__: a timer belongs to the thread that it is made in.
            self._timer = QTimer(self)
            self._timer.setInterval(POLL_MS)
            self._timer.timeout.connect(self._look)
        self._seen = None
        self._timer.start()
        self._look()

    @pyqtSlot()
    def unwatch(self) -> None:
        """Looks no more; an open key stays open."""
        if self._timer is not None:
            self._timer.stop()

    @pyqtSlot(str, str)
    def open(self, token_id: str, pin: str) -> None:
        """The PIN goes to this one key and is kept nowhere."""
        try:
            key = self._hub().open(token_id, pin)
        except UKeyError as error:
            log.warning("key not opened: %s", error.code)
            self.failed.emit(error)
            return
        except Exception:
            self.failed.emit(Unforeseen())
            raise
        self._open_id = token_id
        self.opened.emit(key)

    @pyqtSlot()
    def close(self) -> None:
        """Logs out of the key that is open, if one is."""
        if not self._open_id:
            return
        # Forgotten first: a driver that fails at the log-out must not stop the watch.
        token_id, self._open_id, self._seen = self._open_id, "", None
        try:
            self._hub().close(token_id)
        except UKeyError as error:
            log.warning("key not logged out: %s", error.code)

    @pyqtSlot()
    def finish(self) -> None:
        """Leaves no key logged in behind."""
        self.unwatch()
        self.close()

    @pyqtSlot()
    def _look(self) -> None:
        if self._open_id:
            self._look_for_open_key()
            return
        try:
            self._scan()
        except Exception:
            # Told once, not twice a second.
            if self._tell([], [Unforeseen.code]):
                raise

    def _look_for_open_key(self) -> None:
        try:
            if self._hub().is_present(self._open_id):
                return
        except (NoToken, TokenRemoved):
            pass
        except UKeyError as error:
            # A driver that is slow or fails is no pulled key; the next signature tells what it is.
            log.info("open key not looked at: %s", error.code)
            return
        removed = self._open_id
        self.close()
        self.removed.emit(removed)

    def _hub(self) -> "KeyHub":
        if self._built is None:
            self._built = self._build()
        return self._built

    def _scan(self) -> None:
        try:
            hub = self._hub()
        except UKeyError as error:
            self._tell([], [error.code])
            return
        tokens = hub.scan()
        codes = sorted({problem.code for problem in hub.problems})
        if hub.installed and "DRIVER_MISSING" in codes:
            # A station has one vendor's driver, not all of them.
            codes.remove("DRIVER_MISSING")
        self._tell([(token, self._fitness(token)) for token in tokens], codes)

    def _fitness(self, token: "Token") -> Exception | None:
        return self._unfit(token.certificate) if token.certificate is not None else None

    def _tell(self, plugged: "list[tuple[Token, Exception | None]]", codes: list[str]) -> bool:
        """False when nothing changed: errors are compared by their codes, for each is a new one."""
        reasons = [str(getattr(reason, "code", "")) for _, reason in plugged]
        seen = [token for token, _ in plugged], reasons, codes
        if self._seen == seen:
            return False
        self._seen = seen
        self.tokens_seen.emit(plugged, codes)
        return True

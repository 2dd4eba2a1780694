"""The keys' watch: what is plugged, what was opened, what was pulled."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtBoundSignal, pyqtSignal, pyqtSlot

from clerk_client.desk.keys import ApprovalOwnKey, Plugged
from clerk_client.workers.other_keys import OtherKeys
from clerk_client.workers.unforeseen import Unforeseen
from ukey.errors import UKeyError

if TYPE_CHECKING:
    from ukey.findings import Finding
    from ukey.hub import KeyHub
    from ukey.look import Look
    from ukey.opened_key import OpenedKey
    from ukey.token import Certificate, Token

    Problem = tuple[str, Mapping[str, object]]

log = logging.getLogger(__name__)

POLL_MS = 500
ABSENCE_EVERY_S = 2.0


class KeyWorker(QObject):
    """Looks twice a second, because drivers do not tell when a key comes or goes.

    While a key is open only that one is asked for; others are scanned again once it is closed. The
    hub is built on first use, in this thread: what it imports is slow to load. So are the other
    questions asked here: `unfit` says why a certificate cannot sign in, `notices` what else its
    holder should know, `absence` why there is no key, `families` names and titles of the kinds.

    No PIN outlives its call: not in a frame or an error that goes out with the answer.
    """

    tokens_seen = pyqtSignal(list, list)  # of Plugged, of (code, facts); only when they changed
    absence_found = pyqtSignal(object)  # Finding, while no key is there; only when it changed
    families_known = pyqtSignal(list)  # of (name, title)
    opened = pyqtSignal(object)  # OpenedKey
    failed = pyqtSignal(object)  # UKeyError
    removed = pyqtSignal(str, object)  # token id of the key that was open; why it is no more
    pin_changed = pyqtSignal(str)  # token id
    pin_change_failed = pyqtSignal(object)  # UKeyError
    keys_beside = pyqtSignal(list)  # of Token: the others, while one is open
    approved = pyqtSignal(object, bytes, str)  # Certificate, signature, alg
    approval_failed = pyqtSignal(object)  # UKeyError, ApprovalOwnKey

    def __init__(
        self,
        build: "Callable[[], KeyHub]",
        unfit: "Callable[[Certificate], Exception | None]",
        notices: "Callable[[Certificate], Sequence[tuple[str, Mapping[str, object]]]]",
        absence: "Callable[[Look], Finding]",
        families: Callable[[], Sequence[tuple[str, str]]],
    ) -> None:
        super().__init__()
        self._build = build
        self._unfit = unfit
        self._notices = notices
        self._absence = absence
        self._families = families
        self._built: KeyHub | None = None
        self._timer: QTimer | None = None
        self._open: OpenedKey | None = None
        self._seen: object = None
        self._absent: object = None
        self._absence_asked = -ABSENCE_EVERY_S

    # --- watching ---

    @pyqtSlot()
    def watch(self) -> None:
        """Looks now, then goes on until `unwatch`. What was seen is told anew."""
        if self._timer is None:
            # Made here, not in __init__: a timer belongs to the thread that it is made in.
            self._timer = QTimer(self)
            self._timer.setInterval(POLL_MS)
            self._timer.timeout.connect(self._look)
        self._seen = self._absent = None
        self._timer.start()
        self._look()
        self.families_known.emit(list(self._families()))

    @pyqtSlot()
    def unwatch(self) -> None:
        """Looks no more; an open key stays open."""
        if self._timer is not None:
            self._timer.stop()

    @pyqtSlot(str)
    def choose_family(self, family: str) -> None:
        """What keys count as that tell nothing of their kind; "" leaves them unknown."""
        self._hub().choose_family(family)
        self._look()

    # --- the clerk's key ---

    @pyqtSlot(str, str)
    def open(self, token_id: str, pin: str) -> None:
        """The PIN goes to this one key and is kept nowhere."""
        try:
            self._open = self._hub().open(token_id, pin)
            self._answer(self.opened, self._open)
        except UKeyError as error:
            log.warning("key not opened: %s", error.code)
            self._answer(self.failed, _bare(error))
        except Exception:
            self._answer(self.failed, Unforeseen())
            raise
        finally:
            del pin

    @pyqtSlot()
    def close(self) -> None:
        """Logs out of the key that is open, if one is."""
        if self._open is None:
            return
        # Forgotten first: a driver that fails at the log-out must not stop the watch.
        token_id, self._open = self._open.token.id, None
        self._seen = self._absent = None
        try:
            self._hub().close(token_id)
        except UKeyError as error:
            log.warning("key not logged out: %s", error.code)

    @pyqtSlot(str, str, str)
    def change_pin(self, token_id: str, old: str, new: str) -> None:
        """The key is looked at again before `pin_changed`: it may ask for less now."""
        try:
            if self._is_open(token_id):
                self.close()
            self._hub().change_pin(token_id, old, new)
            QTimer.singleShot(0, partial(self._tell_changed, token_id))
        except UKeyError as error:
            log.warning("PIN not changed: %s", error.code)
            self._answer(self.pin_change_failed, _bare(error))
        except Exception:
            self._answer(self.pin_change_failed, Unforeseen())
            raise
        finally:
            del old, new

    # --- another's key beside it ---

    @pyqtSlot()
    def scan_beside(self) -> None:
        """The keys that could approve what this clerk may not do alone, such as a void.

        Some drivers do not notice one plugged after the first.
        """
        try:
            others = self._others().plugged()
        except Exception:
            self.keys_beside.emit([])
            raise
        self.keys_beside.emit(others)

    @pyqtSlot(str, str, bytes)
    def approve(self, token_id: str, pin: str, message: bytes) -> None:
        """Opens another person's key, signs `message` (what is approved, in the hall's form) and
        closes it. The open key stays open."""
        try:
            others = self._others()
            hindrance = others.hindrance(token_id)
            if hindrance is not None:
                self._answer(self.approval_failed, _bare(hindrance))
                return
            self._answer(self.approved, *others.signed(token_id, pin, message))
        except (UKeyError, ApprovalOwnKey) as error:
            log.warning("not approved: %s", error.code)
            self._answer(self.approval_failed, _bare(error))
        except Exception:
            self._answer(self.approval_failed, Unforeseen())
            raise
        finally:
            del pin

    @pyqtSlot()
    def finish(self) -> None:
        """Leaves no key logged in behind."""
        self.unwatch()
        self.close()

    # --- inside ---

    @pyqtSlot()
    def _look(self) -> None:
        if self._open is not None:
            self._look_for_open_key(self._open)
            return
        try:
            self._scan()
        except Exception:
            # Told once, not twice a second.
            if self._tell([], [(Unforeseen.code, {})]):
                raise

    def _look_for_open_key(self, key: "OpenedKey") -> None:
        token_id = key.token.id
        try:
            lost = self._hub().loss_of(token_id)
            if lost is None:
                return
            # A driver that died just now is started by the question, and knows of no open key.
            lost = key.loss or lost
        except Exception:
            # Whether the key is still there nobody can tell: as good as lost, and told once.
            self._lose(token_id, Unforeseen())
            raise
        self._lose(token_id, lost)

    def _lose(self, token_id: str, why: Exception) -> None:
        log.warning("open key lost: %s", getattr(why, "code", type(why).__name__))
        # Told first: whatever happens at the log-out, no window stays open without its key.
        self.removed.emit(token_id, _bare(why))
        self.close()

    def _scan(self) -> None:
        try:
            hub = self._hub()
        except UKeyError as error:
            self._tell([], [_told(error)])
            return
        look = hub.look()
        # A station has one vendor's driver, not all of them.
        usual = "DRIVER_MISSING" if hub.installed else ""
        problems = [_told(each) for each in look.problems if each.code != usual]
        self._tell([self._plugged(token) for token in look.tokens], problems)
        if look.tokens:
            self._absent = None
        else:
            self._tell_absence(look)

    def _tell_absence(self, look: "Look") -> None:
        """Asked less often than the keys: it lists USB devices and readers."""
        if time.monotonic() - self._absence_asked < ABSENCE_EVERY_S:
            return
        finding = self._absence(look)
        self._absence_asked = time.monotonic()
        if self._absent != finding:
            self._absent = finding
            self.absence_found.emit(finding)

    def _tell(self, plugged: list[Plugged], problems: "list[Problem]") -> bool:
        """False when nothing changed. Errors are compared by what they say: each is a new one."""
        problems.sort(key=lambda problem: problem[0])
        reasons = [str(getattr(each.reason, "code", "")) for each in plugged]
        seen = [(each.token, each.notices) for each in plugged], reasons, problems
        if self._seen == seen:
            return False
        self._seen = seen
        self.tokens_seen.emit(plugged, problems)
        return True

    def _tell_changed(self, token_id: str) -> None:
        self._seen = None
        try:
            self._look()
        finally:
            # The key took its new PIN, whatever a look at it says.
            self.pin_changed.emit(token_id)

    def _answer(self, signal: pyqtBoundSignal, *what: object) -> None:
        """After the call has ended, with whatever holds its PIN."""
        QTimer.singleShot(0, partial(signal.emit, *what))

    def _others(self) -> OtherKeys:
        return OtherKeys(self._hub(), self._open, self._unfit)

    def _is_open(self, token_id: str) -> bool:
        return self._open is not None and self._open.token.id == token_id

    def _plugged(self, token: "Token") -> Plugged:
        certificate = token.certificate
        if certificate is None:
            return Plugged(token)
        reason = self._unfit(certificate)
        notices = () if reason is not None else tuple(self._notices(certificate))
        return Plugged(token, reason, notices)

    def _hub(self) -> "KeyHub":
        if self._built is None:
            self._built = self._build()
        return self._built


def _told(error: UKeyError) -> "Problem":
    from ukey.findings import finding_of  # late, with the hub

    return error.code, finding_of(error).facts


def _bare(error: Exception) -> Exception:
    """Without its traceback, whose frames lead to the caller's, and so to the PIN."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)

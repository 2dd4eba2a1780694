"""One driver, seen from the client: asked, killed at its deadline, replaced, left alone.

A vendor's library may crash, hang, print without end or eat memory: it does so in a process of its
own (`ukey.child`), and whoever asked gets an error with a code.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ukey.child import Child, ChildEnded, ChildNotStarted, ChildSilent
from ukey.errors import DriverCrashed, DriverError, DriverFailed, KeyTimeout
from ukey.protocol import HostOptions, error_from_plain

log = logging.getLogger(__name__)

_RESTS = (1.0, 5.0)
"""Seconds to leave a driver alone after its first and second death."""
_DEATHS = len(_RESTS) + 1
_REMEMBERED = 600.0
FAREWELL = 3.0
"""Seconds for a driver to log out and go."""
_ENDS = 100
"""Processes whose end is remembered: a key may have been open in any of them."""
_LOOKS = frozenset(("tokens", "is_present"))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that a driver may take. A real key signs in 0.2 to 0.5 s; some want to be touched."""

    look: float = 4.0
    log_in: float = 15.0
    sign: float = 15.0

    @classmethod
    def all(cls, seconds: float) -> "Deadlines":
        """The same for everything."""
        return cls(look=seconds, log_in=seconds, sign=seconds)


class DriverBusy(Exception):
    """The driver works for somebody else just now. Only who has little patience meets it."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.is_looking = question in _LOOKS
        """It is only asked what is plugged, and may hang over that; else somebody uses a key."""


class Answer(NamedTuple):
    """What a driver said, and which of its processes said it."""

    value: Any
    generation: int


@dataclass(frozen=True, slots=True)
class _Death:
    """How a process ended. No error is kept: that would keep the frames it went through."""

    kind: type[DriverError]
    detail: str
    at: float

    def error(self, library: Path, *, quarantined: bool = False) -> DriverError:
        if self.kind is DriverCrashed:
            return DriverCrashed(library, self.detail, quarantined=quarantined)
        return self.kind(library, self.detail)


class DriverProcess:
    """Any thread may ask; one question at a time goes to the driver.

    `launcher` stands before the command, for a driver that lives elsewhere: another namespace, a
    32-bit helper.
    """

    def __init__(self, library: Path, options: HostOptions, launcher: Sequence[str] = ()) -> None:
        self.library = library
        self._options = options
        self._launcher = tuple(launcher)
        self._lock = threading.Lock()  # held from a question to its answer
        self._asked = ""
        self._child: Child | None = None
        self._deaths: tuple[_Death, ...] = ()
        self._last_death: _Death | None = None
        self._ends: dict[int, _Death] = {}
        self._to_close: deque[tuple[int, int]] = deque()
        self._forgiven = threading.Event()
        self._stopped = False
        self.generation = 0
        """How many processes there were: what an earlier one had open is lost."""

    def ask(
        self,
        question: str,
        arguments: Mapping[str, Any],
        within: float,
        *,
        patience: float | None = None,
        generation: int | None = None,
    ) -> Answer:
        """The driver's answer, within so many seconds once it is its turn and its process stands.

        With `patience`, seconds to wait for one's turn before DriverBusy is raised: a question of
        nobody's, which also lets a driver rest that just died. A person's waits `within`, starts it
        at once, and ends in KeyTimeout. With `generation`, a question about what that process has
        open. Raises KeyTimeout, DriverCrashed, DriverFailed and what the host says.
        """
        if not self._lock.acquire(timeout=within if patience is None else patience):
            if patience is not None:
                raise DriverBusy(self._asked)
            raise KeyTimeout(self.library, "busy")
        try:
            self._asked = question
            child = self._running(is_urgent=patience is None, generation=generation)
            return self._answer(child, question, arguments, within)
        finally:
            self._asked = ""
            self._lock.release()
            self._close_waiting()

    def close_key(self, handle: int, generation: int) -> None:
        """Logs out of a key, without waiting: now, or as soon as the driver is free."""
        self._to_close.append((generation, handle))
        self._close_waiting()

    def loss_since(self, generation: int) -> DriverError | None:
        """Why what an earlier process had open is lost; None while that process lives."""
        child, death = self._child, self._ends.get(generation)
        if generation == self.generation and child is not None and child.is_alive():
            return None
        if death is not None:
            return death.error(self.library)
        if generation == self.generation and child is not None:
            return DriverCrashed(self.library, child.ending())
        return DriverFailed(self.library, "started again")

    def forgive(self) -> None:
        """Lets a driver that died too often be started again: somebody mended it, or asks."""
        # Not by the lock, which may be held for as long as a driver hangs.
        self._forgiven.set()

    def stop(self, within: float = FAREWELL) -> None:
        """Lets the driver log out and go, or kills it."""
        self._stopped = True
        if self._lock.acquire(timeout=within):
            try:
                child, self._child = self._child, None
                if child is not None:
                    child.end(within)
            finally:
                self._lock.release()
            return
        child = self._child
        if child is not None:
            # It hangs, and whoever waits for it finds that out now.
            child.kill()

    # --- inside, under the lock ------------------------------------------------------------------

    def _running(self, *, is_urgent: bool, generation: int | None) -> Child:
        if self._stopped:
            raise DriverFailed(self.library, "the hub is stopped")
        if self._child is not None and not self._child.is_alive():
            self._died(DriverCrashed, self._child.ending())
        if generation is not None and (lost := self.loss_since(generation)) is not None:
            raise lost
        if self._child is None:
            self._ensure_rested(is_urgent)
            self._child = self._started()
        return self._child

    def _ensure_rested(self, is_urgent: bool) -> None:
        if self._forgiven.is_set():
            self._forgiven.clear()
            self._deaths, self._last_death = (), None
        now, last = time.monotonic(), self._last_death
        self._deaths = tuple(death for death in self._deaths if now - death.at < _REMEMBERED)
        if last is None:
            return
        quarantined = len(self._deaths) >= _DEATHS
        rest = _RESTS[max(0, min(len(self._deaths), len(_RESTS)) - 1)]
        if quarantined or (not is_urgent and now - last.at < rest):
            raise last.error(self.library, quarantined=quarantined)

    def _started(self) -> Child:
        self.generation += 1
        try:
            child = Child(self.library, self._options, self._launcher)
        except ChildNotStarted as error:
            raise self._died(DriverFailed, f"helper not started: {error}") from error
        log.info("driver process %d for %s", child.process.pid, self.library.name)
        if self._stopped:
            # While it started: `stop` found nothing to end.
            child.destroy()
            raise DriverFailed(self.library, "the hub is stopped")
        return child

    def _answer(
        self, child: Child, question: str, arguments: Mapping[str, Any], within: float
    ) -> Answer:
        try:
            self._send_closes(child)
            child.tell({"ask": question, "with": dict(arguments)})
            message = child.answer(within)
        except ChildEnded as error:
            raise self._died(DriverCrashed, str(error)) from error
        except ChildSilent as error:
            # A key that was not touched in time is no sign of a driver that does not work.
            counts = question in _LOOKS
            raise self._died(KeyTimeout, str(error), counts=counts) from error
        generation = self.generation
        if message.get("spent") is True:
            log.info("driver process of %s is replaced", self.library.name)
            self._child = None
            child.end(FAREWELL)
        if "error" in message:
            raise error_from_plain(message, self.library)
        return Answer(message.get("answer"), generation)

    def _died(self, kind: type[DriverError], detail: str, *, counts: bool = True) -> DriverError:
        child, self._child = self._child, None
        if child is not None:
            child.destroy()
        death = _Death(kind, detail, time.monotonic())
        self._last_death = self._ends[self.generation] = death
        self._ends.pop(self.generation - _ENDS, None)
        if counts:
            self._deaths = (*self._deaths, death)
        log.warning("driver process of %s ended: %s", self.library.name, kind.code)
        return death.error(self.library, quarantined=len(self._deaths) >= _DEATHS)

    def _close_waiting(self) -> None:
        """Sends the log-outs that wait, unless somebody else has the driver, who does it then."""
        while self._to_close and self._lock.acquire(blocking=False):
            try:
                child = self._child
                if child is not None:
                    self._send_closes(child)
                else:
                    self._to_close.clear()
            except ChildEnded as error:
                self._died(DriverCrashed, str(error))
            except ChildSilent as error:
                self._died(KeyTimeout, str(error))
            finally:
                self._lock.release()

    def _send_closes(self, child: Child) -> None:
        while self._to_close:
            generation, handle = self._to_close[0]
            if generation == self.generation:
                child.tell({"ask": "close", "with": {"handle": handle}})
            self._to_close.popleft()

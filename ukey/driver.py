"""One driver's process, seen from the client: started, asked, killed at its deadline, replaced.

A vendor's library may crash, hang, print without end or eat memory: it does so in a process of its
own, and whoever asked gets an error with a code.
"""

import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

from ukey.errors import DriverCrashed, DriverError, DriverFailed, KeyTimeout
from ukey.protocol import (
    LONGEST_FRAME,
    Channel,
    Garbled,
    HostOptions,
    dumped,
    error_from_plain,
    loaded,
)
from ukey.spawning import ending_of, spawned

log = logging.getLogger(__name__)

_RESTS = (1.0, 5.0)
"""Seconds to leave a driver alone after its first and second death."""
_DEATHS = len(_RESTS) + 1
_REMEMBERED = 600.0
_START = 10.0
"""Seconds for Python's own start, which has nothing to do with the driver."""
_FAREWELL = 3.0
_BUSY = 0.3
"""Seconds that a question which is not urgent waits behind another."""


class DriverBusy(Exception):
    """The driver works for somebody else just now. Only questions that are not urgent meet it."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that a driver may take. A real key signs in 0.2 to 0.5 s; some want to be touched."""

    look: float = 4.0
    log_in: float = 15.0
    sign: float = 15.0
    close: float = 3.0

    @classmethod
    def all(cls, seconds: float) -> "Deadlines":
        """The same for everything."""
        return cls(look=seconds, log_in=seconds, sign=seconds, close=seconds)


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
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Channel | None = None
        self._poll: Any = None
        self._lifeline: int = -1
        self._deaths: list[float] = []
        self._last_death: DriverError | None = None
        self._stopped = False
        self.generation = 0
        """How many processes there were: what an earlier one had open is lost."""

    def ask(
        self,
        question: str,
        arguments: Mapping[str, Any],
        within: float,
        *,
        urgent: bool = True,
        generation: int | None = None,
    ) -> Any:
        """The driver's answer, within so many seconds once its process stands.

        A driver that just died rests for a while; `urgent` questions, a person's, start it at
        once, others are told of the death again. With `generation`, a question about what that
        process has open. Raises KeyTimeout, DriverCrashed, what the host says, and DriverBusy when
        not urgent.
        """
        pending = self.begin(question, arguments, within, urgent=urgent, generation=generation)
        return pending.answer(within)

    def tell(
        self, question: str, arguments: Mapping[str, Any], within: float, generation: int
    ) -> None:
        """Sends one of the questions that have no answer, once the driver is free."""
        pending = self.begin(question, arguments, within, generation=generation)
        pending.drop()

    def begin(
        self,
        question: str,
        arguments: Mapping[str, Any],
        within: float,
        *,
        urgent: bool = True,
        generation: int | None = None,
    ) -> "Pending":
        """Sends a question, so that several drivers can work at once. `answer` must follow."""
        if not self._lock.acquire(timeout=within if urgent else _BUSY):
            if not urgent:
                raise DriverBusy(self.library)
            raise KeyTimeout(self.library, "busy")
        try:
            if generation is not None and (lost := self.loss_since(generation)) is not None:
                raise lost.with_traceback(None)
            self._ensure_running(urgent)
            assert self._connection is not None
            try:
                self._connection.send_bytes(dumped({"ask": question, "with": dict(arguments)}))
            except OSError as error:
                raise self._died() from error
        except BaseException:
            self._lock.release()
            raise
        return Pending(self)

    def loss_since(self, generation: int) -> DriverError | None:
        """Why what an earlier process had open is lost; None while that process lives."""
        if generation == self.generation and self._process is not None:
            return None
        return self._last_death or DriverFailed(self.library, "started again")

    def forgive(self) -> None:
        """Lets a driver that died too often be started again: somebody mended it, or asks."""
        # Without the lock, which may be held for as long as a driver hangs.
        self._deaths = []
        self._last_death = None

    def stop(self, within: float) -> None:
        """Lets the driver log out and go, or kills it."""
        self._stopped = True
        if self._lock.acquire(timeout=within):
            try:
                self._end(within)
            finally:
                self._lock.release()
        elif self._process is not None:
            # It hangs, and whoever waits for it finds that out now.
            self._process.kill()

    # --- life and death --------------------------------------------------------------------------

    def _ensure_running(self, urgent: bool) -> None:
        if self._stopped:
            raise DriverFailed(self.library, "the hub is stopped")
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._died()
        now = time.monotonic()
        self._deaths = [death for death in self._deaths if now - death < _REMEMBERED]
        if self._deaths and self._last_death is not None:
            quarantined = len(self._deaths) >= _DEATHS
            resting = quarantined or now - self._deaths[-1] < _RESTS[len(self._deaths) - 1]
            if quarantined or (resting and not urgent):
                raise self._told_again(quarantined)
        self._start()

    def _start(self) -> None:
        ours, theirs = Pipe()
        lifeline, self._lifeline = os.pipe()
        # Read when the process starts, not when the client did: IT sets variables for drivers.
        command = [
            *self._launcher,
            sys.executable,
            "-m",
            "ukey.serve",
            str(theirs.fileno()),
            str(lifeline),
            str(self.library),
            json.dumps(asdict(self._options)),
        ]
        try:
            self._process = spawned(command, theirs, lifeline)
        except OSError as error:
            ours.close()
            os.close(self._lifeline)
            raise DriverFailed(self.library, f"no process: {error}") from error
        finally:
            theirs.close()
            os.close(lifeline)
        self._connection = ours
        if sys.platform != "win32":
            self._poll = select.poll()
            self._poll.register(ours.fileno(), select.POLLIN)
        self.generation += 1
        log.info("driver process %d for %s", self._process.pid, self.library.name)
        self._receive(_START)

    def _receive(self, within: float) -> Any:
        """The next answer. A process that does not give one, or not a good one, is killed."""
        assert self._connection is not None
        try:
            if not self._is_answered(within):
                raise self._killed(KeyTimeout(self.library, f"{within:.1f} s"))
            message = loaded(self._connection.recv_bytes(LONGEST_FRAME))
        except (EOFError, OSError) as error:
            raise self._died() from error
        except Garbled as error:
            raise self._killed(DriverCrashed(self.library, f"garbled: {error}")) from error
        if message.get("spent") is True:
            log.info("driver process of %s has grown and is replaced", self.library.name)
            self._end(_FAREWELL)
        if "error" in message:
            raise error_from_plain(message, self.library)
        return message.get("answer")

    def _is_answered(self, within: float) -> bool:
        assert self._connection is not None
        if self._poll is None:
            return self._connection.poll(within)
        # Connection.poll makes a selector each time: as long as the rest of the exchange.
        return bool(self._poll.poll(within * 1000))

    def _died(self) -> DriverError:
        """The process ended by itself, or sent what is too long to be an answer."""
        assert self._process is not None
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return self._killed(DriverCrashed(self.library, "answer too long"))
        return self._killed(DriverCrashed(self.library, ending_of(code)))

    def _killed(self, death: DriverError) -> DriverError:
        self._drop()
        self._deaths.append(time.monotonic())
        self._last_death = death
        log.warning("driver process of %s ended: %s", self.library.name, death.code)
        return self._told_again(len(self._deaths) >= _DEATHS)

    def _told_again(self, quarantined: bool) -> DriverError:
        """A new error of the same kind: one that was raised keeps the frames it went through."""
        death = self._last_death
        assert death is not None
        if isinstance(death, DriverCrashed):
            return DriverCrashed(self.library, death.detail, quarantined=quarantined)
        return KeyTimeout(self.library, death.detail)

    def _end(self, within: float) -> None:
        """Closes the pipe, on which the process logs out and goes by itself."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            try:
                self._process.wait(within)
            except subprocess.TimeoutExpired:
                log.warning("driver process of %s did not go by itself", self.library.name)
        self._drop()

    def _drop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


class Pending:
    """A question on its way. The driver takes no other until `answer` was called."""

    def __init__(self, driver: DriverProcess) -> None:
        self._driver = driver

    def answer(self, within: float) -> Any:
        """Waits for it. Raises as `DriverProcess.ask`."""
        try:
            return self._driver._receive(within)
        finally:
            self._driver._lock.release()

    def drop(self) -> None:
        """Nobody waits: the question has no answer."""
        self._driver._lock.release()

"""One process with a driver in it: started, asked, ended or killed. Knows no policy.

Used by one thread at a time, but for `kill` and `is_alive`, which any may call.
"""

import contextlib
import json
import logging
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

from ukey.protocol import LONGEST_FRAME, Channel, Garbled, HostOptions, dumped, loaded
from ukey.spawning import Spawned, ending_of, spawned

log = logging.getLogger(__name__)

_START = 10.0
"""Seconds for Python's own start, which has nothing to do with the driver."""
_STALL = 2
"""Whole seconds for a message that has begun, either way: they take less than a millisecond."""
_AFTER_KILL = 1.0
"""Seconds for a killed process to be gone."""


class ChildEnded(Exception):
    """It ended by itself; the text says how: a signal's name, an exit code, nonsense answered."""


class ChildSilent(Exception):
    """It did not answer in time."""


class ChildNotStarted(Exception):
    """It never came so far as to load the driver: no fault of the driver's."""


class Child:
    """A running process. Raises ChildNotStarted."""

    def __init__(self, library: Path, options: HostOptions, launcher: Sequence[str]) -> None:
        self._spawned: Spawned | None = None
        self._channel: Channel | None = None
        self._poll: Any = None
        self._lifeline = -1
        try:
            self._start(library, options, launcher)
            self.answer(_START)
        except (OSError, ChildEnded, ChildSilent) as error:
            self.destroy()
            raise ChildNotStarted(f"{type(error).__name__} {error}") from error

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """For its id and its end."""
        assert self._spawned is not None
        return self._spawned.process

    def is_alive(self) -> bool:
        """It has not ended."""
        return self.process.poll() is None

    def ending(self) -> str:
        """How it ended."""
        return ending_of(self.process.wait(1.0))

    def tell(self, message: Mapping[str, Any]) -> None:
        """Sends a message. Raises ChildEnded, ChildSilent."""
        assert self._channel is not None
        try:
            self._channel.send_bytes(dumped(message))
        except BlockingIOError as error:
            raise ChildSilent("does not read") from error
        except OSError as error:
            raise ChildEnded(self._how_it_ended()) from error

    def answer(self, within: float) -> dict[str, Any]:
        """The next message from it. Raises ChildEnded, ChildSilent."""
        assert self._channel is not None
        try:
            if not self._is_answered(within):
                raise ChildSilent(f"{within:.1f} s")
            return loaded(self._channel.recv_bytes(LONGEST_FRAME))
        except BlockingIOError as error:
            raise ChildSilent("stopped in the middle of an answer") from error
        except (EOFError, OSError) as error:
            raise ChildEnded(self._how_it_ended()) from error
        except Garbled as error:
            raise ChildEnded(f"garbled: {error}") from error

    def end(self, within: float) -> None:
        """Lets it log out and go by itself, else kills it."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            log.warning("driver process %d did not go by itself", self.process.pid)
        self.destroy()

    def kill(self) -> None:
        """At once. Whoever waits for an answer learns that it ended."""
        if self._spawned is not None:
            self._spawned.process.kill()

    def destroy(self) -> None:
        """Kills it and lets go of everything that belonged to it."""
        self.kill()
        self._let_go()

    # --- inside ----------------------------------------------------------------------------------

    def _start(self, library: Path, options: HostOptions, launcher: Sequence[str]) -> None:
        ours, theirs = Pipe()
        self._channel = ours
        try:
            lifeline, self._lifeline = os.pipe()
            try:
                command = [
                    *launcher,
                    sys.executable,
                    # Not the folder where the client happens to stand: whoever could write a module
                    # there would be given the PIN.
                    "-P",
                    "-m",
                    "ukey.serve",
                    str(theirs.fileno()),
                    str(lifeline),
                    str(library),
                    json.dumps(asdict(options)),
                ]
                self._spawned = spawned(command, theirs, lifeline)
            finally:
                os.close(lifeline)
        finally:
            theirs.close()
        if sys.platform != "win32":
            self._poll = select.poll()
            self._poll.register(ours.fileno(), select.POLLIN)
            self._bound_stalls(ours.fileno())

    def _bound_stalls(self, number: int) -> None:
        """A message that stops half way ends in an error, not in waiting for ever."""
        if sys.platform != "win32":
            twin = socket.fromfd(number, socket.AF_UNIX, socket.SOCK_STREAM)
            seconds = struct.pack("ll", _STALL, 0)
            with contextlib.closing(twin):
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)

    def _is_answered(self, within: float) -> bool:
        assert self._channel is not None
        if self._poll is None:
            return self._channel.poll(within)
        # Connection.poll makes a selector each time: as long as the rest of the exchange.
        return bool(self._poll.poll(within * 1000))

    def _how_it_ended(self) -> str:
        try:
            return self.ending()
        except subprocess.TimeoutExpired:
            return "answer too long"

    def _let_go(self) -> None:
        if self._spawned is not None:
            # A process that stands inside the kernel, for a device that answers nothing, does not
            # even go when it is killed. Whoever asked must not stand there with it.
            try:
                self._spawned.process.wait(_AFTER_KILL)
            except subprocess.TimeoutExpired:
                log.error("driver process %d does not go: left behind", self.process.pid)
            self._spawned.let_go()
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

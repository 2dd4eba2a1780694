"""The client's side of one camera process: started, asked, ended or killed. Knows no policy."""

import contextlib
import json
import logging
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

from scanner.adjustment import Adjustment

log = logging.getLogger(__name__)

_GRACE_S = 0.25
"""For letting the camera go by itself."""
_AFTER_KILL_S = 0.15
_HALF_MESSAGE_S = 2
"""Whole seconds for a message that has begun: it takes milliseconds."""
_LARGEST_MESSAGE = 256 * 1024 * 1024
_PACKAGES = str(Path(__file__).resolve().parents[1])


class ProcessEnded(Exception):
    """It has gone, or stopped in the middle of a message."""


class CameraProcess:
    """A running process. Raises OSError.

    One thread asks and reads; `adjust` and `end` may be called from any.
    """

    def __init__(self, device: str, adjustment: Adjustment) -> None:
        self._channel, theirs = Pipe()
        self._telling = threading.Lock()
        self._ending = threading.Lock()
        try:
            self._process = _started(theirs, device, adjustment)
        except OSError:
            self._channel.close()
            raise
        finally:
            theirs.close()
        if sys.platform != "win32":
            _bound_stalls(self._channel.fileno())

    @property
    def pid(self) -> int:
        """For whoever looks at it from outside."""
        return self._process.pid

    def ask(self) -> None:
        """For a picture; asked again before it came, there is still one only."""
        self._tell({"ask": True})

    def adjust(self, adjustment: Adjustment) -> None:
        """From the next picture on."""
        self._tell({"adjust": asdict(adjustment)})

    def answer(self, within: float) -> dict[str, Any] | None:
        """What it tells next; of a picture the bytes follow as "content". None: nothing yet.

        Raises ProcessEnded.
        """
        try:
            if not self._channel.poll(within):
                return None
            told: dict[str, Any] = json.loads(self._channel.recv_bytes(_LARGEST_MESSAGE))
            if "number" in told:
                told["content"] = self._channel.recv_bytes(_LARGEST_MESSAGE)
        except (EOFError, OSError, ValueError) as error:
            raise ProcessEnded from error
        return told

    def end(self, *, by_itself: bool = True) -> None:
        """It lets the camera go, or is killed: at once, unless it may go `by_itself`.

        Returns within half a second; may be repeated.
        """
        with self._ending:
            if self._process.poll() is not None:
                return
            if by_itself:
                with contextlib.suppress(ProcessEnded):
                    self._tell({"end": True})
                if self._has_ended(_GRACE_S):
                    return
                log.warning("camera process %d does not let go: killed", self._process.pid)
            self._process.kill()
            if not self._has_ended(_AFTER_KILL_S):
                # A driver that stands inside the kernel keeps even a killed process.
                log.error("camera process %d does not go: left behind", self._process.pid)

    def let_go(self) -> None:
        """After `end`, by the thread that reads."""
        self._channel.close()

    def _has_ended(self, within: float) -> bool:
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _tell(self, message: Mapping[str, Any]) -> None:
        try:
            with self._telling:
                self._channel.send_bytes(json.dumps(message).encode())
        except OSError as error:
            raise ProcessEnded from error


def _started(theirs: Any, device: str, adjustment: Adjustment) -> "subprocess.Popen[bytes]":
    number = theirs.fileno()
    # Without -P the folder where the client happens to stand would be searched for modules first.
    command = [sys.executable, "-P", "-m", "scanner.camera_process"]
    command += [str(number), device, json.dumps(asdict(adjustment))]
    path = os.pathsep.join(filter(None, (_PACKAGES, os.environ.get("PYTHONPATH"))))
    common: dict[str, Any] = {
        # OpenCV tells of every lost picture; what counts comes over the channel.
        **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
        # Read by OpenCV while it loads: with it Media Foundation needs 4 to 20 s to open.
        "env": {
            **os.environ,
            "PYTHONPATH": path,
            "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",
        },
    }
    if sys.platform == "win32":
        only_this = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [number]})
        hidden = subprocess.CREATE_NO_WINDOW
        os.set_handle_inheritable(number, True)
        try:
            return subprocess.Popen(command, startupinfo=only_this, creationflags=hidden, **common)
        finally:
            os.set_handle_inheritable(number, False)
    else:
        # Ctrl+C in a terminal is for the client, which lets the camera go in order.
        return subprocess.Popen(command, pass_fds=(number,), start_new_session=True, **common)


def _bound_stalls(number: int) -> None:
    """A message that stops half way ends in an error, not in waiting for ever."""
    if sys.platform != "win32":
        with contextlib.closing(socket.fromfd(number, socket.AF_UNIX, socket.SOCK_STREAM)) as twin:
            seconds = struct.pack("ll", _HALF_MESSAGE_S, 0)
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)

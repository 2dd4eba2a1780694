"""The camera's process: alone opens the device, keeps the newest picture and gives it when asked.

    python -m scanner.camera_process CONNECTION DEVICE ADJUSTMENT

is started by `scanner.camera_link` and by nobody else. A driver may hang in here for ever: only
the thread that takes the pictures hangs with it.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from scanner.adjustment import Adjustment
from scanner.errors import CameraAbsent, CameraBusy, ScannerError

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection

    from scanner import directshow as system

    Channel = PipeConnection
else:
    from scanner import v4l2 as system

    Channel = Connection

# What a document camera gives at full rate over MJPG; the driver answers with the nearest it has.
_ASKED_WIDTH, _ASKED_HEIGHT = 1920, 1080
_REFUSALS = 3
_BETWEEN_REFUSALS_S = 0.02
_RELEASE_S = 0.15


class Handover:
    """The newest picture waits here until the client asks. May be called from any thread."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self._asked = False
        self._newest: tuple[dict[str, Any], Any] | None = None

    def put(self, head: dict[str, Any], content: Any) -> None:
        """Takes the place of one that nobody asked for."""
        with self._lock:
            self._newest = (head, content)
            self._give()

    def ask(self) -> None:
        """The client waits for a picture that it has not had."""
        with self._lock:
            self._asked = True
            self._give()

    def tell(self, head: dict[str, Any]) -> None:
        """What is no picture."""
        with self._lock:
            self._channel.send_bytes(json.dumps(head).encode())

    def _give(self) -> None:
        # Only to a client that reads: it could not be waited for here.
        if self._asked and self._newest is not None:
            head, content = self._newest
            self._asked, self._newest = False, None
            self._channel.send_bytes(json.dumps(head).encode())
            self._channel.send_bytes(content)


class Taker:
    """Opens the camera and takes one picture after the other, in a thread of its own."""

    def __init__(self, device: str, adjustment: Adjustment, handover: Handover) -> None:
        self._device = device
        self._handover = handover
        self._wanted = adjustment
        self._set = Adjustment()
        self._gives_jpeg = False
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """The outcome goes to the client."""
        self._thread.start()

    def adjust(self, adjustment: Adjustment) -> None:
        """From the next picture on."""
        self._wanted = adjustment

    def end(self) -> None:
        """Lets the camera go, unless its driver hangs."""
        self._ending.set()
        self._thread.join(_RELEASE_S)

    def _run(self) -> None:
        try:
            capture = system.opened(self._device)
            try:
                self._follow(capture)
            finally:
                capture.release()
        except ScannerError as error:
            self._handover.tell({"failed": error.code})
        except OSError:
            # The client has gone; the other thread hears of it too.
            return

    def _follow(self, capture: Any) -> None:
        self._resize(capture)
        self._adjust(capture)
        self._handover.tell({"opened": _format_of(capture)})
        number = refusals = 0
        while not self._ending.is_set():
            self._adjust(capture)
            came, picture = _read(capture)
            if came:
                number, refusals = number + 1, 0
                head = {"number": number, "taken_at": time.monotonic(), "shape": None}
                if not self._gives_jpeg:
                    head["shape"] = picture.shape
                self._handover.put(head, picture.reshape(-1).data)
                continue
            if system.is_gone(self._device):
                raise CameraAbsent(self._device)
            refusals += 1
            if number == 0 and refusals == _REFUSALS:
                # Another program streams from it, or has taken what the bus can carry.
                raise CameraBusy(self._device)
            # One lost picture is none too many: the client's patience decides.
            self._ending.wait(_BETWEEN_REFUSALS_S)

    def _adjust(self, capture: Any) -> None:
        wanted, before = self._wanted, self._set
        if wanted == before:
            return
        self._set = wanted
        system.adjust(self._device, capture, wanted, before)
        if (wanted.width, wanted.height) != (before.width, before.height):
            self._resize(capture)

    def _resize(self, capture: Any) -> None:
        import cv2

        wanted = self._wanted
        self._set = replace(self._set, width=wanted.width, height=wanted.height)
        # The order matters: without MJPG the bus has no room for the size at full rate.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, wanted.width or _ASKED_WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, wanted.height or _ASKED_HEIGHT)
        self._gives_jpeg = system.gives_jpeg(capture)


def _read(capture: Any) -> tuple[bool, Any]:
    import cv2

    try:
        came, picture = capture.read()
    except cv2.error:
        return False, None
    return came and picture is not None and picture.size > 0, picture


def _format_of(capture: Any) -> str:
    import cv2

    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    letters = code.to_bytes(4, "little").decode("ascii", "replace")
    width, height = (
        int(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    return f"{width}x{height} {letters}"


def serve(channel: "Channel", device: str, adjustment: Adjustment) -> None:
    """Until the client says so, or has ended, however it did."""
    import cv2

    # Decoding is the client's; what is left to do here gains nothing by more threads.
    cv2.setNumThreads(1)
    handover = Handover(channel)
    handover.tell({"ready": True})
    taker = Taker(device, adjustment, handover)
    taker.start()
    while True:
        try:
            told = json.loads(channel.recv_bytes())
        except (EOFError, OSError):
            break
        if "ask" in told:
            handover.ask()
        elif "adjust" in told:
            taker.adjust(Adjustment(**told["adjust"]))
        else:
            break
    taker.end()


def main(connection: str, device: str, adjustment: str) -> None:
    """Does not return: a thread that a driver holds would keep Python from ending."""
    try:
        serve(Channel(int(connection)), device, Adjustment(**json.loads(adjustment)))
    finally:
        if sys.platform == "win32":
            # There an exit waits for drivers too; this does not.
            os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])

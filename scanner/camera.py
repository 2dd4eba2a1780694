"""A camera of the operating system, in a process of its own that can be killed.

A driver may hang for ever in opening, reading or letting go. A thread in it cannot be ended and
aborts Python at exit; a process can. What that costs was measured with made JPEGs of 1080p, 450 kB
each, without a camera, on two shared cores: milliseconds a frame as a whole / of the client's own
processor time; the process's own time is not counted. Runs differed by up to half.

    in the client's own thread, decoded there                       6.7 / 6.5
    the process hands over the camera's own JPEG, decoded here      6.8 / 6.5
    decoded there, pixels through shared memory, copied out here   12.4 / 0.6
    decoded there, pixels through the channel                      17.7 / 5.6

So the JPEG goes through the channel as the camera made it, and nothing is shared: no frame is ever
written into, and a damaged one is noticed, which OpenCV's own camera reader passes on as it is.
Pixels go through the channel only from a camera without MJPG, which at this size gives few, and on
Windows, where OpenCV does not hand over the JPEG.
"""

import logging
import threading
import time
from typing import Any

from scanner import devices
from scanner.adjustment import Adjustment
from scanner.camera_link import CameraProcess, ProcessEnded
from scanner.encoded import Frames
from scanner.errors import (
    CameraAbsent,
    CameraBusy,
    CameraFrozen,
    CameraHeld,
    CameraStalled,
    PictureUnreadable,
)
from scanner.frames import STALL_S, UNADJUSTED, Frame
from scanner.liveness import Liveness
from scanner.pictures import turned

log = logging.getLogger(__name__)

_START_S = 10.0
"""For Python and OpenCV to load, which has nothing to do with the camera."""
_OPEN_S = 6.0
_FIRST_S = 4.0
"""A large sensor takes its time for the first picture."""
_LOOK_S = 0.25
"""How often a wait looks whether the camera is still plugged in."""


class CameraSource:
    """`wanted` is a camera's number, its name, part of that, its identity, or empty for the first.

    Looked up at each opening: a camera plugged in elsewhere is found again.
    """

    def __init__(
        self, wanted: str, adjustment: Adjustment = UNADJUSTED, stall_s: float = STALL_S
    ) -> None:
        self.name = f"camera:{wanted}"
        self._wanted = wanted
        self._adjustment = adjustment
        self._stall_s = stall_s
        self._index = 0
        self._closed = threading.Event()
        # Held by the thread that opens or reads; whoever holds it may let go of the channel.
        self._at_work = threading.Lock()
        self._process: CameraProcess | None = None
        self._liveness = Liveness(stall_s)
        self._frames = Frames(self.name)
        self._is_first = True
        self._looked_at = 0.0

    @property
    def pid(self) -> int | None:
        """Of the process that has the camera, None without one."""
        process = self._process
        return process.pid if process is not None else None

    def adjust(self, adjustment: Adjustment) -> None:
        """From the next pictures on. From any thread, also while the camera is closed."""
        self._adjustment = adjustment
        process = self._process
        if process is not None:
            try:
                process.adjust(adjustment)
            except ProcessEnded:
                log.info("%s has ended: adjusted when it is opened again", self.name)

    def open(self) -> None:
        """Raises CameraAbsent, CameraBusy or CameraStalled."""
        with self._at_work:
            self._end()
            self._closed.clear()
            self._is_first = True
            self._liveness = Liveness(self._stall_s)
            self._frames = Frames(self.name)
            try:
                self._index = self._found()
                self._begin()
                self._told("ready", _START_S)
                log.info("%s gives %s", self.name, self._told("opened", _OPEN_S)["opened"])
            except CameraStalled:
                self._end(by_itself=False)
                raise
            except Exception:
                self._end()
                raise

    def read(self) -> Frame:
        """Raises also CameraBusy on the first frame, and CameraFrozen.

        After any error the camera is let go. Damaged pictures are left out; PictureUnreadable
        when that goes on for `stall_s`.
        """
        with self._at_work:
            try:
                return self._next()
            except CameraStalled:
                self._end(by_itself=False)
                raise
            except Exception:
                self._end()
                raise

    def close(self) -> None:
        """Returns within half a second, whatever the driver does."""
        self._closed.set()
        process = self._process
        if process is not None:
            process.end()
        if self._at_work.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._at_work.release()

    # --- inside, by the thread at work -----------------------------------------------------------

    def _found(self) -> int:
        """The camera's index."""
        if self._wanted.isdecimal() and len(self._wanted) <= 2:
            index = int(self._wanted)
        else:
            camera = devices.camera_called(self._wanted)
            if camera is None:
                raise CameraAbsent(self.name)
            index = camera.index
        if devices.is_gone(index):
            raise CameraAbsent(self.name)
        return index

    def _begin(self) -> None:
        device, adjustment = devices.openable(self._index), self._adjustment
        try:
            self._process = CameraProcess(device, adjustment)
        except OSError as error:
            raise CameraStalled(self.name) from error
        if self._closed.is_set():
            # Whoever closed it meanwhile saw no process to end.
            raise CameraAbsent(self.name)
        if self._adjustment != adjustment:
            self.adjust(self._adjustment)

    def _end(self, *, by_itself: bool = True) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end(by_itself=by_itself)
            process.let_go()

    def _next(self) -> Frame:
        until = time.monotonic() + (
            max(_FIRST_S, self._stall_s) if self._is_first else self._stall_s
        )
        damaged: PictureUnreadable | None = None
        while True:
            self._ask()
            try:
                told = self._told("number", until - time.monotonic())
            except CameraStalled as stalled:
                raise damaged or stalled from None
            number, taken_at, content = told["number"], told["taken_at"], told["content"]
            try:
                frame = self._frame(content, told["shape"], number, taken_at)
            except PictureUnreadable as error:
                damaged = error
                continue
            if self._liveness.is_frozen(content, taken_at, frame.small):
                raise CameraFrozen(self.name)
            if self._liveness.has_collapsed(number, taken_at):
                raise CameraStalled(self.name)
            self._is_first = False
            return frame

    def _frame(
        self, content: bytes, shape: "list[int] | None", number: int, taken_at: float
    ) -> Frame:
        import numpy as np

        came = np.frombuffer(content, np.uint8)
        rotation = self._adjustment.rotation
        if shape is None:
            return self._frames.frame(came, number, taken_at, rotation)
        return Frame(turned(came.reshape(shape), rotation), number, taken_at)

    def _ask(self) -> None:
        process = self._process
        if process is None or self._closed.is_set():
            raise CameraAbsent(self.name)
        try:
            process.ask()
        except ProcessEnded as error:
            raise self._why_ended() from error

    def _told(self, what: str, within: float) -> dict[str, Any]:
        """The next message about that. Raises what the camera's process tells instead."""
        process = self._process
        until = time.monotonic() + within
        while process is not None and not self._closed.is_set():
            self._look()
            left = until - time.monotonic()
            try:
                told = process.answer(max(0.0, min(left, _LOOK_S)))
            except ProcessEnded as error:
                raise self._why_ended() from error
            if told is not None and what in told:
                return told
            if told is not None and "failed" in told:
                raise self._refusal(told["failed"])
            if left <= 0:
                raise CameraStalled(self.name)
        raise CameraAbsent(self.name)

    def _look(self) -> None:
        """Now and then: some drivers go on with the last picture once the plug is pulled."""
        now = time.monotonic()
        if now - self._looked_at > _LOOK_S:
            self._looked_at = now
            if devices.is_gone(self._index):
                raise CameraAbsent(self.name)

    def _why_ended(self) -> CameraAbsent | CameraStalled:
        gone = self._closed.is_set() or devices.is_gone(self._index)
        return CameraAbsent(self.name) if gone else CameraStalled(self.name)

    def _refusal(self, code: str) -> CameraAbsent | CameraBusy:
        if code == CameraAbsent.code:
            return CameraAbsent(self.name)
        holder = devices.holder_of(devices.node_of(self._index))
        return CameraHeld(self.name, holder) if holder else CameraBusy(self.name)

"""Which source of pictures a setting names, and the camera that the operating system knows.

OpenCV is loaded when a source is opened, not before.
"""

import itertools
import os
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

from scanner.errors import CameraAbsent, CameraBusy, CameraStalled, SourceUnknown
from scanner.frames import STALL_S, Frame, FrameSource
from scanner.pictures import PictureSource
from scanner.stream import StreamSource

# What a document camera gives at full rate over MJPG; the driver answers with the nearest it has.
_ASKED_WIDTH, _ASKED_HEIGHT = 1920, 1080


def source_for(text: str) -> FrameSource:
    """The source that a setting names: camera:0, file:PATH, folder:PATH or http://HOST/PATH.

    Opens nothing. Raises SourceUnknown.
    """
    text = text.strip()
    kind, _, rest = text.partition(":")
    if kind == "camera" and re.fullmatch(r"[0-9]{1,2}", rest):
        return CameraSource(int(rest))
    if kind in {"file", "folder"} and rest.strip() and "\0" not in rest:
        return PictureSource(text, Path(rest))
    if kind == "http":
        return StreamSource(text)
    raise SourceUnknown(text)


class CameraSource:
    """A camera by its index in the operating system (`camera:0`)."""

    def __init__(self, index: int) -> None:
        self.name = f"camera:{index}"
        self._index = index
        self._capture: Any = None
        self._numbers = itertools.count(1)
        self._closed = threading.Event()
        # Held while OpenCV works: releasing a capture that another thread reads from crashes.
        self._at_work = threading.Lock()

    def open(self) -> None:
        """Raises CameraAbsent or CameraBusy. Busy too while an earlier read still hangs."""
        if _is_gone(self._index):
            raise CameraAbsent(self.name)
        # OpenCV asks once, before its first frame. Without it a hung camera holds for 10 s.
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(int(STALL_S)))
        if not self._at_work.acquire(timeout=0.5):
            raise CameraBusy(self.name)
        try:
            self._closed.clear()
            self._numbers = itertools.count(1)
            self._capture = _opened_camera(self._index, self.name)
        finally:
            self._at_work.release()

    def read(self) -> Frame:
        import cv2

        with self._at_work:
            if self._closed.is_set() or self._capture is None:
                raise CameraAbsent(self.name)
            asked_at = time.monotonic()
            try:
                came, picture = self._capture.read()
            except cv2.error as error:
                raise CameraStalled(self.name) from error
            number, now = next(self._numbers), time.monotonic()
        if came and picture is not None:
            return Frame(picture, number, now)
        if _is_gone(self._index):
            raise CameraAbsent(self.name)
        # A camera that another program streams from opens here and refuses the first frame at once.
        refused = number == 1 and now - asked_at < STALL_S / 2
        raise CameraBusy(self.name) if refused else CameraStalled(self.name)

    def close(self) -> None:
        """Releases the camera, or leaves that to the reading thread while it is in `read`."""
        self._closed.set()
        if self._at_work.acquire(blocking=False):
            try:
                if self._capture is not None:
                    self._capture.release()
                    self._capture = None
            finally:
                self._at_work.release()


def _is_gone(index: int) -> bool:
    return sys.platform == "linux" and not Path(f"/dev/video{index}").exists()


def _opened_camera(index: int, name: str) -> Any:
    import cv2

    # MSMF, which OpenCV would take on Windows, needs 4 to 20 s to open.
    backend = cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_ANY
    capture = cv2.VideoCapture(index, backend)
    if not capture.isOpened():
        capture.release()
        raise CameraBusy(name) if sys.platform == "linux" else CameraAbsent(name)
    # The order matters: without MJPG the bus has no room for the size at full rate.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, _ASKED_WIDTH)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _ASKED_HEIGHT)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture

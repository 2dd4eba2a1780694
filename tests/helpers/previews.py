"""A running preview, watched by a test, and pictures that can be told apart."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from scanner.camera import CameraSource
from scanner.capture import Capture
from scanner.errors import ScannerError
from scanner.frames import Frame, FrameSource

PATIENCE_S = 10.0


def picture(level: int) -> bytes:
    done, encoded = cv2.imencode(".jpg", np.full((48, 64, 3), level, np.uint8))
    assert done
    return encoded.tobytes()


def level_of(frame: Frame) -> int:
    """Which of the pictures it is."""
    return int(round(float(frame.picture.mean()) / 10) * 10)


class Watched:
    """A running Capture with what it reported."""

    def __init__(self, source: FrameSource) -> None:
        self.frames: list[Frame] = []
        self.failures: list[ScannerError] = []
        self.first_frame = threading.Event()
        self.failed = threading.Event()
        self.capture = Capture(source, self._frame, self._failure)
        self.capture.start()

    def _frame(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.first_frame.set()

    def _failure(self, failure: ScannerError) -> None:
        self.failures.append(failure)
        self.failed.set()

    def failure(self) -> ScannerError:
        assert self.failed.wait(PATIENCE_S)
        assert self.capture.stop()
        (failure,) = self.failures
        return failure


@contextlib.contextmanager
def opened(source: CameraSource) -> Iterator[CameraSource]:
    source.open()
    try:
        yield source
    finally:
        source.close()


def has_gone(pid: int) -> bool:
    """Ended, though perhaps nobody has asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def frame_until(source: CameraSource, condition: Callable[[Frame], object]) -> Frame:
    """The first frame that is so."""
    until = time.monotonic() + PATIENCE_S
    while not condition(frame := source.read()):
        assert time.monotonic() < until
    return frame

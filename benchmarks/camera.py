"""A camera that hangs or is pulled: how soon that is known, and how soon it is let go.

The camera is made (tests/helpers/made_camera.c): OpenCV's own V4L2 reader streams from it, in the
process that the client starts for a camera.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal, NotMeasured
from scanner.capture import Capture
from scanner.sources import source_for
from tests.helpers.made_camera import Fault, MadeCamera, built_library

_TURNS = 5
_BEFORE = 10  # pictures
_PATIENCE_S = 15.0
_SHOWN, _STOPPED = Goal(seconds=2.5), Goal(seconds=0.5)


def measure(_: Ground) -> list[Figure]:
    """Each fault while pictures run; a peer there is none but the deadline itself."""
    try:
        hung, stopped = zip(*(_hung() for _ in range(_TURNS)), strict=True)
        pulled = [_pulled() for _ in range(_TURNS)]
    except pytest.skip.Exception as missing:
        raise NotMeasured(str(missing)) from missing
    return [
        Figure.of("camera hung, shown", hung, goal=_SHOWN),
        Figure.of("camera hung, let go", stopped, goal=_STOPPED),
        Figure.of("camera pulled, shown", pulled, goal=_SHOWN),
    ]


def _hung() -> tuple[float, float]:
    """From its last picture to the word of it; and how long it takes to be let go meanwhile."""
    with _running(Fault.HANG) as camera:
        _wait_until(lambda: bool(camera.failed_at))
        shown = camera.failed_at[0] - camera.pictures_at[-1]
    with _running(Fault.HANG) as camera:
        _wait_until(lambda: "hangs" in camera.made.asked)
        began = time.monotonic()
        assert camera.capture.stop()
        return shown, time.monotonic() - began


def _pulled() -> float:
    with _running() as camera:
        began = time.monotonic()
        camera.made.pull_out()
        _wait_until(lambda: bool(camera.failed_at))
        return camera.failed_at[0] - began


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.005)


class _Running:
    """A camera whose pictures come; what it told, by the monotonic clock."""

    def __init__(self, made: MadeCamera) -> None:
        self.made = made
        self.pictures_at: list[float] = []
        self.failed_at: list[float] = []
        self.capture = Capture(
            source_for("camera:0"),
            lambda frame: self.pictures_at.append(frame.taken_at),
            lambda _: self.failed_at.append(time.monotonic()),
        )


@contextmanager
def _running(fault: Fault = Fault.NONE) -> Iterator[_Running]:
    """The fault comes after some pictures."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        made = MadeCamera(Path(folder), built_library(Path(folder)), patch)
        made.fail(fault, after=_BEFORE)
        camera = _Running(made)
        camera.capture.start()
        try:
            _wait_until(lambda: bool(camera.pictures_at))
            yield camera
        finally:
            camera.capture.stop()

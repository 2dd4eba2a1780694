"""The thread that owns a source of pictures, and the program around it."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from scanner.capture import Capture
from scanner.errors import CameraAbsent, CameraStalled, ScannerError
from scanner.frames import Frame
from tests.helpers.mjpeg_camera import MjpegCamera
from tests.helpers.previews import PATIENCE_S, Watched, picture


class SteppedSource:
    """Gives a frame when told. Stands in for a camera so much faster than the window that frames
    pile up, which a real one shows only on a slow machine.
    """

    name = "stepped"

    def __init__(self) -> None:
        self._steps = threading.Semaphore(0)
        self._closed = False
        self.asked = threading.Semaphore(0)
        self.closings: list[int] = []
        self._number = 0

    def open(self) -> None:
        self._closed = False

    def step(self, frames: int) -> None:
        """Returns when the capture has taken them and asks for another."""
        for _ in range(frames):
            assert self.asked.acquire(timeout=PATIENCE_S)
            self._steps.release()
        assert self.asked.acquire(timeout=PATIENCE_S)
        self.asked.release()

    def read(self) -> Frame:
        self.asked.release()
        self._steps.acquire()
        if self._closed:
            raise CameraAbsent(self.name)
        self._number += 1
        return Frame(np.zeros((2, 2, 3), np.uint8), self._number, time.monotonic())

    def close(self) -> None:
        self.closings.append(threading.get_ident())
        self._closed = True
        self._steps.release()


def test_capture_keeps_only_the_newest_frame() -> None:
    source = SteppedSource()
    watched = Watched(source)
    source.step(5)
    newest = watched.capture.latest(PATIENCE_S)
    assert newest is not None
    assert newest.number == 5
    assert watched.capture.latest(0) is None
    source.step(1)
    following = watched.capture.latest(PATIENCE_S)
    assert following is not None
    assert following.number == 6
    assert watched.capture.stop()
    assert [frame.number for frame in watched.frames] == [1, 2, 3, 4, 5, 6]


def test_capture_releases_the_source_in_the_thread_that_opened_it() -> None:
    source = SteppedSource()
    watched = Watched(source)
    source.step(1)
    assert watched.capture.stop()
    assert source.closings[-1] != threading.get_ident()


def test_nobody_waits_for_frames_of_a_stopped_capture() -> None:
    source = SteppedSource()
    watched = Watched(source)
    source.step(1)
    assert watched.capture.stop()
    assert watched.capture.stop()
    assert watched.capture.latest(PATIENCE_S) is None


def test_capture_that_never_started_can_be_stopped() -> None:
    assert Capture(SteppedSource(), lambda _: None, lambda _: None).stop()


def test_driver_that_hangs_does_not_hold_the_window() -> None:
    """A driver deaf to close: no real one can be had here."""
    let_go = threading.Event()

    class Deaf(SteppedSource):
        def read(self) -> Frame:
            let_go.wait()
            return super().read()

        def close(self) -> None:
            if let_go.is_set():
                super().close()

    watched = Watched(Deaf())
    assert not watched.capture.stop()
    let_go.set()
    assert watched.capture.stop()
    assert watched.frames == []
    assert watched.failures == []


class Gone(SteppedSource):
    """Pulled out."""

    def open(self) -> None:
        raise CameraAbsent(self.name)


class BrokenSource(SteppedSource):
    """Fails in a way that no source should: a machine out of memory, which a test must not be."""

    def read(self) -> Frame:
        raise MemoryError


def test_preview_ends_also_when_something_unforeseen_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    source = BrokenSource()
    watched = Watched(source)
    failure = watched.failure()
    assert isinstance(failure, CameraStalled)
    assert failure.source == source.name
    assert [args.exc_type for args in told] == [MemoryError]
    assert source.closings


def test_whoever_waits_for_a_picture_in_vain_knows_by_then_why() -> None:
    answered = threading.Event()
    failures: list[str] = []

    def tell(failure: ScannerError) -> None:
        answered.wait(0.1)  # told in vain, if the wait for a picture were over already
        failures.append(failure.code)

    capture = Capture(Gone(), lambda _: None, tell)
    capture.start()
    assert capture.latest(PATIENCE_S) is None
    answered.set()
    assert failures == ["CAMERA_ABSENT"]
    assert capture.stop()


def test_source_that_opens_just_when_the_preview_stops_is_closed_again() -> None:
    opening, go_on = threading.Event(), threading.Event()

    class Slow(SteppedSource):
        def open(self) -> None:
            opening.set()
            assert go_on.wait(PATIENCE_S)
            super().open()

        def close(self) -> None:
            super().close()
            go_on.set()

    watched = Watched(Slow())
    assert opening.wait(PATIENCE_S)
    assert watched.capture.stop()
    assert watched.failures == []


# The program around it


def test_program_ends_although_a_capture_waits_for_a_stalled_stream() -> None:
    program = (
        "import sys\n"
        "from scanner.capture import Capture\n"
        "from scanner.sources import source_for\n"
        "capture = Capture(source_for(sys.argv[1]), lambda _: None, lambda _: None)\n"
        "capture.start()\n"
        "assert capture.latest(10) is not None\n"
        "print('shown', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with (
        MjpegCamera([picture(50)]) as camera,
        subprocess.Popen(
            [sys.executable, "-c", program, camera.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        assert running.stdout is not None
        assert running.stdout.readline() == "shown\n"
        camera.stall()
        _, complaints = running.communicate("\n", timeout=PATIENCE_S)
    assert running.returncode == 0
    assert complaints == ""


def test_window_starts_without_waiting_for_opencv() -> None:
    program = (
        "import sys\n"
        "import scanner.camera, scanner.capture, scanner.decode, scanner.devices, scanner.errors\n"
        "import scanner.frames, scanner.sources\n"
        "import scanner.steady\n"
        "print([m for m in ('cv2', 'numpy', 'zxingcpp', 'pyzbar') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"

"""Cameras and folders of pictures, through the thread that owns them."""

import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from scanner import sources
from scanner.capture import Capture
from scanner.errors import (
    CameraAbsent,
    CameraBusy,
    CameraStalled,
    PictureUnreadable,
    ScannerError,
    SourceUnknown,
)
from scanner.frames import Frame, FrameSource
from scanner.pictures import PictureSource
from scanner.sources import CameraSource, source_for
from scanner.stream import StreamSource
from tests.helpers.mjpeg_camera import MjpegCamera

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


def shown(source: FrameSource, frames: int) -> list[int]:
    """Which pictures so many frames show, one after the other."""
    source.open()
    try:
        levels = [level_of(source.read()) for _ in range(frames)]
    finally:
        source.close()
    return [level for i, level in enumerate(levels) if i == 0 or level != levels[i - 1]]


# Settings


@pytest.mark.parametrize(
    "text",
    [
        "",
        "camera",
        "camera:",
        "camera:x",
        "camera:-1",
        "camera:100",
        "file:",
        "folder: ",
        "file:a\0b",
        "ftp://127.0.0.1/",
        "http:",
        "http://",
        "http://127.0.0.1:port/",
        "http://clerk:secret@127.0.0.1/",
        "http://127.0.0.1/ a",
        "http://127.0.0.1/视频",
        "高拍仪",
    ],
)
def test_setting_that_names_no_source_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(SourceUnknown) as refused:
        source_for(text)
    assert refused.value.code == "CAMERA_SOURCE_UNKNOWN"
    assert refused.value.text == text.strip()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("camera:0", CameraSource),
        (" file:/some/票.jpg", PictureSource),
        ("folder:/some folder", PictureSource),
        ("http://127.0.0.1:8080/video", StreamSource),
        ("http://[::1]/video", StreamSource),
    ],
)
def test_setting_names_a_source_without_opening_it(text: str, kind: type) -> None:
    source = source_for(text)
    assert isinstance(source, kind)
    assert source.name == text.strip()
    source.close()


# Folders and files


def test_folder_is_played_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name, level in (("2 叫号纸.jpg", 100), ("1 叫号纸.jpg", 50), ("3.JPG", 200)):
        (tmp_path / name).write_bytes(picture(level))
    (tmp_path / "notes.txt").write_text("no picture")
    source = PictureSource("folder:x", tmp_path, frame_s=0.0)
    assert shown(source, 14 * 4) == [50, 100, 200, 50]


def test_each_preview_shows_the_next_ticket(tmp_path: Path) -> None:
    for name, level in (("a.jpg", 50), ("b.jpg", 100), ("c.jpg", 200)):
        (tmp_path / name).write_bytes(picture(level))
    source = PictureSource("folder:x", tmp_path, frame_s=0.0)
    assert [shown(source, 2) for _ in range(4)] == [[50], [100], [200], [50]]


def test_picture_removed_between_previews_does_not_lose_the_place(tmp_path: Path) -> None:
    for name, level in (("a.jpg", 50), ("b.jpg", 100), ("c.jpg", 200)):
        (tmp_path / name).write_bytes(picture(level))
    source = PictureSource("folder:x", tmp_path, frame_s=0.0)
    assert shown(source, 14 + 1) == [50, 100]
    (tmp_path / "b.jpg").unlink()
    assert shown(source, 1) == [200]


def test_single_picture_plays_on(tmp_path: Path) -> None:
    path = tmp_path / "叫号 纸.png"
    path.write_bytes(picture(100))
    source = PictureSource("file:x", path, frame_s=0.0)
    assert shown(source, 40) == [100]


def test_frames_are_numbered_and_timed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(50))
    source = PictureSource("folder:x", tmp_path, frame_s=0.0)
    source.open()
    before = time.monotonic()
    frames = [source.read() for _ in range(3)]
    source.close()
    assert [frame.number for frame in frames] == [1, 2, 3]
    assert before <= frames[0].taken_at <= frames[2].taken_at <= time.monotonic()
    assert frames[0].picture.shape == (48, 64, 3)
    assert frames[0].picture.dtype == np.uint8


def test_file_that_is_no_picture_is_reported_and_passed_over_next_time(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"<html>")
    (tmp_path / "b.jpg").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(picture(200))
    source = PictureSource("folder:x", tmp_path, frame_s=0.0)
    for _ in range(2):
        failure = Watched(source).failure()
        assert isinstance(failure, PictureUnreadable)
    assert shown(source, 1) == [200]


def test_small_file_of_a_gigantic_picture_is_no_picture(tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    side = 20_000
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + side // 8) * side))
    path = tmp_path / "gigantic.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
    # OpenCV reads its limit once, and these tests loaded it before the scanner.
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from scanner.errors import PictureUnreadable\n"
        "from scanner.pictures import picture_from_file\n"
        "try:\n"
        "    picture_from_file(Path(sys.argv[1]))\n"
        "except PictureUnreadable as error:\n"
        "    print(error.code)\n"
    )
    fresh = {k: v for k, v in os.environ.items() if k != "OPENCV_IO_MAX_IMAGE_PIXELS"}
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(
        command, env=fresh, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "PICTURE_UNREADABLE\n"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_missing_pictures_are_an_absent_camera(tmp_path: Path, kind: str) -> None:
    failure = Watched(source_for(f"{kind}:{tmp_path}/没有")).failure()
    assert isinstance(failure, CameraAbsent)
    assert failure.source.endswith("没有")
    assert failure.code == "CAMERA_ABSENT"


def test_closing_wakes_a_reader_that_waits_for_the_next_frame(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(50))
    watched = Watched(PictureSource("folder:x", tmp_path, frame_s=3600.0))
    assert watched.first_frame.wait(PATIENCE_S)
    assert watched.capture.stop()
    assert watched.failures == []


# The capture thread


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


# A camera that streams


@pytest.mark.parametrize("with_length", [True, False])
def test_stream_gives_its_pictures(with_length: bool) -> None:
    with MjpegCamera([picture(50), picture(100)], with_length=with_length) as camera:
        watched = Watched(source_for(camera.url))
        seen: set[int] = set()
        while seen != {50, 100}:
            frame = watched.capture.latest(PATIENCE_S)
            assert frame is not None
            seen.add(level_of(frame))
        assert watched.capture.stop()
        assert watched.failures == []


def test_preview_can_be_started_again_on_the_same_stream() -> None:
    with MjpegCamera([picture(50)]) as camera:
        source = source_for(camera.url)
        for _ in range(3):
            watched = Watched(source)
            frame = watched.capture.latest(PATIENCE_S)
            assert frame is not None
            assert frame.number >= 1
            assert watched.capture.stop()


def test_damaged_pictures_in_a_stream_are_left_out() -> None:
    with MjpegCamera([picture(50)[:200], b"", b"\xff\xd8 nothing", picture(100)]) as camera:
        watched = Watched(StreamSource(camera.url))
        frame = watched.capture.latest(PATIENCE_S)
        assert frame is not None
        assert watched.capture.stop()
        assert watched.failures == []


def test_stream_of_nothing_but_damage_is_reported() -> None:
    with MjpegCamera([b"damaged"]) as camera:
        failure = Watched(StreamSource(camera.url, stall_s=0.1)).failure()
    assert isinstance(failure, PictureUnreadable)


def test_stream_that_stalls_is_reported() -> None:
    with MjpegCamera([picture(50)]) as camera:
        watched = Watched(StreamSource(camera.url, stall_s=0.2))
        assert watched.first_frame.wait(PATIENCE_S)
        camera.stall()
        failure = watched.failure()
    assert isinstance(failure, CameraStalled)
    assert failure.code == "CAMERA_STALLED"
    assert failure.source == camera.url


def test_clerk_can_close_the_preview_while_the_stream_stalls() -> None:
    with MjpegCamera([picture(50)]) as camera:
        watched = Watched(StreamSource(camera.url, stall_s=3600.0))
        assert watched.first_frame.wait(PATIENCE_S)
        camera.stall()
        assert watched.capture.stop()
    assert watched.failures == []


def test_stream_that_ends_is_an_absent_camera() -> None:
    with MjpegCamera([picture(50)]) as camera:
        watched = Watched(source_for(camera.url))
        assert watched.first_frame.wait(PATIENCE_S)
        camera.hang_up()
        failure = watched.failure()
    assert isinstance(failure, CameraAbsent)


def test_web_page_in_place_of_a_stream_is_no_picture() -> None:
    with MjpegCamera([], page="<html>请登录</html>") as camera:
        failure = Watched(source_for(camera.url)).failure()
    assert isinstance(failure, PictureUnreadable)
    assert failure.code == "PICTURE_UNREADABLE"


def test_address_where_nobody_answers_is_an_absent_camera() -> None:
    with MjpegCamera([]) as camera:
        gone = camera.url
    failure = Watched(source_for(gone)).failure()
    assert isinstance(failure, CameraAbsent)


# A camera of the operating system


def test_camera_that_is_not_there_is_absent() -> None:
    failure = Watched(source_for("camera:97")).failure()
    assert isinstance(failure, CameraAbsent)
    assert failure.code == "CAMERA_ABSENT"
    assert failure.source == "camera:97"


@pytest.fixture
def camera_device(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes camera:0 a stream that OpenCV reads: a V4L2 device takes a kernel module."""

    def attach(url: str) -> None:
        def opened(_index: int, _name: str) -> Any:
            timeout = [cv2.CAP_PROP_READ_TIMEOUT_MSEC, 300]
            return cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeout)

        monkeypatch.setattr(sources, "_opened_camera", opened)
        monkeypatch.setattr(sources, "_is_gone", lambda _index: False)

    return attach


def test_camera_is_read_and_released(camera_device: Callable[[str], None]) -> None:
    with MjpegCamera([picture(50)]) as camera:
        camera_device(camera.url)
        source = CameraSource(0)
        for _ in range(2):
            watched = Watched(source)
            frame = watched.capture.latest(PATIENCE_S)
            assert frame is not None
            assert level_of(frame) == 50
            assert watched.capture.stop()
            assert watched.failures == []


def test_camera_that_stops_giving_frames_is_reported(camera_device: Callable[[str], None]) -> None:
    with MjpegCamera([picture(50)]) as camera:
        camera_device(camera.url)
        watched = Watched(CameraSource(0))
        assert watched.first_frame.wait(PATIENCE_S)
        camera.stall()
        failure = watched.failure()
    assert isinstance(failure, CameraStalled)


def test_camera_that_refuses_its_first_frame_is_busy(camera_device: Callable[[str], None]) -> None:
    with MjpegCamera([]) as camera:
        camera_device(camera.url)
        source = CameraSource(0)
        source.open()
        with pytest.raises(CameraBusy):
            source.read()
        source.close()


def test_camera_whose_picture_opencv_cannot_read_has_stalled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stand-in for a driver that sends broken pictures: no real one can be had here."""

    class Broken:
        def read(self) -> None:
            raise cv2.error("broken picture")

        def release(self) -> None:
            pass

    monkeypatch.setattr(sources, "_opened_camera", lambda _index, _name: Broken())
    monkeypatch.setattr(sources, "_is_gone", lambda _index: False)
    failure = Watched(CameraSource(0)).failure()
    assert isinstance(failure, CameraStalled)
    assert failure.source == "camera:0"


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
        "import scanner.capture, scanner.decode, scanner.errors, scanner.frames, scanner.sources\n"
        "import scanner.steady\n"
        "print([m for m in ('cv2', 'numpy', 'zxingcpp', 'pyzbar') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"

"""What the setting of a camera may say, and pictures from files."""

import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from scanner.adjustment import Adjustment
from scanner.camera import CameraSource
from scanner.errors import CameraAbsent, PictureUnreadable, SourceUnknown
from scanner.frames import FrameSource
from scanner.pictures import PictureSource, picture_from_file, pictures_in
from scanner.sources import source_for
from scanner.stream import StreamSource
from tests.helpers.previews import PATIENCE_S, Watched, level_of, picture


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
        "camera:a\0b",
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
        ("camera:", CameraSource),
        ("camera:高拍仪", CameraSource),
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


@pytest.mark.parametrize(("rotation", "shape"), [(0, (2, 4)), (90, (4, 2)), (180, (2, 4))])
def test_picture_is_turned_as_the_camera_hangs(
    tmp_path: Path, rotation: int, shape: tuple[int, int]
) -> None:
    import cv2

    path = tmp_path / "a.png"
    shown = np.zeros((2, 4, 3), np.uint8)
    shown[0, 0] = 200
    assert cv2.imwrite(str(path), shown)
    source = source_for(f"file:{path}", Adjustment(rotation=rotation))
    source.open()
    try:
        frame = source.read()
        assert frame.picture.shape[:2] == shape
        # Clockwise: the corner at the top left goes to the top right, then to the bottom right.
        corner = {0: (0, 0), 90: (0, -1), 180: (-1, -1)}[rotation]
        assert frame.picture[corner].tolist() == [200, 200, 200]
        source.adjust(Adjustment(rotation=270))
        assert source.read().picture[-1, 0].tolist() == [200, 200, 200]
    finally:
        source.close()


def test_pictures_of_a_folder_are_listed_by_name(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in pictures_in(tmp_path)] == ["a.JPG", "b.png"]
    assert pictures_in(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]
    with pytest.raises(FileNotFoundError):
        pictures_in(tmp_path / "absent")
    with pytest.raises(CameraAbsent):
        picture_from_file(tmp_path / "absent")

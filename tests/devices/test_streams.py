"""A camera that streams over HTTP, well and badly."""

import re
from typing import Any

import cv2
import numpy as np
import pytest

from scanner.adjustment import Adjustment
from scanner.encoded import EncodedFrame, Frames
from scanner.errors import CameraAbsent, CameraStalled, PictureUnreadable, ScannerError
from scanner.grayscale import as_gray
from scanner.sources import source_for
from scanner.stream import StreamSource
from tests.helpers.mjpeg_camera import MjpegCamera
from tests.helpers.previews import PATIENCE_S, Watched, level_of, picture


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


# Streams that lie


def part(content: bytes, length: str | None = None) -> bytes:
    """One part of a stream, which says that it is so long."""
    says = f"Content-Length: {length}\r\n" if length is not None else ""
    return f"--frame\r\nContent-Type: image/jpeg\r\n{says}\r\n".encode() + content + b"\r\n"


def failure_of(*raw: bytes, stall_s: float = 0.3) -> ScannerError:
    with MjpegCamera(raw=raw) as camera:
        return Watched(StreamSource(camera.url, stall_s=stall_s)).failure()


@pytest.mark.parametrize("length", ["-5", "0", "10", "99x", "1e3", "", "999999999999999999999"])
def test_picture_after_one_that_lies_about_its_length_is_shown(length: str) -> None:
    with MjpegCamera(raw=[part(picture(50), length), part(picture(100))]) as camera:
        watched = Watched(StreamSource(camera.url))
        while True:
            frame = watched.capture.latest(PATIENCE_S)
            assert frame is not None
            if level_of(frame) == 100:
                break
        assert watched.capture.stop()
        assert watched.failures == []


def test_picture_said_to_be_longer_than_it_is_swallows_no_more_than_it_says() -> None:
    swallowing = part(picture(50), str(len(picture(50)) + 500))
    with MjpegCamera(raw=[swallowing, part(picture(100)), part(picture(100))]) as camera:
        watched = Watched(StreamSource(camera.url))
        seen: set[int] = set()
        while seen != {50, 100}:
            frame = watched.capture.latest(PATIENCE_S)
            assert frame is not None
            seen.add(level_of(frame))
        assert watched.capture.stop()


def test_picture_said_to_be_gigantic_ends_the_stream_before_memory_does() -> None:
    failure = failure_of(part(bytes(1024 * 1024), "999999999"), stall_s=PATIENCE_S)
    assert isinstance(failure, PictureUnreadable)


def test_part_without_an_end_ends_the_stream_before_memory_does() -> None:
    failure = failure_of(b"--frame\r\n\r\n" + bytes(1024 * 1024), stall_s=PATIENCE_S)
    assert isinstance(failure, PictureUnreadable | CameraStalled)


def test_stream_without_a_boundary_is_reported() -> None:
    assert isinstance(failure_of(b"nothing of the kind"), CameraStalled)


def test_small_picture_that_claims_gigantic_sides_is_left_out() -> None:
    # Start of frame: its length, 8 bits a pixel, then height and width.
    sides = re.compile(rb"(?<=\xff\xc0\x00\x11\x08).{4}", re.DOTALL)
    claims = sides.sub(b"\xff\xf0\xff\xf0", picture(50))
    assert claims != picture(50)
    assert isinstance(failure_of(part(claims)), PictureUnreadable)


def test_page_within_a_stream_is_left_out() -> None:
    html = b"--frame\r\nContent-Type: text/html\r\n\r\n<html>login</html>\r\n"
    with MjpegCamera(raw=[html, part(picture(100))]) as camera:
        watched = Watched(StreamSource(camera.url))
        assert watched.capture.latest(PATIENCE_S) is not None
        assert watched.capture.stop()


def test_stream_may_change_its_resolution() -> None:
    done, larger = cv2.imencode(".jpg", np.full((96, 128, 3), 200, np.uint8))
    assert done
    with MjpegCamera([picture(50), larger.tobytes()]) as camera:
        watched = Watched(StreamSource(camera.url))
        seen: set[tuple[int, ...]] = set()
        while seen != {(48, 64), (96, 128)}:
            frame = watched.capture.latest(PATIENCE_S)
            assert frame is not None
            seen.add(frame.picture.shape[:2])
        assert watched.capture.stop()
        assert watched.failures == []


def test_answer_that_drips_in_is_a_stalled_camera() -> None:
    with MjpegCamera(drips=True) as camera:
        failure = Watched(StreamSource(camera.url, stall_s=0.3)).failure()
    assert isinstance(failure, CameraStalled)


def test_stream_is_turned_as_the_camera_hangs() -> None:
    with MjpegCamera([picture(50)]) as camera:
        watched = Watched(source_for(camera.url, Adjustment(rotation=90)))
        frame = watched.capture.latest(PATIENCE_S)
        assert watched.capture.stop()
    assert frame is not None
    assert frame.picture.shape == (64, 48, 3)


# Frames that are decoded on demand


def jpeg(width: int, height: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Dark, with a light corner at the top left."""
    made = np.full((height, width, 3), 40, np.uint8)
    made[: height // 4, : width // 4] = 200
    done, encoded = cv2.imencode(".jpg", made)
    assert done
    return np.asarray(encoded, np.uint8).reshape(-1)


def test_view_that_is_small_enough_gets_half_the_picture_and_a_reader_all_of_it() -> None:
    frame = EncodedFrame(jpeg(640, 480), 1, 0.0)
    assert frame.filling(320, 400).shape == (240, 320, 3)
    assert not frame.was_too_small
    assert frame.gray.shape == (480, 640)
    assert frame.picture.shape == (480, 640, 3)
    assert np.abs(frame.gray - as_gray(frame.picture).astype(int)).max() <= 2


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_frame_is_turned_in_every_size(rotation: int) -> None:
    frame = EncodedFrame(jpeg(640, 480), 1, 0.0, rotation=rotation)
    corner = {0: (0, 0), 90: (0, -1), 180: (-1, -1), 270: (-1, 0)}[rotation]
    for each in (frame.small, frame.picture, frame.gray):
        assert each[corner].min() > 150
        assert (each.shape[0] > each.shape[1]) == (rotation in (90, 270))


def test_large_view_gets_whole_pictures_for_as_long_as_it_is_large() -> None:
    frames, encoded = Frames("http://camera"), jpeg(640, 480)
    rooms = [(320, 240), (320, 240), (600, 470), (600, 470), (300, 200), (300, 200)]
    given = []
    for number, room in enumerate(rooms):
        frame = frames.frame(encoded, number, 0.0, 0)
        decoded = frame.small.shape[1]
        given.append((decoded, frame.filling(*room).shape[1]))
    assert given == [(640, 640), (320, 320), (320, 640), (640, 640), (640, 640), (320, 320)]


@pytest.mark.parametrize("whole", [True, False])
def test_damaged_frame_is_noticed_when_it_comes(whole: bool) -> None:
    for damaged in (jpeg(64, 48)[:-40], jpeg(64, 48)[:0], np.zeros(300, np.uint8)):
        with pytest.raises(PictureUnreadable):
            EncodedFrame(damaged, 1, 0.0, whole=whole)

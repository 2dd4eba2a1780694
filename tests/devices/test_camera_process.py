"""A camera that works, in its own process: OpenCV's V4L2 reader on a made camera."""

import json
import sys
from multiprocessing.connection import Pipe

import pytest

from scanner.adjustment import Adjustment
from scanner.camera import CameraSource
from scanner.camera_process import Handover
from scanner.errors import CameraAbsent
from scanner.sources import source_for
from tests.helpers.made_camera import Fault, MadeCamera
from tests.helpers.previews import (
    PATIENCE_S,
    Watched,
    frame_until,
    level_of,
    opened,
    wait_until,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")


def test_camera_is_read_and_let_go(made: MadeCamera) -> None:
    source = source_for("camera:0")
    for _ in range(2):
        watched = Watched(source)
        seen: set[int] = set()
        while not {50, 100, 150} <= seen:
            frame = watched.capture.latest(PATIENCE_S)
            assert frame is not None
            seen.add(level_of(frame))
            assert frame.picture.shape == (48, 64, 3)
        assert watched.capture.stop()
        assert watched.failures == []
    assert made.asked[-1] == "stops"


def test_camera_is_asked_for_mjpg_before_the_size(made: MadeCamera) -> None:
    with opened(CameraSource("0")) as source:
        source.read()
    formats = [line for line in made.asked if line.startswith("format MJPG")]
    assert formats[-1] == "format MJPG 1920x1080"
    assert "1920x1080" not in formats[0]


def test_camera_is_asked_for_the_size_that_was_set(made: MadeCamera) -> None:
    with opened(CameraSource("0", Adjustment(width=2592, height=1944))) as source:
        source.read()
        assert "format MJPG 2592x1944" in made.asked
        source.adjust(Adjustment(width=1280, height=960))
        wait_until(lambda: source.read() and "format MJPG 1280x960" in made.asked)


def test_camera_that_knows_another_size_is_taken_as_it_is(made: MadeCamera) -> None:
    made.offer_only("320x240")
    made.offer_no_jpeg()
    with opened(CameraSource("0")) as source:
        assert source.read().picture.shape == (240, 320, 3)
        assert source.read().number > 1


def test_camera_is_found_by_part_of_its_name(made: MadeCamera) -> None:
    for wanted in ("document", "中山", ""):
        with opened(CameraSource(wanted)) as source:
            assert source.name == f"camera:{wanted}"
            assert source.read().number >= 1


def test_camera_of_another_name_is_absent(made: MadeCamera) -> None:
    failure = Watched(source_for("camera:Logitech")).failure()
    assert isinstance(failure, CameraAbsent)
    assert failure.source == "camera:Logitech"


def test_number_without_a_camera_is_an_absent_camera(made: MadeCamera) -> None:
    failure = Watched(source_for("camera:97")).failure()
    assert isinstance(failure, CameraAbsent)
    assert failure.code == "CAMERA_ABSENT"
    assert failure.source == "camera:97"


def test_camera_plugged_in_again_elsewhere_is_found_again(made: MadeCamera) -> None:
    source = CameraSource("document")
    with opened(source):
        source.read()
        made.pull_out()
        with pytest.raises(CameraAbsent):
            frame_until(source, lambda _: False)
    with pytest.raises(CameraAbsent):
        source.open()
    made.plug_in(2)
    with opened(source):
        assert source.read().number >= 1


def test_light_is_set_in_percent_of_what_the_camera_has(made: MadeCamera) -> None:
    with opened(CameraSource("0", Adjustment(brightness=75, exposure=50))) as source:
        source.read()
        assert [line for line in made.asked if line.split()[0] in {"brightness", "exposure"}] == [
            "brightness 32",
            "exposure 1025",
        ]
        assert "mode 1" in made.asked
        source.adjust(Adjustment(brightness=0))
        frame_until(source, lambda _: made.asked[-1] == "mode 3")
        # Taken back: what the driver calls its default, then by itself again.
        assert made.asked[-3:] == ["brightness -64", "exposure 156", "mode 3"]


def test_light_is_left_alone_unless_it_was_set(made: MadeCamera) -> None:
    with opened(CameraSource("0")) as source:
        source.read()
    assert not [line for line in made.asked if line.split()[0] in {"brightness", "mode"}]


def test_picture_is_turned_while_the_preview_runs(made: MadeCamera) -> None:
    with opened(CameraSource("0", Adjustment(rotation=90))) as source:
        assert source.read().picture.shape == (64, 48, 3)
        source.adjust(Adjustment())
        assert source.read().picture.shape == (48, 64, 3)


def test_frame_once_given_is_never_written_into(made: MadeCamera) -> None:
    with opened(CameraSource("0")) as source:
        first = source.read()
        before = first.picture.copy()
        for _ in range(6):
            source.read()
    assert (first.picture == before).all()


def test_single_lost_picture_does_not_end_the_preview(made: MadeCamera) -> None:
    made.fail(Fault.HICCUP, after=5)
    with opened(CameraSource("0")) as source:
        frame_until(source, lambda frame: frame.number > 8)


def test_client_that_is_slow_gets_the_newest_picture() -> None:
    ours, theirs = Pipe()
    with ours, theirs:
        handover = Handover(theirs)
        for number in range(3):
            handover.put({"number": number}, b"%d" % number)
        assert not ours.poll()
        handover.ask()
        assert json.loads(ours.recv_bytes()) == {"number": 2}
        assert ours.recv_bytes() == b"2"
        handover.ask()
        assert not ours.poll()
        handover.put({"number": 3}, b"3")
        assert json.loads(ours.recv_bytes()) == {"number": 3}

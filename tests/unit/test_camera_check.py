"""The diagnosis of the camera: of the one that is chosen, and what is there when it is not."""

from pathlib import Path
from typing import Any, cast

from clerk_client.desk.cameras import Cameras
from clerk_client.desk.diagnosis import Check, Diagnosis
from clerk_client.domain.clock import SystemClock
from clerk_client.ui.wording import wording_for
from scanner.devices import CameraDevice

UNASKED = cast(Any, None)


def checked(cameras: Cameras, *, is_busy: bool = False) -> Check:
    diagnosis = Diagnosis(
        hub=UNASKED,
        catalog=UNASKED,
        trust=UNASKED,
        cameras=lambda: cameras,
        camera_is_busy=lambda: is_busy,
        printer=UNASKED,
        client=UNASKED,
        clock=SystemClock(),
        offline=UNASKED,
    )
    return next(found[0] for found in diagnosis.checks() if found[0].subject == "camera")


def test_missing_camera_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    plugged = [CameraDevice("内置摄像头", "usb-1", 61), CameraDevice("文档相机", "usb-2", 62)]
    cameras = Cameras("camera:60", tmp_path / "kept.json", known=lambda: plugged)
    check = checked(cameras)
    assert (check.severity, check.code) == ("error", "CAMERA_ABSENT")
    words = wording_for(check)
    assert "camera:60" in words.title
    assert "内置摄像头、文档相机" in words.title


def test_missing_camera_with_no_other_is_told_plainly(tmp_path: Path) -> None:
    check = checked(Cameras("camera:60", tmp_path / "kept.json", known=lambda: ()))
    assert (check.code, check.wording) == ("CAMERA_ABSENT", "")


def test_camera_of_the_running_preview_is_not_opened_a_second_time(tmp_path: Path) -> None:
    cameras = Cameras("folder:/nowhere", tmp_path / "kept.json", known=lambda: ())
    check = checked(cameras, is_busy=True)
    assert (check.severity, check.facts) == ("ok", {"name": "folder:/nowhere"})

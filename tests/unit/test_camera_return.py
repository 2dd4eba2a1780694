"""A camera that was lost is tried again by itself, and never hammered."""

import pytest

from clerk_client.workers.camera_return import HEALTHY_S, CameraReturn
from scanner.errors import (
    CameraAbsent,
    CameraBusy,
    CameraFrozen,
    CameraStalled,
    PictureUnreadable,
    SourceUnknown,
)


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def comes_back(time: Time) -> CameraReturn:
    return CameraReturn(time)


def test_absent_source_is_opened_ever_more_rarely(comes_back: CameraReturn) -> None:
    pauses = [comes_back.pause_after(CameraAbsent("http://x")) for _ in range(6)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    comes_back.works()
    assert comes_back.pause_after(CameraAbsent("http://x")) == 1.0


def test_busy_camera_is_tried_every_few_seconds(comes_back: CameraReturn) -> None:
    assert [comes_back.pause_after(CameraBusy("camera:0")) for _ in range(3)] == [3.0] * 3


@pytest.mark.parametrize("error", [CameraStalled(), CameraFrozen()])
def test_hung_camera_is_restarted_once_unless_it_ran_well_in_between(
    comes_back: CameraReturn, time: Time, error: CameraStalled | CameraFrozen
) -> None:
    assert comes_back.pause_after(error) == 0.5
    comes_back.works()
    time.now += HEALTHY_S / 2
    assert comes_back.pause_after(error) is None
    comes_back.works()
    time.now += HEALTHY_S
    assert comes_back.pause_after(error) == 0.5


def test_clerk_who_presses_start_has_all_tries_again(comes_back: CameraReturn) -> None:
    comes_back.pause_after(CameraStalled())
    comes_back.forget()
    assert comes_back.pause_after(CameraStalled()) == 0.5


@pytest.mark.parametrize("error", [SourceUnknown("x"), PictureUnreadable()])
def test_what_no_waiting_mends_is_left_to_people(
    comes_back: CameraReturn, error: SourceUnknown | PictureUnreadable
) -> None:
    assert comes_back.pause_after(error) is None

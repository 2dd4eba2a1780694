"""A camera that hangs, stalls, freezes or goes: OpenCV's V4L2 reader on a made camera.

Of a time limit the outcome is tested, not the seconds.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.camera import CameraSource
from scanner.errors import (
    CameraAbsent,
    CameraBusy,
    CameraFrozen,
    CameraStalled,
    PictureUnreadable,
    ScannerError,
)
from tests.helpers.made_camera import Fault, MadeCamera, photograph
from tests.helpers.previews import PATIENCE_S, Watched, has_gone, opened, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.ABSENT, CameraAbsent),
        (Fault.BUSY, CameraBusy),
        (Fault.DENIED, CameraBusy),
        (Fault.NO_BANDWIDTH, CameraBusy),
    ],
)
def test_camera_that_gives_no_picture_says_why(
    made: MadeCamera, fault: Fault, error: type[ScannerError]
) -> None:
    made.fail(fault)
    failure = Watched(CameraSource("0")).failure()
    assert isinstance(failure, error)
    assert vars(failure)["source"] == "camera:0"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.HANG, CameraStalled),
        (Fault.STALLED, CameraStalled),
        (Fault.SLOW, CameraStalled),
        (Fault.CRASH, CameraStalled),
        (Fault.FROZEN, CameraFrozen),
        (Fault.UNPLUGGED, CameraAbsent),
        (Fault.LOST, CameraAbsent),
        (Fault.GARBAGE, PictureUnreadable),
    ],
)
def test_camera_that_fails_in_the_middle_says_why(
    made: MadeCamera, fault: Fault, error: type[ScannerError]
) -> None:
    made.fail(fault, after=20)
    source = CameraSource("0", stall_s=1.0)
    watched = Watched(source)
    assert watched.first_frame.wait(PATIENCE_S)
    failure = watched.failure()
    assert isinstance(failure, error)
    assert source.pid is None


def test_camera_that_shows_nothing_is_not_taken_for_a_frozen_one(made: MadeCamera) -> None:
    """In the dark each picture is the same; the client says that of the picture itself."""
    made.show([photograph(-50)])
    dark = Watched(CameraSource("0", stall_s=0.1))
    wait_until(lambda: dark.failures or len(dark.frames) > 20)
    assert dark.capture.stop()
    assert dark.failures == []


def test_program_that_has_the_camera_is_named(made: MadeCamera) -> None:
    made.fail(Fault.BUSY)
    # A child of ours would be left out.
    script = 'tail -f "$1" & echo $!; wait'
    command = ["sh", "-c", script, "sh", str(made.node)]
    clean = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean) as other:
        assert other.stdout is not None
        pid = int(other.stdout.readline())
        try:
            links = Path(f"/proc/{pid}/fd")
            node = str(made.node)
            wait_until(lambda: node in [str(link.readlink()) for link in links.iterdir()])
            failure = Watched(CameraSource("0")).failure()
        finally:
            os.kill(pid, signal.SIGTERM)
    assert isinstance(failure, CameraBusy)
    assert failure.holder == "tail"


@pytest.mark.parametrize(
    ("fault", "line"), [(Fault.HANG, "hangs"), (Fault.HANG_IN_CLOSE, ""), (Fault.STALLED, "stalls")]
)
def test_clerk_can_stop_a_preview_whatever_the_driver_does(
    made: MadeCamera, fault: Fault, line: str
) -> None:
    made.fail(fault, after=5)
    source = CameraSource("0", stall_s=3600.0)
    watched = Watched(source)
    assert watched.first_frame.wait(PATIENCE_S)
    pid = source.pid
    assert pid is not None
    wait_until(lambda: line in made.asked or (not line and len(watched.frames) > 6))
    wait_until(watched.capture.stop)
    assert has_gone(pid)
    assert watched.failures == []


def test_clerk_can_stop_a_camera_that_hangs_while_it_is_opened(made: MadeCamera) -> None:
    made.fail(Fault.HANG_IN_OPEN)
    source = CameraSource("0")
    watched = Watched(source)
    wait_until(lambda: "hangs" in made.asked)
    pid = source.pid
    assert pid is not None
    wait_until(watched.capture.stop)
    assert has_gone(pid)
    assert watched.failures == []


def test_closed_camera_gives_no_frame(made: MadeCamera) -> None:
    source = CameraSource("0")
    with pytest.raises(CameraAbsent):
        source.read()
    with opened(source):
        source.read()
    source.close()
    with pytest.raises(CameraAbsent):
        source.read()


# The program around it

PROGRAM = """\
import sys
from pathlib import Path
from scanner import devices
devices.DEVICES = Path(sys.argv[1])
from scanner.camera import CameraSource
from scanner.capture import Capture
source = CameraSource("0")
capture = Capture(source, lambda _: None, lambda _: None)
capture.start()
assert capture.latest(10) is not None
print(source.pid, flush=True)
sys.stdin.readline()
"""


@contextlib.contextmanager
def program_with(made: MadeCamera) -> "Iterator[tuple[subprocess.Popen[str], int]]":
    """Another client, and the process of its camera."""
    command = [sys.executable, "-c", PROGRAM, str(made.node.parent)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as running:
        assert running.stdout is not None
        try:
            yield running, int(running.stdout.readline())
        finally:
            running.kill()


def ensure_clean_ends_with_a_hung_camera(made: MadeCamera, times: int) -> None:
    made.fail(Fault.HANG, after=10)
    for _ in range(times):
        with program_with(made) as (running, pid):
            _, complaints = running.communicate("\n", timeout=PATIENCE_S)
            assert running.returncode == 0
            assert complaints == ""
            assert has_gone(pid)


def test_program_ends_although_its_camera_hangs(made: MadeCamera) -> None:
    ensure_clean_ends_with_a_hung_camera(made, 3)


@pytest.mark.soak
def test_program_ends_twenty_times_of_twenty_although_its_camera_hangs(made: MadeCamera) -> None:
    ensure_clean_ends_with_a_hung_camera(made, 20)


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.HANG, Fault.STALLED])
def test_camera_is_let_go_when_the_client_is_killed(made: MadeCamera, fault: Fault) -> None:
    made.fail(fault, after=10)
    with program_with(made) as (running, pid):
        running.kill()
        running.wait()
        wait_until(lambda: has_gone(pid))

"""The cameras that the operating system knows, and who has one open. Opens no camera itself."""

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/sys/class/video4linux")
DEVICES = Path("/dev")
PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """One camera.

    `identity` stays the same over plugging as far as the system allows: with a serial number it
    is the camera, without one the socket it sits in. `index` is OpenCV's and may change.
    """

    name: str
    identity: str
    index: int


def cameras() -> tuple[CameraDevice, ...]:
    """By index. Windows: DirectShow's, not checked on hardware. Elsewhere none is known."""
    if sys.platform == "win32":
        from cv2_enumerate_cameras import enumerate_cameras

        directshow = 700  # cv2.CAP_DSHOW
        found = [
            CameraDevice(camera.name, camera.path or camera.name, camera.index)
            for camera in enumerate_cameras(directshow)
        ]
    else:
        found = [camera for node in _nodes() if (camera := _camera(node)) is not None]
    return tuple(sorted(found, key=lambda camera: camera.index))


def camera_called(wanted: str, among: Sequence[CameraDevice] | None = None) -> CameraDevice | None:
    """The one of that name or identity, else the first whose name holds it; of none, the first."""
    known = cameras() if among is None else among
    folded = wanted.strip().casefold()
    for camera in known:
        if folded in (camera.name.casefold(), camera.identity.casefold()):
            return camera
    return next((camera for camera in known if folded in camera.name.casefold()), None)


def node_of(index: int) -> Path:
    """Linux: the file behind which the camera stands."""
    return DEVICES / f"video{index}"


def openable(index: int) -> str:
    """What the camera's process is told to open."""
    return str(node_of(index)) if sys.platform == "linux" else str(index)


def is_gone(index: int) -> bool:
    """It was unplugged, or never there. Windows does not tell as cheaply: False."""
    return sys.platform == "linux" and not node_of(index).exists()


def holder_of(node: Path) -> str:
    """The program, other than this one and its children, that has the device open.

    Empty when none has or the system does not tell: of another user's programs it does not.
    """
    device = os.path.realpath(node)
    with contextlib.suppress(OSError):
        for process in PROCESSES.iterdir():
            if process.name.isdigit() and _has_open(process, device) and not _is_ours(process):
                with contextlib.suppress(OSError):
                    return (process / "comm").read_text("utf-8", "replace").strip()
    return ""


def _nodes() -> list[Path]:
    try:
        return [node for node in SYSTEM.iterdir() if node.name.removeprefix("video").isdecimal()]
    except OSError:
        return []


def _camera(node: Path) -> CameraDevice | None:
    try:
        # One camera makes several nodes; the first gives the pictures, others its metadata.
        if int(_line(node / "index") or 0) != 0:
            return None
    except ValueError:
        return None
    number = int(node.name.removeprefix("video"))
    return CameraDevice(_line(node / "name") or node.name, _identity(node), number)


def _identity(node: Path) -> str:
    """The name udev gives by serial number, else by socket, else the kernel's own place for it."""
    for kind in ("by-id", "by-path"):
        with contextlib.suppress(OSError):
            for link in sorted((DEVICES / "v4l" / kind).iterdir()):
                if link.resolve().name == node.name:
                    return link.name
    with contextlib.suppress(OSError):
        return (node / "device").resolve(strict=True).name
    return node.name


def _line(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _has_open(process: Path, device: str) -> bool:
    # Links are compared by name: to follow one may wait for a file server that is away.
    with contextlib.suppress(OSError):
        for number in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(number.readlink()) == device:
                    return True
    return False


def _is_ours(process: Path) -> bool:
    own = os.getpid()
    if int(process.name) == own:
        return True
    try:
        # After the name, which may hold brackets and blanks itself: state, then the parent's id.
        after_name = (process / "stat").read_text("utf-8", "replace").rpartition(")")[2]
        return int(after_name.split()[1]) == own
    except (OSError, ValueError, IndexError):
        return True

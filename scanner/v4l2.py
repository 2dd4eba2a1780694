"""A camera on Linux: opened by OpenCV, its controls set without it.

Used by the camera's own process alone. Figures are those of linux/videodev2.h.
"""

import contextlib
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scanner.errors import CameraAbsent, CameraBusy

assert sys.platform == "linux"

import fcntl  # noqa: E402 - mypy for Windows stops above

if TYPE_CHECKING:
    from scanner.adjustment import Adjustment

_GONE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO})
_REQUEST_BUFFERS, _BUFFERS = 0xC0145608, struct.Struct("=5I")
_QUERY_CONTROL, _CONTROL_RANGE = 0xC0445624, struct.Struct("=2I32s4i3I")
_SET_CONTROL, _CONTROL = 0xC008561C, struct.Struct("=Ii")
_CAPTURE, _MAPPED = 1, 1
_DISABLED = 0x0001

_BRIGHTNESS = 0x00980900
_EXPOSURE_MODE, _EXPOSURE_MANUAL = 0x009A0901, 1
_EXPOSURE = 0x009A0902


def opened(device: str) -> Any:
    """A cv2.VideoCapture. Raises CameraAbsent or CameraBusy."""
    import cv2

    _ensure_free(device)
    capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise CameraBusy(device)
    return capture


def gives_jpeg(capture: Any) -> bool:
    """Whether its pictures come from now on as the camera encoded them."""
    import cv2

    is_jpeg = int(capture.get(cv2.CAP_PROP_FOURCC)) == cv2.VideoWriter.fourcc(*"MJPG")
    return bool(capture.set(cv2.CAP_PROP_CONVERT_RGB, 0 if is_jpeg else 1)) and is_jpeg


def is_gone(device: str) -> bool:
    """The camera was unplugged."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        return error.errno in _GONE
    return False


def adjust(device: str, _capture: Any, wanted: "Adjustment", before: "Adjustment") -> None:
    """Brightness and exposure, where they changed and the camera has them.

    What is taken back goes to the value that the driver calls its default.
    """
    with contextlib.suppress(OSError), _descriptor(device) as camera:
        if wanted.brightness != before.brightness:
            _set(camera, _BRIGHTNESS, wanted.brightness)
        if wanted.exposure != before.exposure:
            if wanted.exposure is None:
                # A camera that exposes by itself refuses the figure.
                _set(camera, _EXPOSURE, None)
                _set(camera, _EXPOSURE_MODE, None)
            else:
                _write(camera, _EXPOSURE_MODE, _EXPOSURE_MANUAL)
                _set(camera, _EXPOSURE, wanted.exposure)


def _ensure_free(device: str) -> None:
    """OpenCV would wait ten times its time limit for a camera that another program has."""
    try:
        with _descriptor(device) as camera:
            fcntl.ioctl(camera, _REQUEST_BUFFERS, _BUFFERS.pack(1, _CAPTURE, _MAPPED, 0, 0))
    except OSError as error:
        if error.errno in _GONE:
            raise CameraAbsent(device) from error
        if error.errno in {errno.EBUSY, errno.EACCES, errno.EPERM}:
            raise CameraBusy(device) from error
        # Whatever else it is, OpenCV meets it too.


def _set(camera: int, control: int, percent: int | None) -> None:
    question = _CONTROL_RANGE.pack(control, 0, b"", 0, 0, 0, 0, 0, 0, 0)
    try:
        answer = _CONTROL_RANGE.unpack(fcntl.ioctl(camera, _QUERY_CONTROL, question))
    except OSError:
        return
    _, _, _, least, most, step, default, flags, _, _ = answer
    if flags & _DISABLED:
        return
    if percent is None:
        _write(camera, control, default)
    else:
        steps = round((most - least) * percent / 100 / max(1, step))
        _write(camera, control, least + steps * max(1, step))


def _write(camera: int, control: int, value: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.ioctl(camera, _SET_CONTROL, _CONTROL.pack(control, value))


@contextlib.contextmanager
def _descriptor(device: str) -> Iterator[int]:
    number = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield number
    finally:
        os.close(number)

"""Stored pictures, alone or played like a camera."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.adjustment import Adjustment
from scanner.errors import CameraAbsent, PictureUnreadable
from scanner.frames import UNADJUSTED, Frame

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]

_FRAME_S = 1 / 12
_FRAMES_EACH = 14
_LARGEST_FILE = 64 * 1024 * 1024
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})


class PictureSource:
    """One picture, or a folder of them in the order of their names, played like a camera.

    Each is shown for about a second. Opened again it goes on with the picture after the last one
    shown, and after the last picture it starts over; files that come or go are noticed at opening.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        frame_s: float = _FRAME_S,
        adjustment: Adjustment = UNADJUSTED,
    ) -> None:
        self.name = name
        self._path = path
        self._adjustment = adjustment
        self._frame_s = frame_s
        self._closed = threading.Event()
        self._closed.set()
        self._last_shown = ""
        self._frames: Iterator[Frame] = iter(())

    def adjust(self, adjustment: Adjustment) -> None:
        """Of a stored picture only the rotation can be set. From any thread."""
        self._adjustment = adjustment

    def open(self) -> None:
        """Raises CameraAbsent when there is no picture."""
        paths = self._paths()
        if not paths:
            raise CameraAbsent(self.name)
        self._closed.clear()
        self._frames = self._play(paths)

    def read(self) -> Frame:
        if self._closed.is_set():
            raise CameraAbsent(self.name)
        try:
            return next(self._frames)
        except StopIteration:
            raise CameraAbsent(self.name) from None

    def close(self) -> None:
        self._closed.set()

    def _paths(self) -> list[Path]:
        try:
            inside = pictures_in(self._path)
        except OSError:
            return []
        if inside == [self._path]:
            return inside
        after = [p for p in inside if p.name > self._last_shown]
        return after + inside[: len(inside) - len(after)]

    def _play(self, paths: list[Path]) -> Iterator[Frame]:
        numbers = itertools.count(1)
        due = time.monotonic()
        for path in itertools.cycle(paths):
            self._last_shown = path.name
            picture = picture_from_file(path)
            for _ in range(_FRAMES_EACH):
                if self._closed.wait(max(0.0, due - time.monotonic())):
                    return
                yield Frame(
                    turned(picture, self._adjustment.rotation), next(numbers), time.monotonic()
                )
                # A slow reader skips frames instead of piling them up.
                due = max(due + self._frame_s, time.monotonic())


def pictures_in(path: Path) -> list[Path]:
    """The pictures of a folder by name, of a file itself, whatever is in it. Raises OSError."""
    if path.is_file():
        return [path]
    return sorted(inside for inside in path.iterdir() if inside.suffix.lower() in _PICTURES)


def turned(picture: "Picture", rotation: int) -> "Picture":
    """Clockwise by so many degrees, one of scanner.adjustment.ROTATIONS."""
    import cv2
    import numpy as np

    if rotation == 0:
        return picture
    turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return cv2.rotate(picture, turns[rotation]).astype(np.uint8, copy=False)


def picture_from_file(path: Path) -> "Picture":
    """BGR. Raises CameraAbsent when the file cannot be read, PictureUnreadable when it is none."""
    import numpy as np

    try:
        # OpenCV's own file reading fails on Chinese paths on Windows.
        return picture_from_bytes(np.fromfile(path, np.uint8, _LARGEST_FILE), str(path))
    except OSError as error:
        raise CameraAbsent(str(path)) from error


def picture_from_bytes(encoded: "Picture", source: str = "") -> "Picture":
    """BGR, turned upright where the picture says how. Raises PictureUnreadable."""
    import cv2

    return _decoded(encoded, cv2.IMREAD_COLOR, source)


def half_from_bytes(encoded: "Picture", source: str = "") -> "Picture":
    """As picture_from_bytes, half as wide and high."""
    import cv2

    return _decoded(encoded, cv2.IMREAD_REDUCED_COLOR_2, source)


def gray_from_bytes(encoded: "Picture", source: str = "") -> "Picture":
    """As picture_from_bytes, without colours: height x width."""
    import cv2

    return _decoded(encoded, cv2.IMREAD_GRAYSCALE, source)


def _decoded(encoded: "Picture", how: int, source: str) -> "Picture":
    import cv2
    import numpy as np

    try:
        picture = cv2.imdecode(encoded, how) if encoded.size else None
    except cv2.error:
        picture = None
    if picture is None:
        raise PictureUnreadable(source)
    return picture.astype(np.uint8, copy=False)

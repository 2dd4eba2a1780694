"""The steps that find and read QR codes, cheapest first. Importing it loads OpenCV and zxing.

Cascade A reads the frame as it is and, where a code was located and not understood, that place
again under other light. Cascade B enhances the whole frame and costs ten times as much, so it runs
when there is reason to. Which steps, and their order, were measured on photographs.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from scanner.charset import repaired, text_of
from scanner.errors import PictureUnreadable
from scanner.reading import Corners, Reading

Gray = npt.NDArray[np.uint8]

# QRCode would also take Micro QR and Model 1, and those invent texts in noise.
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_SMALLEST_SIDE = 21  # modules of the smallest code
_LARGEST_SIDE = 32_767  # zxing takes 65,535, and a step of the cascade doubles the picture
_PLACES = 4
_CROP_SIDE = 640
_CROP_MARGIN = 0.3


def read_codes(
    picture: npt.NDArray[np.generic], budget_s: float, *, thorough: bool
) -> list[Reading]:
    """The whole cascade; see scanner.decode.decode."""
    gray = as_gray(picture)
    if min(gray.shape) < _SMALLEST_SIDE:
        return []
    if max(gray.shape) > _LARGEST_SIDE:
        raise PictureUnreadable
    search = _Search(gray, time.monotonic() + budget_s)
    if search.cascade_a() or not (thorough or search.located):
        return search.readings()
    if search.cascade_b() or not thorough:
        return search.readings()
    search.last_resort()
    return search.readings()


def as_gray(picture: npt.NDArray[np.generic]) -> Gray:
    """Brightness as uint8. Floats may run to 1 or 255, integers to 255 or their type's limit."""
    if not isinstance(picture, np.ndarray) or picture.dtype.kind not in "buif":
        raise PictureUnreadable
    channels = 1 if picture.ndim == 2 else picture.shape[2] if picture.ndim == 3 else 0
    if channels not in (1, 3, 4):
        raise PictureUnreadable
    if picture.size == 0:
        return np.zeros((0, 0), np.uint8)
    levels = np.ascontiguousarray(_as_bytes(picture))
    if channels == 1:
        return levels.reshape(levels.shape[:2])
    conversion = cv2.COLOR_BGR2GRAY if channels == 3 else cv2.COLOR_BGRA2GRAY
    return _gray(cv2.cvtColor(levels, conversion))


def _as_bytes(picture: npt.NDArray[np.generic]) -> Gray:
    if picture.dtype == np.uint8:
        return picture.astype(np.uint8, copy=False)
    if picture.dtype.kind == "b":
        return picture.astype(np.uint8) * np.uint8(255)
    with np.errstate(all="ignore"):
        levels = np.nan_to_num(picture.astype(np.float64), nan=0.0, posinf=255.0, neginf=0.0)
    highest = levels.max()
    if picture.dtype.kind == "f":
        top = 1.0 if highest <= 1.0 else 255.0
    elif highest <= 255.0:
        top = 255.0
    else:
        top = 2.0 ** (8 * picture.itemsize - (picture.dtype.kind == "i")) - 1.0
    return (np.clip(levels, 0.0, top) * (255.0 / top)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _View:
    """A part of the picture, enlarged: a point (x, y) of it is (left + x / scale, ...) there."""

    gray: Gray
    left: float = 0.0
    top: float = 0.0
    scale: float = 1.0


class _Search:
    """One picture's way through the cascade."""

    def __init__(self, gray: Gray, until: float) -> None:
        self._whole = _View(gray)
        self._until = until
        self._found: dict[str, Reading] = {}
        self._pass_s = 0.0
        self.located: list[zxingcpp.Barcode] = []

    def readings(self) -> list[Reading]:
        """Each different text once."""
        return list(self._found.values())

    def cascade_a(self) -> bool:
        """The plain pass, then the places that it located. True when something was read."""
        started = time.monotonic()
        self.located = self._read(self._whole, "plain")
        self._pass_s = time.monotonic() - started
        for place in self.located[:_PLACES]:
            self._read_place(place)
        if not self._found and not self.located:
            self._read_first(
                (lambda: self._read(_over(self._whole, _darker), "frame-darker"), 1.0),
                (lambda: self._read(self._whole, "frame-histogram", histogram=True), 0.5),
            )
        return bool(self._found)

    def cascade_b(self) -> bool:
        """The whole frame enhanced. True when something was read."""
        whole = self._whole
        self._read_first(
            (lambda: self._read(_doubled(whole), "double"), 5.0),
            (lambda: self._read(_over(_doubled(whole), _flat_sharp), "double-flat"), 7.0),
            (lambda: self._read(_over(_doubled(whole), _softer), "double-soft"), 7.0),
            (lambda: self._read(_over(whole, _local_contrast), "frame-contrast"), 1.5),
        )
        return bool(self._found)

    def last_resort(self) -> None:
        """zbar, where its library is installed: it reads a few codes that zxing does not."""
        decode = _zbar()
        if decode is not None and self._affordable(10.0):
            for reading in decode(self._whole.gray):
                self._found.setdefault(reading.text, reading)

    def _read_first(self, *steps: tuple[Callable[[], object], float]) -> None:
        """Runs steps until one reads something; each with its cost in plain passes."""
        for step, cost in steps:
            if not self._affordable(cost):
                continue
            step()
            if self._found:
                return

    def _read_place(self, place: zxingcpp.Barcode) -> None:
        before = len(self._found)
        view = _around(place, self._whole.gray)
        for stage, enhance in _PLACE_STEPS:
            if time.monotonic() >= self._until:
                return
            self._read(view if enhance is None else _over(view, enhance), stage)
            if len(self._found) > before:
                return

    def _affordable(self, passes: float) -> bool:
        return time.monotonic() + passes * self._pass_s < self._until

    def _read(self, view: _View, stage: str, *, histogram: bool = False) -> list[zxingcpp.Barcode]:
        """Keeps what can be read and returns what was only located."""
        binarizer = zxingcpp.Binarizer
        codes = zxingcpp.read_barcodes(
            view.gray,
            formats=_FORMATS,
            binarizer=binarizer.GlobalHistogram if histogram else binarizer.LocalAverage,
            return_errors=True,
        )
        for code in codes:
            if code.valid and (text := text_of(code.bytes)):
                self._found.setdefault(text, Reading(text, _corners(code, view), stage))
        return [code for code in codes if not code.valid]


def _corners(code: zxingcpp.Barcode, view: _View) -> Corners:
    def back(point: zxingcpp.Point) -> tuple[float, float]:
        return view.left + point.x / view.scale, view.top + point.y / view.scale

    at = code.position
    return back(at.top_left), back(at.top_right), back(at.bottom_right), back(at.bottom_left)


def _around(place: zxingcpp.Barcode, gray: Gray) -> _View:
    corners = np.array(_corners(place, _View(gray)))
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = float((high - low).max()) * _CROP_MARGIN
    height, width = gray.shape
    left, top = (max(0, int(edge - margin)) for edge in low)
    right, bottom = min(width, int(high[0] + margin) + 1), min(height, int(high[1] + margin) + 1)
    crop = gray[top:bottom, left:right]
    if min(crop.shape) < 2:
        return _View(gray)
    scale = _CROP_SIDE / max(crop.shape)
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return _View(
        _gray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=way)), left, top, scale
    )


def _over(view: _View, enhance: Callable[[Gray], Gray]) -> _View:
    return _View(enhance(view.gray), view.left, view.top, view.scale)


def _doubled(view: _View) -> _View:
    large = cv2.resize(view.gray, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return _View(_gray(large), view.left, view.top, view.scale * 2)


def _gray(picture: Any) -> Gray:
    """OpenCV's stubs cannot say that uint8 in is uint8 out."""
    assert picture.dtype == np.uint8
    return picture  # type: ignore[no-any-return]


def _flat(gray: Gray) -> Gray:
    """Shadows and glare divided away: the brightest nearby counts as paper."""
    side = max(3, min(gray.shape) // 12 | 1)
    paper = cv2.blur(cv2.dilate(gray, np.ones((side, side), np.uint8)), (side, side))
    return _gray(cv2.divide(gray, paper, scale=255))


def _sharper(gray: Gray) -> Gray:
    return _gray(cv2.addWeighted(gray, 2.5, cv2.GaussianBlur(gray, (0, 0), 3.0), -1.5, 0))


def _flat_sharp(gray: Gray) -> Gray:
    return _sharper(_flat(gray))


def _softer(gray: Gray) -> Gray:
    return _gray(cv2.GaussianBlur(gray, (0, 0), 2.0))


def _local_contrast(gray: Gray) -> Gray:
    return _gray(cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(gray))


def _threshold(gray: Gray) -> Gray:
    method = cv2.ADAPTIVE_THRESH_GAUSSIAN_C
    return _gray(cv2.adaptiveThreshold(gray, 255, method, cv2.THRESH_BINARY, 51, 5))


@cache
def _gamma_table(gamma: float) -> Gray:
    return np.asarray((np.arange(256) / 255.0) ** gamma * 255.0, dtype=np.uint8)


def _darker(gray: Gray) -> Gray:
    return _gray(cv2.LUT(gray, _gamma_table(2.0)))


def _brighter(gray: Gray) -> Gray:
    return _gray(cv2.LUT(gray, _gamma_table(0.5)))


_PLACE_STEPS: tuple[tuple[str, Callable[[Gray], Gray] | None], ...] = (
    ("place", None),
    ("place-flat", _flat_sharp),
    ("place-darker", _darker),
    ("place-soft", _softer),
    ("place-contrast", _local_contrast),
    ("place-sharp", _sharper),
    ("place-threshold", _threshold),
    ("place-brighter", _brighter),
)


@cache
def _zbar() -> Callable[[Gray], Iterator[Reading]] | None:
    """None where the library is missing: it is a second opinion and nothing depends on it."""
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError):
        return None

    def decode(gray: Gray) -> Iterator[Reading]:
        try:
            symbols = pyzbar.decode(gray, symbols=[pyzbar.ZBarSymbol.QRCODE])
        except ValueError:  # a code that is one part of several has no orientation in pyzbar
            return
        for symbol in symbols:
            text = repaired(symbol.data)
            box = symbol.rect
            right, bottom = box.left + box.width, box.top + box.height
            corners = (
                (float(box.left), float(box.top)),
                (float(right), float(box.top)),
                (float(right), float(bottom)),
                (float(box.left), float(bottom)),
            )
            if text:
                yield Reading(text, corners, "zbar")

    return decode

"""The steps that find and read codes, cheapest first. Importing it loads OpenCV and zxing.

zxing reads the frame as it is. A code that it located and did not understand is looked at module by
module (scanner.second_look). Then finder patterns are searched, by outline (scanner.outlines) and
on grey levels (scanner.finders), and what stands like a code is looked at in the same way. Which
steps, and their order, was measured on photographs: docs/reading-codes.md has the figures, and what
did not help.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
import zxingcpp

from scanner.charset import repaired, text_of
from scanner.errors import PictureUnreadable
from scanner.finders import find_codes
from scanner.following import Followed
from scanner.grayscale import Gray, as_gray
from scanner.least_squares import Matrix
from scanner.outlines import outlined_codes
from scanner.reading import Corners, Kind, Place, Reading
from scanner.second_look import Look, look
from scanner.straight import from_corners, from_finders
from scanner.triples import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

QR_ONLY = frozenset({Kind.QR})
_FORMATS = {
    # QRCode would also take Micro QR and Model 1, and those invent texts in noise.
    Kind.QR: zxingcpp.BarcodeFormat.QRCodeModel2,
    Kind.CODE_128: zxingcpp.BarcodeFormat.Code128,
}
_HEX_ECI = zxingcpp.TextMode.HexECI  # the bytes, and the charsets that the code names
_SMALLEST_SIDE = 21  # modules of the smallest code
_LARGEST_SIDE = 32_767  # zxing takes 65,535
_PLACES = 4
_SHEET = 3  # codes: enough of a sheet of several
_LARGE, _LARGE_TAKES_S = 25, 0.3  # version, and how long a look at a larger code may take
_CANDIDATES = 6


@dataclass(slots=True)
class Sighting:
    """What one picture gave: `unread` are codes that lie there and stay unread."""

    readings: list[Reading] = field(default_factory=list)
    unread: list[Look] = field(default_factory=list)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the unread ones lie."""
        return tuple(place_of(unread) for unread in self.unread)


def sighting_of(
    picture: "npt.NDArray[np.generic]",
    until: float,
    kinds: frozenset[Kind] = QR_ONLY,
    *,
    thorough: bool = False,
) -> Sighting:
    """The whole cascade; see scanner.decode.decode. No step begins after `until` (monotonic)."""
    search = Search(as_gray(picture), until, kinds)
    search.plain()
    search.look_at_located()
    if not search.is_done:
        search.seek(thorough=thorough)
    if thorough and not search.sighting.readings:
        search.last_resort()
    return search.sighting


class Search:
    """One picture's way through the cascade. The steps may be taken one by one, in this order.

    Raises PictureUnreadable for a picture larger than any camera's.
    """

    def __init__(self, gray: Gray, until: float, kinds: frozenset[Kind] = QR_ONLY) -> None:
        if gray.size and max(gray.shape) > _LARGEST_SIDE:
            raise PictureUnreadable
        self.sighting = Sighting()
        self._gray = gray
        self._until = until
        self._formats = zxingcpp.BarcodeFormats([_FORMATS[kind] for kind in kinds])
        self._located: list[tuple[zxingcpp.Barcode, int]] = []

    @property
    def _is_too_small(self) -> bool:
        return bool(min(self._gray.shape) < _SMALLEST_SIDE)

    @property
    def _is_over(self) -> bool:
        return time.monotonic() >= self._until

    @property
    def is_done(self) -> bool:
        """Whether enough was read and nothing speaks for more.

        Two that were read lie on a sheet of several, or are two tickets: a third is likely.
        """
        read = len(self.sighting.readings)
        return (read == 1 or read >= _SHEET) and not self._located

    def plain(self) -> None:
        """zxing alone."""
        if self._is_too_small:
            return
        for code in zxingcpp.read_barcodes(
            self._gray, formats=self._formats, text_mode=_HEX_ECI, return_errors=True
        ):
            if code.valid:
                self._keep(_reading(code, _corners(code), "plain"))
            elif version := _version(code):
                self._located.append((code, version))

    def follow(self, code: Followed) -> bool:
        """A code that earlier frames showed. False when it was read already, or is not there."""
        if self._is_too_small or not self._is_new(code.middle) or self._is_over:
            return False
        if not code.adds(self._gray, self._until):
            return False
        self._take(code.last, "joined")
        return True

    def look_at_located(self) -> None:
        """What zxing located and did not understand."""
        for code, version in self._located[:_PLACES]:
            corners = np.array(_corners(code)) + 0.5
            if self._is_new(corners.mean(axis=0)) and not self._is_over:
                self._look(from_corners(corners, 17 + 4 * version), version, "look")

    def seek(self, *, inverted: bool = False, thorough: bool = False) -> None:
        """Codes that zxing did not locate; `inverted` and `thorough` as in finders.find_codes."""
        if self._is_over or self._is_too_small:
            return
        for outlined in outlined_codes(self._gray, self._until):
            half = (17 + 4 * outlined.version) / 2
            middle = cv2.perspectiveTransform(np.array([[[half, half]]]), outlined.homography)
            if not self._is_over and self._is_new(middle[0, 0]):
                way, version = outlined.homography, outlined.version
                self._look(way, version, "outline", inverted=outlined.inverted)
        # One that was outlined does not end the search: its neighbour may be worn.
        read = len(self.sighting.readings)
        for candidates in find_codes(
            self._gray, self._until, _CANDIDATES, inverted=inverted, thorough=thorough
        ):
            for candidate in candidates:
                self._look_where_it_may_be(candidate)
            if len(self.sighting.readings) > read or self.has_understood:
                return

    def last_resort(self) -> None:
        """zbar, where its library is installed: it reads a few codes that zxing does not."""
        decode = _zbar()
        if decode is not None and not self._is_over and not self._is_too_small:
            for reading in decode(self._gray):
                self._keep(reading)

    @property
    def has_understood(self) -> bool:
        """Whether a code lies there that no search makes readable, but more frames may."""
        return any(seen.is_understood for seen in self.sighting.unread)

    def _look_where_it_may_be(self, found: Candidate) -> None:
        centres = np.array([found.top_left, found.top_right, found.bottom_left]) + 0.5
        if not self._is_new(centres[1:].mean(axis=0)):
            return
        # Nearly always right; otherwise next to it.
        for version in (found.version, found.version + 1, found.version - 1):
            if self._is_over:
                return
            if 1 <= version <= 40:
                way = from_finders(centres, 17 + 4 * version, found.sizes)
                if self._look(way, version, "seek", inverted=found.inverted):
                    return

    def _look(self, way: Matrix, version: int, stage: str, *, inverted: bool = False) -> bool:
        """Whether a code of that version lies there."""
        if version > _LARGE and time.monotonic() + _LARGE_TAKES_S > self._until:
            return False
        seen = look(self._gray, way, version, self._until, inverted=inverted)
        if seen is not None:
            self._take(seen, stage)
        return seen is not None

    def _take(self, seen: Look, stage: str) -> None:
        if seen.verdict is None:
            self.sighting.unread.append(seen)
        else:
            self._keep(reading_of(seen, stage))

    def _is_new(self, middle: Matrix) -> bool:
        """Whether nothing was read there, nor understood as well as it can be."""
        outlines = [np.array(r.corners, np.float32) for r in self.sighting.readings]
        unread = [seen for seen in self.sighting.unread if seen.is_understood]
        outlines += [seen.straight.corners().astype(np.float32) for seen in unread]
        at = (float(middle[0]), float(middle[1]))
        return all(cv2.pointPolygonTest(outline, at, False) < 0 for outline in outlines)

    def _keep(self, reading: Reading | None) -> None:
        if reading and all(reading.text != kept.text for kept in self.sighting.readings):
            self.sighting.readings.append(reading)


def reading_of(seen: Look, stage: str) -> Reading | None:
    """What a look with a verdict says."""
    assert seen.verdict is not None
    return _reading(seen.verdict.barcode, corners_of(seen), stage)


def place_of(seen: Look) -> Place:
    """Where a code lies that stays unread."""
    corners = corners_of(seen)
    edges = [np.hypot(*np.subtract(a, b)) for a, b in pairwise(corners)]
    return Place(corners, float(np.mean(edges)) / seen.straight.layout.size)


def corners_of(seen: Look) -> Corners:
    """In scanner.reading's order."""
    points = [(float(x) - 0.5, float(y) - 0.5) for x, y in seen.straight.corners()]
    return points[0], points[1], points[2], points[3]


def _reading(code: zxingcpp.Barcode, corners: Corners, stage: str) -> Reading | None:
    text = text_of(code.bytes, code.text)
    kind = Kind.CODE_128 if code.format == zxingcpp.BarcodeFormat.Code128 else Kind.QR
    return Reading(text, corners, stage, code.bytes, kind) if text else None


def _version(code: zxingcpp.Barcode) -> int:
    """Of a code that was located, or 0 where not even that could be told."""
    told = code.extra.get("Version", "") if isinstance(code.extra, dict) else ""
    return int(told) if str(told).isdecimal() and 1 <= int(told) <= 40 else 0


def _corners(code: zxingcpp.Barcode) -> Corners:
    at = code.position
    points = [(float(p.x), float(p.y)) for p in (at.top_left, at.top_right)]
    points += [(float(p.x), float(p.y)) for p in (at.bottom_right, at.bottom_left)]
    return points[0], points[1], points[2], points[3]


@cache
def _zbar() -> "Callable[[Gray], Iterable[Reading]] | None":
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
            left, top = float(box.left), float(box.top)
            right, bottom = left + box.width, top + box.height
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
            if text:
                yield Reading(text, corners, "zbar", text.encode())

    return decode

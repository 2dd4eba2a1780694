"""Finder patterns by their outlines: dark ring, bright ring and middle in each other.

No view changes the ratio of their areas, and each is a quadrilateral whose corners are known in
modules. That needs edges that can be followed, so it is for sharp pictures, from any side.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from scanner.grayscale import Gray
from scanner.least_squares import Matrix

SIDES = (3.0, 5.0)  # modules: of the middle, of the bright ring
Whole = npt.NDArray[np.int32]

SMALLEST = 21  # pixels: the shorter side of a picture that is searched
_LONGEST = 1296  # pixels: larger pictures are shrunk first
_WINDOW = 1 / 24  # of the longer side: what counts as the light around
_DARKER = 5.0  # grey levels than the light around
_TIMES_NOISE = 4.0
_SPECKLED, _CROWDED = 0.04, 0.12  # of the pixels differ from the one beside them
_FEWEST_POINTS = 6  # on the outline of a middle
_MOST = 60
_LEAST_TURN = 0.05  # sine of the angle between two sides


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A finder pattern. `quads` are the corners of its outlines in SIDES' order, clockwise from
    the same corner, any; `frame` takes pixels from the middle to modules."""

    middle: Matrix
    quads: tuple[Matrix, Matrix]
    frame: Matrix
    inverted: bool


def nested_patterns(gray: Gray, until: float = math.inf) -> list[Nested]:
    """Those in the picture, 60 at most, in pixels of which (0.5, 0.5) is the middle of the first.

    No outline is looked at after `until` (time.monotonic), and none at all in a picture that is all
    grain: following them would take a second.
    """
    level, scale = _shrunk(gray)
    if min(level.shape) < SMALLEST:
        return []
    dark = _dark(level)
    if _restlessness(dark) > _CROWDED:
        return []
    outlines, tree = _outlines(dark)
    if not outlines:
        return []
    ring = tree[0, :, 3]  # what holds a middle is its bright ring
    long = np.fromiter(map(len, outlines), np.int64, len(outlines))
    ratio = long[ring] / long
    likely = (ring >= 0) & (ring[ring] >= 0) & (long >= _FEWEST_POINTS)
    found: dict[int, Nested] = {}
    for at in np.flatnonzero(likely & (ratio > 1.15) & (ratio < 3.5)).tolist():
        if len(found) == _MOST or time.monotonic() >= until:
            break
        pattern = _pattern(outlines[at], outlines[ring[at]], scale)
        if pattern is not None:
            found[at] = pattern
    # The two rings alone look like the inner two outlines of a larger, inverted pattern.
    rings = {int(ring[at]) for at in found}
    return [pattern for at, pattern in found.items() if at not in rings]


def _outlines(dark: Gray) -> tuple[tuple[Whole, ...], Whole]:
    """And of each, in columns: the next and the last beside it, the first in it, the one around."""
    found: Any = cv2.findContours(dark, cv2.RETR_TREE, cv2.CHAIN_APPROX_NONE)
    return found[0], found[1]


def _shrunk(gray: Gray) -> tuple[Gray, float]:
    """A picture that is not too large, and its scale. Whole factors are many times cheaper."""
    share = max(gray.shape) / _LONGEST
    if share <= 1.0:
        return gray, 1.0
    if share < 1.75:
        soft = cv2.GaussianBlur(gray, (3, 3), 0)
        small = cv2.resize(soft, None, fx=1 / share, fy=1 / share, interpolation=cv2.INTER_LINEAR)
        return np.asarray(small, np.uint8), 1 / share
    factor = round(share)
    height, width = (max(1, side // factor) for side in gray.shape)
    whole = gray[: height * factor, : width * factor]
    small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), 1 / factor


def _dark(level: Gray) -> Gray:
    """255 where it is darker than around."""
    small = cv2.resize(level, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    side = int(_WINDOW * max(level.shape) / 4) | 1
    darker = min(255, round(max(_DARKER, _TIMES_NOISE * _noise(level))))
    around = cv2.subtract(cv2.blur(small, (side, side)), np.full_like(small, darker))
    around = cv2.resize(around, level.shape[::-1], interpolation=cv2.INTER_LINEAR)
    dark = np.asarray(cv2.compare(level, around, cv2.CMP_LT), np.uint8)
    if _restlessness(dark) > _SPECKLED:
        dark = np.asarray(cv2.medianBlur(dark, 3), np.uint8)
    return dark


def _noise(level: Gray) -> float:
    """In grey levels, where the picture is even."""
    rows = level[:: max(1, len(level) // 64)].astype(np.int16)
    return float(np.median(np.abs(rows[:, 2:] + rows[:, :-2] - 2 * rows[:, 1:-1]))) / 1.65


def _restlessness(dark: Gray) -> float:
    return cv2.countNonZero(cv2.compare(dark[:, 1:], dark[:, :-1], cv2.CMP_NE)) / dark.size


def _pattern(inner: Whole, outer: Whole, scale: float) -> Nested | None:
    """None when the outlines of a middle and its bright ring are not a finder pattern's."""
    dark, bright = _area(inner), -_area(outer)
    if bright * dark <= 0 or not 1.6 < bright / dark < 4.8:  # 25 : 9 where edges are sharp
        return None
    inverted = dark < 0
    grow = -0.5 if inverted else 0.5
    middle, ring = _quad(inner, grow, abs(dark)), _quad(outer, -grow, abs(bright))
    if middle is None or ring is None:
        return None
    turned = [np.roll(middle, turn, axis=0) for turn in range(4)]
    off, middle = min(((_off(quad, ring), quad) for quad in turned), key=lambda one: one[0])
    if off > 0.25 * math.sqrt(abs(bright)) + 1.5:
        return None
    middle, ring = middle / scale, ring / scale
    a, b, c, d = ring
    frame = np.linalg.inv(np.stack([b + c - a - d, c + d - a - b], axis=1) / (2 * SIDES[1]))
    return Nested(_crossing(ring), (middle, ring), np.asarray(frame, np.float64), inverted)


def _off(middle: Matrix, ring: Matrix) -> float:
    """How far, in pixels, the ring is from where the middle says."""
    centre = middle.mean(axis=0)
    return float(np.abs(centre + (middle - centre) * (SIDES[1] / SIDES[0]) - ring).max())


def _area(outline: Whole) -> float:
    """The pixels inside, by Pick's theorem: the outline itself runs through dark ones. Negative
    where it is bright inside."""
    area = -float(cv2.contourArea(outline, True))
    return area + len(outline) / 2 + math.copysign(1.0, area)


def _quad(outline: Whole, grow: float, area: float) -> Matrix | None:
    """The four corners, clockwise, where the lines along the sides meet; `grow` widens it, in
    pixels. None where there are not four straight sides."""
    points = outline[:, 0].astype(np.float32)
    first = int(_apart(points, points.mean(axis=0)).argmax())
    third = int(_apart(points, points[first]).argmax())
    x, y = (points[third] - points[first]).tolist()
    aside = (points - points[first]) @ np.array([-y, x], np.float32)
    at = sorted({first, third, int(aside.argmax()), int(aside.argmin())})
    if len(at) < 4:
        return None
    middle = points[at].mean(axis=0).tolist()
    sides = []
    for here, there in zip(at, [*at[1:], at[0] + len(points)], strict=True):
        trim = (there - here) // 6 + 1  # corners are round
        along = np.arange(here + trim, there - trim + 1) % len(points)
        if len(along) < 2:
            along = np.array([here, there % len(points)])
        line = cv2.fitLine(points[along], cv2.DIST_L2, 0, 0.01, 0.01).ravel().tolist()
        sides.append(_moved(line, middle, grow))
    corners = []
    for (ax, ay, ux, uy), (bx, by, vx, vy) in zip([sides[-1], *sides[:-1]], sides, strict=True):
        turn = ux * vy - uy * vx
        if abs(turn) < _LEAST_TURN:
            return None
        far = ((bx - ax) * vy - (by - ay) * vx) / turn
        corners.append((ax + far * ux + 0.5, ay + far * uy + 0.5))
    quad = np.array(corners)
    covered = float(cv2.contourArea(quad.astype(np.float32), True))
    if not 0.75 < abs(covered) / area < 1.3:
        return None
    return quad if covered > 0 else quad[::-1].copy()


def _apart(points: Any, place: Any) -> Any:
    return ((points - place) ** 2).sum(axis=1)


def _moved(line: list[float], middle: Sequence[float], by: float) -> tuple[float, ...]:
    """A side, moved away from the middle: from the outermost pixels' middles to the edge, which
    is half a pixel's width or height further on average."""
    ux, uy, x, y = line
    nx, ny = -uy, ux
    if nx * (x - middle[0]) + ny * (y - middle[1]) < 0:
        nx, ny = -nx, -ny
    by *= max(abs(nx), abs(ny))
    return x + by * nx, y + by * ny, ux, uy


def _crossing(quad: Matrix) -> Matrix:
    """Of the diagonals: the middle in every view."""
    a, b, c, d = quad
    (ux, uy), (vx, vy), (wx, wy) = c - a, d - b, b - a
    return np.asarray(a + (c - a) * ((wx * vy - wy * vx) / (ux * vy - uy * vx)))

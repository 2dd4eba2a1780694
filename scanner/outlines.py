"""Where sharp QR codes lie, however far from the side they are seen.

A finder pattern is three outlines in each other: its dark ring's, its bright ring's, its middle's.
No view changes the ratio of their areas, and each is a quadrilateral whose corners are known in
modules: three such patterns give the whole perspective, also where it squeezes a code to a third.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from scanner.least_squares import Matrix

Gray = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int32]

_LONGEST = 1300  # pixels: larger pictures are shrunk first
_WINDOWS = (1 / 24, 1 / 8)  # of the longer side: what counts as the light around a module
_DARKER = 5.0  # grey levels than the light around: less is noise
_FEWEST_POINTS = 6  # on the outline of a middle
_MOST_PATTERNS = 60
_MOST_TRIPLES = 24
_SIDES = (3.0, 5.0, 7.0)  # modules: of the middle, the bright ring, the dark ring
_NEAREST, _FARTHEST = 11.0, 190.0  # modules from one finder pattern to the next
_ASLANT = 0.45  # off the axis, as a share of the way along it
_UNLIKE = 1.1  # natural logarithm of how much two patterns may disagree about a length
_ROUGHEST = 0.75  # modules that the corners may lie off
_LEAST_ALTERNATION = 0.35
_SIDEWAYS = np.array([-0.3, 0.0, 0.3])  # modules


@dataclass(frozen=True, slots=True, eq=False)
class Outlined:
    """Where a code lies. `homography` is scanner.straight.Straight's: (column, row) in modules to
    pixels. `score` runs to 1."""

    homography: Matrix
    version: int
    inverted: bool
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    """A finder pattern: the corners of its outlines, clockwise from any, with their sides."""

    middle: Matrix
    quads: tuple[Matrix, ...]
    frame: Matrix  # pixels to modules from the middle
    inverted: bool


def outlined_codes(gray: Gray, until: float, most: int = 4) -> list[Outlined]:
    """The codes with three clean finder patterns, best first. Ends at `until` (time.monotonic).

    What is seen in a mirror is not found.
    """
    scale = min(1.0, _LONGEST / max(gray.shape, default=1))
    for size in (scale, 1.0) if scale < 1.0 else (1.0,):
        level = gray
        if size < 1.0:
            way = cv2.INTER_AREA if 2 * size <= 1.0 else cv2.INTER_LINEAR
            level = np.asarray(cv2.resize(gray, None, fx=size, fy=size, interpolation=way))
        for window in _WINDOWS:
            if time.monotonic() >= until:
                return []
            patterns = _patterns(_dark(level, window), size)
            found = _codes(gray, patterns, until)
            if found:
                return found[:most]
    return []


def _dark(level: Gray, window: float) -> Gray:
    """255 where it is darker than around."""
    small = cv2.resize(level, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    side = int(window * max(level.shape) / 4) | 1
    around = cv2.subtract(cv2.blur(small, (side, side)), (_DARKER,))
    around = cv2.resize(around, level.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.compare(level, around, cv2.CMP_LT), np.uint8)


def _patterns(dark: Gray, scale: float) -> list[_Pattern]:
    outlines, tree = cv2.findContours(dark, cv2.RETR_TREE, cv2.CHAIN_APPROX_NONE)
    if tree is None:
        return []
    inner, parent = tree[0, :, 2], tree[0, :, 3]
    long = np.fromiter(map(len, outlines), np.int64, len(outlines))
    ring = parent  # a bright ring is what holds a middle
    likely = (inner < 0) & (ring >= 0) & (parent[ring] >= 0) & (long >= _FEWEST_POINTS)
    ratio = long[ring] / long
    likely &= (ratio > 1.15) & (ratio < 3.5)
    found: list[_Pattern] = []
    for at in np.flatnonzero(likely):
        nested = (outlines[at], outlines[ring[at]], outlines[parent[ring[at]]])
        pattern = _pattern(nested, scale)
        if pattern is not None:
            found.append(pattern)
    return found[:_MOST_PATTERNS]


def _pattern(nested: Sequence[Whole], scale: float) -> _Pattern | None:
    """None when the outlines of middle, ring and ring are not a finder pattern's."""
    areas = [_area(outline) for outline in nested]
    bright, dark = -areas[1], areas[0]
    if bright * dark <= 0 or not 1.6 < bright / dark < 4.8:  # 25 : 9
        return None
    inverted = dark < 0
    grow = -0.5 if inverted else 0.5
    middle = _quad(nested[0], grow, abs(dark))
    ring = _quad(nested[1], -grow, abs(bright))
    if middle is None or ring is None:
        return None
    # Which corner of the middle lies beside the ring's first.
    turned = [np.roll(middle, -turn, axis=0) for turn in range(4)]
    middle = min(turned, key=lambda quad: float(np.abs(_spread(quad, 3.0) - ring).sum()))
    size = math.sqrt(abs(bright))
    if np.abs(_spread(middle, 3.0) - ring).max() > 0.25 * size + 1.5:
        return None
    quads = [middle, ring]
    outer = _quad(nested[2], grow, abs(areas[2])) if 1.5 < -areas[2] / areas[1] < 2.6 else None
    if outer is not None:
        turned = [np.roll(outer, -turn, axis=0) for turn in range(4)]
        outer = min(turned, key=lambda quad: float(np.abs(quad - ring).sum()))
        if np.abs(_spread(ring, 5.0, 7.0) - outer).max() < 0.12 * size + 1.5:
            quads.append(outer)
    quads = [quad / scale for quad in quads]
    a, b, c, d = quads[1]
    across, down = (b + c - a - d) / 10, (c + d - a - b) / 10
    frame = np.linalg.inv(np.stack([across, down], axis=1))
    return _Pattern(_crossing(a, c, b, d), tuple(quads), frame, inverted)


def _area(outline: Whole) -> float:
    """In pixels. Pick's theorem: the outline runs through the middles of dark pixels. Negative
    where it is bright inside."""
    area = float(cv2.contourArea(outline, True))
    return -area + len(outline) / 2 + 1 if area < 0 else -area + len(outline) / 2 - 1


def _quad(outline: Whole, grow: float, area: float) -> Matrix | None:
    """The four corners, clockwise, where the lines along the sides meet; `grow` widens it, in
    pixels. None where it has not four straight sides."""
    points = outline[:, 0].astype(np.float32)
    first = int(_away(points, points.mean(axis=0)).argmax())
    third = int(_away(points, points[first]).argmax())
    x, y = (points[third] - points[first]).tolist()
    side = (points - points[first]) @ np.array([-y, x], np.float32)
    at = sorted({first, third, int(side.argmax()), int(side.argmin())})
    if len(at) < 4:
        return None
    rough = points[at]
    lines = []
    for here, there in zip(at, [*at[1:], at[0] + len(points)], strict=True):
        trim = (there - here) // 6 + 1
        along = np.arange(here + trim, there - trim + 1) % len(points)
        if len(along) < 2:
            along = np.array([here, there % len(points)])
        lines.append(cv2.fitLine(points[along], cv2.DIST_L2, 0, 0.01, 0.01).ravel().tolist())
    middle = rough.mean(axis=0).tolist()
    sides = [_moved(line, middle, grow) for line in lines]
    corners = []
    for (ax, ay, ux, uy), (bx, by, vx, vy) in zip([sides[-1], *sides[:-1]], sides, strict=True):
        turn = ux * vy - uy * vx
        if abs(turn) < 0.05:
            return None
        far = ((bx - ax) * vy - (by - ay) * vx) / turn
        corners.append((ax + far * ux + 0.5, ay + far * uy + 0.5))
    quad = np.array(corners)
    covered = float(cv2.contourArea(quad.astype(np.float32), True))
    if not 0.75 < abs(covered) / area < 1.3:
        return None
    return quad if covered > 0 else quad[::-1].copy()


def _away(points: Any, place: Any) -> Any:
    return ((points - place) ** 2).sum(axis=1)


def _moved(
    line: list[float], middle: list[float], by: float
) -> tuple[float, float, float, float]:
    """A side, moved away from the middle. Of pixels' middles that lie inside of an edge, those
    beside it are half a pixel's height or width away on average."""
    ux, uy, x, y = line
    nx, ny = -uy, ux
    if nx * (x - middle[0]) + ny * (y - middle[1]) < 0:
        nx, ny = -nx, -ny
    by *= max(abs(nx), abs(ny))
    return x + by * nx, y + by * ny, ux, uy


def _spread(quad: Matrix, side: float, wanted: float = 5.0) -> Matrix:
    """The same with sides of so many modules."""
    middle = quad.mean(axis=0)
    return np.asarray(middle + (quad - middle) * (wanted / side))


def _crossing(a: Matrix, c: Matrix, b: Matrix, d: Matrix) -> Matrix:
    """Of the line from a to c with the one from b to d."""
    (ux, uy), (vx, vy), (wx, wy) = c - a, d - b, b - a
    return np.asarray(a + (c - a) * ((wx * vy - wy * vx) / (ux * vy - uy * vx)))


def _codes(gray: Gray, patterns: list[_Pattern], until: float) -> list[Outlined]:
    found: list[tuple[Outlined, set[int]]] = []
    for unlike, *three in _triples(patterns)[:_MOST_TRIPLES]:
        if time.monotonic() >= until:
            break
        code = _code(gray, [patterns[at] for at in three], unlike)
        if code is not None:
            found.append((code, set(three)))
    found.sort(key=lambda one: -one[0].score)
    kept: list[tuple[Outlined, set[int]]] = []
    for code, three in found:
        if not any(three & others for _, others in kept):  # a finder pattern has one code
            kept.append((code, three))
    return [code for code, _ in kept]


def _triples(patterns: list[_Pattern]) -> list[tuple[Any, ...]]:
    """(unlikeness, top left, top right, bottom left) of those that stand like a code's."""
    if len(patterns) < 3:
        return []
    middles = np.array([pattern.middle for pattern in patterns])
    frames = np.array([pattern.frame for pattern in patterns])
    inverted = np.array([pattern.inverted for pattern in patterns])
    way = middles[None] - middles[:, None]
    seen = np.einsum("iab,ijb->ija", frames, way)  # [i, j]: where j lies, in modules of i
    far, aside = np.abs(seen).max(axis=2), np.abs(seen).min(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        unlike = np.abs(np.log(far / far.T))
        slant = np.maximum(aside / far, (aside / far).T)
    length = np.sqrt(far * far.T)
    pair = (length > _NEAREST) & (length < _FARTHEST) & (slant < _ASLANT) & (unlike < _UNLIKE)
    pair &= inverted[None] == inverted[:, None]
    found: list[tuple[Any, ...]] = []
    for corner in range(len(patterns)):
        others = np.flatnonzero(pair[corner])
        for right in others:
            for below in others:
                (ax, ay), (bx, by) = seen[corner, right], seen[corner, below]
                area = (ax * by - ay * bx) / (far[corner, right] * far[corner, below])
                ratio = abs(math.log(length[corner, right] / length[corner, below]))
                if area < 0.6 or ratio > 0.4:
                    continue
                odd = ratio + 0.3 * (unlike[corner, right] + unlike[corner, below])
                odd += slant[corner, right] + slant[corner, below]
                found.append((float(odd), corner, int(right), int(below)))
    found.sort()
    return found


def _code(gray: Gray, three: list[_Pattern], unlike: float) -> Outlined | None:
    """With these patterns at its top left, top right and bottom left."""
    corner, right, below = three
    spans = [_span(corner, right), _span(corner, below)]
    guess = (math.sqrt(spans[0] * spans[1]) - 10) / 4
    reach = 1 + guess / 8
    turned = (
        _turned(corner, right.middle, 0),
        _turned(right, corner.middle, 2),
        _turned(below, corner.middle, 3),
    )
    pixels = np.concatenate([quad for quads in turned for quad in quads])
    best: Outlined | None = None
    for version in range(max(1, math.ceil(guess - reach)), min(40, int(guess + reach)) + 1):
        size = 17 + 4 * version
        middles = ((3.5, 3.5), (size - 3.5, 3.5), (3.5, size - 3.5))
        modules = np.concatenate(
            [
                np.array(middle) + _SQUARE * (side / 2)
                for middle, quads in zip(middles, turned, strict=True)
                for side, _ in zip(_SIDES, quads, strict=False)
            ]
        )
        homography, _ = cv2.findHomography(modules, pixels, 0)
        if homography is None:
            continue
        off = _through(np.linalg.inv(homography), pixels) - modules
        rough = float(np.sqrt((off**2).sum(axis=1).mean()))
        if not rough < _ROUGHEST:
            continue
        score = _alternation(gray, homography, size, inverted=corner.inverted) - rough / 2
        if best is None or score > best.score:
            best = Outlined(np.asarray(homography), version, corner.inverted, score)
    return best if best is not None and best.score >= _LEAST_ALTERNATION else None


_SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def _span(one: _Pattern, other: _Pattern) -> float:
    """From middle to middle, in modules: perspective lets one see too few, the other too many."""
    way = other.middle - one.middle
    return math.sqrt(float(np.abs(one.frame @ way).max() * np.abs(other.frame @ way).max()))


def _turned(pattern: _Pattern, towards: Matrix, side: int) -> list[Matrix]:
    """Its quads, each from the code's top left, when the other lies right (0), left (2) or
    above (3)."""
    x, y = pattern.frame @ (towards - pattern.middle)
    seen = int(np.argmax([x, y, -x, -y]))
    return [np.roll(quad, side - seen, axis=0) for quad in pattern.quads]


def _through(way: Matrix, points: Matrix) -> Matrix:
    moved = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ way.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(moved[:, :2] / moved[:, 2:])


def _alternation(gray: Gray, homography: Matrix, size: int, *, inverted: bool) -> float:
    """From 1 (dark and bright in turn along both timing patterns) to -1."""
    along = np.arange(7, size - 7) + 0.5  # the first and the last are bright
    score = 0.0
    for turn in (0, 1):
        lines = np.stack(np.broadcast_arrays(along[None], 6.5 + _SIDEWAYS[:, None]), axis=-1)
        at = _through(homography, lines.reshape(-1, 2)[:, :: 1 - 2 * turn]) - 0.5
        x, y = at.astype(np.float32).T.reshape(2, len(_SIDEWAYS), -1)
        border = cv2.BORDER_REPLICATE
        levels = cv2.remap(gray, x.copy(), y.copy(), cv2.INTER_LINEAR, borderMode=border)
        swing = levels[:, 1:-1] - (levels[:, :-2].astype(float) + levels[:, 2:]) / 2
        swing[:, ::2] *= -1
        sums = swing.sum(axis=1) / (np.abs(swing).sum(axis=1) + 1.0)
        score += float((-sums if inverted else sums).max()) / 2
    return score

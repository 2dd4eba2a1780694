"""Where QR codes lie in a picture that zxing cannot make sense of.

A finder pattern that is blurred, faded or tilted loses its run lengths of 1:1:3:1:1 and still looks
like itself: dark square, bright ring, dark ring. So it is searched on grey levels: box filters at
every scale propose places, and correlation with turned and tilted templates judges them.
"""

import math
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from scanner.grayscale import Gray
from scanner.least_squares import product
from scanner.pairs import candidates_from_pairs
from scanner.triples import Candidate, Finder, candidates_from

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int32]
Floats64 = npt.NDArray[np.float64]


_LONGEST = 1600  # pixels of the largest level: a module of a ticket is then 2 pixels or more
_STEP = math.sqrt(2.0)  # from one level to the next smaller one
_SMALLEST_LEVEL = 48  # pixels
_PROPOSED = 500  # places judged roughly on one level
_LIKELY = 80  # of them, judged by every template
_MODULES = tuple(1.75 * _STEP ** (step / 4) for step in range(5))  # pixels, on every level
_TURNS = 6  # templates over a quarter turn
_REACH = 12  # pixels each way from the middle of a patch
# Squeezed to a share, along a direction: a code seen from the side. More than this is any stripe.
_TILTS = ((1.0, 0.0), *((0.72, way * math.pi / 4) for way in range(4)))
_ROUGH_STRIDE = 2  # pixels
_NEIGHBOURS = np.ones((7, 7), np.uint8)
_LEAST_RESPONSE = np.uint8(20)
_FAINTEST = 8.0  # grey levels: contrast much below it is noise
_NOISE = 3.0  # grey levels
_ROUGH_LIKENESS = 0.32
_LEAST_LIKENESS = 0.4
_FINDERS = 40


def find_codes(
    gray: Gray, until: float, most: int = 6, *, inverted: bool = False, thorough: bool = False
) -> Iterator[list[Candidate]]:
    """Places that look like a QR code, in pixels of `gray`, one way of searching after the other:
    three finder patterns, then two of them. Each best first.

    `inverted` searches for codes that are bright on dark. `thorough` searches twice more, for
    smaller ones and for the other way round: that doubles the time, and zxing itself locates
    nearly all of these. The next way is gone when the next list is asked for. Ends at `until`
    (time.monotonic).
    """
    if not gray.size:
        return
    scale = min(1.0, _LONGEST / max(gray.shape))
    if min(gray.shape) * scale < _SMALLEST_LEVEL or time.monotonic() >= until:
        return
    finders = _finders(gray, until, scale, inverted=inverted)
    yield candidates_from(finders, gray, until, most)
    yield candidates_from_pairs(finders, gray, until)[:most]
    if thorough and scale == 1.0 and time.monotonic() < until:
        tiny = _finders(gray, until, _STEP, levels=1, inverted=inverted)
        yield candidates_from(tiny, gray, until, most)
    if thorough and time.monotonic() < until:
        others = _finders(gray, until, scale, inverted=not inverted)
        yield candidates_from(others, gray, until, most)


def _finders(
    gray: Gray, until: float, scale: float, *, levels: int = 99, inverted: bool = False
) -> list[Finder]:
    """What looks like a finder pattern on levels from `scale` down, the likest first."""
    level = _flat(_resized(gray, scale, cv2.INTER_LINEAR), inverted=inverted)
    between = _resized(level, 1 / _STEP, cv2.INTER_LINEAR)
    found: list[Finder] = []
    for _ in range(levels):
        if min(level.shape) < _SMALLEST_LEVEL or time.monotonic() >= until:
            break
        found += _on_level(level, scale, inverted=inverted)
        scale /= _STEP
        # An exact half is many times cheaper than any other size, so two rows of levels alternate.
        level, between = between, _resized(level, 0.5, cv2.INTER_AREA)
    return _distinct(found)


def _resized(gray: Gray, scale: float, way: int) -> Gray:
    if scale == 1.0:
        return gray
    return _gray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=way))


def _gray(picture: Any) -> Gray:
    assert picture.dtype == np.uint8
    return picture  # type: ignore[no-any-return]


def _flat(gray: Gray, *, inverted: bool) -> Gray:
    """Evenly lit, dark on bright: the brightest nearby counts as paper."""
    if inverted:
        gray = _gray(cv2.bitwise_not(gray))
    small = cv2.resize(gray, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.blur(cv2.dilate(small, np.ones((9, 9), np.uint8)), (9, 9))
    paper = cv2.resize(np.maximum(paper, 8), gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return _gray(cv2.divide(gray, paper, scale=220))


def _on_level(level: Gray, factor: float, *, inverted: bool) -> list[Finder]:
    xs, ys = _proposed(level)
    if not len(xs):
        return []
    likeness, which = _judged(level, xs, ys)
    looks = _templates().fine.looks
    good = np.flatnonzero(likeness >= _LEAST_LIKENESS)
    return [
        Finder(
            (xs[at] + 0.5) / factor - 0.5,
            (ys[at] + 0.5) / factor - 0.5,
            looks[which[at]][0] / factor,
            looks[which[at]][1],
            float(likeness[at]),
            inverted,
        )
        for at in good
    ]


def _proposed(level: Gray) -> tuple[Whole, Whole]:
    """Peaks of: middle dark, ring around it bright, next ring dark."""
    inner, middle, outer = (cv2.blur(level, (side, side)) for side in (5, 11, 15))
    # 2 * (first ring) - middle - (second ring) in areas of these boxes, halved to stay in a byte.
    response = cv2.addWeighted(middle, 1.84, outer, -1.08, 0)
    response = cv2.addWeighted(response, 1.0, inner, -0.76, 0)
    # Faint print must not lose its place to black print elsewhere in the picture.
    contrast = cv2.blur(cv2.absdiff(level, outer), (15, 15))
    contrast = cv2.addWeighted(contrast, 1.0, contrast, 0.0, _FAINTEST)
    response = cv2.divide(response, contrast, scale=64)
    peak = np.maximum(cv2.dilate(response, _NEIGHBOURS), _LEAST_RESPONSE)
    places = cv2.findNonZero(cv2.compare(response, peak, cv2.CMP_GE))
    xs, ys = np.array([] if places is None else places, np.int32).reshape(-1, 2).T
    if len(xs) > _PROPOSED:
        best = np.argpartition(response[ys, xs], -_PROPOSED)[-_PROPOSED:]
        xs, ys = xs[best], ys[best]
    return xs, ys


def _judged(level: Gray, xs: Whole, ys: Whole) -> tuple[Floats, npt.NDArray[np.intp]]:
    """The best likeness of each place, and the template that it was."""
    table = _templates()
    rough = _likeness(_patches(_gray(cv2.blur(level, (3, 3))), xs, ys, _ROUGH_STRIDE), table.rough)
    best = rough.max(axis=1)
    likely = np.argsort(best)[-_LIKELY:]
    likely = likely[best[likely] > _ROUGH_LIKENESS]
    likeness = np.zeros(len(xs), np.float32)
    which = np.zeros(len(xs), np.intp)
    if len(likely):
        fine = _likeness(_patches(level, xs[likely], ys[likely]), table.fine)
        which[likely] = fine.argmax(axis=1)
        likeness[likely] = fine.max(axis=1)
    return likeness, which


def _likeness(patches: Floats, templates: "_Templates") -> Floats:
    """The correlation of every patch with every template."""
    means = product(patches, templates.supports)
    variance = product(patches * patches, templates.supports) - means * means
    spread = np.sqrt(np.maximum(variance, 0)) + _NOISE
    return np.asarray(product(patches, templates.columns) / spread[:, templates.support_of])


def _patches(level: Gray, xs: Whole, ys: Whole, stride: int = 1) -> Floats:
    """The surroundings of each place, a row each, of every pixel or one in so many."""
    bordered = np.pad(level, _REACH, mode="edge")
    side = 2 * _REACH + 1
    windows = np.lib.stride_tricks.sliding_window_view(bordered, (side, side))
    windows = windows[..., ::stride, ::stride]
    return windows[ys, xs].reshape(len(xs), -1).astype(np.float32)


class _Templates(NamedTuple):
    """Columns of zero mean and unit length, each on the support that it names."""

    columns: Floats
    supports: Floats
    support_of: npt.NDArray[np.intp]
    looks: list[tuple[float, float]]


class _Table(NamedTuple):
    rough: _Templates
    fine: _Templates


@cache
def _templates() -> _Table:
    return _Table(
        _drawn(_MODULES[::2], _TURNS // 2, _TILTS[:1], _ROUGH_STRIDE),
        _drawn(_MODULES, _TURNS, _TILTS),
    )


def _drawn(
    modules: tuple[float, ...], turns: int, tilts: tuple[tuple[float, float], ...], stride: int = 1
) -> _Templates:
    side = np.arange(-_REACH, _REACH + 1, stride, dtype=np.float64)
    x, y = np.meshgrid(side, side)
    columns: list[Floats64] = []
    supports: list[Floats64] = []
    support_of: list[int] = []
    looks: list[tuple[float, float]] = []
    for module in modules:
        # A round support serves every turn; the corners of the white border are not missed.
        weight = (np.hypot(x, y) <= 4.8 * module).astype(np.float64).ravel()
        weight /= weight.sum()
        for turn in range(turns):
            angle = turn * math.pi / 2 / turns
            for squeeze, along in tilts:
                u, v = _turned(x, y, along)
                u, v = _turned(u / squeeze, v, angle - along)
                pattern = _pattern(np.maximum(abs(u), abs(v)) / module).ravel()
                column = (pattern - (pattern * weight).sum()) * weight
                columns.append(column / np.sqrt((column**2 / np.maximum(weight, 1e-9)).sum()))
                support_of.append(len(supports))
                looks.append((module * math.sqrt(squeeze), angle))
        supports.append(weight)
    return _Templates(
        np.array(columns, np.float32).T.copy(),
        np.array(supports, np.float32).T.copy(),
        np.array(support_of),
        looks,
    )


def _turned(x: Floats64, y: Floats64, angle: float) -> tuple[Floats64, Floats64]:
    cos, sin = math.cos(angle), math.sin(angle)
    return x * cos + y * sin, y * cos - x * sin


def _pattern(far: Floats64) -> Floats64:
    """Brightness at a distance (the larger of two axes, in modules), with soft edges."""
    bright = np.zeros_like(far)
    for edge, sign in ((1.5, 1.0), (2.5, -1.0), (3.5, 1.0)):
        bright += sign / (1.0 + np.exp(-(far - edge) * 5.0))
    return bright


def _distinct(finders: list[Finder]) -> list[Finder]:
    """The likest of those that lie on each other."""
    kept: list[Finder] = []
    for finder in sorted(finders, key=lambda finder: -finder.likeness):
        if not any(_overlap(finder, other) for other in kept):
            kept.append(finder)
            if len(kept) == _FINDERS:
                break
    return kept


def _overlap(one: Finder, other: Finder) -> bool:
    apart = math.hypot(one.x - other.x, one.y - other.y)
    return apart < 2.5 * max(one.module_px, other.module_px)

"""Where sharp QR codes lie, however far from the side they are seen.

Three finder patterns whose outlines can be followed give the whole perspective, also where it
squeezes a code to a third of its width; the timing patterns between them tell the version.
"""

import math
import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from scanner.grayscale import Gray
from scanner.least_squares import Matrix
from scanner.nested import SIDES, SMALLEST, Nested, nested_patterns

_MOST_TRIPLES = 24
_NEAREST, _FARTHEST = 11.0, 190.0  # modules from one finder pattern to the next
_ASLANT = 0.45  # off the axis, as a share of the way along it
_UNLIKE = 1.1  # natural logarithm of how much two patterns disagree about the way between them
_UNEVEN = 0.4  # natural logarithm of one side of the code by the other
_SQUAREST = 0.6  # sine of the angle at the corner, in its own modules
_ROUGHEST = 0.75  # modules that the outlines' corners may lie off
_LEAST_SCORE = 0.35
_FLATTEST = 1e-12  # determinant
_SIDEWAYS = np.array([-0.3, 0.0, 0.3])  # modules
_SQUARE = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])


@dataclass(frozen=True, slots=True, eq=False)
class Outlined:
    """Where a code lies. `homography` is as scanner.laying takes it; `score` is at most 1."""

    homography: Matrix
    version: int
    inverted: bool
    score: float


def outlined_codes(gray: Gray, until: float, most: int = 4) -> list[Outlined]:
    """The codes with three clean finder patterns, best first. Nothing begins after `until`
    (time.monotonic). What a mirror shows is located, too: only its reading would tell.
    """
    if min(gray.shape) < SMALLEST or time.monotonic() >= until:
        return []
    patterns = nested_patterns(gray, until)
    found: list[Outlined] = []
    taken: set[int] = set()
    for three in _triples(patterns)[:_MOST_TRIPLES]:
        if time.monotonic() >= until:
            break
        if taken.isdisjoint(three):  # a finder pattern has one code
            code = _code(gray, *(patterns[at] for at in three))
            if code is not None:
                found.append(code)
                taken.update(three)
    return sorted(found, key=lambda code: -code.score)[:most]


def _triples(patterns: list[Nested]) -> list[tuple[int, int, int]]:
    """Top left, top right, bottom left of what stands like a code, the likeliest first."""
    if len(patterns) < 3:
        return []
    middles = np.array([pattern.middle for pattern in patterns])
    frames = np.array([pattern.frame for pattern in patterns])
    inverted = np.array([pattern.inverted for pattern in patterns])
    way = middles[None] - middles[:, None]
    seen = np.einsum("iab,ijb->ija", frames, way)  # [i, j]: where j lies, in modules of i
    far, aside = np.abs(seen).max(axis=2), np.abs(seen).min(axis=2)
    np.fill_diagonal(far, 1.0)
    unlike = np.abs(np.log(far / far.T))
    slant = np.maximum(aside / far, (aside / far).T)
    length = np.sqrt(far * far.T)
    pair = (length > _NEAREST) & (length < _FARTHEST) & (slant < _ASLANT) & (unlike < _UNLIKE)
    pair &= inverted[None] == inverted[:, None]
    odd = slant + 0.3 * unlike
    found: list[tuple[float, tuple[int, int, int]]] = []
    for corner in range(len(patterns)):
        others = np.flatnonzero(pair[corner])
        right, below = (grid.ravel() for grid in np.meshgrid(others, others))
        (ax, ay), (bx, by) = seen[corner, right].T, seen[corner, below].T
        sine = (ax * by - ay * bx) / (far[corner, right] * far[corner, below])
        uneven = np.abs(np.log(length[corner, right] / length[corner, below]))
        oddness = uneven + odd[corner, right] + odd[corner, below]
        found += [
            (float(oddness[at]), (corner, int(right[at]), int(below[at])))
            for at in np.flatnonzero((sine > _SQUAREST) & (uneven < _UNEVEN))
        ]
    return [three for _, three in sorted(found)]


def _code(gray: Gray, corner: Nested, right: Nested, below: Nested) -> Outlined | None:
    """With these patterns at its top left, top right and bottom left."""
    turned = (
        _turned(corner, right.middle, 0),
        _turned(right, corner.middle, 2),
        _turned(below, corner.middle, 3),
    )
    pixels = np.concatenate([quad for quads in turned for quad in quads])
    guess = (math.sqrt(_span(corner, right) * _span(corner, below)) - 10) / 4
    reach = 1 + guess / 8
    best: Outlined | None = None
    for version in range(max(1, math.ceil(guess - reach)), min(40, int(guess + reach)) + 1):
        size = 17 + 4 * version
        middles = np.array([[3.5, 3.5], [size - 3.5, 3.5], [3.5, size - 3.5]])
        modules = np.concatenate([at + _SQUARE * side for at in middles for side in SIDES])
        homography = _homography(modules, pixels)
        if homography is None:
            continue
        off = _through(np.asarray(np.linalg.inv(homography), np.float64), pixels) - modules
        rough = math.sqrt(float((off**2).sum(axis=1).mean()))
        if not rough < _ROUGHEST:
            continue
        score = _alternation(gray, homography, size, inverted=corner.inverted) - rough / 2
        if score >= _LEAST_SCORE and (best is None or score > best.score):
            best = Outlined(homography, version, corner.inverted, score)
    return best


def _homography(modules: Matrix, pixels: Matrix) -> Matrix | None:
    found: Any = cv2.findHomography(modules, pixels, 0)[0]
    if found is None or abs(float(np.linalg.det(found))) < _FLATTEST:
        return None
    return np.asarray(found, np.float64)


def _span(one: Nested, other: Nested) -> float:
    """From middle to middle, in modules: of two in perspective one sees too few, the other too
    many."""
    way = other.middle - one.middle
    return math.sqrt(float(np.abs(one.frame @ way).max() * np.abs(other.frame @ way).max()))


def _turned(pattern: Nested, towards: Matrix, side: int) -> list[Matrix]:
    """Its quads, each from the code's top left corner, when what lies `towards` is on its right
    (0), below (1), on its left (2) or above (3)."""
    x, y = pattern.frame @ (towards - pattern.middle)
    seen = int(np.argmax([x, y, -x, -y]))
    return [np.roll(quad, side - seen, axis=0) for quad in pattern.quads]


def _alternation(gray: Gray, homography: Matrix, size: int, *, inverted: bool) -> float:
    """From 1 (dark and bright in turn along both timing patterns) to -1."""
    along = np.arange(7, size - 7) + 0.5  # the first and the last are bright
    row = np.stack(np.broadcast_arrays(along[None], 6.5 + _SIDEWAYS[:, None]), axis=-1)
    score = 0.0
    for line in (row, row[..., ::-1]):
        at = (_through(homography, line.reshape(-1, 2)) - 0.5).astype(np.float32)
        x, y = np.ascontiguousarray(at.T).reshape(2, *line.shape[:2])
        border = cv2.BORDER_REPLICATE
        seen = cv2.remap(gray, x, y, cv2.INTER_LINEAR, borderMode=border).astype(np.float64)
        swing = seen[:, 1:-1] - (seen[:, :-2] + seen[:, 2:]) / 2
        swing[:, ::2] *= -1
        evenly = swing.sum(axis=1) / (np.abs(swing).sum(axis=1) + 1.0)
        score += float((-evenly if inverted else evenly).max()) / 2
    return score


def _through(way: Matrix, points: Matrix) -> Matrix:
    return np.asarray(cv2.perspectiveTransform(np.ascontiguousarray(points)[None], way)[0])

"""What a straight picture of a code should look like: the template that places are fitted to."""

from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from scanner.symbol import Layout

Plane = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

PIXELS = 5  # of a module
MARGIN = 4  # modules around the code
_INK_SPREAD = 0.4  # modules: how soft a printed edge is when a camera sees it


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """What the straight picture should show: 1 dark, -1 bright, `weight` where that is believed."""

    shade: Plane
    weight: Plane


def pattern_of(layout: Layout, soft: Matrix | None = None) -> Pattern:
    """What is known of a code, and, where `soft` has values from -1 to 1, what it may be."""
    if soft is None:
        return _known_pattern(layout)
    sure = np.where(layout.known, np.where(layout.value, 1.0, -1.0), soft)
    believed = np.where(layout.known, 1.0, soft * soft)
    return _drawn(sure, believed)


@lru_cache(maxsize=8)  # a large one takes 7 MB
def _known_pattern(layout: Layout) -> Pattern:
    pattern = _drawn(
        np.where(layout.known, np.where(layout.value, 1.0, -1.0), 0.0),
        layout.known.astype(np.float64),
    )
    # The soft edge towards an unknown module is unknown too.
    inner = cv2.erode(pattern.weight, np.ones((3, 3), np.uint8), borderValue=0)
    return Pattern(pattern.shade, _plane(inner))


def _drawn(shade: Matrix, believed: Matrix) -> Pattern:
    """With the quiet zone, of which the first module is believed."""
    shades = np.pad(shade, MARGIN, constant_values=-1.0).astype(np.float32)
    weights = np.pad(np.pad(believed, 1, constant_values=1.0), MARGIN - 1).astype(np.float32)
    large, weight = (
        cv2.resize(p, None, fx=PIXELS, fy=PIXELS, interpolation=cv2.INTER_NEAREST)
        for p in (shades, weights)
    )
    return Pattern(_plane(cv2.GaussianBlur(large, (0, 0), _INK_SPREAD * PIXELS)), _plane(weight))


@cache
def rings() -> Plane:
    """An alignment pattern without anything around."""
    rows, columns = np.indices((9, 9))
    distance = np.maximum(abs(rows - 4), abs(columns - 4))
    shade = np.select([distance % 2 == 0, distance == 1], [1.0, -1.0], 0.0).astype(np.float32)
    shade[distance > 2] = 0
    large = cv2.resize(shade, None, fx=PIXELS, fy=PIXELS, interpolation=cv2.INTER_NEAREST)
    soft = cv2.GaussianBlur(large, (0, 0), _INK_SPREAD * PIXELS)
    return _plane(np.ascontiguousarray(soft[2 * PIXELS : -2 * PIXELS, 2 * PIXELS : -2 * PIXELS]))


def _plane(picture: object) -> Plane:
    return np.asarray(picture, np.float32)

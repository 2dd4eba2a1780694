"""A code from where it lies in the picture to a square of its own, evenly lit."""

import cv2
import numpy as np

from scanner.grayscale import Gray
from scanner.least_squares import Matrix, Plane
from scanner.pattern import MARGIN, PIXELS

_NEIGHBOURHOOD = 9  # modules over which paper and light are even


def laid_straight(gray: Gray, homography: Matrix, size: int, *, inverted: bool = False) -> Plane:
    """PIXELS a module, MARGIN modules around, dark positive.

    `homography` takes (column, row) in modules, from the code's outer top left corner, to pixels,
    where (0.5, 0.5) is the middle of the first pixel. Raises ValueError when it leads nowhere.
    """
    side = (size + 2 * MARGIN) * PIXELS
    to_modules = np.array(
        [
            [1 / PIXELS, 0, 0.5 / PIXELS - MARGIN],
            [0, 1 / PIXELS, 0.5 / PIXELS - MARGIN],
            [0, 0, 1],
        ]
    )
    way = _moved(-0.5, -0.5) @ homography @ to_modules
    corners = np.array([[0, 0, 1], [side, 0, 1], [0, side, 1], [side, side, 1]], np.float64)
    # Seen from one side of the horizon: nothing in between is infinitely far or behind the camera.
    depth = corners @ way[2]
    if not ((depth > 0).all() or (depth < 0).all()):
        raise ValueError("the place is none")
    outline = _through(way, corners[:, :2])
    if not np.isfinite(outline).all() or np.abs(outline).max() > 1e5:
        raise ValueError("the place is none")
    shrinking = _shrinking(way, side)
    if shrinking > 1.3:
        low = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 4, 0)
        high = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 5, gray.shape[::-1])
        if (high - low < 4).any():
            raise ValueError("the place is outside")
        part = gray[low[1] : high[1], low[0] : high[0]]
        gray = _gray(cv2.GaussianBlur(part, (0, 0), 0.45 * shrinking))
        way = _moved(-float(low[0]), -float(low[1])) @ way
    laid = _plane(
        cv2.warpPerspective(
            gray,
            way,
            (side, side),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )
    return _evened(laid, inverted=inverted)


def _evened(laid: Plane, *, inverted: bool) -> Plane:
    """Dark positive, in units of the contrast around; where there is next to none, little is made
    of it."""
    window = (_NEIGHBOURHOOD * PIXELS | 1,) * 2
    mean = cv2.blur(laid, window, borderType=cv2.BORDER_REPLICATE)
    square = cv2.blur(laid * laid, window, borderType=cv2.BORDER_REPLICATE)
    contrast = np.sqrt(np.maximum(square - mean * mean, 0))
    evened = (mean - laid) / (contrast + 0.4 * float(np.median(contrast)) + 1)
    return _plane(-evened if inverted else evened)


def _moved(x: float, y: float) -> Matrix:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _through(way: Matrix, points: Matrix) -> Matrix:
    moved = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ way.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(moved[:, :2] / moved[:, 2:])


def _shrinking(way: Matrix, side: int) -> float:
    """Pixels of the picture for one of the straight picture, at its middle."""
    middle = side / 2
    at = _through(way, np.array([[0, 0], [1, 0], [0, 1]]) + middle)
    return float(np.sqrt(abs(np.linalg.det(at[1:] - at[0]))))


def _gray(picture: object) -> Gray:
    return np.asarray(picture, np.uint8)


def _plane(picture: object) -> Plane:
    return np.asarray(picture, np.float32)

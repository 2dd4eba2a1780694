"""A code laid straight: a square picture in which every module has the same size and place.

The way there is a homography from where the code was located, and after it a smooth displacement
that is fitted to what is known of the code: tickets curl, and three corners say nothing of the
fourth. The fit (Lucas and Kanade's, on brightness of its own neighbourhood) needs no sharp edge,
so it holds where blur and noise have left none.
"""

import math

import cv2
import numpy as np

from scanner.bend import AFFINE, TERMS, TILTED, Points, displaced_lattice, points_at, spread
from scanner.least_squares import Matrix, Plane, solved
from scanner.pattern import MARGIN, PIXELS, Pattern, rings
from scanner.symbol import Layout

# Some 90 a side. None shares a factor with PIXELS, so that every part of a module is looked at.
_STEPS = ((250, 3), (400, 4), (700, 7), (1000, 11))
_RESISTANCE = 2e-3


class Straight:
    """One code's straight picture. `fit` moves the places of its modules, not the picture."""

    def __init__(
        self, plane: Plane, homography: Matrix, layout: Layout, *, inverted: bool = False
    ) -> None:
        """`plane` is as scanner.laying.laid_straight gives it for the rest."""
        self.layout = layout
        self.inverted = inverted
        self._side = len(plane)
        self._homography = homography
        self._plane = plane
        self._terms = np.zeros((TERMS, 2))
        self._blurred: dict[float, tuple[Plane, Plane, Plane]] = {}

    def inverted_copy(self) -> "Straight":
        """The same picture for a code that is bright on dark, not fitted yet."""
        return Straight(-self._plane, self._homography, self.layout, inverted=not self.inverted)

    def fit(self, pattern: Pattern, terms: int, blur: float, steps: int = 4) -> float:
        """Moves the modules' places towards the pattern. Returns the correlation, at most 1.

        `blur`, in modules, widens how far away the pattern may be and still draws.
        """
        plane, across, down = self._soft(blur)
        everywhere, flat = spread(self._side, _every(self._side))
        weight = pattern.weight.reshape(-1)[flat]
        used = np.flatnonzero(weight > 0)
        weight, shade = weight[used], pattern.shade.reshape(-1)[flat[used]]
        points = Points(everywhere.x[:, used], everywhere.y[:, used], everywhere.basis[used])
        # Light that is uneven beyond the neighbourhood: offset and contrast linear in the place.
        light = points.basis[:, :AFFINE]
        columns = np.concatenate(
            [points.basis[:, :terms], points.basis[:, :terms], light, light * shade[:, None]],
            axis=1,
        )
        moving = columns[:, : 2 * terms].copy()
        pull = np.zeros(columns.shape[1])
        # A little resistance: where nothing is seen, nothing moves.
        pull[: 2 * terms] = _RESISTANCE
        pull[[0, terms]] *= 0.02
        still = np.zeros(columns.shape[1])
        for _ in range(steps):
            at = points.displaced(self._terms)
            seen, gx, gy = (_sampled(p, *at).ravel() for p in (plane, across, down))
            np.multiply(moving[:, :terms], gx[:, None], out=columns[:, :terms])
            np.multiply(moving[:, terms:], gy[:, None], out=columns[:, terms : 2 * terms])
            change = solved(columns, -seen, weight, pull, still)
            step = np.stack([change[:terms], change[terms : 2 * terms]], axis=1)
            largest = float(np.abs(step).max())
            self._terms[:terms] += step * min(1.0, PIXELS / max(largest, 1e-9))
            if largest < 0.02 * PIXELS:
                break
        return _correlation(_sampled(plane, *points.displaced(self._terms)).ravel(), shade, weight)

    def anchor(self, reach: float = 4.5, least: float = 0.4) -> None:
        """Looks for the last alignment pattern, which may lie far from where three corners put it.

        `reach` is in modules, `least` the correlation below which nothing is believed.
        """
        if self.layout.version < 2:
            return
        middle = _pixel(np.array([self.layout.size - 6.5]))
        x, y = (float(v[0]) for v in self.places(middle, middle))
        found = _rings_near(self._plane, x, y, int(reach * PIXELS), least)
        if found is None:
            return
        n = self.layout.size
        corners = _pixel(np.array([[3.5, 3.5], [n - 3.5, 3.5], [3.5, n - 3.5], [n - 6.5, n - 6.5]]))
        wanted = np.zeros((4, 2))
        wanted[3] = found[0] - x, found[1] - y
        at = points_at(corners[:, :1].T, corners[:, 1:].T, self._side)
        self._terms[:TILTED] += np.linalg.solve(at.basis[:, :TILTED].astype(np.float64), wanted)

    def move_to(self, pattern: Pattern, reach: float = 3.0) -> None:
        """Shifts all places to where the pattern lies as a whole, `reach` modules away at most."""
        edge = int(reach * PIXELS) + 1
        inner = np.ascontiguousarray(pattern.shade[edge:-edge, edge:-edge])
        likeness = cv2.matchTemplate(self._plane, inner, cv2.TM_CCOEFF_NORMED)
        *_, (x, y) = cv2.minMaxLoc(likeness)
        self._terms[0] += (x - edge, y - edge)

    def places(self, x: Matrix, y: Matrix) -> tuple[Plane, Plane]:
        """Where points of the ideal straight picture lie in the real one."""
        at = points_at(x.reshape(1, -1), y.reshape(1, -1), self._side).displaced(self._terms)
        return at[0].ravel(), at[1].ravel()

    def samples(self, step: int, beyond: int) -> Plane:
        """Brightness at a grid of `step` points a module, `beyond` points past the outer modules'
        middles: dark is positive."""
        points = step * (self.layout.size - 1) + 1 + 2 * beyond
        along = _pixel(0.5 + (np.arange(points) - beyond) / step)
        return self._seen_along(_plane(along))

    def redrawn(self) -> Plane:
        """The picture as it would be if everything lay where it should."""
        return self._seen_along(np.arange(self._side, dtype=np.float32))

    def _seen_along(self, edge: Plane) -> Plane:
        return _sampled(self._plane, *displaced_lattice(edge, self._side, self._terms))

    def in_picture(self, modules: Matrix) -> Matrix:
        """Points (column, row) in modules as pixels of the picture, rows of (x, y)."""
        x, y = self.places(_pixel(modules[:, 0]), _pixel(modules[:, 1]))
        at = np.stack([x / PIXELS + 0.5 / PIXELS - MARGIN, y / PIXELS + 0.5 / PIXELS - MARGIN], 1)
        moved = np.concatenate([at, np.ones((len(at), 1))], 1) @ self._homography.T
        return np.asarray(moved[:, :2] / moved[:, 2:])

    def corners(self) -> Matrix:
        """The code's outer corners in the picture: top left, top right, bottom right, bottom left
        in its own reading order."""
        n = float(self.layout.size)
        return self.in_picture(np.array([[0.0, 0.0], [n, 0.0], [n, n], [0.0, n]]))

    def _soft(self, blur: float) -> tuple[Plane, Plane, Plane]:
        if blur not in self._blurred:
            plane = _plane(cv2.GaussianBlur(self._plane, (0, 0), blur * PIXELS))
            across = _plane(cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8))
            down = _plane(cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8))
            self._blurred[blur] = plane, across, down
        return self._blurred[blur]


def from_corners(corners: Matrix, size: int) -> Matrix:
    """The homography for a code whose outer corners are known, in Straight.corners' order."""
    n = float(size)
    ideal = np.array([[0, 0], [n, 0], [n, n], [0, n]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(ideal, corners.astype(np.float32)), np.float64)


def from_finders(
    centres: Matrix, size: int, sizes: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> Matrix:
    """The same from the middles of the finder patterns: top left, top right, bottom left.

    `sizes` are those of their modules: what is nearer to the camera is larger.
    """
    ideal = np.array([[3.5, size - 3.5, 3.5], [3.5, 3.5, size - 3.5], [1, 1, 1]])
    # An area shrinks with the third power of the distance, and is the second of a module's width.
    weights = (np.array(sizes) / sizes[0]) ** (-2 / 3)
    return np.asarray(np.vstack([centres.T * weights, weights]) @ np.linalg.inv(ideal))


def _every(side: int) -> int:
    return next(step for most, step in _STEPS if side < most)


def _correlation(seen: Plane, shade: Plane, weight: Plane) -> float:
    share = weight / weight.sum()
    a, b = seen - (share * seen).sum(), shade - (share * shade).sum()
    size = float((share * a * a).sum()) * float((share * b * b).sum())
    return float((share * a * b).sum()) / math.sqrt(size + 1e-9)


def _rings_near(
    plane: Plane, x: float, y: float, reach: int, least: float
) -> tuple[float, float] | None:
    half = len(rings()) // 2
    column, row = round(x), round(y)
    left, top = max(0, column - half - reach), max(0, row - half - reach)
    window = plane[top : row + half + reach + 1, left : column + half + reach + 1]
    if min(window.shape) < len(rings()):
        return None
    likeness = cv2.matchTemplate(np.ascontiguousarray(window), rings(), cv2.TM_CCOEFF_NORMED)
    rows, columns = np.indices(likeness.shape)
    away = np.hypot(columns + left + half - column, rows + top + half - row) / PIXELS
    # Data can look like the pattern by chance, and the nearer one is the likelier.
    at = np.unravel_index(int(np.argmax(likeness - 0.02 * away)), likeness.shape)
    if likeness[at] < least:
        return None
    return float(at[1] + left + half), float(at[0] + top + half)


def _pixel(modules: Matrix) -> Matrix:
    """The pixel of the straight picture that shows a point given in modules."""
    return (modules + MARGIN) * PIXELS - 0.5


def _sampled(plane: Plane, x: Plane, y: Plane) -> Plane:
    return _plane(cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _plane(picture: object) -> Plane:
    return np.asarray(picture, np.float32)

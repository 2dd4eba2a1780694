"""The smooth displacement between the ideal straight picture and the real one: where it is asked,
and the polynomials that it is made of. Both depend on the code's size alone and are kept.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from scanner.least_squares import Matrix, Plane, applied

AFFINE, TILTED, BENT, TWISTED = 3, 4, 6, 10
TERMS = TWISTED
"""Terms of the displacement: linear, with perspective, with curl, with curl that changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Places in the ideal straight picture, in pixels; `basis` has a row for each."""

    x: Plane
    y: Plane
    basis: Plane

    def displaced(self, terms: Matrix) -> tuple[Plane, Plane]:
        """Where they lie in the real one, by the factors of the polynomials."""
        moved = applied(self.basis, terms)
        return self.x + moved[:, 0].reshape(self.x.shape), self.y + moved[:, 1].reshape(
            self.y.shape
        )


def points_at(x: npt.NDArray[Any], y: npt.NDArray[Any], side: int) -> Points:
    """`x` and `y` are two-dimensional, `side` is that of the straight picture."""
    half = side / 2
    s, t = ((v.astype(np.float32).ravel() - half) / half for v in (x, y))
    basis = np.empty((s.size, TERMS), np.float32)
    powers = (1.0, s, t, s * t, s * s, t * t, s * s * s, s * s * t, s * t * t, t * t * t)
    for column, power in enumerate(powers):
        basis[:, column] = power
    return Points(x.astype(np.float32), y.astype(np.float32), basis)


@lru_cache(maxsize=8)
def spread(side: int, every: int) -> tuple[Points, npt.NDArray[np.intp]]:
    """A lattice over the picture, and its flat indices in it."""
    along = np.arange(every // 2, side, every)
    x, y = np.meshgrid(along, along)
    flat = (y * side + x).reshape(1, -1)
    return points_at(x.reshape(1, -1), y.reshape(1, -1), side), flat.ravel()


@lru_cache(maxsize=8)
def lattice(side: int, along: tuple[float, ...]) -> Points:
    """Every pair of the places `along` one edge."""
    line = np.array(along, np.float32)
    x, y = np.meshgrid(line, line)
    return points_at(x, y, side)

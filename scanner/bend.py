"""The smooth displacement between the ideal straight picture and the real one: where it is asked,
and the polynomials that it is made of.
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
# Of the way across and of the way down.
_POWERS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3))


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
    across, down = _powers(x, side), _powers(y, side)
    basis = np.empty((x.size, TERMS), np.float32)
    for term, (i, j) in enumerate(_POWERS):
        np.multiply(across[:, i], down[:, j], out=basis[:, term])
    return Points(x.astype(np.float32), y.astype(np.float32), basis)


@lru_cache(maxsize=8)
def spread(side: int, every: int) -> tuple[Points, npt.NDArray[np.intp]]:
    """A lattice over the picture, and its flat indices in it; kept, as every fit asks for it."""
    along = np.arange(every // 2, side, every)
    x, y = np.meshgrid(along, along)
    flat = (y * side + x).reshape(1, -1)
    return points_at(x.reshape(1, -1), y.reshape(1, -1), side), flat.ravel()


def displaced_lattice(along: Plane, side: int, terms: Matrix) -> tuple[Plane, Plane]:
    """As Points.displaced, of every pair of the places `along` one edge. There may be so many that
    their basis would be too large: 40 MB for the largest code."""
    powers = _powers(along, side)
    moved = []
    for axis in terms.T:
        factors = np.zeros((4, 4))
        for (i, j), factor in zip(_POWERS, axis, strict=True):
            factors[j, i] = factor
        moved.append(applied(powers, factors @ powers.T))
    return along[None, :] + moved[0], along[:, None] + moved[1]


def _powers(places: npt.NDArray[Any], side: int) -> Plane:
    """The powers from 0 to 3 of how far each lies from the middle, a row each."""
    half = side / 2
    far = ((places.astype(np.float32) - half) / half).reshape(-1, 1)
    return np.concatenate([np.ones_like(far), far, far * far, far * far * far], axis=1)

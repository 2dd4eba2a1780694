"""Least squares by OpenCV's arithmetic.

The systems here have thousands of rows and some thirty columns, a few hundred microseconds of work.
numpy hands such to OpenBLAS, whose threads then wait for each other in a spin: on a busy machine
that took ten times as long (6.6 s against 0.65 s over one run of difficult tickets).
"""

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


def solved(rows: Plane, wanted: Plane, weight: Plane, pull: Matrix, towards: Matrix) -> Matrix:
    """The x that makes `rows` @ x nearest to `wanted`, row by `weight`.

    Each x is drawn `towards` its own value as strongly as `pull` says, in units of the mean square
    of a column.
    """
    root = np.sqrt(weight)[:, None]
    scaled = np.concatenate([rows * root, wanted[:, None] * root], axis=1)
    squares = np.asarray(cv2.mulTransposed(scaled, True, dtype=cv2.CV_64F))
    normal, right = squares[:-1, :-1].copy(), squares[:-1, -1].copy()
    force = pull * float(np.trace(normal)) / len(normal) + 1e-9
    normal += np.diag(force)
    return np.asarray(np.linalg.solve(normal, right + force * towards))


def applied(rows: Plane, factors: Matrix) -> Plane:
    """`rows` @ `factors`, which may be one column."""
    return product(rows, factors.astype(np.float32).reshape(len(factors), -1))


def product(one: Plane, other: Plane) -> Plane:
    """`one` @ `other`."""
    nothing = np.empty((0, 0), np.float32)
    return np.asarray(cv2.gemm(one, other, 1.0, nothing, 0.0), np.float32)

"""From a straight picture to what each module probably is.

A camera smears a module over its neighbours, by defocus and by the hand's motion, and no threshold
undoes that. The code says how it was smeared: finders, timing and alignment patterns are known, so
a linear filter is trained on them (ridge regression) and applied to the rest; what came out is used
to train it again. Receivers of radio signals do the same with their pilot tones.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from scanner.least_squares import Matrix, Plane, applied, solved
from scanner.straight import Straight

_STEP = 2  # samples a module
_REACH = 2  # samples each way from a module's middle
_ROUNDS = 3
_TRUST = 0.5  # of a guessed module beside a known one
_PRIOR_SPREAD = 0.3  # modules: what the filter is before it has seen anything


@dataclass(frozen=True, slots=True, eq=False)
class SoftModules:
    """`values` near 1 are dark, near -1 bright; `variance` is that of their error."""

    values: Matrix
    variance: float

    @property
    def believed(self) -> Matrix:
        """-1 to 1: how sure each is."""
        return np.asarray(np.tanh(self.values / np.sqrt(max(self.variance, 0.02))))

    @property
    def evidence(self) -> Matrix:
        """In the logarithm of likelihoods, so that it adds up over pictures."""
        return self.values * (2.0 / max(self.variance, 0.02))


def soft_modules(straight: Straight) -> SoftModules:
    """What the picture alone says."""
    layout = straight.layout
    seen = _surroundings(straight)
    known = np.where(layout.value, 1.0, -1.0)
    values, variance = _filtered(seen, known, layout.known.astype(np.float64), 0.03)
    for _ in range(_ROUNDS):
        soft = SoftModules(values, max(variance, 0.15**2))
        values, variance = _trained(seen, known, layout.known, soft.believed)
    return SoftModules(values, variance)


def _trained(
    seen: Plane, known: Matrix, is_known: npt.NDArray[np.bool_], believed: Matrix
) -> tuple[Matrix, float]:
    wanted = np.where(is_known, known, np.sign(believed))
    weight = np.where(is_known, 1.0, _TRUST * believed * believed)
    return _filtered(seen, wanted, weight, 0.01)


def _surroundings(straight: Straight) -> Plane:
    """A row a module: the samples around its middle, and 1."""
    samples = straight.samples(_STEP, _REACH)
    size = straight.layout.size
    reach = range(2 * _REACH + 1)
    span = _STEP * (size - 1) + 1
    rows = np.ones((size, size, len(reach) ** 2 + 1), np.float32)
    for i in reach:
        for j in reach:
            near = samples[i : i + span : _STEP, j : j + span : _STEP]
            rows[:, :, i * len(reach) + j] = near
    return rows.reshape(size * size, -1)


def _filtered(seen: Plane, wanted: Matrix, weight: Matrix, ridge: float) -> tuple[Matrix, float]:
    """The filter that makes `wanted` of `seen`, applied everywhere, and its mean square error."""
    weights, aims = weight.ravel().astype(np.float32), wanted.ravel().astype(np.float32)
    used = np.flatnonzero(weights > 1e-3)
    pull = np.full(seen.shape[1], ridge)
    pull[-1] = 0.0
    taps = solved(seen[used], aims[used], weights[used], pull, _prior())
    values = applied(seen, taps).ravel()
    error = aims - values
    variance = float((weights * error * error).sum() / weights.sum())
    return values.reshape(wanted.shape).astype(np.float64), variance


@cache
def _prior() -> Matrix:
    along = np.arange(-_REACH, _REACH + 1) / _STEP
    bell = np.exp(-(along[:, None] ** 2 + along[None] ** 2) / (2 * _PRIOR_SPREAD**2))
    return np.append((bell / bell.sum()).ravel(), 0.0)

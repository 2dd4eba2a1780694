"""What heat, pockets and time do to a slip: a print becomes a piece of paper that lies there."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.tickets.levels import Level
from benchmarks.tickets.slips import Slip

Plane = npt.NDArray[np.float32]

FINE = 2
"""Pixels of a paper's plane a dot, so that bending and laying it down blur nothing."""

_STEEPEST = 0.97  # sine of the lean


@dataclass(frozen=True, slots=True)
class Paper:
    """A slip as light sees it from above: `seen` is height x width x 2, reflectance and cover.

    `centre` is where the code's middle lies, in pixels of that plane.
    """

    seen: Plane
    centre: tuple[float, float]


def worn(slip: Slip, level: Level, rng: np.random.Generator) -> Paper:
    """The slip after the head, the pocket and the curl of the roll."""
    reflectance = _burnt(slip, level, rng)
    _crease(reflectance, level, rng)
    centre = (slip.centre[0] * FINE, slip.centre[1] * FINE)
    return Paper(_bent(reflectance, centre, level, rng), centre)


def _burnt(slip: Slip, level: Level, rng: np.random.Generator) -> Plane:
    """Ink is what the head burnt: weak where it is cold, nothing where an element is dead."""
    large = cv2.resize(slip.dots, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_NEAREST)
    spread = FINE * rng.uniform(0.3, 0.8)
    burnt = 1 - cv2.GaussianBlur(large, (0, 0), spread).astype(np.float32) / 255
    height, width = burnt.shape
    if level.patches:
        heat = rng.standard_normal((6, 5), np.float32) * level.patches
        clouds = cv2.resize(heat, (width, height), interpolation=cv2.INTER_CUBIC)
        burnt *= 1 - np.clip(clouds, 0, 0.6)
    for _ in range(int(rng.integers(0, level.dead_dots + 1))):
        column = FINE * int(rng.integers(0, width // FINE - 2))
        burnt[:, column : column + FINE * int(rng.integers(1, 3))] = 0
    white, ink = rng.uniform(0.86, 0.98), rng.uniform(0.05, level.faded)
    return (white - burnt * np.float32(white - ink)).astype(np.float32)


def _crease(reflectance: Plane, level: Level, rng: np.random.Generator) -> None:
    """Along a fold the print flakes off, and its two sides face the lamp differently."""
    height, width = reflectance.shape
    across = np.arange(width, dtype=np.float32) - width / 2
    down = np.arange(height, dtype=np.float32)[:, None] - height / 2
    for _ in range(int(rng.integers(0, level.creases + 1))):
        turn, off = rng.uniform(0, math.pi), rng.uniform(-0.4, 0.4) * height
        from_fold = across * np.float32(math.sin(turn)) + (down - off) * np.float32(math.cos(turn))
        wide = FINE * rng.uniform(1.5, 4.0)
        near = np.abs(from_fold) < 3 * wide
        flaked = np.exp(-((from_fold[near] / wide) ** 2)) * rng.uniform(0.1, 0.35)
        reflectance += np.sign(from_fold) * np.float32(rng.uniform(0, 0.03))
        reflectance[near] += flaked.astype(np.float32)
    np.clip(reflectance, 0, 1, out=reflectance)


def _bent(
    flat: Plane, centre: tuple[float, float], level: Level, rng: np.random.Generator
) -> Plane:
    """Seen from above, a slip that curls about an axis across it; the code's middle stays in place.

    With the paper leaning by phi at the code and by phi + kappa s at a distance of s half slips, s
    is seen at (sin(phi + kappa s) - sin phi) / kappa.
    """
    height, width = flat.shape
    kappa = rng.uniform(0.05, level.bend)
    phi = rng.uniform(-0.4, 0.4) * kappa
    askew = rng.uniform(-0.15, 0.15) * min(1.0, level.bend)
    from_side = rng.uniform(-0.4, 0.4)
    half = height / 2
    across = (np.arange(width, dtype=np.float32) - centre[0]) / half
    down = (np.arange(height, dtype=np.float32)[:, None] - centre[1]) / half
    seen = np.clip((down + askew * across) * kappa + math.sin(phi), -_STEEPEST, _STEEPEST)
    leans = np.arcsin(seen.astype(np.float32))
    y = ((leans - phi) / kappa - askew * across) * half + centre[1]
    lift = (np.cos(leans) - math.cos(phi)) / kappa
    # What comes nearer to the camera is seen larger.
    x = across * (1 + 0.12 * lift) * half + centre[0]
    seen_y = y.astype(np.float32)
    lying = cv2.remap(
        flat, x.astype(np.float32), seen_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    lying *= np.clip(np.cos(leans) + from_side * (np.sin(leans) - math.sin(phi)), 0.1, 1.0)
    edges = np.minimum.reduce([x + 0.5, width - 0.5 - x, seen_y + 0.5, height - 0.5 - seen_y])
    # Further round, a slip would hide itself.
    cover = np.clip(edges, 0, 1) * (np.abs(seen) < _STEEPEST)
    return np.dstack((lying * cover, cover)).astype(np.float32)

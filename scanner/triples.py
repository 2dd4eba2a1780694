"""Three finder patterns to one code: geometry proposes, the timing patterns between them decide."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from scanner.grayscale import Gray

Point = tuple[float, float]

_TRIED = 25  # triples whose timing patterns are looked at
_LEAST_SCORE = 1.0
_CERTAIN_SCORE = 1.25
_CLEARLY = 0.15
_SIDEWAYS = np.array([-0.6, 0.0, 0.6])  # modules: perspective moves the line
_BENDS = np.array([-1.5, -0.75, 0.0, 0.75, 1.5])  # modules at the middle of the line


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where a code may lie: the middles of its finder patterns, in pixels.

    `module_px` is the mean width of a module, `version` the best guess, 1 to 40; `sizes` are the
    modules' widths at the three.
    """

    top_left: Point
    top_right: Point
    bottom_left: Point
    module_px: float
    version: int
    inverted: bool
    sizes: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Finder:
    """What looks like a finder pattern. `turn` is in radians, 0 to a quarter turn."""

    x: float
    y: float
    module_px: float
    turn: float
    likeness: float
    inverted: bool


def candidates_from(finders: list[Finder], gray: Gray, until: float, most: int) -> list[Candidate]:
    """The likeliest codes with these finder patterns, best first."""
    if len(finders) < 3:
        return []
    scored: list[tuple[float, tuple[int, int, int], int]] = []
    settled: set[int] = set()
    for fitness, *three in _triples(finders):
        if time.monotonic() >= until:
            break
        # A finder pattern has one code.
        if settled.intersection(three):
            continue
        timing, version = _timing(gray, *(finders[at] for at in three))
        if fitness + timing >= _LEAST_SCORE:
            scored.append((fitness + timing, (three[0], three[1], three[2]), version))
        if fitness + timing >= _CERTAIN_SCORE:
            settled.update(three)
    scored.sort(reverse=True)
    kept: list[tuple[float, set[int]]] = []
    found: list[Candidate] = []
    for score, (corner, right, below), version in scored:
        taken = {corner, right, below}
        if all(score > better - _CLEARLY or not taken & others for better, others in kept):
            kept.append((score, taken))
            found.append(candidate_of(version, finders[corner], finders[right], finders[below]))
    return found[:most]


def candidate_of(version: int, corner: Finder, right: Finder, below: Finder) -> Candidate:
    """With these finder patterns at its three corners."""
    return Candidate(
        (corner.x, corner.y),
        (right.x, right.y),
        (below.x, below.y),
        (distance_between(corner, right) + distance_between(corner, below))
        / 2
        / (10 + 4 * version),
        version,
        corner.inverted,
        (corner.module_px, right.module_px, below.module_px),
    )


def distance_between(one: Finder, other: Finder) -> float:
    """In pixels, of their middles."""
    return math.hypot(one.x - other.x, one.y - other.y)


def _triples(finders: list[Finder]) -> list[tuple[float, int, int, int]]:
    """(fitness, corner, right, below) of those that stand like a code's, the fittest first."""
    at = np.array([(finder.x, finder.y) for finder in finders])
    module = np.array([finder.module_px for finder in finders])
    turn = np.array([finder.turn for finder in finders])
    likeness = np.array([finder.likeness for finder in finders])
    way = at[None] - at[:, None]
    length = np.hypot(way[..., 0], way[..., 1])
    size = np.sqrt(module[None] * module[:, None])
    unlike = abs(np.log(module[None] / module[:, None]))
    aside = np.arctan2(way[..., 1], way[..., 0])
    off = np.maximum(quarter_off(aside - turn[:, None]), quarter_off(aside - turn[None]))
    modules = length / size
    pair = (unlike < 0.5) & (modules > 11.5) & (modules < 200.0) & (off < 0.55)
    one, two = np.nonzero(pair)
    found: list[tuple[float, int, int, int]] = []
    for corner in range(len(finders)):
        others = two[one == corner]
        if len(others) < 2:
            continue
        right, below = (grid.ravel() for grid in np.meshgrid(others, others))
        a, b = way[corner, right], way[corner, below]
        area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        product = length[corner, right] * length[corner, below]
        skew = abs((a * b).sum(axis=1)) / product
        ratio = abs(np.log(length[corner, right] / length[corner, below]))
        fits = (area > 0) & (skew < 0.6) & (ratio < 0.65) & (unlike[right, below] < 0.5)
        fitness = (
            (likeness[corner] + likeness[right] + likeness[below]) / 3
            - 0.3 * skew
            - 0.3 * ratio
            - 0.2 * (unlike[corner, right] + unlike[corner, below])
            - 0.1 * (off[corner, right] + off[corner, below])
        )
        found += [
            (float(fitness[k]), corner, int(right[k]), int(below[k])) for k in np.flatnonzero(fits)
        ]
    found.sort(reverse=True)
    return found[:_TRIED]


def quarter_off(angle: Any) -> Any:
    """How far from the nearest multiple of a quarter turn."""
    return abs((angle + math.pi / 4) % (math.pi / 2) - math.pi / 4)


def _timing(gray: Gray, corner: Finder, right: Finder, below: Finder) -> tuple[float, int]:
    module = (corner.module_px + right.module_px + below.module_px) / 3
    span = (distance_between(corner, right) + distance_between(corner, below)) / 2 / module
    return timing_along(gray, corner, ((right, below), (below, right)), span)


def timing_along(
    gray: Gray, corner: Finder, edges: Sequence[tuple[Finder, Finder]], span: float
) -> tuple[float, int]:
    """How well the timing patterns alternate, at the version where they do best.

    Each of `edges` leads from the corner to its first finder pattern, with the code on the side of
    its second. `span` is the estimate of its length in modules.
    """
    best, version = -1.0, 1
    for guess in range(1, 41):
        between = 10 + 4 * guess
        if abs(between - span) > 0.15 * span + 3.0:
            continue
        score = sum(_alternation(gray, corner, *edge, between) for edge in edges) / len(edges)
        score *= between / (between + 8.0)
        if score > best:
            best, version = score, guess
    return best, version


def _alternation(gray: Gray, corner: Finder, along: Finder, across: Finder, between: int) -> float:
    """From 1 (dark and bright in turn) to -1, on the best of several lines between two finders."""
    # Modules 6 and between (the rings' edges) belong to the row of alternating ones too.
    steps = np.arange(3, between - 2) / between
    bent = steps[None] + _BENDS[:, None] / between * 4 * (steps * (1 - steps))[None]
    down = (3 + _SIDEWAYS) / between
    share_a = np.repeat(bent[None], len(down), axis=0)
    share_b = np.broadcast_to(down[:, None, None], share_a.shape)
    x = corner.x + share_a * (along.x - corner.x) + share_b * (across.x - corner.x)
    y = corner.y + share_a * (along.y - corner.y) + share_b * (across.y - corner.y)
    lines = (
        x.reshape(-1, x.shape[2]).astype(np.float32),
        y.reshape(-1, x.shape[2]).astype(np.float32),
    )
    levels = cv2.remap(gray, *lines, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(
        float
    )
    swing = levels[:, 1:-1] - (levels[:, :-2] + levels[:, 2:]) / 2
    swing[:, 1::2] *= -1
    score = swing.sum(axis=1) / (abs(swing).sum(axis=1) + 1.0)
    # Index 1 of a line is bright; with the code dark on bright the sum is positive.
    return float((-score if corner.inverted else score).max())

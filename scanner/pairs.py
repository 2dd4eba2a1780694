"""Two finder patterns to one code whose third is lost, to glare or a crease.

Between two along one edge lies a timing pattern, on the side where the code is. Which of the two is
the code's corner is not told by it, so both are proposed.
"""

import math
from dataclasses import replace

from scanner.triples import (
    Candidate,
    Finder,
    Gray,
    alternation,
    candidate_of,
    distance_between,
    quarter_off,
)

_LEAST_LIKENESS = 0.6
_LIKELY = 8
_LEAST_ALTERNATION = 0.55
_MOST_UNLIKE = 0.35  # of the logarithms of their sizes
_MOST_OFF = 0.35  # radians between the edge and the patterns' own


def candidates_from_pairs(finders: list[Finder], gray: Gray) -> list[Candidate]:
    """The likeliest first."""
    likely = [finder for finder in finders[:_LIKELY] if finder.likeness >= _LEAST_LIKENESS]
    scored: list[tuple[float, Candidate]] = []
    for at, one in enumerate(likely):
        for other in likely[at + 1 :]:
            if _may_be_one_edge(one, other):
                scored += _on_both_sides(one, other, gray)
    scored.sort(key=lambda pair: -pair[0])
    return [candidate for _, candidate in scored]


def _may_be_one_edge(one: Finder, other: Finder) -> bool:
    unlike = abs(math.log(one.module_px / other.module_px))
    modules = distance_between(one, other) / math.sqrt(one.module_px * other.module_px)
    aside = math.atan2(other.y - one.y, other.x - one.x)
    off = max(quarter_off(aside - one.turn), quarter_off(aside - other.turn))
    return unlike < _MOST_UNLIKE and 11.5 < modules < 200 and off < _MOST_OFF


def _on_both_sides(one: Finder, other: Finder, gray: Gray) -> list[tuple[float, Candidate]]:
    scored: list[tuple[float, Candidate]] = []
    for first, second in ((one, other), (other, one)):
        # With the code on the right hand of the way from first to second.
        aside = second.y - first.y, first.x - second.x
        below = replace(first, x=first.x - aside[0], y=first.y - aside[1])
        score, version = _timing(gray, first, second, below)
        if score < _LEAST_ALTERNATION:
            continue
        beyond = replace(second, x=second.x - aside[0], y=second.y - aside[1])
        scored.append((score, candidate_of(version, first, second, below)))
        scored.append((score - 0.01, candidate_of(version, second, beyond, first)))
    return scored


def _timing(gray: Gray, corner: Finder, along: Finder, across: Finder) -> tuple[float, int]:
    span = distance_between(corner, along) / math.sqrt(corner.module_px * along.module_px)
    best, version = -1.0, 1
    for guess in range(1, 41):
        between = 10 + 4 * guess
        if abs(between - span) <= 0.15 * span + 3.0:
            score = alternation(gray, corner, along, across, between) * between / (between + 8.0)
            if score > best:
                best, version = score, guess
    return best, version

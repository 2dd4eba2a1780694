"""Two finder patterns to one code whose third is lost, to glare or a crease.

Between two along one edge lies a timing pattern, on the side where the code is. Which of the two is
the code's corner is not told by it, so both are proposed.
"""

import math
import time
from dataclasses import replace

from scanner.grayscale import Gray
from scanner.triples import (
    Candidate,
    Finder,
    candidate_of,
    distance_between,
    quarter_off,
    timing_along,
)

_LEAST_LIKENESS = 0.6
_LIKELY = 8
_LEAST_ALTERNATION = 0.55
_MOST_UNLIKE = 0.35  # of the logarithms of their sizes
_MOST_OFF = 0.35  # radians between the edge and the patterns' own


def candidates_from_pairs(finders: list[Finder], gray: Gray, until: float) -> list[Candidate]:
    """The likeliest first. No pair is looked at after `until` (time.monotonic)."""
    likely = [finder for finder in finders[:_LIKELY] if finder.likeness >= _LEAST_LIKENESS]
    scored: list[tuple[float, Candidate]] = []
    for at, one in enumerate(likely):
        for other in likely[at + 1 :]:
            if _may_be_one_edge(one, other) and time.monotonic() < until:
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
        span = distance_between(first, second) / math.sqrt(first.module_px * second.module_px)
        score, version = timing_along(gray, first, [(second, below)], span)
        if score < _LEAST_ALTERNATION:
            continue
        beyond = replace(second, x=second.x - aside[0], y=second.y - aside[1])
        scored.append((score, candidate_of(version, first, second, below)))
        scored.append((score - 0.01, candidate_of(version, second, beyond, first)))
    return scored

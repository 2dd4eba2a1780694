"""A code that was located and not read, looked at module by module."""

import time
from dataclasses import dataclass

from scanner.bend import AFFINE, BENT, TILTED, TWISTED
from scanner.least_squares import Matrix
from scanner.modules import SoftModules, soft_modules
from scanner.pattern import pattern_of
from scanner.straight import Gray, Straight
from scanner.symbol import layout_of
from scanner.verdict import Verdict, verdict_on

# The fit to what is known, then to what is believed: the more is understood, the more may bend.
_FIRST_FITS = ((TILTED, 0.5), (TILTED, 0.25))
_LADDER = (TILTED, BENT, BENT, TWISTED, TWISTED, TWISTED)
_LEAST_LIKENESS = 0.35  # of the known patterns; noise reaches 0.3
_HOPELESS = 0.42  # variance after two rounds; what was read had 0.33 and less
_WORTH_TRYING = 0.5  # variance


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a look gave: `verdict` is None for a code that stays unread."""

    straight: Straight
    soft: SoftModules
    verdict: Verdict | None


def look(
    gray: Gray, homography: Matrix, version: int, until: float, *, inverted: bool = False
) -> Look | None:
    """None where no code of that version lies; no round begins after `until` (monotonic)."""
    layout = layout_of(version)
    try:
        straight = Straight(gray, homography, layout, inverted=inverted)
    except ValueError:
        return None
    known = pattern_of(layout)
    straight.fit(known, AFFINE, 0.6)
    straight.anchor()
    likeness = 0.0
    for terms, blur in _FIRST_FITS:
        likeness = straight.fit(known, terms, blur)
    if likeness < _LEAST_LIKENESS:
        return None
    soft = soft_modules(straight)
    verdict = _verdict(soft, straight)
    for turn, terms in enumerate(_LADDER):
        if verdict is not None or time.monotonic() >= until:
            break
        if turn >= 2 and soft.variance > _HOPELESS:
            return None
        straight.fit(pattern_of(layout, soft.believed), terms, 0.25, steps=3)
        soft = soft_modules(straight)
        verdict = _verdict(soft, straight)
    return Look(straight, soft, verdict)


def _verdict(soft: SoftModules, straight: Straight) -> Verdict | None:
    if soft.variance > _WORTH_TRYING:
        return None
    return verdict_on(soft.evidence, straight.layout)

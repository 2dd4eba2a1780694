"""A code that was located and not read, looked at module by module."""

import time
from dataclasses import dataclass

from scanner.bend import AFFINE, BENT, TILTED, TWISTED
from scanner.grayscale import Gray
from scanner.laying import laid_straight
from scanner.least_squares import Matrix
from scanner.modules import SoftModules, soft_modules
from scanner.pattern import pattern_of
from scanner.straight import Straight
from scanner.symbol import layout_of
from scanner.verdict import Verdict, format_evidence, verdict_on

# The fit to what is known, then to what is believed: the more is understood, the more may bend.
_FIRST_FITS = ((TILTED, 0.5), (TILTED, 0.25))
_LADDER = (TILTED, BENT, BENT, TWISTED, TWISTED, TWISTED)
_LEAST_LIKENESS = 0.35  # of the known patterns; noise reaches 0.3
# After two rounds; of 188 codes looked at in the right way, read or not, none was beyond.
_MOST_VARIANCE = 0.42
_LEAST_FORMAT = 0.5
_WORTH_TRYING = 0.5  # variance


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a look gave: `verdict` is None for a code that stays unread.

    `format_evidence` is that of scanner.verdict: near 1 where the version is the right one.
    """

    straight: Straight
    soft: SoftModules
    format_evidence: float
    verdict: Verdict | None

    @property
    def credit(self) -> float:
        """Of two looks at one place, the one with more is nearer to the truth."""
        return self.format_evidence - self.soft.variance

    @property
    def is_understood(self) -> bool:
        """Whether another look in the same picture gains nothing."""
        return self.soft.variance < 0.2 and self.format_evidence > 0.95


def look(
    gray: Gray, homography: Matrix, version: int, until: float, *, inverted: bool = False
) -> Look | None:
    """None where no code of that version lies; no round begins after `until` (monotonic).

    `homography` as in scanner.laying.laid_straight.
    """
    layout = layout_of(version)
    try:
        plane = laid_straight(gray, homography, layout.size, inverted=inverted)
    except ValueError:
        return None
    return understood(Straight(plane, homography, layout, inverted=inverted), until)


def understood(straight: Straight, until: float) -> Look | None:
    """The look itself; as `look`."""
    layout = straight.layout
    known = pattern_of(layout)
    straight.fit(known, AFFINE, 0.6)
    straight.anchor()
    likeness = 0.0
    for terms, blur in _FIRST_FITS:
        likeness = straight.fit(known, terms, blur)
    if likeness < -_LEAST_LIKENESS and not straight.inverted:
        return understood(straight.inverted_copy(), until)
    if likeness < _LEAST_LIKENESS:
        return None
    seen = _judged(straight)
    for turn, terms in enumerate(_LADDER):
        if seen.verdict is not None or time.monotonic() >= until:
            break
        if turn >= 2 and not _is_likely(seen):
            return None
        straight.fit(pattern_of(layout, seen.soft.believed), terms, 0.25, steps=3)
        seen = _judged(straight)
    return seen if seen.verdict or _is_likely(seen) else None


def _is_likely(seen: Look) -> bool:
    return seen.soft.variance < _MOST_VARIANCE and seen.format_evidence > _LEAST_FORMAT


def _judged(straight: Straight) -> Look:
    soft = soft_modules(straight)
    trying = soft.variance < _WORTH_TRYING
    verdict = verdict_on(soft.evidence, straight.layout) if trying else None
    return Look(straight, soft, format_evidence(soft.evidence, straight.layout), verdict)

"""One code over several frames: what each says of its modules adds up.

Noise, focus and the hand's motion are new in every frame while the print stays, so ten frames of
which none can be read often can be read together. Each is fitted to what the frames before have
led to believe, which is far more than the finder patterns alone.
"""

import numpy as np

from scanner.bend import BENT, TILTED, TWISTED
from scanner.least_squares import Matrix
from scanner.modules import soft_modules
from scanner.pattern import pattern_of
from scanner.second_look import Look
from scanner.straight import Gray, Straight, from_corners
from scanner.symbol import Layout
from scanner.verdict import verdict_on

_STILL_THERE = 0.3  # correlation with what was believed; another scene gives 0.15 and less


class Followed:
    """A code that was seen and not read. For one thread."""

    def __init__(self, first: Look) -> None:
        self.layout: Layout = first.straight.layout
        self.last = first
        self.frames = 1
        self._evidence: Matrix = first.soft.evidence

    def adds(self, gray: Gray) -> bool:
        """Looks for it in the next frame and adds what that says. False when it is not there.

        After it `last` has the place and, once all frames together suffice, the verdict.
        """
        before = self.last.straight
        believed = np.tanh(self._evidence / 2)
        pattern = pattern_of(self.layout, believed)
        try:
            way = from_corners(before.corners(), self.layout.size)
            straight = Straight(gray, way, self.layout, inverted=before.inverted)
        except ValueError:
            return False
        straight.moved_to(pattern)
        straight.fit(pattern, TILTED, 0.5, steps=3)
        if straight.fit(pattern, BENT, 0.25, steps=3) < _STILL_THERE:
            return False
        straight.fit(pattern, TWISTED, 0.25, steps=3)
        soft = soft_modules(straight, believed)
        self._evidence = self._evidence + soft.evidence
        self.frames += 1
        self.last = Look(straight, soft, verdict_on(self._evidence, self.layout))
        return True

"""One code over several frames, laid straight and stacked.

Noise, focus and the hand's motion are new in every frame while the print stays, so ten frames of
which none can be read often can be read together. They are stacked as pictures, each fitted to the
stack: what one frame was wrongly taken for stays out of it. (Adding up what each frame says of its
modules was tried first, with each frame fitted to what those before had led to believe: it held on
to early mistakes, and read 43 of 50 extreme tickets in motion where the stack reads 44.)
"""

from dataclasses import replace

import cv2
import numpy as np

from scanner.bend import BENT, TILTED
from scanner.grayscale import Gray
from scanner.laying import laid_straight
from scanner.least_squares import Matrix, Plane
from scanner.modules import soft_modules
from scanner.pattern import MARGIN, PIXELS, Pattern
from scanner.second_look import Look, understood
from scanner.straight import Straight, from_corners
from scanner.symbol import Layout
from scanner.verdict import is_confirmed

_STILL_THERE = 0.3  # correlation with the stack; another scene gives 0.15 and less
_REMEMBERED = 24  # frames; what changed is not held against those before for ever


class Followed:
    """A code that was seen and not read. For one thread."""

    def __init__(self, first: Look) -> None:
        self.layout: Layout = first.straight.layout
        self.last = first
        """The newest place, and what all frames together say."""
        self.frames = 1
        """How many of them the next one is weighed against."""
        self._corners = first.straight.corners()
        self._inverted = first.straight.inverted
        self._stack: Plane = first.straight.redrawn()

    @property
    def middle(self) -> Matrix:
        """Where the newest frame shows it, as in Straight.corners."""
        return np.asarray(self._corners.mean(axis=0))

    def covers(self, other: Look) -> bool:
        """Whether the middle of another look lies in it."""
        x, y = other.straight.corners().mean(axis=0)
        outline = self._corners.astype(np.float32)
        return bool(cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0)

    def adds(self, gray: Gray, until: float) -> bool:
        """Looks for it in the next frame and stacks that. False when it is not there."""
        way = from_corners(self._corners, self.layout.size)
        try:
            plane = laid_straight(gray, way, self.layout.size, inverted=self._inverted)
        except ValueError:
            return False
        straight = Straight(plane, way, self.layout, inverted=self._inverted)
        pattern = Pattern(self._stack, _everywhere(len(self._stack)))
        straight.move_to(pattern)
        straight.fit(pattern, TILTED, 0.5, steps=3)
        if straight.fit(pattern, BENT, 0.25, steps=3) < _STILL_THERE:
            return False
        self._corners = straight.corners()
        self._stack = self._stack + (straight.redrawn() - self._stack) / np.float32(self.frames + 1)
        self.frames = min(self.frames + 1, _REMEMBERED)
        way = from_corners(self._corners, self.layout.size)
        together = Straight(self._stack, way, self.layout, inverted=self._inverted)
        seen = understood(together, until)
        if seen is not None:
            self.last = self._only_what_lies_there(seen, straight)
        return True

    def _only_what_lies_there(self, seen: Look, newest: Straight) -> Look:
        """A ticket may have been laid on another of which the stack tells better: such a text is
        left out, and what was seen before counts less."""
        verdict = seen.verdict
        if verdict is None or is_confirmed(verdict, soft_modules(newest).evidence, self.layout):
            return seen
        self.frames = (self.frames + 1) // 2
        return replace(seen, verdict=None)


def _everywhere(side: int) -> Plane:
    """The code and one module around it."""
    weight = np.zeros((side, side), np.float32)
    edge = (MARGIN - 1) * PIXELS
    weight[edge:-edge, edge:-edge] = 1.0
    return weight

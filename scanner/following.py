"""One code over several frames, laid straight and stacked.

Noise, focus and the hand's motion are new in every frame while the print stays, so ten frames of
which none can be read often can be read together. They are stacked as pictures, each fitted to the
stack: what one frame was wrongly taken for stays out of it. (Adding up what each frame says of its
modules was tried first, with each frame fitted to what those before had led to believe: it held on
to early mistakes, and read 43 of 50 extreme tickets in motion where the stack reads STACKED.)
"""

import cv2
import numpy as np

from scanner.bend import BENT, TILTED
from scanner.grayscale import Gray
from scanner.laying import laid_straight
from scanner.least_squares import Plane
from scanner.pattern import MARGIN, PIXELS, Pattern
from scanner.second_look import Look, understood
from scanner.straight import Straight, from_corners
from scanner.symbol import Layout

_STILL_THERE = 0.3  # correlation with the stack; another scene gives 0.15 and less


class Followed:
    """A code that was seen and not read. For one thread."""

    def __init__(self, first: Look) -> None:
        self.layout: Layout = first.straight.layout
        self.last = first
        """The newest place, and what all frames together say."""
        self.frames = 1
        self._corners = first.straight.corners()
        self._inverted = first.straight.inverted
        self._stack: Plane = first.straight.redrawn()

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
        stack = self._stack / np.float32(self.frames)
        pattern = Pattern(stack, _everywhere(len(stack)))
        straight.moved_to(pattern)
        straight.fit(pattern, TILTED, 0.5, steps=3)
        if straight.fit(pattern, BENT, 0.25, steps=3) < _STILL_THERE:
            return False
        self._corners = straight.corners()
        self._stack = self._stack + straight.redrawn()
        self.frames += 1
        way = from_corners(self._corners, self.layout.size)
        together = Straight(
            self._stack / np.float32(self.frames), way, self.layout, inverted=self._inverted
        )
        seen = understood(together, until)
        if seen is not None:
            self.last = seen
        return True


def _everywhere(side: int) -> Plane:
    """The code and one module around it."""
    weight = np.zeros((side, side), np.float32)
    edge = (MARGIN - 1) * PIXELS
    weight[edge:-edge, edge:-edge] = 1.0
    return weight

"""Where a slip lies in the picture, and how the hand that lays it down moves it."""

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.tickets.levels import Level
from benchmarks.tickets.paper import FINE, Paper
from benchmarks.tickets.slips import DOTS_PER_MM

_MARGIN = 1.25  # of the code's reach: it stays in the picture with its quiet zone
_SETTLES_S = 0.7
_CALMS_S = 1.2


@dataclass(frozen=True, slots=True)
class Shift:
    """How far something has moved since the first moment: pixels at 1920 wide, and radians."""

    x: float
    y: float
    turn: float


@dataclass(frozen=True, slots=True)
class Hand:
    """A slow approach to rest with a tremor that dies away. At moment 0 nothing has moved."""

    way: tuple[float, float, float]
    tremor: tuple[float, float, float]
    beat: float
    phases: tuple[float, float, float]

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Self:
        """A few pixels and a degree or two."""
        degree = math.pi / 180
        way = rng.normal(0, (6.0, 6.0, 1.0 * degree))
        tremor = rng.uniform(0.3, 1.0) * np.array((1.5, 1.5, 0.25 * degree))
        phases = rng.uniform(0, 2 * math.pi, 3)
        return cls(tuple(way), tuple(tremor), rng.uniform(3, 7), tuple(phases))

    def moved(self, moment: float) -> Shift:
        """`moment` in seconds."""
        come = 1 - math.exp(-moment / _SETTLES_S)
        calm = math.exp(-moment / _CALMS_S)
        turn = 2 * math.pi * self.beat * moment
        parts = (
            way * come + tremor * (calm * math.sin(turn + phase) - math.sin(phase))
            for way, tremor, phase in zip(self.way, self.tremor, self.phases, strict=True)
        )
        return Shift(*parts)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the code's middle lies (pixels), how far the paper is turned and tilted, its scale."""

    x: float
    y: float
    turn: float
    tilt: tuple[float, float]
    scale: float  # picture pixels for a pixel of the paper's plane

    @classmethod
    def drawn(
        cls,
        reach: float,
        size: tuple[int, int],
        place: tuple[int, int],
        level: Level,
        rng: np.random.Generator,
        seen_mm: float,
    ) -> Self:
        """`reach` is half the code's side on the paper's plane.

        `place` is which of how many columns of the picture is this slip's own.
        """
        width, height = size
        number, columns = place
        scale = width / seen_mm / DOTS_PER_MM / FINE
        most = level.turn_deg if columns == 1 else min(level.turn_deg, 12)
        turn = math.radians(rng.uniform(-most, most))
        if columns == 1 and rng.random() < 0.15:
            turn = math.radians(float(rng.choice([90, 180, 270])))
        tilt = tuple(rng.uniform(-level.tilt, level.tilt, 2))
        middle = (number + 0.5) / columns
        x = width * (middle + rng.uniform(-0.12, 0.12) / columns**2)
        y = height * rng.uniform(0.45, 0.55)
        # The code's own square, turned, with what nearness adds to it.
        reach *= scale * _MARGIN * (abs(math.cos(turn)) + abs(math.sin(turn)))
        reach *= 1 + max(map(abs, tilt)) * reach / (0.5 * height)
        left, right = width * number / columns, width * (number + 1) / columns
        x = min(max(x, left + reach), right - reach)
        y = min(max(y, reach), height - reach)
        return cls(x, y, turn, tilt, scale)

    def after(self, shift: Shift, width: int) -> "Pose":
        """Moved by a hand in a picture of that width."""
        scale = width / 1920
        x, y = self.x + shift.x * scale, self.y + shift.y * scale
        return Pose(x, y, self.turn + shift.turn, self.tilt, self.scale)

    def homography(self, paper: Paper, height: int) -> npt.NDArray[np.float64]:
        """From the paper's plane to a picture of that height."""
        cos, sin = math.cos(self.turn) * self.scale, math.sin(self.turn) * self.scale
        lean = np.array(self.tilt) * self.scale / (0.5 * height)
        about_code = np.array([[1, 0, -paper.centre[0]], [0, 1, -paper.centre[1]], [0, 0, 1]])
        laid = np.array([[cos, -sin, 0], [sin, cos, 0], [lean[0], lean[1], 1]])
        put = np.array([[1, 0, self.x], [0, 1, self.y], [0, 0, 1]])
        return put @ laid @ about_code  # type: ignore[no-any-return]

    def outline(self, paper: Paper, height: int) -> npt.NDArray[np.float32]:
        """The paper's four corners in the picture."""
        tall, wide = paper.seen.shape[:2]
        corners = np.array([[[0, 0], [wide, 0], [wide, tall], [0, tall]]], np.float32)
        return np.asarray(
            cv2.perspectiveTransform(corners, self.homography(paper, height))[0], np.float32
        )

"""What lies around a slip and what the lamp, the lens and the sensor make of it."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.tickets.levels import Level
from benchmarks.tickets.paper import Plane

Picture = npt.NDArray[np.uint8]

_FOCUS_BREATHES = 0.4
_NOISE_POOL = 1 << 22


def desk(size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Clouded and dark, with a few other papers and things on it. Reflectance, BGR."""
    width, height = size
    colour = np.array([rng.uniform(0.7, 1), rng.uniform(0.75, 1), 1]) * rng.uniform(0.08, 0.4)
    coarse = rng.standard_normal((height // 40, width // 160), np.float32)
    clouds = 1 + 0.15 * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    seen = clouds[..., None] * colour.astype(np.float32)
    for _ in range(int(rng.integers(0, 4))):
        middle = (rng.uniform(0, width), rng.uniform(0, height))
        extent = (rng.uniform(0.05, 0.3) * width, rng.uniform(0.02, 0.3) * height)
        box = cv2.boxPoints((middle, extent, rng.uniform(0, 180))).astype(np.int32)
        cv2.fillPoly(seen, [box], rng.uniform(0.05, 0.8, 3).tolist(), cv2.LINE_AA)
    return np.clip(seen, 0, 1, out=seen)


@dataclass(frozen=True, slots=True)
class Lamp:
    """Light from a side, and perhaps its own reflection near a code."""

    across: float
    down: float
    glare: float  # 0 without one
    at: tuple[float, float]  # pixels
    width: tuple[float, float]  # pixels, across and down

    @classmethod
    def drawn(
        cls,
        level: Level,
        size: tuple[int, int],
        code: tuple[float, float],
        rng: np.random.Generator,
    ) -> Self:
        """`code` is the middle of the one that the reflection lies near to."""
        across, down = rng.uniform(-level.lamp_side, level.lamp_side, 2)
        wide = size[0]
        shines = rng.random() < level.glare_chance
        glare = rng.uniform(0.2, level.glare_light) if shines else 0.0
        away = rng.normal(0, 1, 2) * level.glare_away * wide
        radius = rng.uniform(0.02, max(0.02, level.glare_width)) * wide
        at = (code[0] + away[0], code[1] + away[1])
        return cls(across, down, glare, at, (radius, radius * rng.uniform(0.5, 1.5)))

    def on(self, size: tuple[int, int]) -> Plane:
        """How bright each place of the desk is."""
        width, height = size
        x = np.linspace(-self.across, self.across, width, dtype=np.float32)
        y = np.linspace(-self.down, self.down, height, dtype=np.float32)
        return np.asarray(np.clip(1 + x + y[:, None], 0.15, 2), np.float32)

    def reflect(self, scene: Plane, wander: tuple[float, float]) -> None:
        """Adds the reflection to the picture, `wander` pixels from where it was first."""
        if not self.glare:
            return
        spot, parts = np.float32(self.glare), []
        for at, moved, wide, length in zip(
            self.at, wander, self.width, (scene.shape[1], scene.shape[0]), strict=True
        ):
            middle = at + moved
            first = max(0, min(length, int(middle - 3 * wide)))
            last = max(first, min(length, int(middle + 3 * wide) + 1))
            from_middle = np.arange(first, last, dtype=np.float32) - np.float32(middle)
            parts.append((slice(first, last), np.exp(-((from_middle / wide) ** 2))))
        (columns, across), (rows, down) = parts
        scene[rows, columns] += (np.outer(down, across) * spot)[..., None]


@dataclass(frozen=True, slots=True)
class Lens:
    """Focus that breathes about its first value and a streak that comes and goes."""

    sigma: float  # pixels
    focus_beat: float
    longest: float  # pixels
    streak_beat: float
    streak_phase: float
    streak_turn: float

    @classmethod
    def drawn(cls, level: Level, width: int, rng: np.random.Generator) -> Self:
        scale = width / 1920
        sigma = rng.uniform(0, level.defocus_px) * scale
        first = rng.uniform(0, 1)
        phase = math.asin(2 * first - 1)
        if rng.random() < 0.5:
            phase = math.pi - phase
        beat = rng.uniform(0.5, 1.2) * rng.choice([-1, 1])
        return cls(
            sigma,
            beat,
            level.motion_px * scale,
            rng.uniform(0.6, 1.5),
            phase,
            rng.uniform(0, math.pi),
        )

    def blur(self, scene: Plane, moment: float) -> Plane:
        """The scene as it falls on the sensor at that moment (seconds)."""
        breath = math.sin(2 * math.pi * self.focus_beat * moment)
        sigma = self.sigma * (1 + _FOCUS_BREATHES * breath)
        if sigma > 0.2:
            scene = cv2.GaussianBlur(scene, (0, 0), sigma).astype(np.float32, copy=False)
        streak = math.sin(2 * math.pi * self.streak_beat * moment + self.streak_phase)
        length = self.longest * (0.5 + 0.5 * streak)
        if length < 1:
            return scene
        return cv2.filter2D(scene, -1, self._streak(length)).astype(np.float32, copy=False)

    def _streak(self, length: float) -> Plane:
        reach = math.ceil(length / 2) + 1
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        # Sub-pixel ends: a streak grows evenly and not by whole pixels.
        fine = 16
        end = length / 2 * math.cos(self.streak_turn), length / 2 * math.sin(self.streak_turn)
        start = tuple(round((reach - part) * fine) for part in end)
        stop = tuple(round((reach + part) * fine) for part in end)
        cv2.line(kernel, start, stop, 1.0, 1, cv2.LINE_AA, 4)
        return np.asarray(kernel / kernel.sum(), np.float32)


@dataclass(frozen=True, slots=True)
class Sensor:
    """Exposure that flickers a little with the lamp, noise, and the file's quality."""

    gain: float
    flicker: float
    noise: float
    quality: int

    @classmethod
    def drawn(cls, level: Level, rng: np.random.Generator) -> Self:
        return cls(
            rng.uniform(level.exposure, 1.05),
            rng.uniform(0.01, 0.05),
            rng.uniform(0.003, level.noise),
            int(rng.uniform(level.jpeg, 95)),
        )

    def developed(self, scene: Plane, moment: float, rng: np.random.Generator) -> bytes:
        """A JPEG. Writes into `scene`."""
        # Mains light is seen at a slow beat against the frame rate.
        scene *= np.float32(self.gain * (1 + self.flicker * math.sin(2 * math.pi * 1.7 * moment)))
        # Noise grows with the light's root.
        rough = np.sqrt(np.clip(scene, 0, 1))
        rough += 1
        rough *= _grain(scene.shape, rng)
        rough *= np.float32(self.noise)
        scene += rough
        np.clip(scene, 0, 1, out=scene)
        levels = cv2.convertScaleAbs(scene, alpha=255)
        done, encoded = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        assert done
        return encoded.tobytes()


@cache
def _pool() -> Plane:
    return np.random.default_rng(0).standard_normal(_NOISE_POOL, np.float32)


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> Plane:
    """Pieces of one stretch of noise, each from a place of its own: drawing it anew is slow."""
    pool, size, piece = _pool(), math.prod(shape), _NOISE_POOL // 8
    starts = rng.integers(0, _NOISE_POOL - piece, -(-size // piece))
    return np.concatenate([pool[start : start + piece] for start in starts])[:size].reshape(shape)

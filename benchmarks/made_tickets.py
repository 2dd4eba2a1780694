"""Made document-camera pictures of queue tickets, single or as moving frames.

Everything follows from the seed and the moment (and a little from the versions of the libraries and
of the font). A seed's level is its remainder by four: easy, normal, hard, extreme. In moving
frames the print, its faults, the desk and the lamp stay; the slip settles, focus breathes, the
streak of the motion comes and goes, the light flickers, and noise and JPEG are new in each. The
first frame is the single one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from benchmarks.tickets.levels import LEVELS, Level
from benchmarks.tickets.light import Lamp, Lens, Picture, Sensor, desk
from benchmarks.tickets.paper import FINE, Paper, Plane, worn
from benchmarks.tickets.pose import Hand, Pose
from benchmarks.tickets.slips import DOTS_PER_MM, Slip, printed

FPS = 12.0
"""Of moving frames: a slow camera's, so that two seconds are not too many pictures."""

_SIZES = ((1280, 960), (1920, 1080), (1920, 1080), (1920, 1080), (2592, 1944))
_OVERSAMPLED = 2
_SHADOW_PX = 6.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be known of a made ticket beside its picture.

    `bars` are the texts of its Code 128s. In pixels of the first picture: `module_px` and
    `sides_px` are the widths of a QR code's module and of the code, `middles` its middle.
    """

    seed: int
    level: str
    size: tuple[int, int]
    texts: tuple[str, ...]
    bars: tuple[str, ...]
    module_px: tuple[float, ...]
    sides_px: tuple[float, ...]
    middles: tuple[tuple[float, float], ...]
    turn_deg: tuple[float, ...]


def frame(seed: int) -> tuple[Picture, tuple[str, ...], Facts]:
    """One picture (BGR), the texts of its QR codes, and its facts. Raises FontAbsent."""
    scene = Scene(seed)
    return scene.picture(0.0), scene.facts.texts, scene.facts


def movie(seed: int, count: int = 24) -> Iterator[Picture]:
    """`count` pictures (BGR), FPS a second. Raises FontAbsent."""
    scene = Scene(seed)
    for number in range(count):
        yield scene.picture(number / FPS)


def texts(seed: int) -> tuple[str, ...]:
    """What the QR codes of the seed's pictures say. Raises FontAbsent."""
    return Scene(seed).facts.texts


class Scene:
    """One seed's slips under one lamp. For one thread."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._level: Level = LEVELS[seed % len(LEVELS)]
        rng = self._chance("scene")
        self._size: tuple[int, int] = _SIZES[int(rng.integers(len(_SIZES)))]
        kind = rng.choice(["one", "bars", "two"], p=[0.8, 0.1, 0.1])
        seen_mm = rng.uniform(*self._level.seen_mm)
        columns = 2 if kind == "two" else 1
        print_rng = self._chance("print")
        self._slips: list[Slip] = [
            printed(print_rng, narrow=columns == 2, with_bars=kind == "bars")
            for _ in range(columns)
        ]
        self._seen_mm = seen_mm

    @cached_property
    def facts(self) -> Facts:
        """What the pictures show."""
        dot = self._size[0] / self._seen_mm / DOTS_PER_MM
        return Facts(
            seed=self._seed,
            level=self._level.name,
            size=self._size,
            texts=tuple(slip.text for slip in self._slips),
            bars=tuple(slip.bars for slip in self._slips if slip.bars),
            module_px=tuple(slip.module * dot for slip in self._slips),
            sides_px=tuple(slip.side * dot for slip in self._slips),
            middles=tuple((pose.x, pose.y) for pose in self._poses),
            turn_deg=tuple(float(np.rad2deg(pose.turn)) for pose in self._poses),
        )

    def picture(self, moment: float) -> Picture:
        """As the decoder gets it, `moment` seconds after the first."""
        jpeg = np.frombuffer(self.jpeg(moment), np.uint8)
        picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert picture is not None
        return picture.astype(np.uint8, copy=False)

    def jpeg(self, moment: float, *, laid: bool = True) -> bytes:
        """As a camera sends it; with nothing on the desk unless `laid`."""
        shift = self._hand.moved(moment)
        poses = [pose.after(shift, self._size[0]) for pose in self._poses]
        scene = self._empty.copy()
        corner, part = self._part(scene, poses)
        for paper, pose in zip(self._papers, poses, strict=True):
            if laid:
                self._lay(part, corner, paper, pose)
        scale = self._size[0] / 1920
        # The slip's sheen turns with it.
        self._lamp.reflect(scene, (shift.x * 2 * scale, shift.y * 2 * scale))
        part[:] = self._lens.blur(part, moment)
        return self._sensor.developed(scene, moment, self._chance("grain", round(moment * 1000)))

    def _part(self, scene: Plane, poses: list[Pose]) -> tuple[tuple[int, int], Plane]:
        """Only round the papers is there anything that blur would change."""
        height = self._size[1]
        corners = np.concatenate(
            [p.outline(paper, height) for paper, p in zip(self._papers, poses, strict=True)]
        )
        edge = 5 * _SHADOW_PX
        left, top = np.floor(np.clip(corners.min(axis=0) - edge, 0, self._size)).astype(int)
        right, bottom = np.ceil(np.clip(corners.max(axis=0) + edge, 0, self._size)).astype(int)
        return (int(left), int(top)), scene[top:bottom, left:right]

    def _lay(self, part: Plane, corner: tuple[int, int], paper: Paper, pose: Pose) -> None:
        """Puts the paper and its shadow into the part of the picture that begins at `corner`."""
        more = np.diag([_OVERSAMPLED, _OVERSAMPLED, 1.0]) @ np.array(
            [[1, 0, -corner[0]], [0, 1, -corner[1]], [0, 0, 1]]
        )
        height, width = part.shape[:2]
        large = cv2.warpPerspective(
            paper.seen,
            more @ pose.homography(paper, self._size[1]),
            (width * _OVERSAMPLED, height * _OVERSAMPLED),
            flags=cv2.INTER_LINEAR,
        )
        seen = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
        reflectance, cover = cv2.split(seen)
        shadow = cv2.GaussianBlur(cover, (0, 0), _SHADOW_PX) * 0.5
        part *= ((1 - shadow) * (1 - cover))[..., None]
        rows, columns = slice(corner[1], corner[1] + height), slice(corner[0], corner[0] + width)
        lit = reflectance * self._light[rows, columns]
        part += lit[..., None] * self._tint

    def _chance(self, part: str, *more: int) -> np.random.Generator:
        """Each part of a scene has its own, so that one drawing more changes no other."""
        return np.random.default_rng([self._seed, *part.encode(), *more])

    @cached_property
    def _papers(self) -> list[Paper]:
        rng = self._chance("paper")
        return [worn(slip, self._level, rng) for slip in self._slips]

    @cached_property
    def _poses(self) -> list[Pose]:
        rng = self._chance("pose")
        columns = len(self._slips)
        return [
            Pose.drawn(
                slip.side * FINE / 2, self._size, (at, columns), self._level, rng, self._seen_mm
            )
            for at, slip in enumerate(self._slips)
        ]

    @cached_property
    def _hand(self) -> Hand:
        return Hand.drawn(self._chance("hand"))

    @cached_property
    def _lamp(self) -> Lamp:
        rng = self._chance("lamp")
        pose = self._poses[int(rng.integers(len(self._poses)))]
        return Lamp.drawn(self._level, self._size, (pose.x, pose.y), rng)

    @cached_property
    def _light(self) -> Plane:
        return self._lamp.on(self._size)

    @cached_property
    def _empty(self) -> Plane:
        """The desk without a slip, lit."""
        return desk(self._size, self._chance("desk")) * self._light[..., None]

    @cached_property
    def _tint(self) -> Plane:
        rng = self._chance("tint")
        return np.array([rng.uniform(0.9, 1), rng.uniform(0.95, 1), 1], np.float32)

    @cached_property
    def _lens(self) -> Lens:
        return Lens.drawn(self._level, self._size[0], self._chance("lens"))

    @cached_property
    def _sensor(self) -> Sensor:
        return Sensor.drawn(self._level, self._chance("sensor"))

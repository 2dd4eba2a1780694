"""Photographs of queue tickets for the demo's camera: a slip on a desk under a document camera.

Every picture follows from its seed. The steps are those of the light: print, curled paper, desk and
shadow, lamp, lens, sensor, JPEG.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from clerk_client.demo.slip import DOTS_PER_MM, Gray, SlipText, printed

WIDTH, HEIGHT = 1280, 960

Plane = npt.NDArray[np.float32]
# Blue, green, red of the desk, and how much of its texture is wood.
_DESKS = (
    ((92.0, 128.0, 168.0), 1.0),  # oak
    ((58.0, 82.0, 116.0), 1.0),  # walnut
    ((150.0, 154.0, 156.0), 0.0),  # grey laminate
    ((74.0, 70.0, 66.0), 0.0),  # a dark mat
    ((112.0, 108.0, 70.0), 0.0),  # a green cutting mat
)


def photograph(slip: SlipText, seed: int) -> bytes:
    """A JPEG of WIDTH x HEIGHT. Raises clerk_client.demo.slip.FontAbsent."""
    rng = np.random.default_rng(seed)
    ink = _thermal(printed(slip), rng)
    view = _View.thrown(ink.shape, rng)
    paper, outline = view.taken(ink)
    desk = _desk(rng)
    shadow = _shadow(outline, rng)
    cover = outline[..., None]
    scene = desk * shadow[..., None] * (1 - cover) + _tinted(paper * view.folds, rng) * cover
    return _developed(_lit(scene, cover, rng), rng)


def _thermal(drawn: Gray, rng: np.random.Generator) -> Plane:
    """Reflectance 0..1: heat spreads a little, elements of the head differ, rows burn unevenly."""
    height, width = drawn.shape
    burnt = 1 - cv2.GaussianBlur(drawn, (0, 0), 1.3).astype(np.float32) / 255
    columns = 1 - 0.10 * rng.random((1, width // 2), np.float32)
    for column in rng.integers(0, width // 2, 3):
        columns[0, column] -= rng.uniform(0.1, 0.35)
    rows = 1 - 0.16 * _noise(rng, (height, 1), 90) - 0.05 * rng.random((height, 1), np.float32)
    strength = cv2.resize(columns, (width, 1)) * rows * rng.uniform(0.88, 0.97)
    # Thermal paper is smooth with faint cloudy fibres.
    fibres = 0.035 * _noise(rng, drawn.shape, 28) + 0.02 * rng.standard_normal(
        drawn.shape, np.float32
    )
    return _plane(np.clip((0.97 - fibres) * (1 - burnt * strength), 0.06, 1))


@dataclass(frozen=True)
class _View:
    """How the camera sees the paper: for every pixel of the picture its place on the paper."""

    x: Plane
    y: Plane
    folds: Plane
    shape: tuple[int, int]
    teeth: int

    @classmethod
    def thrown(cls, shape: tuple[int, ...], rng: np.random.Generator) -> "_View":
        """A slip put down by a person in a hurry."""
        height, width = shape[0], shape[1]
        turn = np.deg2rad(rng.normal(0, 6.0))
        upright = height * np.cos(turn) + width * np.abs(np.sin(turn))
        scale = rng.uniform(0.84, 0.91) * HEIGHT / upright
        centre = np.array([WIDTH / 2 + rng.uniform(-170, 170), HEIGHT / 2 + rng.uniform(-18, 18)])
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2) * scale
        turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        # The arm of the camera is never quite upright.
        tilt = 1 + turned @ rng.uniform(-1.0e-4, 1.0e-4, 2)
        seen = turned / tilt[:, None] + centre
        flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        back = cv2.getPerspectiveTransform(seen.astype(np.float32), flat)
        across, down = _through_lens(rng.uniform(0.01, 0.035))
        w = back[2, 0] * across + back[2, 1] * down + back[2, 2]
        x = (back[0, 0] * across + back[0, 1] * down + back[0, 2]) / w
        y = (back[1, 0] * across + back[1, 1] * down + back[1, 2]) / w
        lift, slope = _curl(x / width, y / height, rng)
        # What lies higher is seen further from the middle of the picture.
        x = x - lift * (across - WIDTH / 2) * 0.10
        y = y - lift * (down - HEIGHT / 2) * 0.10
        folds = (1 + slope).astype(np.float32)
        teeth = int(rng.integers(44, 62))
        return cls(x.astype(np.float32), y.astype(np.float32), folds, (height, width), teeth)

    def taken(self, ink: Plane) -> tuple[Plane, Plane]:
        """The paper's reflectance in the picture, and how much of each pixel it covers."""
        seen = cv2.remap(ink, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        height, width = self.shape
        # The cutter leaves teeth at the ends; the sides are straight.
        pitch = width / self.teeth
        tooth = np.abs((self.x / pitch) % 1 - 0.5) * 0.8 * DOTS_PER_MM
        inside = np.minimum.reduce(
            [self.x, width - self.x, self.y - tooth, height - tooth - self.y]
        )
        return _plane(seen), _plane(np.clip(inside / 2.4 + 0.5, 0, 1))


def _through_lens(barrel: float) -> tuple[Plane, Plane]:
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = (across - WIDTH / 2) / WIDTH, (down - HEIGHT / 2) / WIDTH
    bend = 1 + barrel * (x * x + y * y) * 4
    return _plane(x * bend * WIDTH + WIDTH / 2), _plane(y * bend * WIDTH + HEIGHT / 2)


def _curl(u: Plane, v: Plane, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Height of the paper above the desk (0..1), and how its slope brightens or darkens it."""
    ends = rng.uniform(0.1, 0.5)
    wave, phase = rng.uniform(0.03, 0.1), rng.uniform(0, 2 * np.pi)
    middle = 2 * np.clip(v, -0.1, 1.1) - 1
    lift = ends * middle**4 + wave * (1 + np.sin(4.2 * v + 0.9 * u + phase))
    slope = 4 * ends * middle**3 * 0.11 + 4.2 * wave * np.cos(4.2 * v + 0.9 * u + phase) * 0.22
    slope *= rng.choice([-1.0, 1.0])
    if rng.random() < 0.6:  # folded once in a pocket
        crease = v - rng.uniform(0.3, 0.42) - 0.05 * u
        slope += 0.05 * np.tanh(crease * 40) * np.exp(-np.abs(crease) * 6)
        slope -= 0.10 * np.exp(-((crease * 260) ** 2))
    return _plane(lift), _plane(slope)


def _desk(rng: np.random.Generator) -> Plane:
    colour, grain = _DESKS[int(rng.integers(len(_DESKS)))]
    shape = (HEIGHT, WIDTH)
    broad = _noise(rng, shape, 240, 60)
    veins = np.sin((np.arange(HEIGHT, dtype=np.float32)[:, None] / 17 + 9 * broad) * 2)
    fibres = _noise(rng, shape, 70, 2) - 0.5
    wood = 0.07 * veins * _noise(rng, shape, 150, 9) + 0.20 * fibres
    pebbles = 0.14 * (_noise(rng, shape, 3) - 0.5) + 0.02 * rng.standard_normal(shape, np.float32)
    texture = grain * wood + (1 - grain) * pebbles
    stains = 0.10 * (_noise(rng, shape, 200) - 0.5)
    return _plane(np.array(colour) / 255 * (1 + texture + stains)[..., None])


def _shadow(outline: Plane, rng: np.random.Generator) -> Plane:
    """What the paper takes from the desk's light: a thin dark seam and a soft wide part."""
    dx, dy = rng.uniform(-9, 9), rng.uniform(3, 9)
    moved = cv2.warpAffine(outline, np.array([[1, 0, dx], [0, 1, dy]]), (WIDTH, HEIGHT))
    wide = cv2.GaussianBlur(moved, (0, 0), rng.uniform(7, 13))
    seam = cv2.GaussianBlur(outline, (0, 0), 2.5)
    return _plane(1 - 0.42 * wide - 0.22 * seam)


def _tinted(paper: Plane, rng: np.random.Generator) -> Plane:
    """Paper is a little blue, print a little brown."""
    paper_white = np.array([0.93, 0.925, 0.905]) * rng.uniform(0.93, 1.0)
    warmth = (1 - np.clip(paper, 0, 1)) * 0.02
    return _plane(paper[..., None] * paper_white + warmth[..., None] * np.array([0.0, 0.5, 1.0]))


def _lit(scene: Plane, cover: Plane, rng: np.random.Generator) -> Plane:
    """Daylight from a side, the camera's lamp as a soft glare, the lens darker at its corners."""
    across, down = np.meshgrid(
        np.linspace(-1, 1, WIDTH, dtype=np.float32),
        np.linspace(-0.75, 0.75, HEIGHT, dtype=np.float32),
    )
    angle = rng.uniform(0, 2 * np.pi)
    side = 1 + rng.uniform(0.05, 0.16) * (across * np.cos(angle) + down * np.sin(angle))
    corners = 1 - rng.uniform(0.16, 0.30) * (across**2 + down**2) ** 1.2 / 1.6
    lamp_x, lamp_y = rng.uniform(-0.6, 0.6), rng.uniform(-0.65, 0.3)
    spot = (((across - lamp_x) * 1.1) ** 2 + ((down - lamp_y) * 1.5) ** 2) / rng.uniform(0.03, 0.12)
    glare = np.exp(-spot)[..., None] * (0.08 + 0.16 * cover) * rng.uniform(0.4, 1.0)
    cast = 1 + rng.uniform(-0.045, 0.045) * np.array([1.0, 0.0, -1.0])
    light = (side * corners)[..., None] * cast * rng.uniform(0.88, 1.0)
    return _plane(scene * light + glare)


def _developed(scene: Plane, rng: np.random.Generator) -> bytes:
    """Lens, sensor and file."""
    soft = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.6, 1.0))
    grain = rng.standard_normal(scene.shape, np.float32)
    grain = 0.6 * grain + 0.9 * cv2.GaussianBlur(grain, (0, 0), 0.9)
    noisy = soft + grain * (0.006 + 0.012 * np.sqrt(np.clip(soft, 0, 1))) * rng.uniform(0.6, 1.2)
    # The sensor runs softly into white.
    curve = np.where(noisy > 0.86, 0.86 + 0.14 * np.tanh((noisy - 0.86) / 0.14), noisy)
    levels = np.clip(curve * 255, 0, 255).astype(np.uint8)
    quality = int(rng.integers(84, 93))
    done, encoded = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return encoded.tobytes()


def _noise(
    rng: np.random.Generator, shape: tuple[int, ...], size_x: float, size_y: float | None = None
) -> Plane:
    """Smooth clouds 0..1 of about that many pixels."""
    height, width = shape
    rows, columns = int(height / (size_y or size_x)) + 2, int(width / size_x) + 2
    coarse = rng.random((rows, columns), np.float32)
    return _plane(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def _plane(values: npt.ArrayLike) -> Plane:
    return np.asarray(values, np.float32)

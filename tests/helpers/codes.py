"""QR codes as cameras see them: drawn, printed, laid under a bad light.

A scene is made at a pixel a dot, smooth from the start, so that nothing hangs on rounding.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from scanner.symbol import Modules

Gray = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

_QR = zxingcpp.BarcodeFormat.QRCodeModel2


def modules_of(content: str | bytes, level: str = "M", **wishes: str) -> Modules:
    """True is a dark module. Version and mask are the library's choice."""
    drawn = zxingcpp.create_barcode(content, _QR, ec_level=level, **wishes)
    return np.asarray(drawn.to_image(1, add_quiet_zones=False), np.uint8) < 128


def drawn(modules: Modules, scale: int = 4) -> Gray:
    """Black on white with its border, as from a file."""
    shade = np.where(np.pad(modules, 4), 0, 255).astype(np.uint8)
    return np.asarray(np.kron(shade, np.ones((scale, scale), np.uint8)), np.uint8)


def printed(
    modules: Modules,
    module_px: float,
    *,
    shape: tuple[int, int] = (240, 320),
    shift: tuple[float, float] = (0.0, 0.0),
    turn: float = 0.0,
    tilt: float = 0.0,
    curl: float = 0.0,
) -> Plane:
    """How much ink each pixel of a picture sees, 0 to 1, with the code in its middle.

    `shift` is in pixels and `turn` in degrees; `tilt` is how much nearer one side is than the
    middle, as a share; `curl` how far the paper's slow wave moves what is printed on it,
    in modules.
    """
    fine = 4
    rows, columns = (np.arange(side * fine) / fine + 0.5 / fine for side in shape)
    x, y = np.meshgrid(columns - shape[1] / 2 - shift[0], rows - shape[0] / 2 - shift[1])
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    x, y = (x * cos + y * sin) / module_px, (y * cos - x * sin) / module_px
    side = len(modules)
    nearness = 1 + tilt * 2 * x / side
    x, y = x / nearness, y / nearness
    y = y + curl * np.cos(np.pi * x / side + 0.5)
    x = x - curl / 2 * np.sin(np.pi * y / side - 0.3)
    column, row = (np.floor(v + side / 2).astype(int) for v in (x, y))
    inside = (column >= 0) & (row >= 0) & (column < side) & (row < side)
    ink = modules[row.clip(0, side - 1), column.clip(0, side - 1)] & inside
    small = cv2.resize(ink.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def photographed(
    ink: Plane,
    *,
    paper: float = 200.0,
    black: float = 50.0,
    blur: float = 0.0,
    motion: float = 0.0,
    glare: float = 0.0,
    noise: float = 2.0,
    seed: int = 1,
) -> Gray:
    """`blur` is a defocus's radius and `motion` a hand's way, both in pixels; `glare` is a lamp's
    spot beside the middle, in grey levels; `noise` is the sensor's, in grey levels."""
    seen: Any = paper + (black - paper) * ink
    if blur:
        seen = cv2.filter2D(seen, -1, _disc(blur), borderType=cv2.BORDER_REPLICATE)
    if motion:
        seen = cv2.filter2D(seen, -1, _stroke(motion), borderType=cv2.BORDER_REPLICATE)
    if glare:
        rows, columns = np.indices(ink.shape)
        away = np.hypot(columns - ink.shape[1] * 0.55, rows - ink.shape[0] * 0.55)
        seen = seen + glare * np.exp(-((away / (0.12 * ink.shape[0])) ** 2))
    grain = np.random.default_rng(seed).normal(0, noise, ink.shape)
    return np.asarray(np.clip(seen + grain, 0, 255), np.uint8)


def on_screen(picture: Gray, pitch: float, depth: float) -> Gray:
    """The same shown by a telephone: its dots, `pitch` pixels of the camera apart and turned by 4
    degrees, beat with the camera's own (moiré); `depth` is how much darker it is between them."""
    y, x = np.indices(picture.shape, np.float32)
    cos, sin = np.cos(np.radians(4.0)), np.sin(np.radians(4.0))
    waves = np.cos(2 * np.pi / pitch * (x * cos + y * sin))
    waves += np.cos(2 * np.pi / pitch * (y * cos - x * sin))
    return np.clip(picture * (1.3 - 1.3 * depth * (0.5 + 0.25 * waves)), 0, 255).astype(np.uint8)


def _disc(radius: float) -> Plane:
    """Of light that is out of focus."""
    return _even(lambda x, y: np.hypot(x, y) <= radius, radius)


def _stroke(length: float) -> Plane:
    """Of a hand that moved along 30 degrees."""
    cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
    return _even(
        lambda x, y: (abs(x * cos + y * sin) <= length / 2) & (abs(y * cos - x * sin) <= 0.5),
        length,
    )


def _even(covers: Callable[[Any, Any], Any], reach: float) -> Plane:
    """A kernel that is even where `covers` says, in pixels from its middle."""
    fine, pixels = 9, 2 * int(reach + 1) + 1
    along = (np.arange(pixels * fine) + 0.5) / fine - pixels / 2
    x, y = np.meshgrid(along, along)
    mask = covers(x, y).astype(np.float32)
    kernel = cv2.resize(mask, (pixels, pixels), interpolation=cv2.INTER_AREA)
    return np.asarray(kernel / kernel.sum(), np.float32)


def plainly_read(picture: Gray) -> list[str]:
    """What zxing reads by itself."""
    formats = zxingcpp.BarcodeFormats(_QR)
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=formats)]

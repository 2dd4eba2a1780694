"""What is wrong with a picture in which a code lies and cannot be read.

Told only where it is certain. What it says of pictures that were not read, measured on photographs
of the corpora that docs/camera.md names:

    pictures                            count  dark  glare  far  blurred  none
    photographs made too dark              80    79      .    .        .     1
    photographs with a painted glare       70     .     48    .        .    22
    photographs shrunk to 1-2.2 px         80     4      .   65        1    10
    photographs blurred, 0.6 modules on    80     .      .    .       47    33
    made tickets, blurred                  42     .      5    .       27    10
    bright spots in a dark room            13     5      3    .        3     2
    no code at all (negative)              14     .      .    .        .    14
    empty desks                            80     1      .    .        .    79

and with places as a locator gave them, where it found one: made tickets blurred 20 of 24, too far 9
of 11; photographs blurred 12 of 17 (2 far), glare 29 of 32, dark 20 of 21, the rest none. Torn,
folded and tilted codes (20): none, but one far. Of 523 pictures that are read it would call 19
glare, 15 blurred, 3 each too far and too dark; nobody asks it about those.
"""

import enum
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scanner.errors import PictureUnreadable
from scanner.reading import Place

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Gray = npt.NDArray[np.uint8]

_SMALLEST_SIDE = 48
_SMALL_SIDE = 640
_SMALLEST_PLACE = 16
_MODULE_PX = 6.0
# Grey levels. Paper in the dark is below the first; paper under a lamp is below the second, and
# above it only where it mirrors the lamp, or drawn and not photographed.
_DARK = 50.0
_PAPER = 240
_WHITE = 250
# No code has so many light modules in a square, and so much of one lost is more than it can mend.
_GLARE_MODULES = 6
_GLARE_SHARE = 0.03
# Pixels of one module: narrower ones are read with luck.
_FAR_PX = 3.0
# zxing says how wide a code is and not of how many modules: tickets have 25 or more.
_FAR_MODULES = 25
_ENLARGED = 4
# Sigma of the steepest edges, in pixels and in modules; and how much is neither paper nor ink.
_BLUR_PX = 1.8
_SOFT_PX = 3.2
_BLUR_MODULES = 0.36
_BETWEEN = 0.36
# What the texture of a desk does not have and print does; at a known place less is enough.
_PRINT_CONTRAST = 40.0
_FAINT_CONTRAST = 18.0


class Fault(enum.Enum):
    """What a clerk can do something about. The values are codes of the words."""

    TOO_DARK = "PICTURE_TOO_DARK"
    GLARE = "PICTURE_GLARE"
    TOO_FAR = "PICTURE_TOO_FAR"
    BLURRED = "PICTURE_BLURRED"


def fault_of(picture: "npt.NDArray[np.generic]", places: Sequence[Place] = ()) -> Fault | None:
    """For a picture that gave no reading; `places` are what was located in it.

    Takes what scanner.decode.decode takes. None when no fault is certain, which says nothing of the
    picture: a code that is torn, covered or not there has none. Raises PictureUnreadable.
    """
    import cv2

    from scanner.grayscale import as_gray

    gray = as_gray(picture)
    if gray.size == 0:
        return None
    try:
        return _fault_of(gray, places)
    except cv2.error as error:
        raise PictureUnreadable from error


def _fault_of(gray: "Gray", places: Sequence[Place]) -> Fault | None:
    if min(gray.shape) < _SMALLEST_SIDE:
        return Fault.TOO_DARK if _is_dark(gray) else None
    found = (_fault_at(gray, place) for place in places)
    if (fault := next((fault for fault in found if fault is not None), None)) is not None:
        return fault
    # Places may be mistaken, and such a code is none of them.
    if _has_tiny_code(gray):
        return Fault.TOO_FAR
    # Small enough to be quick with, and with less noise.
    small = _scaled(gray, min(1.0, _SMALL_SIDE / max(gray.shape)))
    if _is_dark(small):
        return Fault.TOO_DARK
    if places or min(small.shape) < _SMALLEST_PLACE:
        return None
    middle = _densest(small, max(9, small.shape[1] // 16))
    if _shines(small, middle):
        return Fault.GLARE
    scale = gray.shape[1] / small.shape[1]
    blurred = _is_blurred(gray, middle, scale) or _is_blurred(small, middle, 1.0)
    return Fault.BLURRED if blurred else None


def _is_dark(gray: Any) -> bool:
    import numpy as np

    return float(np.percentile(gray, 98)) < _DARK


def _fault_at(gray: "Gray", place: Place) -> Fault | None:
    """At a code whose place and scale are known."""
    import cv2
    import numpy as np

    module = place.module_px
    height, width = gray.shape
    quad = np.clip(np.array(place.corners, np.float32), -max(gray.shape), 2 * max(gray.shape))
    if not (np.isfinite(quad).all() and 0 < module < math.inf):
        return None
    low = np.clip(quad.min(axis=0), 0, (width, height)).astype(int)
    high = np.clip(quad.max(axis=0) + 1, 0, (width, height)).astype(int)
    crop = gray[low[1] : high[1], low[0] : high[0]]
    if min(crop.shape) < _SMALLEST_PLACE:
        return None
    # A large code is not worth more time than a small one.
    scale = min(1.0, max(_MODULE_PX / module, _SMALLEST_PLACE / min(crop.shape)))
    crop = _scaled(crop, scale)
    ink, paper = np.percentile(crop, (10, 90))
    if paper < _DARK:
        # With so little contrast it may as well be the desk.
        return Fault.TOO_DARK if paper - ink >= _FAINT_CONTRAST else None
    inside = np.zeros(crop.shape, np.uint8)
    cv2.fillConvexPoly(inside, ((quad - low) * scale).astype(np.int32), 1)
    side = round(min(max(3.0, _GLARE_MODULES * module * scale), max(crop.shape)))
    white = cv2.morphologyEx(
        (crop >= _WHITE) * inside, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)
    )
    if int(white.sum()) > _GLARE_SHARE * int(inside.sum()):
        return Fault.GLARE
    if module < _FAR_PX:
        return Fault.TOO_FAR
    sigma, between = _sharpness(crop, _FAINT_CONTRAST)
    blurred = sigma >= _BLUR_MODULES * module * scale and between >= _BETWEEN
    return Fault.BLURRED if blurred else None


def _scaled(gray: "Gray", scale: float) -> Any:
    import cv2

    size = max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA)


def _texture(gray: Any, side: int) -> Any:
    """How much changes both across and down, as in a code and hardly elsewhere."""
    import cv2

    across = cv2.absdiff(gray[1:-1, :-2], gray[1:-1, 2:])
    down = cv2.absdiff(gray[:-2, 1:-1], gray[2:, 1:-1])
    return cv2.min(cv2.blur(across, (side, side)), cv2.blur(down, (side, side)))


def _densest(gray: Any, side: int) -> tuple[int, int]:
    import cv2

    *_, (x, y) = cv2.minMaxLoc(_texture(gray, side))
    return x + 1, y + 1


def _shines(small: Any, middle: tuple[int, int]) -> bool:
    """A white spot lies over or close beside the texture, on paper that is not white itself."""
    import cv2
    import numpy as np

    x, y = middle
    reach = small.shape[1] // 7
    near = small[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    white = (near >= _WHITE).astype(np.uint8)
    side = max(3, small.shape[1] // 60)
    spot = cv2.morphologyEx(white, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    if not 0.01 < float(spot.mean()) < 0.5:
        return False
    beside = near[cv2.dilate(spot, np.ones((side, side), np.uint8)) == 0]
    return beside.size > 0 and float(np.percentile(beside, 90)) < _PAPER


def _has_tiny_code(gray: "Gray") -> bool:
    """Enlarged four times zxing finds a code there, and it is a tiny one."""
    import cv2
    import numpy as np
    import zxingcpp

    window = max(15, gray.shape[1] // 48)
    texture = _texture_fine(gray, window // 2 | 1)
    reach = int(window * 1.4)
    for _ in range(2):
        *_, (x, y) = cv2.minMaxLoc(texture)
        cv2.rectangle(texture, (x - window, y - window), (x + window, y + window), 0, -1)
        crop = gray[max(0, 2 * y - reach) : 2 * y + reach, max(0, 2 * x - reach) : 2 * x + reach]
        large = cv2.resize(crop, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
        codes = zxingcpp.read_barcodes(
            np.asarray(large),
            formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2),
            return_errors=True,
        )
        for code in codes:
            at = code.position
            across = np.hypot(at.top_right.x - at.top_left.x, at.top_right.y - at.top_left.y)
            if 16 < across / _ENLARGED < _FAR_PX * _FAR_MODULES:
                return True
    return False


def _texture_fine(gray: "Gray", side: int) -> Any:
    """As _texture, of pixels next to each other, on every second one."""
    import cv2

    rows, columns = (gray.shape[0] - 2) // 2, (gray.shape[1] - 2) // 2
    across = cv2.absdiff(gray[1:-1:2, :-2], gray[1:-1:2, 2:])[:rows, ::2][:, :columns]
    down = cv2.absdiff(gray[:-2:2], gray[2::2][: (gray.shape[0] - 1) // 2])[:rows, 1::2][
        :, :columns
    ]
    return cv2.min(cv2.blur(across, (side, side)), cv2.blur(down, (side, side)))


def _is_blurred(gray: Any, middle: tuple[int, int], scale: float) -> bool:
    """Around `middle`, which is times `scale` in `gray`."""
    x, y = (round(each * scale) for each in middle)
    reach = round(gray.shape[1] / 27)
    crop = gray[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    sigma, between = _sharpness(crop, _PRINT_CONTRAST)
    return sigma >= _SOFT_PX or (sigma >= _BLUR_PX and between >= _BETWEEN)


def _sharpness(crop: "Gray", least_contrast: float) -> tuple[float, float]:
    """Sigma of its steepest edges, and the share of it that is neither light nor dark.

    Both are nothing where there is no contrast to measure them by.
    """
    import cv2
    import numpy as np

    smooth = cv2.GaussianBlur(crop, (3, 3), 0)
    side = max(5, min(crop.shape) // 5) | 1
    around = np.ones((side, side), np.uint8)
    light = cv2.blur(cv2.dilate(smooth, around), (side, side)).astype(np.float32)
    dark = cv2.blur(cv2.erode(smooth, around), (side, side)).astype(np.float32)
    span = np.maximum(light - dark, 1)
    contrast = float(np.median(span))
    if contrast < least_contrast:
        return 0.0, 0.0
    level = (smooth - dark) / span
    slope = cv2.magnitude(
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5),
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5),
    )
    steepest = max(0.1, float(np.percentile(slope, 95)))
    between = float(np.mean((level > 0.3) & (level < 0.7)))
    return contrast / (2.5066 * steepest), between

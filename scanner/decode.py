"""A picture to what its codes say. Loads OpenCV and the readers on first use only."""

import time
from typing import TYPE_CHECKING

from scanner.errors import PictureUnreadable
from scanner.reading import Kind, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

BUDGET_S = 0.12
"""A step that began in time may still take some 25 ms (45 for a code of version 25): 150 in all."""
# A person pressed a button and waits for the answer.
THOROUGH_BUDGET_S = 0.6


def decode(
    picture: "npt.NDArray[np.generic]",
    budget_s: float = BUDGET_S,
    *,
    thorough: bool = False,
    kinds: "Iterable[Kind]" = (Kind.QR,),
) -> list[Reading]:
    """Every different text in the picture's codes, in no particular order.

    Takes gray, BGR or BGRA of any number type. After `budget_s` no further step begins.
    `thorough` takes up to THOROUGH_BUDGET_S if that is more, and asks one more reader. May be
    called from any thread. Raises PictureUnreadable when the array cannot be a picture, is larger
    than any camera's, or is refused by OpenCV; one too small for a code has none.
    """
    import cv2

    from scanner import cascade

    if thorough:
        budget_s = max(budget_s, THOROUGH_BUDGET_S)
    until = time.monotonic() + budget_s
    try:
        return cascade.sighting_of(picture, until, frozenset(kinds), thorough=thorough).readings
    except cv2.error as error:
        raise PictureUnreadable from error


def decode_frame(bgr: "npt.NDArray[np.generic]") -> list[str]:
    """The texts alone, as one preview frame gives them."""
    return [reading.text for reading in decode(bgr)]

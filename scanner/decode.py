"""A picture to what its codes say. Loads OpenCV and the readers on first use only."""

from typing import TYPE_CHECKING

from scanner.errors import PictureUnreadable
from scanner.reading import Reading

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BUDGET_S = 0.15
# A person pressed a button and waits for the answer.
THOROUGH_BUDGET_S = 0.6


def decode(
    picture: "npt.NDArray[np.generic]", budget_s: float = BUDGET_S, *, thorough: bool = False
) -> list[Reading]:
    """Every different text in the picture's QR codes, in no particular order.

    Takes gray, BGR or BGRA of any number type. After `budget_s` no further step begins.
    `thorough` tries everything on a picture without a code too, and takes up to THOROUGH_BUDGET_S
    if that is more. May be called from any thread. Raises PictureUnreadable when the array cannot
    be a picture, is larger than any camera's, or is refused by OpenCV; one too small for a code has
    none.
    """
    import cv2

    from scanner import cascade

    if thorough:
        budget_s = max(budget_s, THOROUGH_BUDGET_S)
    try:
        return cascade.read_codes(picture, budget_s, thorough=thorough)
    except cv2.error as error:
        raise PictureUnreadable from error


def decode_frame(bgr: "npt.NDArray[np.generic]") -> list[str]:
    """The texts alone, as one preview frame gives them."""
    return [reading.text for reading in decode(bgr)]

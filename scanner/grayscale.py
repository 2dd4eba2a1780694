"""Any picture as brightness from 0 to 255."""

import numpy as np
import numpy.typing as npt

from scanner.errors import PictureUnreadable

Gray = npt.NDArray[np.uint8]


def as_gray(picture: npt.NDArray[np.generic]) -> Gray:
    """Takes gray, BGR or BGRA. Floats may run to 1 or 255, integers to 255 or their type's limit.

    Raises PictureUnreadable for any other array.
    """
    import cv2

    if not isinstance(picture, np.ndarray) or picture.dtype.kind not in "buif":
        raise PictureUnreadable
    channels = 1 if picture.ndim == 2 else picture.shape[2] if picture.ndim == 3 else 0
    if channels not in (1, 3, 4):
        raise PictureUnreadable
    if picture.size == 0:
        return np.zeros((0, 0), np.uint8)
    levels = np.ascontiguousarray(_as_bytes(picture))
    if channels == 1:
        return levels.reshape(levels.shape[:2])
    conversion = cv2.COLOR_BGR2GRAY if channels == 3 else cv2.COLOR_BGRA2GRAY
    return np.asarray(cv2.cvtColor(levels, conversion), np.uint8)


def _as_bytes(picture: npt.NDArray[np.generic]) -> Gray:
    if picture.dtype == np.uint8:
        return picture.astype(np.uint8, copy=False)
    if picture.dtype.kind == "b":
        return picture.astype(np.uint8) * np.uint8(255)
    with np.errstate(all="ignore"):
        levels = np.nan_to_num(picture.astype(np.float64), nan=0.0, posinf=255.0, neginf=0.0)
    highest = levels.max()
    if picture.dtype.kind == "f":
        top = 1.0 if highest <= 1.0 else 255.0
    elif highest <= 255.0:
        top = 255.0
    else:
        top = 2.0 ** (8 * picture.itemsize - (picture.dtype.kind == "i")) - 1.0
    return (np.clip(levels, 0.0, top) * (255.0 / top)).astype(np.uint8)

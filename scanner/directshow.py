"""A camera on Windows. Not checked on hardware. Used by the camera's own process alone."""

from typing import TYPE_CHECKING, Any

from scanner.errors import CameraAbsent

if TYPE_CHECKING:
    from scanner.adjustment import Adjustment

# DirectShow counts exposure in powers of two of a second; cameras offer about these.
_SHORTEST, _LONGEST = -13, 0
_BY_HAND, _BY_ITSELF = 0.25, 0.75


def opened(device: str) -> Any:
    """A cv2.VideoCapture; `device` is an index. Raises CameraAbsent."""
    import cv2

    # Media Foundation, which OpenCV would take, needs 4 to 20 s to open.
    capture = cv2.VideoCapture(int(device), cv2.CAP_DSHOW)
    if not capture.isOpened():
        raise CameraAbsent(device)
    return capture


def gives_jpeg(_capture: Any) -> bool:
    """OpenCV decodes here."""
    return False


def is_gone(_device: str) -> bool:
    """Not told by anything that is cheap: the pictures stop."""
    return False


def adjust(_device: str, capture: Any, wanted: "Adjustment", before: "Adjustment") -> None:
    """Exposure. Brightness stays the camera's: OpenCV does not tell its range here."""
    import cv2

    if wanted.exposure == before.exposure:
        return
    if wanted.exposure is None:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _BY_ITSELF)
    else:
        power = _SHORTEST + (_LONGEST - _SHORTEST) * wanted.exposure / 100
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _BY_HAND)
        capture.set(cv2.CAP_PROP_EXPOSURE, round(power))

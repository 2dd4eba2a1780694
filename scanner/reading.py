"""What the scanner hands on: a code that was read, and a place where one lies."""

import enum
from dataclasses import dataclass

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""In pixels of the picture, from the code's own top left in its reading order."""


class Kind(enum.Enum):
    """The symbologies that queue machines print."""

    QR = "qr"
    CODE_128 = "code128"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one code says.

    `text` is whatever a stranger printed: check it before use; `raw` are the bytes behind it.
    `stage` names the step of the cascade that read it.
    """

    text: str
    corners: Corners
    stage: str
    raw: bytes = b""
    kind: Kind = Kind.QR


@dataclass(frozen=True, slots=True)
class Place:
    """A code that was located and not understood. `module_px` is the width of one module there."""

    corners: Corners
    module_px: float

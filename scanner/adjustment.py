"""How one camera takes its pictures, as a clerk or IT has set it."""

from dataclasses import dataclass

ROTATIONS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """None and 0 leave a thing to the camera.

    `brightness` and `exposure` are percent (0 to 100) of the range that the camera has; `rotation`
    is clockwise, in degrees, one of ROTATIONS. `width` x `height` is asked for, the camera answers
    with the nearest it has.
    """

    brightness: int | None = None
    exposure: int | None = None
    rotation: int = 0
    width: int = 0
    height: int = 0

"""What every source of pictures keeps to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from scanner.adjustment import Adjustment

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


# A camera that gives nothing for so long has hung.
STALL_S = 2.0

UNADJUSTED = Adjustment()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture: `picture` is BGR, uint8, height x width x 3, and nobody writes into it.

    `number` counts from 1 after each opening, and goes on over pictures that came while nobody
    read; `taken_at` is time.monotonic() on arrival.
    """

    picture: "npt.NDArray[np.uint8]"
    number: int
    taken_at: float


class FrameSource(Protocol):
    """Where pictures come from. One thread opens, reads and closes it.

    `close` may also come from another thread to end a waiting `read`; it returns within half a
    second and may be repeated. `open` after `close` starts again.
    """

    @property
    def name(self) -> str:
        """The setting that led here."""
        ...

    def open(self) -> None:
        """Raises CameraAbsent, CameraBusy, CameraStalled or PictureUnreadable."""
        ...

    def read(self) -> Frame:
        """Waits for the next frame.

        Raises CameraStalled when none comes in time, CameraFrozen when one comes again and again,
        CameraAbsent when the source has gone or is closed, CameraBusy when it has none for us,
        PictureUnreadable when what comes is no picture.
        """
        ...

    def close(self) -> None:
        """Lets go of the device."""
        ...


class AdjustableSource(FrameSource, Protocol):
    """A source that can be set while it runs."""

    def adjust(self, adjustment: Adjustment) -> None:
        """Follows it from one of the next frames on, as far as it can. From any thread."""
        ...

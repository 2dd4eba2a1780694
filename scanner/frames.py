"""What every source of pictures keeps to."""

from typing import TYPE_CHECKING, Protocol

from scanner.adjustment import Adjustment

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]


# A camera that gives nothing for so long has hung.
STALL_S = 2.0

UNADJUSTED = Adjustment()


class Frame:
    """One picture. What it gives out is uint8, and nobody writes into it.

    `number` counts from 1 after each opening, and goes on over pictures that came while nobody
    read; `taken_at` is time.monotonic() on arrival.
    """

    def __init__(self, picture: "Picture", number: int, taken_at: float) -> None:
        self._shown = picture
        self.number = number
        self.taken_at = taken_at

    @property
    def picture(self) -> "Picture":
        """BGR, height x width x 3, in full size. Raises PictureUnreadable."""
        return self._shown

    @property
    def gray(self) -> "Picture":
        """What a reader of codes needs of it, in full size. Raises PictureUnreadable."""
        from scanner.grayscale import as_gray

        return as_gray(self.picture)

    @property
    def small(self) -> "Picture":
        """As `picture`, in any size that is at hand."""
        return self._shown

    def filling(self, width: int, height: int) -> "Picture":
        """As `small`, large enough for a view of so many pixels. Raises PictureUnreadable."""
        small = self.small
        is_enough = small.shape[1] >= width or small.shape[0] >= height
        return small if is_enough else self.picture


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

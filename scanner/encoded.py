"""Pictures as cameras send them: decoded in half size, and further only for who needs more.

Most frames of a preview are only shown, and a view has no room for a camera's pixels; who reads
codes has no use for colours. Milliseconds of one core, JPEGs of photographed slips:

                      in colours   in half size   gray
    1080p, 226 kB            5.2            3.6    3.3
    1080p, 576 kB            8.1            6.0    7.8
    5 MP, 913 kB            15.2           11.1   11.3

What is left is the unpacking of the bits, which a quarter of the size needs too (1080p: 3.2).
"""

from typing import TYPE_CHECKING

from scanner.frames import Frame
from scanner.pictures import gray_from_bytes, half_from_bytes, picture_from_bytes, turned

if TYPE_CHECKING:
    from scanner.pictures import Picture


class EncodedFrame(Frame):
    """Decoded in half size, or `whole` at once. Raises PictureUnreadable.

    Two threads that ask for more at once may both decode it: what they get is the same.
    """

    def __init__(
        self,
        encoded: "Picture",
        number: int,
        taken_at: float,
        *,
        rotation: int = 0,
        source: str = "",
        whole: bool = False,
    ) -> None:
        decode = picture_from_bytes if whole else half_from_bytes
        super().__init__(turned(decode(encoded, source), rotation), number, taken_at)
        self.was_too_small = False
        """Whether half the size was too little for somebody: it may be so with the next one."""
        self._encoded = encoded
        self._rotation = rotation
        self._source = source
        self._whole = self._shown if whole else None

    @property
    def picture(self) -> "Picture":
        self.was_too_small = True
        if self._whole is None:
            self._whole = turned(picture_from_bytes(self._encoded, self._source), self._rotation)
        return self._whole

    @property
    def gray(self) -> "Picture":
        if self._whole is not None:
            return super().gray
        return turned(gray_from_bytes(self._encoded, self._source), self._rotation)

    def filling(self, width: int, height: int) -> "Picture":
        scale = 1 if self._shown is not self._whole else 2
        is_enough = self._shown.shape[1] >= scale * width or self._shown.shape[0] >= scale * height
        return self._shown if is_enough else self.picture


class Frames:
    """Makes the frames of one source, whole ones while somebody needs them. For one thread.

    The first is whole: it is read as soon as it is there.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._last: EncodedFrame | None = None

    def frame(
        self, encoded: "Picture", number: int, taken_at: float, rotation: int
    ) -> EncodedFrame:
        """Raises PictureUnreadable."""
        whole = self._last is None or self._last.was_too_small
        self._last = EncodedFrame(
            encoded, number, taken_at, rotation=rotation, source=self._source, whole=whole
        )
        return self._last

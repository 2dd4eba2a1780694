"""One run of a camera: every frame to the page, the newest to whoever reads."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PyQt5.QtGui import QImage

from scanner.capture import Capture
from scanner.errors import PictureUnreadable, ScannerError

if TYPE_CHECKING:
    from clerk_client.desk.cameras import Mark
    from scanner.adjustment import Adjustment
    from scanner.frames import AdjustableSource, Frame

log = logging.getLogger(__name__)

Room = tuple[int, int]


class Viewing:
    """The capture's thread shrinks each frame itself: reading may take longer than a frame lasts.

    `began`, `came`, `seen` and `failed` are called in that thread; `came` once for all frames that
    arrive until the next `newest`.
    """

    def __init__(
        self,
        source: "AdjustableSource",
        room: Callable[[], Room],
        *,
        began: Callable[[], None],
        came: Callable[["Viewing"], None],
        seen: Callable[[QImage, "tuple[Mark, ...]"], None],
        failed: Callable[["Viewing", ScannerError], None],
    ) -> None:
        self.marks: tuple[Mark, ...] = ()
        """What lies in the picture, as far as it was read by now."""
        self._source = source
        self._room = room
        self._began = began
        self._came = came
        self._seen = seen
        self._failed = failed
        self._has_begun = False
        self._is_awaited = False
        self._is_unusable = False
        self._capture = Capture(source, self._arrived, lambda error: failed(self, error))

    def start(self) -> None:
        self._capture.start()

    def stop(self) -> None:
        """Waits half a second at most; a driver that hangs longer is left behind."""
        if not self._capture.stop():
            log.warning("the camera did not let go in time")

    def newest(self) -> "Frame | None":
        """The newest frame that was not asked for yet. Never waits."""
        # Before the frame is taken: one that comes in between calls again.
        self._is_awaited = False
        return self._capture.latest(0)

    def adjust(self, adjustment: "Adjustment") -> None:
        """From the next pictures on."""
        self._source.adjust(adjustment)

    def _arrived(self, frame: "Frame") -> None:
        if self._is_unusable:
            return
        if not self._has_begun:
            self._has_begun = True
            _calm()
            self._began()
        # The reader first: the page's answer to the beginning keeps Python busy.
        if not self._is_awaited:
            self._is_awaited = True
            self._came(self)
        try:
            room = self._room()
            picture = shrunk(frame.filling(*room), room)
        except Exception:  # noqa: BLE001 - OpenCV and Qt know no common root
            self.give_up()
            return
        self._seen(picture, self.marks)

    def give_up(self) -> None:
        """A picture that nothing here can cope with: as many a second would follow.

        Not raised: the page opens the camera again by itself, and the clerk could never go on.
        """
        if not self._is_unusable:
            self._is_unusable = True
            log.exception("picture not usable; the preview ends")
            self._failed(self, PictureUnreadable(self._source.name))


def _calm() -> None:
    """OpenCV's own threads wait by spinning: 0.02 to 0.05 of a core in a preview."""
    import cv2

    cv2.setNumThreads(1)


def shrunk(picture: Any, room: Room) -> QImage:
    """As large as fits into `room`, never enlarged; OpenCV shrinks several times faster than Qt."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    scale = min(1.0, room[0] / width, room[1] / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Means of whole pixels first: of shares of pixels they cost five times as much.
    whole = int(min(width / size[0], height / size[1]))
    if whole > 1:
        means = (width // whole, height // whole)
        picture = picture[: means[1] * whole, : means[0] * whole]
        picture = cv2.resize(picture, means, interpolation=cv2.INTER_AREA)
    if (picture.shape[1], picture.shape[0]) != size:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    # The format that Qt paints as it is, written straight into the image's own memory.
    image = QImage(*size, QImage.Format.Format_RGB32)
    pixels: Any = np.asarray(image.bits().asarray(image.sizeInBytes()), np.uint8)
    cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA, dst=pixels.reshape(size[1], size[0], 4))
    return image

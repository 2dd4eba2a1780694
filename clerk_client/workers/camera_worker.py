"""The document camera: pictures for the preview, and the text of the ticket under it."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QImage

from scanner.errors import PictureUnreadable, ScannerError
from scanner.steady import Steady

if TYPE_CHECKING:
    from scanner.capture import Capture
    from scanner.frames import Frame, FrameSource
    from scanner.reading import Reading

log = logging.getLogger(__name__)

POLL_MS = 40
PREVIEW_WIDTH = 640
READ_NOW_S = 5.0
"""How long 获取条码 waits for a picture; a camera needs seconds to open."""


class CameraWorker(QObject):
    """Reads while the preview runs and stops it by itself on a good read.

    The capture has its own thread and may hang there; this one polls it and never waits for it.
    """

    previewed = pyqtSignal(QImage)
    ticket_read = pyqtSignal(str)  # the preview stops by itself
    choices_read = pyqtSignal(list)  # of str: several different codes lie there
    nothing_read = pyqtSignal()  # read_now found no code
    preview_started = pyqtSignal()
    preview_stopped = pyqtSignal()
    failed = pyqtSignal(object)  # ScannerError; the preview has stopped
    _failed_in_capture = pyqtSignal(object, object)  # Capture, ScannerError

    def __init__(self, make_source: "Callable[[], FrameSource]") -> None:
        super().__init__()
        self._make_source = make_source
        self._capture: Capture | None = None
        self._timer: QTimer | None = None
        self._steady = Steady()
        self._choices: list[str] = []
        self._started = False
        self._read_until = 0.0

    @pyqtSlot(bool)
    def start_preview(self, fresh: bool) -> None:
        """Opens the camera; `preview_started` comes with the first picture.

        Unless `fresh`, what was read last is not read again before it was taken away.
        """
        if fresh:
            self._steady.reset()
        if self._capture is None:
            self._begin()

    @pyqtSlot()
    def stop_preview(self) -> None:
        """Lets the camera go, for other programs too."""
        if self._capture is not None:
            self._end()
            self.preview_stopped.emit()

    @pyqtSlot()
    def read_now(self) -> None:
        """获取条码: one thorough read of the next picture. Starts a stopped preview first."""
        if self._capture is None and not self._begin():
            return
        self._steady.reset()
        self._read_until = time.monotonic() + READ_NOW_S

    @pyqtSlot()
    def finish(self) -> None:
        """Lets the camera go."""
        if self._capture is not None:
            self._end()

    def _begin(self) -> bool:
        from scanner.capture import Capture

        try:
            source = self._make_source()
        except ScannerError as error:
            self.failed.emit(error)
            return False
        self._choices, self._started, self._read_until = [], False, 0.0
        # A name for the closure: the failure must say which of two captures it ended.
        capture = Capture(
            source, lambda _: None, lambda e: self._failed_in_capture.emit(capture, e)
        )
        self._capture = capture
        if self._timer is None:
            self._timer = QTimer(self)
            self._timer.setInterval(POLL_MS)
            self._timer.timeout.connect(self._look)
            self._failed_in_capture.connect(self._capture_failed)
        capture.start()
        self._timer.start()
        return True

    def _end(self) -> None:
        assert self._capture is not None
        assert self._timer is not None
        self._timer.stop()
        # Waits half a second at most; a driver that hangs longer keeps its own thread.
        if not self._capture.stop():
            log.warning("the camera did not let go in time")
        self._capture = None

    @pyqtSlot(object, object)
    def _capture_failed(self, capture: object, error: ScannerError) -> None:
        if capture is not self._capture:
            return
        log.warning("camera: %s", error.code)
        self._end()
        self.failed.emit(error)
        self.preview_stopped.emit()

    @pyqtSlot()
    def _look(self) -> None:
        assert self._capture is not None
        frame = self._capture.latest(0)
        if frame is None:
            self._give_up_reading()
            return
        if not self._started:
            self._started = True
            self.preview_started.emit()
        thorough = self._read_until > 0
        try:
            self.previewed.emit(_shrunk(frame))
            readings = self._readings(frame, thorough)
        except Exception:  # noqa: BLE001 - OpenCV and the readers know no common root
            self._give_up_capture()
            return
        if readings is not None:
            self._tell(readings, thorough)
        else:
            self._give_up_reading()

    def _give_up_capture(self) -> None:
        """A picture that nothing here can cope with: 25 a second would follow, so the camera rests.

        Not raised: the page opens the camera again by itself, and the clerk could never go on.
        """
        log.exception("picture not usable; the preview ends")
        self._end()
        self.failed.emit(PictureUnreadable())
        self.preview_stopped.emit()

    def _readings(self, frame: "Frame", thorough: bool) -> "list[Reading] | None":
        from scanner.decode import decode

        try:
            return decode(frame.picture, thorough=thorough)
        except ScannerError as error:
            # One broken picture of a running camera; the next one comes at once.
            log.info("picture not read: %s", error.code)
            return None

    def _tell(self, readings: "list[Reading]", thorough: bool) -> None:
        self._read_until = 0.0
        reading = self._steady.feed(readings)
        choices = [choice.text for choice in self._steady.choices]
        if reading is not None:
            # Told first: a camera may take its time to let go.
            self.ticket_read.emit(reading.text)
            self._end()
            self.preview_stopped.emit()
        elif choices and (choices != self._choices or thorough):
            self.choices_read.emit(choices)
        elif thorough and not readings:
            self.nothing_read.emit()
        self._choices = choices

    def _give_up_reading(self) -> None:
        if self._read_until and time.monotonic() > self._read_until:
            self._read_until = 0.0
            self.nothing_read.emit()


def _shrunk(frame: "Frame") -> QImage:
    """At most PREVIEW_WIDTH wide; OpenCV shrinks several times faster than Qt."""
    import cv2

    height, width = frame.picture.shape[:2]
    scale = min(1.0, PREVIEW_WIDTH / width)
    size = (round(width * scale), max(1, round(height * scale)))
    small = cv2.resize(frame.picture, size, interpolation=cv2.INTER_AREA)
    rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    # Copied: a QImage over foreign memory does not keep that memory alive.
    return QImage(rgb.tobytes(), *size, 3 * size[0], QImage.Format.Format_RGB888).copy()

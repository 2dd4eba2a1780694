"""The document camera: pictures for the preview, and the text of the ticket under it."""

import logging
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtGui import QImage

from clerk_client.workers.camera_return import LOOK_S, CameraReturn
from scanner.errors import ScannerError
from scanner.reading import Kind

if TYPE_CHECKING:
    from clerk_client.desk.cameras import Cameras
    from clerk_client.workers.ticket_reading import Look, TicketReading
    from clerk_client.workers.viewing import Viewing
    from scanner.adjustment import Adjustment
    from scanner.frames import Frame

log = logging.getLogger(__name__)

READ_NOW_S, OPENED_S = 5.0, 25.0
"""How long 获取条码 waits for the next picture of a running camera, and of one still to be opened:
the camera's own deadlines end that sooner, with the reason."""

KEEP_MS = 500
"""A slider that is drawn is written down once it rests."""

_ROOM = (640, 480)


class CameraWorker(QObject):
    """Reads while the preview runs and stops it by itself on a good read.

    The capture has its own thread and may hang there; it wakes this one, which never waits for it.
    A camera that was lost is awaited, until somebody stops the preview. `ticket_of` says what
    ticket a code names: two codes of one ticket are no choice.
    """

    previewed = pyqtSignal(QImage, object)  # the marks in it: tuple of desk.cameras.Mark
    ticket_read = pyqtSignal(str)  # the preview stops by itself
    kept = pyqtSignal(QImage, object)  # after ticket_read: the very picture that was read
    choices_read = pyqtSignal(list)  # of str: several different codes lie there
    nothing_read = pyqtSignal()  # read_now found no code
    hinted = pyqtSignal(str)  # code of what hinders reading; empty when nothing does any more
    preview_started = pyqtSignal()
    preview_stopped = pyqtSignal()
    failed = pyqtSignal(object)  # ScannerError; the preview has stopped
    lost = pyqtSignal(object)  # ScannerError; the preview goes on by itself when it can
    cameras_known = pyqtSignal(object, str)  # tuple of CameraChoice; the identity of the chosen
    adjustment_known = pyqtSignal(object)  # Adjustment of the chosen camera
    _came = pyqtSignal(object)  # Viewing
    _ended = pyqtSignal(object, object)  # Viewing, ScannerError

    def __init__(
        self,
        cameras: "Cameras",
        ticket_of: Callable[[str], Hashable | None] = lambda _: None,
        kinds: "Callable[[], Iterable[Kind]]" = lambda: (Kind.QR,),
    ) -> None:
        """`kinds` of codes are what the hall's tickets bear, asked for at the first preview."""
        super().__init__()
        self._cameras = cameras
        self._ticket_of = ticket_of
        self._kinds = kinds
        self._return = CameraReturn()
        self._viewing: Viewing | None = None
        self._reading: TicketReading | None = None
        self._retry: QTimer | None = None
        self._room = _ROOM
        self._is_thorough = self._is_awaited = self._has_pictures = False
        self._has_told_cameras = False
        self._choices: list[str] = []
        self._hint = self._told = ""
        self._unkept: Adjustment | None = None

    # --- from the page ---

    @pyqtSlot(bool)
    def start_preview(self, fresh: bool) -> None:
        """Opens the camera; `preview_started` comes with the first picture.

        Unless `fresh`, what was read last is not read again before it was taken away.
        """
        self._prepare()
        if fresh and self._reading:
            self._reading.reset()
        if self._viewing is None:
            self._begin_anew()

    @pyqtSlot()
    def stop_preview(self) -> None:
        """Lets the camera go, for other programs too."""
        if self._viewing is not None or self._is_awaited:
            self._end()
            self.preview_stopped.emit()

    @pyqtSlot()
    def read_now(self) -> None:
        """获取条码: one thorough read of the next picture. Starts a stopped preview first."""
        self._prepare()
        if self._viewing is None:
            self._begin_anew()
        if self._viewing is not None and self._reading:
            self._reading.reset()
            self._is_thorough = True
            patience = READ_NOW_S if self._has_pictures else OPENED_S
            self._impatience.start(int(patience * 1000))

    @pyqtSlot(int, int)
    def fit_preview(self, width: int, height: int) -> None:
        """The room on the page, in pixels of the screen."""
        self._room = (max(1, width), max(1, height))

    @pyqtSlot()
    def look_for_cameras(self) -> None:
        """Tells which cameras there are, and how the chosen one is adjusted."""
        self._has_told_cameras = True
        self.cameras_known.emit(self._cameras.choices(), self._cameras.chosen().identity)
        self.adjustment_known.emit(self._unkept or self._cameras.adjustment())

    @pyqtSlot(str)
    def choose_camera(self, identity: str) -> None:
        """From now on, also after the next start."""
        self._prepare()
        self._keep_adjustment()
        self._cameras.choose(identity)
        self.look_for_cameras()
        if self._viewing is not None or self._is_awaited:
            self._end()
            self._begin_anew()

    @pyqtSlot(object)
    def adjust(self, adjustment: "Adjustment") -> None:
        """At once in the picture, and kept for this camera."""
        self._prepare()
        self._unkept = adjustment
        self._keeping.start(KEEP_MS)
        if self._viewing is not None:
            self._viewing.adjust(adjustment)

    @pyqtSlot()
    def finish(self) -> None:
        """Lets the camera go."""
        self._keep_adjustment()
        self._end()

    # --- opening and losing ---

    def _prepare(self) -> None:
        """In this thread, which a timer must be made in."""
        if self._retry is not None:
            return
        from clerk_client.workers.ticket_reading import TicketReading

        self._reading = TicketReading(self._ticket_of, kinds=self._kinds())
        self._retry = self._timer(self._try_again)
        self._impatience = self._timer(self._give_up_reading)
        self._keeping = self._timer(self._keep_adjustment)
        self._came.connect(self._look)
        self._ended.connect(self._viewing_ended)

    def _timer(self, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        return timer

    def _begin_anew(self) -> None:
        """A person asked: what fails is told, also when it was told before."""
        self._return.forget()
        self._told = ""
        self._begin()

    def _begin(self) -> None:
        from clerk_client.workers.viewing import Viewing

        assert self._retry is not None
        assert self._reading is not None
        self._retry.stop()
        self._choices, self._has_pictures = [], False
        try:
            source = self._cameras.source()
        except ScannerError as error:
            self._lose(error)
            return
        self._reading.begin()
        self._viewing = Viewing(
            source,
            lambda: self._room,
            began=self.preview_started.emit,
            came=self._came.emit,
            seen=self.previewed.emit,
            failed=self._ended.emit,
        )
        self._viewing.start()

    def _end(self) -> None:
        if self._retry is not None:
            self._retry.stop()
            self._impatience.stop()
        self._is_thorough = self._is_awaited = False
        self._say_hint("")
        if self._viewing is not None:
            viewing, self._viewing = self._viewing, None
            viewing.stop()

    @pyqtSlot(object, object)
    def _viewing_ended(self, viewing: object, error: ScannerError) -> None:
        if viewing is self._viewing:
            self._end()
            self._lose(error)

    def _lose(self, error: ScannerError) -> None:
        assert self._retry is not None
        pause = self._return.pause_after(error)
        if pause is None:
            log.warning("camera: %s", error.code)
            self._is_awaited = False
            self.failed.emit(error)
            self.preview_stopped.emit()
        else:
            self._is_awaited = True
            self._retry.start(int(pause * 1000))
            if error.code != self._told:
                log.warning("camera: %s, tried again by itself", error.code)
                self._told = error.code
                self.lost.emit(error)
                self.look_for_cameras()

    @pyqtSlot()
    def _try_again(self) -> None:
        if self._cameras.is_there() is False:
            assert self._retry is not None
            self._retry.start(int(LOOK_S * 1000))
        else:
            self._begin()

    # --- reading ---

    @pyqtSlot(object)
    def _look(self, viewing: "Viewing") -> None:
        if viewing is not self._viewing or (frame := viewing.newest()) is None:
            return
        assert self._reading is not None
        try:
            look = self._reading.look(frame, thorough=self._is_thorough)
        except ScannerError as error:
            # One broken picture of a running camera; the next one comes at once.
            log.info("picture not read: %s", error.code)
            return
        except Exception:  # noqa: BLE001 - OpenCV and the readers know no common root
            viewing.give_up()
            return
        if look is not None:
            viewing.marks = look.marks
            self._tell(look, frame)
        if not self._has_pictures:
            self._has_pictures = True
            was_lost, self._told = bool(self._told), ""
            self._is_awaited = False
            self._return.works()
            if was_lost or not self._has_told_cameras:
                self.look_for_cameras()

    def _tell(self, look: "Look", frame: "Frame") -> None:
        assert self._reading is not None
        thorough, self._is_thorough = self._is_thorough, False
        self._impatience.stop()
        choices = [choice.text for choice in look.choices]
        if set(choices) == set(self._choices):
            # Pushed about, they keep their numbers: the clerk is choosing by them.
            choices = self._choices
        if look.given is not None:
            # Told first: a camera may take its time to let go.
            self.ticket_read.emit(look.given.text)
            self._keep_picture(frame, look)
            self._end()
            self.preview_stopped.emit()
            return
        if choices and (choices != self._choices or thorough):
            self.choices_read.emit(choices)
        elif thorough and look.is_empty:
            self.nothing_read.emit()
        self._choices = choices
        self._say_hint(self._reading.hints.code)

    def _keep_picture(self, frame: "Frame", look: "Look") -> None:
        from clerk_client.workers.viewing import shrunk

        self.kept.emit(shrunk(frame.filling(*self._room), self._room), look.marks)

    def _say_hint(self, code: str) -> None:
        if code != self._hint:
            self._hint = code
            self.hinted.emit(code)

    @pyqtSlot()
    def _give_up_reading(self) -> None:
        if self._is_thorough:
            self._is_thorough = False
            self.nothing_read.emit()

    # --- keeping ---

    @pyqtSlot()
    def _keep_adjustment(self) -> None:
        if self._unkept is not None:
            adjustment, self._unkept = self._unkept, None
            self._cameras.adjust(adjustment)

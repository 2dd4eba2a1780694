"""One thread that owns a source of pictures: the newest frame wins, older ones are dropped."""

import atexit
import threading
import time
from collections.abc import Callable

from scanner.errors import CameraStalled, ScannerError
from scanner.frames import Frame, FrameSource

STOP_S = 0.5
_AGAIN_S = 0.1


class Capture:
    """Opens, reads and releases `source` in a thread of its own.

    `on_frame` and `on_failure` are called in that thread; `on_failure` once at most, after which
    the capture has ended. An error that is no ScannerError is told as CameraStalled and goes on to
    threading.excepthook. Nothing is called any more once `stop` has returned True. A Capture runs
    once; the next preview takes a new one, also with the same source.
    """

    def __init__(
        self,
        source: FrameSource,
        on_frame: Callable[[Frame], None],
        on_failure: Callable[[ScannerError], None],
    ) -> None:
        self._source = source
        self._on_frame = on_frame
        self._on_failure = on_failure
        self._stopping = threading.Event()
        self._arrival = threading.Condition()
        self._newest: Frame | None = None
        self._ended = False
        # A driver that hangs must not keep the program from ending.
        self._thread = threading.Thread(
            target=self._run, name=f"capture {source.name}", daemon=True
        )

    def start(self) -> None:
        """Begins; the source is opened in the capture's thread."""
        # A thread still inside a read when the interpreter ends aborts the program.
        atexit.register(self.stop)
        self._thread.start()

    def latest(self, timeout: float) -> Frame | None:
        """The newest frame that was not given yet, waiting up to `timeout` seconds for one.

        None when none came in time or the capture has ended.
        """
        with self._arrival:
            self._arrival.wait_for(lambda: self._newest is not None or self._ended, timeout)
            frame, self._newest = self._newest, None
            return frame

    def stop(self) -> bool:
        """Ends the capture within STOP_S.

        False when the driver still hangs: the thread is left behind and releases the device when
        the driver returns; until then open the camera through a new source only. May be repeated,
        and called from any thread but the capture's own.
        """
        atexit.unregister(self.stop)
        until = time.monotonic() + STOP_S
        self._stopping.set()
        self._source.close()
        with self._arrival:
            self._ended, self._newest = True, None
            self._arrival.notify_all()
        if self._thread.ident is None:
            return True
        while self._thread.is_alive() and (left := until - time.monotonic()) > 0:
            self._thread.join(min(left, _AGAIN_S))
            if self._thread.is_alive():
                # Opened in that very moment, it did not hear of the closing.
                self._source.close()
        return not self._thread.is_alive()

    def _run(self) -> None:
        failure: ScannerError | None = None
        try:
            if not self._stopping.is_set():
                self._source.open()
            while not self._stopping.is_set():
                self._deliver(self._source.read())
        except ScannerError as error:
            failure = error
        except BaseException:
            # Told as well: whoever watches the preview would wait for ever.
            failure = CameraStalled(self._source.name)
            raise
        finally:
            self._end(failure)

    def _end(self, failure: ScannerError | None) -> None:
        try:
            # Let go first: whoever hears of the failure may open the source again at once.
            self._source.close()
        finally:
            try:
                # Before the end: whoever waits for a frame asks why there is none, and stops.
                if failure is not None and not self._stopping.is_set():
                    self._on_failure(failure)
            finally:
                with self._arrival:
                    self._ended = True
                    self._arrival.notify_all()

    def _deliver(self, frame: Frame) -> None:
        if self._stopping.is_set():
            return
        with self._arrival:
            self._newest = frame
            self._arrival.notify_all()
        self._on_frame(frame)

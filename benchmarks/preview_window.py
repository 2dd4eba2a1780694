"""The client's own window before a streaming camera; tells how its preview runs, or how it reads.

`STATION CAMERA run SECONDS` says once what one stretch of a running preview was like; `STATION
CAMERA read TURNS` says for each ticket how long its frame took.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal, pyqtSlot
from PyQt5.QtWidgets import QApplication

from benchmarks.painted import Painted
from benchmarks.signed_in import run_signed_in
from clerk_client.app import Application
from clerk_client.settings import load_settings
from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.workers.camera_worker import CameraWorker
from scanner.capture import Capture
from scanner.frames import Frame
from scanner.stream import StreamSource

_BEAT_MS = 5
_WARM_MS = 2000
_REST_MS = 100
_ABOUT_MS = 30  # so that tickets are asked for at any moment of the camera's beat


class Running(QObject):
    """From two seconds after the first picture on, for as long as asked."""

    def __init__(self, camera: CameraWorker, page: ReceptionPage, seconds: float) -> None:
        super().__init__(page)
        self._seconds = seconds
        self._seen = self._painted = 0
        self._is_measuring = self._has_stopped = False
        self._late = self._last = 0.0
        self._beat = QTimer(self)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._felt)
        Painted(page.ticket.picture, self._was_painted)
        camera.previewed.connect(self._was_seen)
        camera.preview_stopped.connect(self._stopped)

    @pyqtSlot()
    def _was_seen(self) -> None:
        if not self._seen:
            QTimer.singleShot(_WARM_MS, self._begin)
        self._seen += 1

    def _was_painted(self) -> None:
        self._painted += 1

    @pyqtSlot()
    def _stopped(self) -> None:
        self._has_stopped = True

    def _begin(self) -> None:
        self._seen, self._painted = 1, 0
        self._has_stopped = False
        self._began, self._spent = time.monotonic(), _processor()
        self._last = self._began
        self._beat.start(_BEAT_MS)
        QTimer.singleShot(round(self._seconds * 1000), self._end)

    def _felt(self) -> None:
        now = time.monotonic()
        self._late = max(self._late, now - self._last - _BEAT_MS / 1000)
        self._last = now

    def _end(self) -> None:
        self._felt()
        told = {
            "seconds": time.monotonic() - self._began,
            "previewed": self._seen - 1,
            "painted": self._painted,
            "gap": self._late,
            "processor": _processor() - self._spent,
            "stopped": self._has_stopped,
        }
        print(json.dumps(told), flush=True)
        QApplication.quit()


class Reading(QObject):
    """Starts the preview anew after each ticket.

    A frame's time begins when its source hands it over; `whole` is since its bytes arrived.
    """

    _read = pyqtSignal()

    def __init__(self, camera: CameraWorker, page: ReceptionPage, turns: int) -> None:
        super().__init__(page)
        self._page, self._turns = page, turns
        self._frame: Frame | None = None
        self._came: dict[float, float] = {}
        self._listen()
        # In the camera's own thread: the way to the page is no part of the reading.
        camera.ticket_read.connect(self._was_read, Qt.ConnectionType.DirectConnection)  # type: ignore[call-arg]
        self._read.connect(self._next, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def _listen(self) -> None:
        latest, read = Capture.latest, StreamSource.read

        def noted(capture: Capture, timeout: float) -> Frame | None:
            frame = latest(capture, timeout)
            self._frame = frame or self._frame
            return frame

        def came(source: StreamSource) -> Frame:
            frame = read(source)
            self._came[frame.taken_at] = time.monotonic()
            return frame

        Capture.latest = noted  # type: ignore[assignment,method-assign]
        StreamSource.read = came  # type: ignore[assignment,method-assign]

    def _was_read(self, text: str) -> None:
        now = time.monotonic()
        assert self._frame is not None
        arrived = self._frame.taken_at
        told = {"text": text, "seconds": now - self._came[arrived], "whole": now - arrived}
        print(json.dumps(told), flush=True)
        self._came.clear()
        self._read.emit()

    @pyqtSlot()
    def _next(self) -> None:
        self._turns -= 1
        if not self._turns:
            QApplication.quit()
            return
        rest = _REST_MS + self._turns * 7 % _ABOUT_MS
        QTimer.singleShot(rest, self._page.ticket.start.click)


def _processor() -> float:
    """Seconds that this process has computed."""
    times = os.times()
    return times.user + times.system


def main(station: str, camera: str, what: str, amount: str) -> int:
    """The client's exit code."""
    kept = Path(station).with_name("bench-cameras.json")
    settings = replace(load_settings(Path(station)), camera=camera, cameras_kept=kept)

    def watch(application: Application) -> None:
        worker = application._workers.camera
        page = application.window.findChild(ReceptionPage)
        assert page is not None
        if what == "run":
            Running(worker, page, float(amount))
        else:
            Reading(worker, page, int(amount))

    return run_signed_in(settings, watch)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

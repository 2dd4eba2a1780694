"""What is known of the devices: shown at the window's foot, and noted for the station's reports."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from clerk_client.app.workers import Workers
from clerk_client.parts import Parts
from clerk_client.ui.main_window import MainWindow
from clerk_client.ui.notices import Level
from printing.errors import PrintingError

if TYPE_CHECKING:
    from clerk_client.desk.diagnosis import Check

_REPORTED = ("key", "camera", "printer", "hall", "clock")
_WORST_LAST = ("ok", "warning", "error")


class WiredDevices:
    """Make it once the window stands."""

    def __init__(self, parts: Parts, workers: Workers, window: MainWindow) -> None:
        self._parts = parts
        self._window = window
        camera, printer = workers.camera, workers.print
        camera.preview_started.connect(self._camera_runs)
        camera.preview_stopped.connect(self._camera_rests)
        camera.failed.connect(partial(self._failed, "camera"))
        camera.lost.connect(self._camera_rests)
        camera.lost.connect(partial(self._failed, "camera"))
        printer.printed.connect(partial(self._works, "printer"))
        printer.failed.connect(self._not_printed)
        workers.keys.opened.connect(partial(self._note, "key", "ok", "KEY_OK"))
        workers.keys.removed.connect(self._key_lost)
        workers.diagnosis.diagnosed.connect(self._diagnosed)

    def show_signed_in(self) -> None:
        """Somebody's key is open."""
        self._window.show_device("key", Level.SUCCESS, "已登录")

    def show_signed_out(self) -> None:
        """Nobody's is."""
        self._window.show_device("key", Level.INFO, "未登录")

    # --- inside ---

    def _camera_runs(self, *_: object) -> None:
        self._parts.camera_is_busy = True
        self._works("camera")

    def _camera_rests(self, *_: object) -> None:
        self._parts.camera_is_busy = False

    def _works(self, subject: str, *_: object) -> None:
        self._window.show_device(subject, Level.SUCCESS, "正常")
        self._note(subject, "ok", f"{subject.upper()}_OK")

    def _not_printed(self, _number: str, error: Exception) -> None:
        # Not printed for another reason, such as a journal that cannot be written: it may work.
        if isinstance(error, PrintingError):
            self._failed("printer", error)

    def _failed(self, subject: str, error: Exception, *_: object) -> None:
        self._window.show_device(subject, Level.ERROR, "故障")
        self._note(subject, "error", str(getattr(error, "code", "")))

    def _key_lost(self, _token_id: str, reason: Exception) -> None:
        self._note("key", "warning", str(getattr(reason, "code", "")))

    def _diagnosed(self, checks: "Iterable[Check]") -> None:
        for check in sorted(checks, key=lambda each: _WORST_LAST.index(each.severity)):
            self._note(check.subject, check.severity, check.code)

    def _note(self, subject: str, severity: str, code: str, *_: object) -> None:
        if subject in _REPORTED:
            self._parts.devices.note(subject, severity, code)

"""The client's own window, reading one ticket after the other; tells each read's times.

The clerk is signed in as their key and PIN do it. Everything is the client's own; only what is
measured is listened to.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from PyQt5.QtCore import QObject, QTimer
from PyQt5.QtWidgets import QApplication

from benchmarks.painted import Painted
from benchmarks.signed_in import run_signed_in
from clerk_client.app import Application
from clerk_client.desk.desk import Desk
from clerk_client.settings import Settings, load_settings
from clerk_client.ui.reception.view import ReceptionPage
from scanner import capture
from scanner.frames import Frame
from scanner.sight import Sight

_POLL_MS = 20


class Marks:
    """When what happened to the frame that was taken last."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.polled = 0.0
        self.spent: dict[str, float] = {}

    def listen(self) -> None:
        """At the three doors that a ticket passes."""
        latest = capture.Capture.latest

        def noted(source: capture.Capture, timeout: float) -> Frame | None:
            frame = latest(source, timeout)
            if frame is not None:
                self.frame, self.polled = frame, time.monotonic()
            return frame

        capture.Capture.latest = noted  # type: ignore[method-assign]
        Sight.read = self._timed("decoding", Sight.read)  # type: ignore[method-assign]
        Desk.begin = self._timed("hall", Desk.begin)  # type: ignore[method-assign]

    def _timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            started = time.monotonic()
            try:
                return call(*arguments, **named)
            finally:
                self.spent[name] = time.monotonic() - started

        return timed


class Clerk(QObject):
    """Starts the preview anew each time a matter stands on the page."""

    def __init__(self, window: QObject, settings: Settings, turns: int) -> None:
        super().__init__(window)
        self._url, self._turns = settings.hall_url, turns
        self._page: ReceptionPage = window.findChild(ReceptionPage)
        self._marks = Marks()
        self._marks.listen()
        self._waits = True
        self._bare = requests.Session()
        self._bare.trust_env = False
        card = self._page.card
        # One matter ends in the button to go on, several in the list to choose from.
        for shown in (card.proceed, card.choices):
            Painted(shown, self._seen)

    def _seen(self) -> None:
        at, frame = time.monotonic(), self._marks.frame
        card = self._page.card
        if not self._waits or frame is None or card.is_empty:
            return
        self._waits = False
        whole = at - frame.taken_at
        parts = {"until polled": self._marks.polled - frame.taken_at, **self._marks.spent}
        parts["threads and page"] = whole - sum(parts.values())
        told = {"whole": whole, "parts": parts, **self._peers(frame)}
        print(json.dumps(told), flush=True)
        self._turns -= 1
        # Not from inside this paint's own turn of the event loop.
        QTimer.singleShot(_POLL_MS, self._again if self._turns else QApplication.quit)

    def _again(self) -> None:
        self._waits = True
        self._page.ticket.start.click()

    def _peers(self, frame: Frame) -> dict[str, float]:
        import zxingcpp

        formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)

        def read() -> None:
            zxingcpp.read_barcodes(frame.picture, formats=formats)

        def get() -> None:
            self._bare.get(f"{self._url}/api/v1/health", timeout=5).raise_for_status()

        get()  # connects, or finds the connection that is kept
        return {"read": _median_of_three(read), "get": _median_of_three(get)}


def _median_of_three(call: Callable[[], None]) -> float:
    times = []
    for _ in range(3):
        started = time.monotonic()
        call()
        times.append(time.monotonic() - started)
    return statistics.median(times)


def main(station: str, pictures: str, turns: str) -> int:
    """The client's exit code."""
    settings = replace(load_settings(Path(station)), camera=f"folder:{pictures}")

    def watch(application: Application) -> None:
        Clerk(application.window, settings, int(turns))

    return run_signed_in(settings, watch)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""A screen for machines without one: Xvfb with openbox, closed with the program that opened it.

A window manager is needed: under a bare Xvfb no window becomes active and shortcuts are dead.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from types import TracebackType

from clerk_client.demo.errors import DemoError
from clerk_client.demo.programs import end, tied

_PROBE = """
import sys
from PyQt5.QtGui import QGuiApplication
sys.exit(QGuiApplication([]).platformName() in ("offscreen", "minimal"))
"""
_PROBE_DEADLINE = 20.0


class ScreenAbsent(DemoError):
    """Neither a display nor the programs that make a virtual one."""

    code = "SCREEN_ABSENT"


def display_answers() -> bool:
    """Qt can open a window that somebody sees. Asked in a process of its own, which Qt may abort.

    A variable alone says little: DISPLAY outlives the server that it names.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


class VirtualScreen:
    """A context that starts both programs and sets DISPLAY and XDG_RUNTIME_DIR in `environment`."""

    def __init__(self, width: int = 1366, height: int = 768) -> None:
        self._size = f"{width}x{height}x24"
        self._until_the_end = ExitStack()
        self.environment: dict[str, str] = {}

    def __enter__(self) -> "VirtualScreen":
        for program in ("Xvfb", "openbox"):
            if shutil.which(program) is None:
                raise ScreenAbsent(program)
        with ExitStack() as started:
            runtime = started.enter_context(tempfile.TemporaryDirectory(prefix="clerk-runtime-"))
            self.environment = {
                **os.environ,
                "DISPLAY": f":{self._start_server(started)}",
                "XDG_RUNTIME_DIR": runtime,
                "QT_QPA_PLATFORM": "xcb",
            }
            self.environment.pop("WAYLAND_DISPLAY", None)
            manager = subprocess.Popen(
                tied(["openbox", "--sm-disable"]),
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            started.callback(end, manager)
            self._until_the_end = started.pop_all()
        return self

    def _start_server(self, started: ExitStack) -> str:
        """Its number."""
        reading, writing = os.pipe()
        options = ["-screen", "0", self._size, "-dpi", "96", "-nolisten", "tcp", "-noreset"]
        with os.fdopen(reading) as told:
            try:
                server = subprocess.Popen(
                    tied(["Xvfb", "-displayfd", str(writing), *options]),
                    pass_fds=[writing],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            finally:
                os.close(writing)
            started.callback(end, server)
            # Xvfb writes its number once it takes connections, or closes the pipe when it dies.
            number = told.readline().strip()
        if not number:
            raise ScreenAbsent("Xvfb did not start")
        return number

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._until_the_end.close()

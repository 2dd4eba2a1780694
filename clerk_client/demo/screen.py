"""A screen for machines without one: Xvfb with openbox, closed with the program that opened it.

A window manager is needed: under a bare Xvfb no window becomes active and shortcuts are dead.
"""

import os
import shutil
import subprocess
import tempfile
from types import TracebackType


class ScreenAbsent(Exception):
    """Neither a display nor the programs that make a virtual one."""

    code = "SCREEN_ABSENT"


class VirtualScreen:
    """A context that starts both programs and sets DISPLAY and XDG_RUNTIME_DIR in `environment`."""

    def __init__(self, width: int = 1366, height: int = 768) -> None:
        self._size = f"{width}x{height}x24"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._runtime: tempfile.TemporaryDirectory[str] | None = None
        self.environment: dict[str, str] = {}

    def __enter__(self) -> "VirtualScreen":
        for program in ("Xvfb", "openbox"):
            if shutil.which(program) is None:
                raise ScreenAbsent(program)
        self._runtime = tempfile.TemporaryDirectory(prefix="clerk-runtime-")
        reading, writing = os.pipe()
        options = ["-screen", "0", self._size, "-dpi", "96", "-nolisten", "tcp", "-noreset"]
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), *options],
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(server)
        os.close(writing)
        # Xvfb writes its number once it takes connections, or closes the pipe when it dies.
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            self.__exit__(None, None, None)
            raise ScreenAbsent("Xvfb did not start")
        self.environment = {
            **os.environ,
            "DISPLAY": f":{number}",
            "XDG_RUNTIME_DIR": self._runtime.name,
            "QT_QPA_PLATFORM": "xcb",
        }
        self.environment.pop("WAYLAND_DISPLAY", None)
        self._processes.append(
            subprocess.Popen(
                ["openbox", "--sm-disable"],
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        if self._runtime is not None:
            self._runtime.cleanup()

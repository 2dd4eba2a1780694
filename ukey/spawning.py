"""Starts a driver's process, the same for the client on each system."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ukey.protocol import Channel

_PACKAGES = str(Path(__file__).resolve().parents[1])


@dataclass(slots=True)
class Spawned:
    """A process, and on Windows the job that ends it with the client."""

    process: "subprocess.Popen[bytes]"
    job: int = 0

    def let_go(self) -> None:
        """After it has ended."""
        if sys.platform == "win32" and self.job:
            from ukey.confinement import untie

            untie(self.job)
            self.job = 0


def spawned(command: Sequence[str], theirs: Channel, lifeline: int) -> Spawned:
    """The process, with its end of the channel and of the lifeline. Raises OSError."""
    path = os.pathsep.join(filter(None, (_PACKAGES, os.environ.get("PYTHONPATH"))))
    common: dict[str, Any] = {
        # What a driver prints may hold anything, the PIN too: nobody reads it.
        **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
        # This very package, wherever the client was started from.
        "env": {**os.environ, "PYTHONPATH": path},
    }
    if sys.platform == "win32":
        from ukey.confinement import tie

        inherited = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [theirs.fileno()]})
        hidden = subprocess.CREATE_NO_WINDOW
        os.set_handle_inheritable(theirs.fileno(), True)
        try:
            process = subprocess.Popen(
                command, startupinfo=inherited, creationflags=hidden, **common
            )
        finally:
            # Another program that is started meanwhile must not get it as well.
            os.set_handle_inheritable(theirs.fileno(), False)
        try:
            return Spawned(process, tie(int(process._handle)))  # type: ignore[attr-defined]
        except OSError:
            process.kill()
            raise
    else:
        return Spawned(
            subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(), lifeline),
                # Ctrl+C in a terminal is for the client, which lets the drivers go in order.
                start_new_session=True,
                **common,
            )
        )


def ending_of(code: int) -> str:
    """How a process ended: `SIGSEGV`, or its exit code, on Windows 0xC0000005."""
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code:#x}"

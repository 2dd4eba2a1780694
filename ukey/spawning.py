"""Starts a driver's process, the same for the client on each system."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ukey.protocol import Channel

_PACKAGES = Path(__file__).resolve().parents[1]


def spawned(command: Sequence[str], theirs: Channel, lifeline: int) -> "subprocess.Popen[bytes]":
    """The process, with its end of the channel and of the lifeline. Raises OSError."""
    common: dict[str, Any] = {
        # What a driver prints may hold anything, the PIN too: nobody reads it.
        **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
        # The folder of this very package, wherever the client was started.
        "env": {**os.environ, "PYTHONPATH": str(_PACKAGES)},
    }
    if sys.platform == "win32":
        from ukey.confinement import tie

        os.set_handle_inheritable(theirs.fileno(), True)
        inherited = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [theirs.fileno()]})
        hidden = subprocess.CREATE_NO_WINDOW
        process = subprocess.Popen(command, startupinfo=inherited, creationflags=hidden, **common)
        tie(int(process._handle))  # type: ignore[attr-defined]
    else:
        process = subprocess.Popen(
            command,
            pass_fds=(theirs.fileno(), lifeline),
            # Ctrl+C in a terminal is for the client, which lets the drivers go in order.
            start_new_session=True,
            **common,
        )
    return process


def ending_of(code: int) -> str:
    """How a process ended: `SIGSEGV`, or its exit code, on Windows 0xC0000005."""
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code:#x}"

"""Ends a process by SIGKILL just before or just after one step that reaches out of it.

A step is one call to the database, the disk, the network or a key. They are seen from outside, by
Python's profiler: the product has no hooks, and no step can be forgotten in a list of them. The
same work passes the same steps in the same order, so that the n-th passage names a moment.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_OF_DATABASES = {"execute", "executemany", "commit", "rollback", "backup"}
_OF_DISKS = {"fsync", "link", "unlink", "rename", "replace", "mkdir", "write"}
_OF_NETWORKS = {"sendall", "send", "recv_into", "recv", "connect"}
_IN_C = _OF_DATABASES | _OF_DISKS | _OF_NETWORKS
# Functions written in Python, by the end of their file and their name. psycopg's C is not seen by a
# profiler, so that a database is watched where SQLAlchemy calls it; a key signs behind a pipe.
_IN_PYTHON = {
    ("sqlalchemy/engine/default.py", "DefaultDialect.do_execute"),
    ("sqlalchemy/engine/default.py", "DefaultDialect.do_commit"),
    ("tests/faults/soft_key.py", "SoftKey.sign"),
    ("ukey/opened_key.py", "OpenedKey.sign"),
    ("hall_link/station_key.py", "StationKey.sign"),
}
_PRODUCT = ("/clerk_client/", "/printing/", "/ukey/")


class FaultPoints:
    """Counts passages from `begin` on; at passage `kill_at` the process is gone.

    What was passed is written to `noted`, a line a passage: all of them with `kill_at` 0, else only
    the one at which the process ended.
    """

    def __init__(self, kill_at: int, noted: Path) -> None:
        self.passed = 0
        self._kill_at = kill_at
        self._file = os.open(noted, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._watched: dict[CodeType, bool] = {}

    def begin(self) -> None:
        """In this thread and in those that start after it."""
        threading.setprofile(self._look)
        sys.setprofile(self._look)

    def end(self) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _look(self, frame: FrameType, event: str, arg: Any) -> None:
        if event in ("c_call", "c_return"):
            if arg.__name__ in _IN_C:
                self._pass(frame, "before" if event == "c_call" else "after", arg.__qualname__)
        elif event in ("call", "return") and self._is_watched(frame.f_code):
            edge = "before" if event == "call" else "after"
            self._pass(frame, edge, frame.f_code.co_qualname)

    def _is_watched(self, code: CodeType) -> bool:
        known = self._watched.get(code)
        if known is None:
            file, name = code.co_filename, code.co_qualname
            known = any(name == each and file.endswith(end) for end, each in _IN_PYTHON)
            self._watched[code] = known
        return known

    def _pass(self, frame: FrameType, edge: str, reached: str) -> None:
        # A lock would be one more thing to wait for; two threads at one moment are one moment.
        self.passed += 1
        if self._kill_at and self.passed < self._kill_at:
            return
        os.write(self._file, f"{edge} {reached} in {_place(frame)}\n".encode())
        if self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def _place(frame: FrameType | None) -> str:
    """The nearest functions of the product, and for what they were called."""
    found: list[str] = []
    while frame is not None and len(found) < 3:
        code = frame.f_code
        if any(each in code.co_filename for each in _PRODUCT):
            found.append(f"{code.co_qualname}{_about(code.co_qualname, frame)}")
        frame = frame.f_back
    return " < ".join(found) or "no function of the product"


def _about(name: str, frame: FrameType) -> str:
    told = frame.f_locals
    if name == "Transport.exchange":
        return f"({told.get('method')} {told.get('path')})"
    if name == "Journal.append" and "entry" in told:
        return f"({told['entry'].kind.value})"
    return ""

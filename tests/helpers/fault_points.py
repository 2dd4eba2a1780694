"""Ends a process by SIGKILL just before or just after one step that reaches out of it.

A step is one call to the database, the disk, the network or a key. They are seen from outside, by
Python's profiler: the product has no hooks, and no step can be forgotten in a list of them. The
same work passes the same steps in the same order, so that the n-th passage names a moment.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

_OF_DISKS = {"fsync", "link", "unlink", "rename", "replace", "mkdir", "write"}
_METHODS = {
    "Connection.execute",
    "Connection.executemany",
    "Connection.commit",
    "Connection.rollback",
    "socket.connect",
    "socket.sendall",
    "socket.send",
    "socket.recv_into",
    "socket.recv",
}
# Functions written in Python, by the end of their file and their name. psycopg's C is not seen by a
# profiler, so that a database is watched where SQLAlchemy calls it; a key signs behind a pipe.
_IN_PYTHON = {
    ("sqlalchemy/engine/default.py", "DefaultDialect.do_execute"),
    ("sqlalchemy/engine/default.py", "DefaultDialect.do_commit"),
    ("tests/faults/soft_key.py", "SoftKey.sign"),
    ("ukey/opened_key.py", "OpenedKey.sign"),
    ("hall_link/station_key.py", "StationKey.sign"),
}
Result = TypeVar("Result")
_PRODUCT = ("/clerk_client/", "/printing/", "/ukey/")


Moment = int | tuple[str, int]
"""The n-th passage of any step, or that of the step with this name."""


class FaultPoints:
    """Counts passages from `begin` on. At the passage of number `kill_at`, or at the given passage
    of a step with that name, the process is gone.

    What was passed is written to `noted`, a line a passage: all of them when nothing is to be
    killed, else only the one at which the process ended.
    """

    def __init__(self, kill_at: Moment, noted: Path) -> None:
        self._number = kill_at if isinstance(kill_at, int) else 0
        self._name, self._turn = ("", 0) if isinstance(kill_at, int) else tuple(kill_at)
        self._file = os.open(noted, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._passed = 0
        self._watched: dict[CodeType, bool] = {}

    def begin(self) -> None:
        """In this thread and in those that start after it."""
        threading.setprofile(self._look)
        sys.setprofile(self._look)

    def end(self) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def unseen(self, function: Callable[..., Result]) -> Callable[..., Result]:
        """The same function, while which this thread's steps are not counted."""

        def quiet(*given: Any, **named: Any) -> Result:
            sys.setprofile(None)
            try:
                return function(*given, **named)
            finally:
                sys.setprofile(self._look)

        return quiet

    def _look(self, frame: FrameType, event: str, arg: Any) -> None:
        if event in ("c_call", "c_return"):
            if arg.__qualname__ in _METHODS or (
                arg.__name__ in _OF_DISKS and arg.__module__ == "posix"
            ):
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
        # Without a lock, which would be one more thing to wait for.
        if self._number:
            self._passed += 1
            if self._passed < self._number:
                return
        step = f"{edge} {reached} in {_place(frame)}"
        if self._name:
            self._passed += step == self._name
            if self._passed < self._turn:
                return
        os.write(self._file, f"{step}\n".encode())
        if self._number or self._name:
            os.kill(os.getpid(), signal.SIGKILL)


def chosen(passed: list[str], *, each: int = 1, first_only: bool = False) -> list[tuple[str, int]]:
    """Every `each`-th of the steps in a noted life, at its first, middle and last passage."""
    names = list(dict.fromkeys(passed))[::each]
    found: list[tuple[str, int]] = []
    for name in names:
        times = passed.count(name)
        turns = {1} if first_only else {1, (times + 1) // 2, times}
        found += [(name, turn) for turn in sorted(turns)]
    return found


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

"""A warm Python that forks: a process with everything imported stands within milliseconds.

A thousand clients that are killed would else spend ten minutes on starting Python. Run as
`python -m tests.helpers.nursery MODULE` it reads one order a line from its standard input, forks,
calls that function of the module in the child and tells how the child ended.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from clerk_client.demo.programs import tied

_PR_SET_PDEATHSIG = 1


class Nursery:
    """One warm parent, for one child at a time. Make it in a thread that lives as long as it.

    What the children write, their tracebacks too, is in `log`.
    """

    def __init__(self, module: str, log: Path) -> None:
        self._command = tied([sys.executable, "-m", __name__, module])
        self.log_file = log
        self.child = 0

    def __enter__(self) -> Self:
        with self.log_file.open("ab") as log:
            self._parent = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._unread = b""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.child:
            self.kill()
        self._parent.communicate()

    @property
    def is_over(self) -> bool:
        """No child runs, or its end is told and `ended` will not wait."""
        return not self.child or self._has_told(0.0)

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def begin(self, function: str, **given: Any) -> None:
        """Returns once the child runs."""
        assert not self.child, "one child at a time"
        assert self._parent.stdin is not None
        order = json.dumps({"function": function, "given": given})
        self._parent.stdin.write(order.encode() + b"\n")
        self._parent.stdin.flush()
        self.child = int(self._told())

    def ended(self) -> int:
        """Waits for the child: its exit code, or minus the signal that ended it."""
        code = int(self._told())
        self.child = 0
        return code

    def kill(self) -> int:
        """SIGKILL. The nursery has not buried the child before, so the number is still its own."""
        os.kill(self.child, signal.SIGKILL)
        return self.ended()

    def run(self, function: str, **given: Any) -> int:
        self.begin(function, **given)
        return self.ended()

    def _told(self) -> str:
        while not self._has_told(None):
            pass
        told, _, self._unread = self._unread.partition(b"\n")
        return told.decode()

    def _has_told(self, within: float | None) -> bool:
        """A whole line is there; waits for it at most that long."""
        assert self._parent.stdout is not None
        pipe = self._parent.stdout.fileno()
        while b"\n" not in self._unread:
            if not select.select([pipe], [], [], within)[0]:
                return False
            read = os.read(pipe, 4096)
            assert read, f"the nursery ended: {self.log[-2000:]}"
            self._unread += read
        return True


def _raise(module: str) -> None:
    functions = importlib.import_module(module)
    assert threading.active_count() == 1, "a fork would lose the other threads"
    gc.collect()
    gc.freeze()
    said, log = os.dup(1), os.dup(2)
    for order in sys.stdin:
        child = os.fork()
        if not child:
            _live(functions, json.loads(order), log)
        os.write(said, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(said, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _live(functions: Any, order: dict[str, Any], log: int) -> None:
    """Never returns: whatever stands on the parent's stack is not the child's to unwind."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        code = getattr(functions, order["function"])(**order["given"]) or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - the child's whole life: told, then over
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _raise(sys.argv[1])

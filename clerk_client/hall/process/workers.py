"""Several processes that serve one listening socket, and the parent that keeps them running.

Not uvicorn's own parent: it starts a worker that dies again without a pause, its workers outlive a
parent that was killed, and a second signal does not hurry it.
"""

import logging
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from clerk_client.hall.process import metrics
from clerk_client.hall.process.serving import ANSWERS_WITHIN, await_end_of_stdin

log = logging.getLogger(__name__)

READY = b"ready\n"
"""What a worker writes to its standard output once it serves."""

# Seconds: the first pause before a worker that died is started again, the longest, and after which
# life it counts as one that ran well.
_PAUSE, _LONGEST_PAUSE, _RAN_WELL = 0.5, 30.0, 60.0
_STOP_WITHIN = ANSWERS_WITHIN + 5


class Workers:
    """`command` serves when it gets `--worker N --listening FD`. POSIX only.

    Each worker reads a pipe of which the parent alone has the other end: however the parent ends,
    the workers notice.
    """

    def __init__(self, command: Sequence[str], count: int, listening: socket.socket) -> None:
        self._listening = listening
        self._folder = tempfile.mkdtemp(prefix="clerk_hall_metrics_")
        self._workers = [_Worker(number + 1, command) for number in range(count)]
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._signals: list[int] = []
        self._stop_by: float | None = None
        self._exit_code = 0
        self._was_ready = False

    def run(self, announce: Callable[[], None], *, until_stdin_closes: bool) -> int:
        """Until SIGTERM or Ctrl+C; the exit code. `announce` is called once all of them serve.

        A second signal ends all at once. A worker that dies before any was ready ends the service.
        """
        for each in (self._wake, self._woken):
            each.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, self._note)
        if sys.platform != "win32":
            signal.signal(signal.SIGHUP, self._note)
        if until_stdin_closes:
            threading.Thread(
                target=await_end_of_stdin, args=[lambda: self._note(0)], daemon=True
            ).start()
        try:
            while not self._is_over():
                self._start_due()
                self._wait()
                self._obey()
                if not self._was_ready and all(each.is_ready for each in self._workers):
                    self._was_ready = True
                    announce()
        finally:
            for worker in self._workers:
                worker.kill()
            shutil.rmtree(self._folder, ignore_errors=True)
        return self._exit_code

    def _note(self, sig: int, *_: object) -> None:
        self._signals.append(sig)
        # Full of wake-ups already: then there is one.
        with suppress(BlockingIOError):
            self._wake.send(b".")

    def _is_over(self) -> bool:
        if self._stop_by is None:
            return False
        running = [each for each in self._workers if each.process is not None]
        if running and time.monotonic() >= self._stop_by:
            log.warning("%d workers had to be ended", len(running))
            self._exit_code = self._exit_code or 1
            return True
        return not running

    def _start_due(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if self._stop_by is None and worker.process is None and worker.due <= now:
                process = worker.start(self._listening.fileno(), self._folder)
                assert process.stdout is not None
                self._selector.register(process.stdout, selectors.EVENT_READ, worker)

    def _wait(self) -> None:
        moments = [each.due for each in self._workers if each.process is None]
        if self._stop_by is not None:
            moments = [self._stop_by]
        patience = max(0.0, min(moments) - time.monotonic()) if moments else None
        for key, _ in self._selector.select(patience):
            if key.data is None:
                self._woken.recv(4096)
            elif os.read(key.fd, 64):
                key.data.is_ready = True
            else:
                self._selector.unregister(key.fileobj)
                self._mourn(key.data)

    def _mourn(self, worker: "_Worker") -> None:
        pid, code = worker.end()
        metrics.worker_ended(self._folder, pid)
        if self._stop_by is not None:
            if code != 0:
                self._exit_code = self._exit_code or 1
            return
        if not self._was_ready:
            log.error("worker %d did not start", worker.number)
            self._exit_code = 1
            self._stop()
            return
        pause = worker.put_off()
        log.error("worker %d ended with %d, again in %.1f s", worker.number, code, pause)

    def _obey(self) -> None:
        while self._signals:
            sig = self._signals.pop(0)
            if sys.platform != "win32" and sig == signal.SIGHUP:
                self._pass_on(sig)
            elif self._stop_by is None:
                self._stop()
            elif sig:
                self._exit_code = 128 + sig
                self._stop_by = 0.0

    def _stop(self) -> None:
        self._stop_by = time.monotonic() + _STOP_WITHIN
        self._pass_on(signal.SIGTERM)

    def _pass_on(self, sig: int) -> None:
        for worker in self._workers:
            if worker.process is not None:
                worker.process.send_signal(sig)


class _Worker:
    def __init__(self, number: int, command: Sequence[str]) -> None:
        self.number = number
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        self.due = 0.0
        self._command = [*command, "--worker", str(number)]
        self._started = 0.0
        self._pause = _PAUSE

    def start(self, listening: int, folder: str) -> "subprocess.Popen[bytes]":
        self._started = time.monotonic()
        self.process = subprocess.Popen(
            [*self._command, "--listening", str(listening)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[listening],
            env={**os.environ, metrics.FOLDER: folder},
            # Ctrl+C at a terminal goes to its whole group: the parent alone is to hear it.
            start_new_session=True,
        )
        return self.process

    def end(self) -> tuple[int, int]:
        """Process id and exit code, after its standard output has ended."""
        assert self.process is not None
        process, self.process = self.process, None
        self.is_ready = False
        try:
            process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
        return process.pid, process.returncode

    def put_off(self) -> float:
        """When it is to start again: after a pause that grows while it keeps dying."""
        now = time.monotonic()
        if now - self._started >= _RAN_WELL:
            self._pause = _PAUSE
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        self.due = now + pause
        return pause

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.end()


def forget_figures() -> None:
    """For a worker whose parent was killed: nobody else clears the folder of figures away."""
    shutil.rmtree(Path(os.environ[metrics.FOLDER]), ignore_errors=True)

"""A small machine within the machine: daemons for tests run in it, and the user's own stay alone.

Its mounts, network, shared memory and processes are its own; its files are those of the machine,
but for the folders that are covered. Needs root: without it a test is skipped.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

PATIENCE = 20.0
COVERED = ("/run", "/dev/shm")
_PROGRAMS = ("unshare", "nsenter", "ip", "mount")
# The last program waits for a pipe of the test's to close: it does so even when the test is
# killed, and with process 1 of the namespace the kernel ends all others. `/proc` is the machine's,
# so the first word of `stat` is the shell's process id as seen from outside.
_SET_UP = """\
set -eu
for folder in "$@"; do
    case $folder in
    *=*) mount --bind "${folder#*=}" "${folder%%=*}" ;;
    *) mount -t tmpfs -o mode=755 tmpfs "$folder" ;;
    esac
done
mkdir -p -m 1777 /run/lock
ip link set lo up
read -r process rest </proc/self/stat
echo "$process"
exec cat
"""
_TELLING = 'read -r process rest </proc/self/stat; echo "$process"; exec "$@"'


def until(condition: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
    """Waits for a condition that nothing reports, and fails the test if it does not come."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within:.0f} s"
        time.sleep(0.005)


class Namespace:
    """Stands while its context does; everything started in it dies with it.

    `covered` folders are empty in it, `bound` ones (inside: outside) show a folder of the test's.
    """

    def __init__(
        self, covered: Iterable[str] = COVERED, bound: Mapping[str, Path] | None = None
    ) -> None:
        self._mounts = [*covered, *(f"{inside}={at}" for inside, at in (bound or {}).items())]
        self._daemons: list[Daemon] = []
        self.pid = 0
        """Of a process inside, as the machine counts."""

    def __enter__(self) -> Self:
        _skip_unless_possible()
        command = ["unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child"]
        self._process = subprocess.Popen(
            [*command, "sh", "-c", _SET_UP, "sh", *self._mounts],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
        )
        assert self._process.stdout is not None
        told = self._process.stdout.readline().decode().strip()
        if not told:
            _, complaint = self._process.communicate()
            if b"unshare failed" in complaint:
                pytest.skip(f"no namespaces here: {complaint.decode().strip()}")
            raise AssertionError(f"the namespace did not start: {complaint.decode().strip()}")
        self.pid = int(told)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()  # closes the pipe that process 1 reads
        for daemon in self._daemons:
            daemon.stop()

    @property
    def launcher(self) -> list[str]:
        """What stands before a command to run it inside, in today's working folder.

        The command takes the launcher's place, so a signal to the process reaches it. It is counted
        by the machine and not by the namespace: whoever starts it ends it.
        """
        kinds = ("--mount", "--net", "--ipc")
        return ["nsenter", "--target", str(self.pid), *kinds, f"--wdns={Path.cwd()}", "--"]

    def command(self, argv: Sequence[str]) -> list[str]:
        return [*self.launcher, *argv]

    def path(self, inside: str | Path) -> Path:
        """Where a file of the namespace is seen from outside."""
        return Path(f"/proc/{self.pid}/root") / Path(inside).relative_to("/")

    def run(self, argv: Sequence[str], given: bytes = b"") -> str:
        """What a program inside writes, once it has ended well."""
        done = subprocess.run(
            self.command(argv), input=given, capture_output=True, timeout=PATIENCE, check=False
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode == 0, f"{argv[0]} ended with {done.returncode}: {said}"
        return done.stdout.decode("utf-8", "replace")

    def daemon(self, argv: Sequence[str], stands: str) -> "Daemon":
        """Starts a service inside. It is up once the socket or file `stands` is there."""
        daemon = Daemon(self.launcher, argv)
        self._daemons.append(daemon)
        at = self.path(stands)
        until(lambda: at.exists() or daemon.is_over, f"{argv[0]} up")
        assert not daemon.is_over, f"{argv[0]} ended: {daemon.said}"
        return daemon


class Daemon:
    """A service in the foreground, within a namespace and dying with it."""

    def __init__(self, launcher: Sequence[str], argv: Sequence[str]) -> None:
        # Counted by the namespace, so that the kernel ends it there.
        inside = [*launcher[:-1], "--pid", "--", "sh", "-c", _TELLING, "sh", *argv]
        self._process = subprocess.Popen(
            inside, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        assert told.strip().isdigit(), f"{argv[0]} was not started: {told.decode()}"
        self._pid = int(told)
        self._lines: list[bytes] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def is_over(self) -> bool:
        return self._process.poll() is not None

    @property
    def said(self) -> str:
        """Everything it wrote: for the message of a test that fails."""
        return b"".join(self._lines).decode("utf-8", "replace")

    def stop(self) -> None:
        """Ends it, as an administrator or a fault does, and waits until it is gone."""
        # nsenter waits beside it and passes no signal on. Nor may nsenter go first: the service
        # would then be an orphan of the machine, and the namespace could not end before process 1
        # of the machine, which may not care, has buried it.
        if not self.is_over:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
        self._process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        assert not self._listener.is_alive(), "a service did not end"

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self._lines.extend(lines)


def _skip_unless_possible() -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("namespaces for the tests' own daemons need root on Linux")
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")

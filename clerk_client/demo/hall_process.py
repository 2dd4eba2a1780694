"""The hall service as its own process on a loopback port."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from clerk_client.demo.errors import DemoError

_DEADLINE = 30.0
_LOAD_DEADLINE = 120.0
_POLL = 0.02


class HallNotReady(DemoError):
    """The hall did not load, enrol, start or end; the text is what it said."""

    code = "DEMO_HALL_NOT_READY"


def hall_command(
    *arguments: str | Path, timeout: float = _DEADLINE
) -> subprocess.CompletedProcess[str]:
    """`python -m clerk_client.hall …`, run to its end. Raises HallNotReady if it takes too long."""
    command = [sys.executable, "-m", "clerk_client.hall", *map(str, arguments)]
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HallNotReady(f"{arguments[0]}: no end within {timeout:.0f} s") from error


class HallProcess:
    """One hall under `folder`: load, enrol, start; a second start keeps port and database.

    `database` is an address; without one it is a SQLite file in `folder`. Only SQLite has a
    `database_file`. `options` are added to the command `serve`.
    Usable as a context: starts on entry, stops on exit. Whatever happens to the process that starts
    it, the service does not outlive it: it ends when the pipe to its standard input does.
    """

    def __init__(
        self,
        folder: Path,
        authorities: bytes,
        database: str = "",
        options: Sequence[str] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = database or f"sqlite:///{folder / 'hall.sqlite'}"
        self.database_file = Path(self.database.removeprefix("sqlite:///"))
        self._authorities = folder / "authorities.pem"
        self._authorities.write_bytes(authorities)
        self._port_file = folder / "port"
        self._log = folder / "hall.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._options = options
        self.port = 0

    @property
    def url(self) -> str:
        """Without a slash at its end; routes are under `/api/v1`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All that the service wrote since the first start."""
        return self._log.read_text(encoding="utf-8")

    @property
    def is_down(self) -> bool:
        """Not started, stopped or killed."""
        return self._process is None

    def load(self, folder: Path) -> None:
        """Takes over the folder's files; fails with the findings."""
        options = ("--database", self.database)
        done = hall_command("load", folder, *options, timeout=_LOAD_DEADLINE)
        if done.returncode != 0:
            raise HallNotReady(done.stderr)

    def enrol(self, station: str, window: str) -> str:
        """The one-time code with which the station may send its key."""
        done = hall_command("enrol", station, "--window", window, "--database", self.database)
        if done.returncode != 0:
            raise HallNotReady(done.stderr)
        return done.stdout.strip()

    def start(self) -> None:
        """Returns once the service listens. The second start takes the first one's port."""
        assert self._process is None, "the hall runs already"
        self._port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "clerk_client.hall", "serve"]
        command += ["--database", self.database, "--authorities", str(self._authorities)]
        command += ["--port", str(self.port), "--port-file", str(self._port_file)]
        command += ["--until-stdin-closes", *self._options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        for _ in range(int(_DEADLINE / _POLL)):
            if self._port_file.exists():
                self.port = int(self._port_file.read_text(encoding="ascii"))
                return
            try:
                self._process.wait(_POLL)
                break
            except subprocess.TimeoutExpired:
                continue
        self.kill()
        raise HallNotReady(self.log)

    def stop(self) -> int:
        """Ends it as the operating system would (SIGTERM) and tells its exit code.

        Raises HallNotReady if it has to be killed.
        """
        assert self._process is not None, "the hall does not run"
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(_DEADLINE)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise HallNotReady(f"serve: no end within {_DEADLINE:.0f} s") from error
        finally:
            _close_pipe(process)

    def kill(self) -> None:
        """Ends it with nothing written or said any more (SIGKILL).

        Not a power cut: what the service handed to the operating system reaches the disk.
        """
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            _close_pipe(process)

    def __enter__(self) -> "HallProcess":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.stop()


def _close_pipe(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()

"""The hall service as its own process on a loopback port, over a fresh SQLite file."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType

_DEADLINE = 30.0
_POLL = 0.02


class HallNotReady(Exception):
    """The hall did not load, enrol or start; the text is what it said."""

    code = "DEMO_HALL_NOT_READY"


def hall_command(
    *arguments: str | Path, timeout: float = _DEADLINE
) -> subprocess.CompletedProcess[str]:
    """`python -m clerk_client.hall …`, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "clerk_client.hall", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


class HallProcess:
    """One hall under `folder`: load, enrol, start; a second start keeps port and database.

    Usable as a context: starts on entry, stops on exit.
    """

    def __init__(self, folder: Path, authorities: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = f"sqlite:///{folder / 'hall.sqlite'}"
        self.database_file = folder / "hall.sqlite"
        self._authorities = folder / "authorities.pem"
        self._authorities.write_bytes(authorities)
        self._port_file = folder / "port"
        self._log = folder / "hall.log"
        self._process: subprocess.Popen[bytes] | None = None
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
        done = hall_command("load", folder, "--database", self.database)
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
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
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
        """Ends it as the operating system would (SIGTERM) and tells its exit code."""
        assert self._process is not None, "the hall does not run"
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def kill(self) -> None:
        """Ends it as a power cut would (SIGKILL)."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()

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

"""Programs of the system that the demonstration runs, and what becomes of them when it dies."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from clerk_client.demo.errors import ProgramFailed, ProgramMissing

_PATIENCE = 30.0
# The parent may have died before the tie was made: then nothing is begun.
_UNLESS_ORPHANED = ("sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"')


def run_program(
    command: Sequence[str],
    *,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    may_fail: bool = False,
) -> str:
    """What it writes, once it has ended. Raises ProgramMissing, ProgramFailed."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            env=environment,
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError as error:
        raise ProgramMissing(command[0]) from error
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(command[0], f"no end within {_PATIENCE:.0f} s") from error
    if done.returncode != 0 and not may_fail:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise ProgramFailed(command[0], said or f"ended with {done.returncode}")
    return done.stdout.decode("utf-8", "replace")


def tied(command: Sequence[str]) -> list[str]:
    """The command as one that Linux ends (SIGTERM) when the thread that starts it is gone.

    A context ends its programs itself; this is for the parent that is killed or aborts. Elsewhere
    than on Linux the command is left as it is. Raises ProgramMissing.
    """
    if shutil.which(command[0]) is None:
        raise ProgramMissing(command[0])
    tie = shutil.which("setpriv") if os.name == "posix" else None
    if tie is None:
        return [*command]
    return [tie, "--pdeathsig", "TERM", *_UNLESS_ORPHANED, str(os.getpid()), *command]


def end(process: "subprocess.Popen[bytes]") -> None:
    """SIGTERM, and SIGKILL if that is not heard."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

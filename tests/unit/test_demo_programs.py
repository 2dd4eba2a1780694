"""The demonstration's programs: what is missing is told, and none outlives who started it."""

import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from clerk_client.demo.authority import Authority
from clerk_client.demo.errors import ProgramFailed, ProgramMissing
from clerk_client.demo.programs import run_program, tied
from clerk_client.demo.screen import ScreenAbsent, VirtualScreen, display_answers


def test_a_program_that_is_not_there_is_named() -> None:
    for run in (run_program, tied):
        with pytest.raises(ProgramMissing) as caught:
            run(["no-such-program", "x"])
        assert caught.value.program == "no-such-program"


def test_a_program_that_says_no_is_told_with_what_it_said() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('the token is full')"]
    with pytest.raises(ProgramFailed) as caught:
        run_program(command)
    assert caught.value.said == "the token is full"
    assert run_program(command, may_fail=True) == ""


_PARENTS = {
    "a tied program": """
import subprocess
from clerk_client.demo.programs import tied
child = subprocess.Popen(tied(["sleep", "600"]))
print(child.pid, flush=True)
""",
    "the hall": """
from clerk_client.demo.hall_process import HallProcess
hall = HallProcess(pathlib.Path(sys.argv[1]), sys.argv[2].encode())
hall.start()
print(hall._process.pid, flush=True)
""",
}


@pytest.mark.skipif(sys.platform != "linux", reason="the tie is Linux's")
@pytest.mark.parametrize("what", _PARENTS)
def test_it_ends_when_its_parent_is_killed(what: str, tmp_path: Path) -> None:
    program = "import pathlib, sys\n" + _PARENTS[what] + "sys.stdin.read()\n"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "hall"), Authority().pem.decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert select.select([child], [], [], 30)[0], f"{what} lives on"
    finally:
        os.close(child)


def test_a_display_is_asked_and_not_only_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert display_answers()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not display_answers(), "nobody sees that one"
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setenv("DISPLAY", ":4711")
    assert not display_answers()


def test_a_screen_that_does_not_start_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script stands for an Xvfb that dies at once, as one does without shared memory."""
    server = tmp_path / "bin" / "Xvfb"
    server.parent.mkdir()
    server.write_text("#!/bin/sh\nexit 1\n")
    server.chmod(0o755)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("PATH", f"{server.parent}:{os.environ['PATH']}")
    with pytest.raises(ScreenAbsent), VirtualScreen():
        pass
    assert list((tmp_path / "temporary").iterdir()) == []

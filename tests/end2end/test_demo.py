"""README's first command, as a newcomer runs it, and as it ends when somebody ends it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.helpers.station import text_of


def _environment(with_display: bool) -> dict[str, str]:
    hidden = ["SOFTHSM2_CONF"]
    if not with_display:
        hidden += ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"]
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _command(folder: Path) -> list[str]:
    places = ["--folder", str(folder / "演示 demo"), "--output", str(folder / "out")]
    return [sys.executable, "-u", "-m", "clerk_client", "demo", *places]


def test_the_demo_accepts_one_client_by_each_look_up_and_leaves_the_papers(tmp_path: Path) -> None:
    output = tmp_path / "out"
    done = subprocess.run(
        _command(tmp_path),
        env=_environment(with_display=False),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    assert [row["look_up"] for row in summary["accepted"]] == [
        "二维码扫描",
        "按预约编号",
        "按服务事项查询",
    ]
    assert len({row["number"] for row in summary["accepted"]}) == 3
    assert summary["problems"] == []
    papers = "".join(text_of(paper) for paper in output.glob("*.pdf"))
    assert all(row["name"] in papers for row in summary["accepted"])
    assert len(list(output.glob("*.png"))) > 10


@pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc are Linux's")
def test_however_the_demo_ends_its_hall_and_its_screen_end_too(tmp_path: Path) -> None:
    endings = [
        (False, "Signing in", signal.SIGTERM, 128 + signal.SIGTERM),
        (False, "Accepted under", signal.SIGKILL, -signal.SIGKILL),
        (True, "Opening the window", signal.SIGHUP, 128 + signal.SIGHUP),
        (True, "Opening the window", signal.SIGINT, 128 + signal.SIGINT),
        (True, "Opening the window", signal.SIGKILL, -signal.SIGKILL),
    ]
    for with_display, said, number, code in endings:
        # Whoever runs the tests may ignore signals (nohup, a background job): not the demo, here.
        default = ["env", "--default-signal=HUP,INT,TERM"]
        with subprocess.Popen(
            [*default, *_command(tmp_path)],
            env=_environment(with_display),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as demo:
            try:
                assert demo.stdout is not None
                read = ""
                while said not in read:
                    line = demo.stdout.readline()
                    assert line, read
                    read += line
                demo.send_signal(number)
                rest = demo.stdout.read()
                demo.wait(30)
            finally:
                # Harmless after its own end; a test that fails must not wait for it.
                demo.kill()
        assert demo.returncode == code, read + rest
        assert "Traceback" not in rest, rest
        _wait_for_the_end_of_all_in(demo.pid)


def _wait_for_the_end_of_all_in(session: int) -> None:
    until = time.monotonic() + 20
    while left := _running_in(session):
        assert time.monotonic() < until, left
        time.sleep(0.05)


def _running_in(session: int) -> list[str]:
    """Names of the session's processes; see proc(5) for the fields of `stat`."""
    names = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, fields = stat.read_text().rpartition(")")
            state, _, _, its_session, *_ = fields.split()
            if int(its_session) == session and state != "Z":
                names.append(name)
    return names

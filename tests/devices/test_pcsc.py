"""The smart card service: not running, not answering, not installed."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import ukey.pcsc
from ukey.errors import SmartCardServiceDown
from ukey.pcsc import readers

# The library keeps the first socket it was told, so that each question needs its own process.
ASK = """
import sys, threading, time
from ukey.errors import SmartCardServiceDown
from ukey.pcsc import readers
for _ in range(3):
    began = time.monotonic()
    try:
        print(readers(float(sys.argv[1])))
    except SmartCardServiceDown as error:
        print(error.detail)
    assert time.monotonic() - began < 5
print(threading.active_count())
"""


def ask_at(socket_path: Path, deadline: float = 5.0) -> list[str]:
    """Three questions' answers, and how many threads were left."""
    return subprocess.run(
        [sys.executable, "-c", ASK, str(deadline)],
        env={**os.environ, "PCSCLITE_CSOCK_NAME": str(socket_path)},
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    ).stdout.split()


def test_service_that_does_not_run_is_told_by_its_code(tmp_path: Path) -> None:
    assert ask_at(tmp_path / "none") == ["0x8010001D"] * 3 + ["1"]


def test_service_that_hangs_keeps_nobody_waiting_and_costs_one_thread(tmp_path: Path) -> None:
    """A socket that nobody reads from stands in for a pcscd that hangs."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "comm"))
        listening.listen(8)
        assert ask_at(tmp_path / "comm", deadline=0.1) == ["0x8010000A"] * 3 + ["2"]


def test_station_without_the_service_says_which_library_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ukey.pcsc, "_LIBRARY", "libnopcsc.so.1")
    with pytest.raises(SmartCardServiceDown) as refused:
        readers()
    assert refused.value.detail == "libnopcsc.so.1"

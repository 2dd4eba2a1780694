"""A hall of its own for one test: loaded in this process, served by the real command."""

import io
import json
import logging
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.domain.clock import hall_day
from clerk_client.hall.__main__ import main
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, upgrade_schema
from tests.hall.desk import ClerkKey, Desk, clerk_key
from tests.helpers.small_hall import WINDOW, write_small_hall

WITHIN = 20.0


class Service:
    """Not started yet. One clerk, C01; `desk()` is a window where she is signed in."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.authority = Authority()
        self.clerk: ClerkKey = clerk_key(self.authority, "陈思敏", "ZS-C01")
        self.hall = HallProcess(folder / "service", self.authority.pem, options=options)
        files = folder / "files"
        today = hall_day(datetime.now(UTC))
        self.engine = open_engine(self.hall.database)
        upgrade_schema(self.engine)
        load(self.engine, write_small_hall(files, today, [("C01", "陈思敏", "clerk", "ZS-C01")]))
        self._desks = 0

    def __enter__(self) -> "Service":
        self.hall.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hall.kill()
        self.engine.dispose()

    def desk(self) -> Desk:
        self._desks += 1
        desk = Desk(self.hall.url, f"ST-{self._desks}")
        code = new_enrolment_code(self.engine, desk.station, WINDOW, datetime.now(UTC))
        assert desk.enrol(code).status_code == 200
        assert desk.sign_in(self.clerk).status_code == 200
        return desk


def hall_main(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """As `hall_command`, without starting Python for it. `serve` only where it cannot start."""
    told, wrong, root = io.StringIO(), io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with redirect_stdout(told), redirect_stderr(wrong):
            code = main([str(each) for each in arguments])
    finally:
        # `serve` takes the log for itself.
        root.handlers[:] = handlers
        root.setLevel(level)
    return subprocess.CompletedProcess(["hall"], code, told.getvalue(), wrong.getvalue())


def log_of(hall: HallProcess) -> list[dict[str, Any]]:
    """Every line that is JSON; the address on standard output is none."""
    return [json.loads(line) for line in hall.log.splitlines() if line.startswith("{")]


def answer_to(port: int, *parts: bytes) -> bytes:
    """All that the service says to these bytes until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as connection:
        for part in parts:
            connection.sendall(part)
        return received(connection)


def received(connection: socket.socket) -> bytes:
    """Until the other end closes."""
    said = b""
    while part := connection.recv(65536):
        said += part
    return said


def until(is_so: Callable[[], bool]) -> None:
    """Waits for a condition, no longer than WITHIN."""
    end = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.02)


def words(lines: Sequence[dict[str, Any]], **facts: Any) -> list[dict[str, Any]]:
    """The log's lines that have these facts."""
    return [line for line in lines if facts.items() <= line.items()]

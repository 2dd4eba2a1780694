"""Several processes over one database and one port: started, replaced, stopped together."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from tests.hall.desk import Journal
from tests.hall.small_service import WITHIN, Service, log_of, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="one process there")


def children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(each) for each in found.split()]


def is_alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def started(service: Service, log: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The command itself, with its process in hand; the port is known once it says where."""
    command = [sys.executable, "-m", "clerk_client.hall", "serve", "--workers", "2"]
    authorities = log.with_name("authorities.pem")
    authorities.write_bytes(service.authority.pem)
    command += ["--database", service.hall.database, "--authorities", str(authorities), *options]
    with (
        log.open("wb") as told,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told
        ) as running,
    ):
        assert running.stdout is not None
        service.hall.port = int(running.stdout.readline().rpartition(b":")[2])
        try:
            yield running
        finally:
            running.kill()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    made.engine.dispose()


def test_lines_are_taken_once_by_whichever_worker(tmp_path: Path) -> None:
    with Service(tmp_path, "--workers", "2") as service:
        desks = [service.desk() for _ in range(4)]
        journals = [Journal(service.clerk, desk.key) for desk in desks]
        for desk, journal in zip(desks, journals, strict=True):
            journal.lease(desk)
        lines = [[journal.accepted() for _ in range(5)] for journal in journals]

        def send(number: int) -> list[str]:
            return [desks[number].sent(line)[0][0] for line in lines[number] + lines[number]]

        with ThreadPoolExecutor(4) as pool:
            for outcomes in pool.map(send, range(4)):
                assert outcomes == ["settled"] * 5 + ["already_settled"] * 5
        assert service.hall.stop() == 0
        seen = {line["worker"] for line in log_of(service.hall) if line["message"] == "answered"}
        assert seen == {1, 2}


def test_figures_are_those_of_all_workers(tmp_path: Path) -> None:
    with Service(tmp_path, "--workers", "2") as service:
        url = f"{service.hall.url}/api/v1"
        for _ in range(30):
            assert requests.get(f"{url}/health", timeout=WITHIN).status_code == 200
        figures = requests.get(f"{url}/metrics", timeout=WITHIN).text
        name = 'hall_requests_total{method="GET",route="/api/v1/health",status="200"}'
        assert f"{name} 30.0" in figures
        assert "hall_workers 2.0" in figures


def test_a_worker_that_dies_is_replaced_and_said(service: Service, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with started(service, log) as parent:
        first, second = children(parent.pid)
        os.kill(first, signal.SIGKILL)
        url = f"{service.hall.url}/api/v1"
        assert requests.get(f"{url}/health", timeout=WITHIN).status_code == 200
        until(lambda: len(children(parent.pid)) == 2 and first not in children(parent.pid))

        def both_work() -> bool:
            return "hall_workers 2.0" in requests.get(f"{url}/metrics", timeout=WITHIN).text

        until(both_work)
        assert second in children(parent.pid)
        assert "worker 1 ended with -9, again in 0.5 s" in log.read_text(encoding="utf-8")
        parent.terminate()
        assert parent.wait(WITHIN) == 0


def test_workers_end_when_their_parent_is_killed(service: Service, tmp_path: Path) -> None:
    with started(service, tmp_path / "log") as parent:
        workers = children(parent.pid)
        folders = {
            part.partition("=")[2]
            for each in workers
            for part in Path(f"/proc/{each}/environ").read_text(encoding="utf-8").split("\0")
            if part.startswith("PROMETHEUS_MULTIPROC_DIR=")
        }
        parent.kill()
        until(lambda: not any(map(is_alive, workers)))
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{service.hall.url}/api/v1/health", timeout=WITHIN)
    assert not any(Path(each).exists() for each in folders)


def half_sent(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=WITHIN)
    connection.sendall(
        b"POST /api/v1/auth/challenge HTTP/1.1\r\nHost: hall\r\nContent-Length: 2\r\n"
        b"Expect: 100-continue\r\n\r\n"
    )
    assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    return connection


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_an_answer_under_way_is_finished(
    service: Service, tmp_path: Path, sig: signal.Signals
) -> None:
    log = tmp_path / "log"
    with started(service, log) as parent, half_sent(service.hall.port) as connection:
        parent.send_signal(sig)
        until(lambda: log.read_text(encoding="utf-8").count("Shutting down") == 2)
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 422 ")
        assert parent.wait(WITHIN) == 0


def test_a_second_signal_ends_all_at_once(service: Service, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with started(service, log) as parent, half_sent(service.hall.port) as connection:
        workers = children(parent.pid)
        parent.terminate()
        until(lambda: "Waiting for connections" in log.read_text(encoding="utf-8"))
        parent.terminate()
        assert parent.wait(5) == 128 + signal.SIGTERM
        assert not any(map(is_alive, workers))
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_the_parent_ends_with_its_standard_input(service: Service, tmp_path: Path) -> None:
    with started(service, tmp_path / "log", "--until-stdin-closes") as parent:
        assert parent.stdin is not None
        parent.stdin.close()
        assert parent.wait(WITHIN) == 0


def test_one_process_obeys_a_second_signal_too(service: Service, tmp_path: Path) -> None:
    log = tmp_path / "log"
    # The last one counts.
    with (
        started(service, log, "--workers", "1") as process,
        half_sent(service.hall.port),
    ):
        process.terminate()
        until(lambda: "Waiting for connections" in log.read_text(encoding="utf-8"))
        process.terminate()
        assert process.wait(5) == 128 + signal.SIGTERM


def test_a_service_whose_workers_cannot_start_ends_and_says_why(
    service: Service, tmp_path: Path
) -> None:
    missing = tmp_path / "recovery.pem"
    command = [sys.executable, "-m", "clerk_client.hall", "serve", "--workers", "2"]
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(service.authority.pem)
    command += ["--database", service.hall.database, "--authorities", str(authorities)]
    command += ["--recovery-certificate", str(missing)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "HALL_FILE" in done.stderr
    assert done.stdout == ""

"""The process: starts, stops, comes back, and forgets nothing."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from sqlalchemy import select, text

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.hall import tables
from clerk_client.hall.store import open_engine, reading, writing
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal
from tests.hall.small_service import hall_main


@pytest.fixture
def window(town: Town) -> Iterator[tuple[Desk, Journal]]:
    desk = town.desk()
    desk.sign_in(town.keys["C01"])
    journal = Journal(town.keys["C01"], desk.key)
    journal.lease(desk)
    yield desk, journal
    if town.hall.is_down:
        town.hall.start()


def test_the_hall_stops_when_asked_and_comes_back_where_it_was(
    town: Town, window: tuple[Desk, Journal]
) -> None:
    desk, journal = window
    line, port = journal.accepted(), town.hall.port
    assert desk.sent(line) == [("settled", "")]
    assert town.hall.stop() == 0
    with pytest.raises(requests.ConnectionError):
        desk.get("health")
    town.hall.start()
    assert town.hall.port == port
    assert desk.sent(line, journal.accepted()) == [("already_settled", ""), ("settled", "")]


def test_what_was_settled_survives_a_kill(town: Town, window: tuple[Desk, Journal]) -> None:
    desk, journal = window
    line = journal.accepted()
    assert desk.sent(line) == [("settled", "")]
    town.hall.kill()
    town.hall.start()
    assert desk.sent(line) == [("already_settled", "")]


def test_a_proof_stays_spent_after_a_restart(town: Town, window: tuple[Desk, Journal]) -> None:
    desk, _ = window
    url = desk.base + "auth/session"
    proof = {"DPoP": desk.key.proof("GET", url, desk.token)}
    assert desk.get("auth/session", headers=proof).status_code == 200
    town.hall.stop()
    town.hall.start()
    assert desk.get("auth/session", headers=proof).json()["code"] == "PROOF_WRONG"


@contextmanager
def another_writer(town: Town) -> Iterator[None]:
    """Another program that keeps everybody else from writing while the context lasts."""
    if town.database == "sqlite":
        with closing(sqlite3.connect(town.hall.database_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with writing(town.engine) as connection:
            connection.execute(text("LOCK TABLE nonces, record_keys IN EXCLUSIVE MODE"))
            yield


def test_a_database_held_by_another_program_is_told_and_stops_no_reader(
    town: Town, window: tuple[Desk, Journal]
) -> None:
    desk, journal = window
    line = journal.accepted()
    stranger = Desk(town.hall.url, desk.station)
    stranger.token = "invented"
    asked: list[Callable[[], requests.Response]] = [
        lambda: desk.post("records", {"lines": [line.to_json()]}),
    ]
    url = f"{desk.base}auth/challenge"
    fields = {"station": desk.station, "cert_sha256": "0" * 64}
    # More than a pool of SQLAlchemy's usual size has connections.
    asked += [lambda: requests.post(url, json=fields, timeout=20)] * 20
    with another_writer(town), ThreadPoolExecutor(len(asked)) as pool:
        waiting = [pool.submit(ask) for ask in asked]
        assert desk.get("matters").status_code == 200
        assert stranger.get("matters").json()["code"] == "TOKEN_EXPIRED"
        assert requests.get(f"{desk.base}health", timeout=20).status_code == 200
        answers = [each.result() for each in waiting]
        assert {(each.status_code, each.json()["code"]) for each in answers} == {
            (503, "DATABASE_UNUSABLE")
        }
    assert desk.sent(line) == [("settled", "")]


@contextmanager
def attached_service(town: Town, tmp_path: Path, starter: str) -> Iterator[subprocess.Popen[bytes]]:
    """`starter` is run with the command of a service that ends with its standard input."""
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(town.authority.pem)
    command = [sys.executable, "-m", "clerk_client.hall", "serve", "--until-stdin-closes"]
    command += ["--database", town.hall.database, "--authorities", str(authorities)]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", starter, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as running,
    ):
        assert running.stdout is not None
        assert running.stdout.readline().startswith(b"http://127.0.0.1:")
        try:
            yield running
        finally:
            running.kill()


_IN_ITS_PLACE = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
_AS_ITS_PARENT = (
    "import subprocess, sys\nsubprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()\n"
)


def test_a_service_ends_with_its_standard_input(town: Town, tmp_path: Path) -> None:
    with attached_service(town, tmp_path, _IN_ITS_PLACE) as service:
        assert service.stdin is not None
        service.stdin.close()
        assert service.wait(20) == 0
    assert "Finished server process" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_service_ends_when_its_parent_is_killed(town: Town, tmp_path: Path) -> None:
    with attached_service(town, tmp_path, _AS_ITS_PARENT) as parent:
        parent.kill()
        assert parent.stdout is not None
        # The service holds the other end until it is gone.
        assert parent.stdout.read() == b""
    assert "Finished server process" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_service_that_watches_its_standard_input_stops_when_asked(
    town: Town, tmp_path: Path
) -> None:
    with attached_service(town, tmp_path, _IN_ITS_PLACE) as service:
        service.terminate()
        assert service.wait(20) == 0
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "Finished server process" in log
    assert "Fatal" not in log


def test_secrets_are_stored_as_hashes_only(town: Town, window: tuple[Desk, Journal]) -> None:
    desk, _ = window
    code = town.hall.enrol("ST-secret", "2B12")
    with reading(town.engine) as connection:
        dump = "\n".join(
            str(row)
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table))
        )
    assert "ST-secret" in dump
    assert desk.token not in dump
    assert code not in dump
    assert code.replace("-", "") not in dump


def test_a_hall_without_data_says_so(tmp_path: Path, database: str) -> None:
    with HallProcess(tmp_path, Authority().pem, database) as hall:
        answer = requests.get(f"{hall.url}/api/v1/health", timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (503, "HALL_NOT_LOADED")


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(Authority().pem)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        database = f"sqlite:///{tmp_path / 'hall.sqlite'}"
        options = ["--port", str(port), "--database", database]
        done = hall_main("serve", "--authorities", authorities, *options)
    assert done.returncode == 1
    assert done.stderr.startswith("HALL_FILE")


def test_a_sqlite_file_is_durable_and_keeps_its_references(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'hall.sqlite'}")
    with reading(engine) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}

"""PostgreSQL: what an address may be, what is told of one that does not work, outages, races."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.domain.clock import hall_day
from clerk_client.hall import tables
from clerk_client.hall.errors import DatabaseAddressWrong, DatabaseUnusable
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import added, open_engine, reading, upgrade_schema, writing, written
from tests.hall.conftest import STAFF
from tests.hall.desk import Desk, Journal, clerk_key
from tests.hall.small_service import hall_main
from tests.helpers.postgres import PostgresMissing, PostgresServer, address_of, postgres_database
from tests.helpers.small_hall import write_small_hall

SECRET = "very-secret-word"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "no address",
        "mysql://u:{0}@localhost/hall",
        "oracle://u:{0}@localhost/hall",
        "postgres://u:{0}@localhost/hall",
        "postgresql+psycopg2://u:{0}@localhost/hall",
        "postgresql+asyncpg://u:{0}@localhost/hall",
        "postgresql://u:{0}@localhost",
        "postgresql://u:{0}@localhost:port/hall",
        "postgresql://u:{0}@localhost/hall?no_such_option={0}",
        "sqlite+aiosqlite:///hall.sqlite",
        "sqlite://",
    ],
)
def test_an_address_of_no_sense_is_refused_and_its_password_not_repeated(address: str) -> None:
    with pytest.raises(DatabaseAddressWrong) as refusal:
        open_engine(address.format(SECRET))
    assert SECRET not in str(refusal.value)


def test_an_address_that_does_not_work_is_told_in_one_line_without_the_password() -> None:
    with postgres_database() as address:
        wrong = {
            "password authentication failed": address_of("postgres", password=SECRET),
            "does not exist": address_of("no_such_hall"),
            "Connection refused": address_of("postgres", port=1),
        }
        password = str(make_url(address).password)
    for words, each in wrong.items():
        done = hall_main("enrol", "ST-1", "--window", "2B12", "--database", each)
        first, *rest = done.stderr.splitlines()
        assert done.returncode == 1
        assert first.startswith("DATABASE_UNUSABLE: ")
        assert words in first
        assert len(rest) == 1
        assert SECRET not in done.stderr
        assert password not in done.stderr


def test_a_server_that_says_nothing_is_given_up_before_the_window_gives_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = open_engine(f"postgresql://u:{SECRET}@127.0.0.1:{port}/hall")
        began = time.monotonic()
        with pytest.raises(DatabaseUnusable) as refusal:
            upgrade_schema(engine)
        assert time.monotonic() - began < 8
    assert SECRET not in str(refusal.value)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with postgres_database() as address:
        made = open_engine(address)
        yield made
        made.dispose()


def test_a_postgresql_connection_is_durable_and_bounded(engine: Engine) -> None:
    names = [
        "synchronous_commit",
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "transaction_isolation",
        "application_name",
    ]
    with writing(engine) as connection:
        found = [connection.scalar(text(f"SHOW {name}")) for name in names]
    assert found == ["on", "6s", "5s", "30s", "read committed", "clerk_client hall"]
    with reading(engine) as connection:
        assert connection.scalar(text("SHOW transaction_read_only")) == "on"


def test_the_address_may_set_other_limits_but_nothing_less_durable() -> None:
    options = "-c%20synchronous_commit%3Doff%20-c%20lock_timeout%3D1s"
    with postgres_database() as address:
        engine = open_engine(f"{address}?options={options}")
        with writing(engine) as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
            assert connection.scalar(text("SHOW lock_timeout")) == "1s"
        engine.dispose()


# --- two at the same moment ----------------------------------------------------------------------


def test_a_transaction_that_met_another_one_crosswise_is_begun_again(engine: Engine) -> None:
    rows = [("W1", "W2"), ("W2", "W1")]
    with writing(engine) as connection:
        for code in ("W1", "W2"):
            connection.execute(tables.windows.insert().values(code=code, name="", phone=""))
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []

    def cross(connection: Connection, first: str, second: str) -> None:
        windows = tables.windows
        tries.append(first)
        connection.execute(update(windows).where(windows.c.code == first).values(name=first))
        if len(tries) <= 2:
            both_hold_one.wait(20)
        connection.execute(update(windows).where(windows.c.code == second).values(phone=first))

    def begin(pair: tuple[str, str]) -> None:
        written(engine, cross, *pair)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(begin, rows)) == [None, None]
    assert len(tries) == 3


def test_a_key_that_another_one_took_meanwhile_is_looked_for_again(engine: Engine) -> None:
    both_looked = threading.Barrier(2)
    looked: list[bool] = []

    def open_window(connection: Connection) -> bool:
        """Whether it was this one that made it."""
        windows = tables.windows
        known = connection.execute(select(windows).where(windows.c.code == "W1")).first()
        looked.append(known is None)
        if len(looked) <= 2:
            both_looked.wait(20)
        if known is None:
            connection.execute(windows.insert().values(code="W1", name="", phone=""))
        return known is None

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: written(engine, open_window), range(2)))
    assert sorted(done) == [False, True]
    assert looked == [True, True, False]


def test_a_mistake_of_the_program_is_not_tried_for_ever(engine: Engine) -> None:
    tries = 0

    def wrong(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        for _ in range(2):
            connection.execute(tables.windows.insert().values(code="W1", name="", phone=""))

    with pytest.raises(DBAPIError):
        written(engine, wrong)
    assert tries == 5
    with writing(engine) as connection:
        assert added(connection, tables.windows, {"code": "W1", "name": "", "phone": ""})


# --- outages -------------------------------------------------------------------------------------


@pytest.fixture
def outage() -> Iterator[PostgresServer]:
    """A server of this test's own, which it may stop and kill."""
    try:
        server = PostgresServer()
    except PostgresMissing as reason:
        pytest.skip(str(reason))
    with server:
        yield server


def test_calls_during_an_outage_are_told_so_and_the_next_one_after_it_succeeds(
    outage: PostgresServer, tmp_path: Path
) -> None:
    authority = Authority()
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    hall = HallProcess(tmp_path / "service", authority.pem, outage.address)
    engine = open_engine(outage.address)
    upgrade_schema(engine)
    load(engine, write_small_hall(tmp_path / "files", hall_day(datetime.now(UTC)), STAFF))
    engine.dispose()
    with hall:
        desk = Desk(hall.url, "ST-1")
        assert desk.enrol(hall.enrol("ST-1", "2B12")).status_code == 200
        assert desk.sign_in(clerk).status_code == 200
        journal = Journal(clerk, desk.key)
        journal.lease(desk)
        for end in (outage.stop, outage.kill):
            line = journal.accepted()
            end()
            answers = [
                requests.get(f"{hall.url}/api/v1/health", timeout=20),
                desk.post("records", {"lines": [line.to_json()]}),
                desk.get("matters"),
                requests.post(
                    f"{hall.url}/api/v1/auth/challenge",
                    json={"station": "ST-1", "cert_sha256": "0" * 64},
                    timeout=20,
                ),
            ]
            assert {(each.status_code, each.json()["code"]) for each in answers} == {
                (503, "DATABASE_UNUSABLE")
            }
            outage.start()
            assert desk.sent(line) == [("settled", "")]
        log = hall.log
    assert outage.password not in log
    assert "Traceback" not in log

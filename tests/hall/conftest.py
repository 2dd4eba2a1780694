"""One hall a module and kind of database: its authority, clerks, process, a signed-in window."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.domain.clock import hall_day
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, upgrade_schema
from tests.hall.desk import ClerkKey, Desk, Journal, clerk_key, rsa_clerk_key
from tests.helpers.postgres import postgres_database
from tests.helpers.small_hall import WINDOW, Staff, write_small_hall

STAFF: list[Staff] = [
    ("C01", "陈思敏", "clerk", "ZS-C01"),
    ("C02", "黄嘉怡", "clerk", "ZS-C02"),
    ("S01", "林主管", "supervisor", "ZS-S01"),
    ("T01", "信息员", "it", "ZS-T01"),
]


@dataclass
class Town:
    """The running hall and those who come to it. `today` is the hall's day when it was loaded.

    `database` is the kind: `sqlite` or `postgresql`.
    """

    hall: HallProcess
    authority: Authority
    keys: dict[str, ClerkKey]
    engine: Engine
    today: date
    database: str

    def __post_init__(self) -> None:
        self._names = count(1)

    def code(self, station: str, window: str = WINDOW) -> str:
        """As the command `enrol` makes it, without starting Python for it each time."""
        return new_enrolment_code(self.engine, station, window, datetime.now(UTC))

    def desk(self) -> Desk:
        """A new station at window 2B12, enrolled."""
        desk = Desk(self.hall.url, f"ST-{next(self._names)}")
        answer = desk.enrol(self.code(desk.station))
        assert answer.status_code == 200, answer.text
        return desk


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a new database of that kind, with the hall's tables or nothing in it."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'hall.sqlite'}"
    else:
        with postgres_database() as address:
            yield address


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of the database: what asks for this, or for anything below, runs once on each."""
    return str(request.param)


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a new database for one test."""
    with empty_database(kind, tmp_path) as address:
        yield address


@pytest.fixture(scope="module")
def town(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    authority = Authority()
    keys = {code: clerk_key(authority, name, identity) for code, name, _, identity in STAFF}
    keys["C02"] = rsa_clerk_key(authority, "黄嘉怡", "ZS-C02")
    folder = tmp_path_factory.mktemp("hall")
    today = hall_day(datetime.now(UTC))
    with empty_database(kind, folder) as address:
        engine = open_engine(address)
        try:
            upgrade_schema(engine)
            load(engine, write_small_hall(folder / "files", today, STAFF))
            with HallProcess(folder / "service", authority.pem, address) as hall:
                yield Town(hall, authority, keys, engine, today, kind)
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def signed_in(town: Town) -> Desk:
    """A station where the clerk C01 works."""
    desk = town.desk()
    assert desk.sign_in(town.keys["C01"]).status_code == 200
    return desk


@pytest.fixture
def journal(town: Town, signed_in: Desk) -> Journal:
    """A new journal of that station, with numbers leased."""
    made = Journal(town.keys["C01"], signed_in.key)
    made.lease(signed_in)
    return made

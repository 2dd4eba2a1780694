"""A hall of 200 windows in a database of its own, and the service over it."""

import json
import secrets
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Connection, Engine, insert, text

from benchmarks.ground import Child
from benchmarks.table import NotMeasured
from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.auth import token_sha256
from clerk_client.hall.store import open_engine, upgrade_schema, writing
from tests.hall.desk import StationKey, clerk_key
from tests.helpers.postgres import PostgresMissing, PostgresServer

WINDOWS = 200
HALL = "442000"
NUMBERS = 2000
"""Leased to each window."""
MATTERS = 40
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# What a hall of this size would set, and nothing that is less durable than the defaults.
_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
# On a disk, also where the folder for what is passing is in memory.
_ON_DISK = Path("/var/tmp")


@dataclass(frozen=True, slots=True)
class Seat:
    """A window where a clerk is signed in. Keys in hex: they cross to another process."""

    window: str
    station: str
    station_key: str
    token: str
    journal: str
    clerk: str
    clerk_key: str
    certificate: str
    first_number: int


@dataclass(frozen=True, slots=True)
class FilledHall:
    """`seats` is the file in which they stand for another process; the last one is to spare."""

    database: str
    engine: Engine
    authority: Authority
    seats: Path
    year: int

    @contextmanager
    def served(self, folder: Path, workers: int, *options: str) -> Iterator[HallProcess]:
        """By the real command, in processes of its own."""
        more = ["--workers", str(workers), "--log", "json", *options]
        hall = HallProcess(folder, self.authority.pem, self.database, more)
        hall.start()
        try:
            yield hall
        finally:
            hall.stop()


class Windows:
    """The process that plays the windows: a round is signed, then played."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process, self._child = process, Child(process, log)

    def ready(self, **asked: Any) -> None:
        """Signs what a round needs; its proofs are good for a minute. Raises NotMeasured."""
        self._say(json.dumps(asked))
        self._child.answer()

    def play(self) -> Any:
        """The round. Raises NotMeasured."""
        self._say("")
        return self._child.answer()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        print(line, file=self._process.stdin, flush=True)


@contextmanager
def windows_at(hall: FilledHall, port: int, count: int, log: Path) -> Iterator[Windows]:
    """So many windows, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.hall_windows", hall.seats, port, count]
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            [str(each) for each in command],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        try:
            yield Windows(process, log)
        finally:
            process.kill()


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A server with durable settings, its files on a disk. Raises NotMeasured."""
    try:
        server = PostgresServer(_SETTINGS, _ON_DISK)
    except PostgresMissing as missing:
        raise NotMeasured(str(missing)) from missing
    with server:
        yield server


@contextmanager
def filled_hall(folder: Path, database: str, tickets: int = 0) -> Iterator[FilledHall]:
    """`tickets`: so many for each window, of today, with one matter each."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = open_engine(database)
    try:
        upgrade_schema(engine)
        authority = Authority()
        seats, today = folder / "seats.json", hall_day(datetime.now(UTC))
        with writing(engine) as connection:
            _fill(connection)
            made = _seats(connection, authority, today)
        with unchecked(engine) as connection:
            _tickets(connection, today, tickets)
        seats.write_text(json.dumps([asdict(seat) for seat in made]), encoding="ascii")
        settle(engine)
        yield FilledHall(database, engine, authority, seats, today.year)
    finally:
        engine.dispose()


def settle(engine: Engine) -> None:
    """As a database is that has been in use: statistics gathered, what was written written back."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))
    else:
        with closing(sqlite3.connect(str(engine.url.database))) as connection:
            connection.execute("ANALYZE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def series(engine: Engine, last: int) -> str:
    """A table `n` with one column `i`, 1 to `last`, for the head of a statement."""
    if engine.dialect.name == "postgresql":
        return f"WITH n(i) AS (SELECT generate_series(1, {last}))"
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"


@contextmanager
def unchecked(engine: Engine) -> Iterator[Connection]:
    """A transaction that fills a table: what it refers to is known to be there."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield connection
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()
        connection.invalidate()


def matter(place: int) -> str:
    return f"SJ{place % MATTERS:06d}"


def _fill(connection: Connection) -> None:
    hall = {"code": HALL, "name": "示例市政务服务中心", "supervision_phone": "0760-12345"}
    connection.execute(insert(tables.hall).values(**hall, epoch=1, catalogue_version=1))
    connection.execute(
        insert(tables.departments).values(
            code="SJ", name="市场监管局", full_name="示例市市场监督管理局", changed_in=1
        )
    )
    connection.execute(insert(tables.matters), [matter_row(matter(n)) for n in range(MATTERS)])


def matter_row(code: str) -> dict[str, object]:
    return {
        "code": code,
        "name": f"食品经营许可（{code}）",
        "department": "SJ",
        "audience": "both",
        "statutory_days": 20,
        "day_unit": "working_days",
        "expected_category": "hall_pending",
        "is_licence": True,
        "parent": "",
        "is_parent": False,
        "suspended": "",
        "changed_in": 1,
    }


def _seats(connection: Connection, authority: Authority, today: date) -> list[Seat]:
    now = datetime.now(UTC)
    moment, end = rfc3339(now), rfc3339(now + timedelta(hours=2))
    rows: dict[str, list[dict[str, object]]] = {}
    seats = []
    for place in range(WINDOWS + 1):
        key, station = generate_private_key(SECP256R1()), StationKey()
        clerk, window, name = f"C{place:03d}", f"W{place:03d}", f"ST-{place:03d}"
        signer = clerk_key(authority, f"办事员{place}", f"ZS-{clerk}", key=key)
        token, journal = secrets.token_urlsafe(32), str(uuid.uuid4())
        first = 1 + place * NUMBERS
        new = {
            "windows": {"code": window, "name": f"{place}号窗口", "phone": ""},
            "clerks": {
                "code": clerk,
                "name": f"办事员{place}",
                "role": "clerk",
                "identity": f"ZS-{clerk}",
                "locked": False,
            },
            "certificates": {
                "sha256": signer.cert_sha256,
                "clerk": clerk,
                "der": signer.der,
                "first_used_at": moment,
            },
            "stations": {
                "code": name,
                "window": window,
                "public_key": station.public,
                "key_sha256": station.cert_sha256,
                "enrolled_at": moment,
            },
            "tokens": {
                "token_sha256": token_sha256(token),
                "clerk": clerk,
                "station": name,
                "key_sha256": station.cert_sha256,
                "cert_sha256": signer.cert_sha256,
                "expires_at": end,
            },
            "journals": {
                "journal": journal,
                "station": name,
                "opened_at": moment,
                "highest_seq": 0,
                "highest_hash": "0" * 64,
            },
            "leases": {
                "key": str(uuid.uuid4()),
                "journal": journal,
                "year": today.year,
                "epoch": 1,
                "first": first,
                "last": first + NUMBERS - 1,
                "leased_at": moment,
            },
        }
        for table, row in new.items():
            rows.setdefault(table, []).append(row)
        seats.append(
            Seat(
                window=window,
                station=name,
                station_key=station.key.private_bytes_raw().hex(),
                token=token,
                journal=journal,
                clerk=clerk,
                clerk_key=key.private_bytes(
                    Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
                ).hex(),
                certificate=signer.der.hex(),
                first_number=first,
            )
        )
    for table, found in rows.items():
        connection.execute(insert(tables.metadata.tables[table]), found)
    after = 1 + len(seats) * NUMBERS
    connection.execute(insert(tables.number_series).values(year=today.year, epoch=1, next=after))
    return seats


def ticket_number(place: int, count: int) -> str:
    return f"{_LETTERS[place // 26]}{_LETTERS[place % 26]}{count:04d}"


def _tickets(connection: Connection, today: date, each: int) -> None:
    if not each:
        return
    n = series(connection.engine, (WINDOWS + 1) * each)
    place = f"((i - 1) / {each})"
    number = (
        f"substr('{_LETTERS}', 1 + {place} / 26, 1) || substr('{_LETTERS}', 1 + {place} % 26, 1) "
        f"|| substr(cast(10000 + (i - 1) % {each} AS varchar(9)), 2)"
    )
    day = f"'{today.isoformat()}'"
    if connection.dialect.name == "postgresql":
        day += "::date"
    connection.execute(
        text(
            "INSERT INTO tickets (day, number, status, appointment, priority, used_by) "
            f"{n} SELECT {day}, {number}, 'waiting', '', false, '' FROM n"
        )
    )
    connection.execute(
        text(
            "INSERT INTO ticket_matters (day, number, position, matter, used_by) "
            f"{n} SELECT {day}, {number}, 1, '{matter(0)}', '' FROM n"
        )
    )

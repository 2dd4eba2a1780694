"""The common line goes a short way on PostgreSQL: what it leaves is what the long way leaves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, insert, select

from clerk_client.demo.authority import Authority
from clerk_client.domain.clerks import Role
from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.files.loading import load
from clerk_client.hall.lines import records
from clerk_client.hall.lines.leasing import lease
from clerk_client.hall.store import open_engine, upgrade_schema, writing
from clerk_client.wire.lines import Line
from clerk_client.wire.messages import NumberBlockRequest
from tests.hall.conftest import STAFF, empty_database
from tests.hall.desk import ClerkKey, Journal, StationKey, clerk_key
from tests.helpers.small_hall import HALL, WINDOW, write_small_hall

NOW = datetime.now(UTC)
TODAY = hall_day(NOW)
LEFT = (
    tables.journals,
    tables.lines,
    tables.record_keys,
    tables.numbers,
    tables.tally_deltas,
    tables.tickets,
    tables.ticket_matters,
    tables.appointments,
)


@contextmanager
def hall_of(kind: str, folder: Path, clerk: ClerkKey, station: StationKey) -> Iterator[Engine]:
    """A hall where C01 has signed in at station ST-1; nobody serves it."""
    folder.mkdir()
    with empty_database(kind, folder) as address:
        engine = open_engine(address)
        try:
            upgrade_schema(engine)
            load(engine, write_small_hall(folder / "files", TODAY, STAFF))
            with writing(engine) as connection:
                connection.execute(
                    insert(tables.stations).values(
                        code="ST-1",
                        window=WINDOW,
                        public_key=station.public,
                        key_sha256=station.cert_sha256,
                        enrolled_at=rfc3339(NOW),
                    )
                )
                connection.execute(
                    insert(tables.certificates).values(
                        sha256=clerk.cert_sha256,
                        clerk="C01",
                        der=clerk.der,
                        first_used_at=rfc3339(NOW),
                    )
                )
            yield engine
        finally:
            engine.dispose()


def a_day(clerk: ClerkKey, station: StationKey) -> tuple[str, list[Line]]:
    """The journal, and its lines: simple ones, and every kind of ticket and appointment."""
    journal = Journal(clerk, station)
    numbers = (f"{HALL}{TODAY.year}1{place:07d}" for place in range(1, 10))
    bodies: list[dict[str, Any]] = [
        {},
        {"ticket": ticket("A023"), "appointment": "YY0001"},
        {"ticket": ticket("A024")},
        {"ticket": ticket("A024")},
        {"ticket": ticket("A025")},
        {"ticket": ticket("Z999"), "appointment": "no such"},
        {"ticket": {**ticket("A026"), "hall": "442001"}},
        {"ticket": {**ticket("A026"), "day": "yesterday"}, "appointment": "YY0004"},
    ]
    matters = ["GA-LG", "GA-LG", "GA-SF", "SC-QY-1", "GA-SF", "GA-LG", "GA-LG", "GA-LG"]
    lines = []
    for body, matter, number in zip(bodies, matters, numbers, strict=False):
        whole = checked(number)
        lines.append(journal.accepted(body, number=whole, matter=matter))
        lines.append(journal.printed(number=whole))
    lines.append(journal.accepted({}, number=lines[0].head.number))
    lines.append(journal.accepted({}, number=checked(next(numbers)), category="neither"))
    lines.append(journal.line(clerk, {}, kind="consulted"))
    return journal.id, lines


def ticket(number: str) -> dict[str, str]:
    return {"hall": HALL, "day": TODAY.isoformat(), "number": number}


def checked(digits: str) -> str:
    from stdnum.iso7064 import mod_11_2

    return digits + str(mod_11_2.calc_check_digit(digits))


def rows_of(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted(
                tuple(value for name, value in row._mapping.items() if name != "id")
                for row in connection.execute(select(table))
            )
            for table in LEFT
        }


def note_in(statements: list[str]) -> Callable[..., None]:
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    return note


def test_both_ways_leave_the_same_rows_and_give_the_same_answers(tmp_path: Path) -> None:
    authority, station = Authority(), StationKey()
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    session = Session("C01", "", Role.CLERK, "ST-1", station.public, WINDOW, "", clerk.cert_sha256)
    journal, lines = a_day(clerk, station)
    found = {}
    heard: dict[str, list[str]] = {}
    for kind in ("sqlite", "postgresql"):
        with hall_of(kind, tmp_path / kind, clerk, station) as engine:
            block = NumberBlockRequest(journal=journal, key=journal, count=20)
            lease(engine, block, "ST-1", NOW)
            statements = heard[kind] = []
            event.listen(engine, "before_cursor_execute", note_in(statements))
            sent = [line.to_json() for line in lines]
            answers = [records.take_lines(engine, sent, session, NOW) for _ in range(2)]
            found[kind] = (answers, rows_of(engine))
    assert found["sqlite"] == found["postgresql"]
    outcomes = [each.outcome for each in found["sqlite"][0][0].answers]
    assert outcomes == ["settled"] * 16 + ["refused"] * 2 + ["settled"]
    # Of these only both lines with a ticket of two matters and both refused ones go the long way.
    short = [each for each in heard["postgresql"] if "WITH moved" in each]
    long = [each for each in heard["postgresql"] if each.startswith("INSERT INTO record_keys")]
    assert (len(short), len(long)) == (18, 4)

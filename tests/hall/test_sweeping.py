"""What is over goes by itself, and strangers fill nothing that stays."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, insert, select

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.limits import may_be_noted
from clerk_client.hall.access.proofs import Proof, SpentProofs, spent_proofs
from clerk_client.hall.process.sweeping import Sweeper, sweep
from clerk_client.hall.store import open_engine, reading, upgrade_schema, writing
from tests.hall.small_service import until
from tests.hall.thread_hall import StillClock, noon

NOW = noon()
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    found = open_engine(database)
    upgrade_schema(found)
    yield found
    found.dispose()


@pytest.fixture
def spent(engine: Engine) -> Iterator[SpentProofs]:
    found = spent_proofs(engine)
    yield found
    found.close()


def rows_in(engine: Engine, table: Table) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def nonces(engine: Engine, count: int, expires_at: datetime, mark: str) -> None:
    rows: list[dict[str, Any]] = [
        {
            "nonce": f"{mark}{number}",
            "station": "ST-1",
            "cert_sha256": "0" * 64,
            "hall_time": rfc3339(NOW),
            "expires_at": rfc3339(expires_at),
        }
        for number in range(count)
    ]
    with writing(engine) as connection:
        connection.execute(insert(tables.nonces), rows)


def failures(engine: Engine, failed_at: datetime) -> None:
    row = {"address": "10.0.0.1", "subject": "0" * 64, "failed_at": rfc3339(failed_at)}
    with writing(engine) as connection:
        connection.execute(insert(tables.failures), [row])


def test_what_is_over_goes_and_what_is_not_stays(engine: Engine, spent: SpentProofs) -> None:
    nonces(engine, 1203, NOW - MOMENT, "old")
    nonces(engine, 2, NOW, "new")
    failures(engine, NOW - timedelta(minutes=1) - MOMENT)
    failures(engine, NOW - timedelta(minutes=1))
    old, new = Proof("f" * 64, "old proof", NOW), Proof("f" * 64, "new proof", NOW + MOMENT)
    for proof in (old, new):
        spent.spend(proof, NOW)
    later = NOW + timedelta(seconds=120) + MOMENT
    assert sweep(engine, spent, NOW) == 1204
    assert (rows_in(engine, tables.nonces), rows_in(engine, tables.failures)) == (2, 1)
    assert sweep(engine, spent, NOW) == 0
    assert sweep(engine, spent, later) == 3
    spent.spend(old, later)


def test_sweepers_of_several_processes_do_not_stop_each_other(
    engine: Engine, spent: SpentProofs
) -> None:
    nonces(engine, 3000, NOW - MOMENT, "old")
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: sweep(engine, spent, NOW), range(4))) == 3000
    assert rows_in(engine, tables.nonces) == 0


def test_the_sweeper_works_by_itself_and_ends_when_told(engine: Engine, spent: SpentProofs) -> None:
    nonces(engine, 1, NOW - MOMENT, "old")
    sweeper = Sweeper(engine, spent, StillClock(NOW), period=0.01)
    sweeper.start()
    until(lambda: rows_in(engine, tables.nonces) == 0)
    sweeper.stop()
    nonces(engine, 1, NOW - MOMENT, "older")
    assert rows_in(engine, tables.nonces) == 1


def test_strangers_leave_no_more_than_a_bounded_trace_in_the_audit(engine: Engine) -> None:
    def noted(address: str, now: datetime = NOW) -> bool:
        with writing(engine) as connection:
            return may_be_noted(connection, address, now)

    assert [noted("10.0.0.1") for _ in range(70)].count(True) == 60
    # Whoever comes from elsewhere is noted all the same, up to what all of them may leave.
    addresses = [f"10.0.1.{number // 59}" for number in range(600)]
    assert [noted(address) for address in addresses].count(True) == 540
    assert noted("10.0.0.1", NOW + timedelta(seconds=61))

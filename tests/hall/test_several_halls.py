"""Several halls in one PostgreSQL database, each in a schema of its own."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.domain.clock import hall_day
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, upgrade_schema
from tests.hall.conftest import STAFF
from tests.hall.desk import ClerkKey, Desk, Journal, clerk_key
from tests.helpers.postgres import postgres_database
from tests.helpers.small_hall import HALL, WINDOW, write_small_hall

OTHER = "442001"


@pytest.fixture(scope="module")
def key_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ClerkKey, dict[str, Desk]]]:
    """A clerk known to both halls, signed in at a station of each."""
    authority = Authority()
    clerk = clerk_key(authority, "陈思敏", "ZS-C01")
    today = hall_day(datetime.now(UTC))
    desks = {}
    with ExitStack() as stack:
        address = stack.enter_context(postgres_database("template0"))
        for hall in (HALL, OTHER):
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(
                    sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(f"hall_{hall}"))
                )
            own = f"{address}?options=-csearch_path%3Dhall_{hall}"
            folder = tmp_path_factory.mktemp(hall)
            files = write_small_hall(folder / "files", today, STAFF)
            _rename(files, hall)
            engine = open_engine(own)
            stack.callback(engine.dispose)
            upgrade_schema(engine)
            load(engine, files)
            code = new_enrolment_code(engine, "ST-1", WINDOW, datetime.now(UTC))
            process = stack.enter_context(HallProcess(folder / "service", authority.pem, own))
            desks[hall] = Desk(process.url, "ST-1")
            assert desks[hall].enrol(code).status_code == 200
            assert desks[hall].sign_in(clerk).status_code == 200
        yield clerk, desks


def _rename(files: Path, hall: str) -> None:
    facts = json.loads((files / "hall.json").read_text(encoding="utf-8"))
    (files / "hall.json").write_text(json.dumps({**facts, "code": hall}), encoding="utf-8")


def test_each_hall_has_its_own_numbers_records_and_counts(
    key_of: tuple[ClerkKey, dict[str, Desk]],
) -> None:
    clerk, desks = key_of
    for hall, count in ((HALL, 2), (OTHER, 3)):
        journal = Journal(clerk, desks[hall].key)
        block = journal.lease(desks[hall])
        assert (block["hall"], block["first"]) == (hall, 1)
        lines = [journal.accepted(hall=hall) for _ in range(count)]
        assert desks[hall].sent(*lines) == [("settled", "")] * count
    today = hall_day(datetime.now(UTC)).isoformat()
    for hall, count in ((HALL, 2), (OTHER, 3)):
        rows = desks[hall].get(f"tallies?from={today}&to={today}&by=department").json()["rows"]
        assert sum(row["count"] for row in rows) == count


def test_a_session_of_one_hall_is_none_of_the_other(
    key_of: tuple[ClerkKey, dict[str, Desk]],
) -> None:
    _, desks = key_of
    stranger = Desk(desks[OTHER].base.partition("/api")[0], "ST-1", desks[HALL].key)
    stranger.token = desks[HALL].token
    assert stranger.get("auth/session").status_code == 401

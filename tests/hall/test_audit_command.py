"""`python -m clerk_client.hall audit-verify`: what IT and auditors run and keep."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, update

from clerk_client.demo.hall_process import hall_command
from clerk_client.hall import tables
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.audit_trail.sealing import FIRST_PREV, seal
from clerk_client.hall.store import open_engine, upgrade_schema, writing
from tests.hall.small_service import hall_main
from tests.hall.thread_hall import noon

NOW = noon()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    found = open_engine(database)
    upgrade_schema(found)
    yield found
    found.dispose()


def noted(engine: Engine) -> None:
    with writing(engine) as connection:
        note(connection, NOW, actor="T01", station="ST-1", action="clerk.locked", subject="C01")


def test_an_audit_that_is_whole_is_told_with_its_head(engine: Engine, database: str) -> None:
    empty = hall_main("audit-verify", "--database", database)
    assert (empty.returncode, empty.stdout) == (0, f"rows: 0  unsealed: 0\nhead: 0:{FIRST_PREV}\n")
    noted(engine)
    seal(engine, NOW)
    noted(engine)
    done = hall_command("audit-verify", "--database", database)
    assert (done.returncode, done.stderr) == (0, "")
    first, head = done.stdout.splitlines()
    assert first == "rows: 1  unsealed: 1"
    kept = head.removeprefix("head: ")
    seal(engine, NOW + timedelta(seconds=1))
    again = hall_main("audit-verify", "--database", database, "--head", kept)
    assert again.returncode == 0
    assert again.stdout.startswith("rows: 2  unsealed: 0\nhead: 2:")


def test_a_change_and_a_cut_tail_end_it_with_1_and_are_told_in_words(
    engine: Engine, database: str
) -> None:
    for turn in range(2):
        noted(engine)
        seal(engine, NOW + timedelta(seconds=turn))
    kept = hall_main("audit-verify", "--database", database).stdout.partition("head: ")[2].strip()
    with writing(engine) as connection:
        connection.execute(delete(tables.audit).where(tables.audit.c.seal == 2))
        connection.execute(delete(tables.audit_seals).where(tables.audit_seals.c.seq == 2))
        connection.execute(update(tables.audit).values(actor="T02"))
    done = hall_main("audit-verify", "--database", database, "--head", kept)
    assert done.returncode == 1
    changed, cut, *_ = done.stdout.splitlines()
    assert changed.startswith("AUDIT_ROWS_CHANGED: ")
    assert "第 1 号" in changed
    assert cut.startswith("AUDIT_TAIL_CUT: ")
    assert "第 2 号" in cut
    assert "{" not in done.stdout


def test_a_head_that_none_can_be_is_told_before_anything_is_checked(
    engine: Engine, database: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        hall_main("audit-verify", "--database", database, "--head", "17:abc")
    assert ended.value.code == 2

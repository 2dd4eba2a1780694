"""The tables: made, brought forward from every released version, never touched by an older one."""

import datetime
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, MetaData, inspect, select, text

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.hall import tables
from clerk_client.hall.errors import DatabaseNewer, DatabaseUnfit
from clerk_client.hall.store import ensure_version, open_engine, reading, upgrade_schema, writing
from tests.hall.small_service import hall_main
from tests.helpers.postgres import postgres_database

MIGRATIONS = Path(__file__).parents[2] / "clerk_client" / "hall" / "migrations"
RELEASED = ["0001"]
TODAY = datetime.date(2026, 11, 21)


@pytest.fixture
def bare(kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of each kind without any table."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'hall.sqlite'}"
    else:
        with postgres_database("template0") as address:
            yield address


@pytest.fixture
def engine(bare: str) -> Iterator[Engine]:
    made = open_engine(bare)
    yield made
    made.dispose()


def bring_to(engine: Engine, revision: str) -> None:
    """As the program of that version left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill(engine: Engine) -> dict[str, dict[str, Any]]:
    """One row in each table, by table; what refers to another row names the one that is there."""
    found = MetaData()
    rows: dict[str, dict[str, Any]] = {}
    with writing(engine) as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name == "alembic_version":
                continue
            row = rows[table.name] = {}
            for column in table.columns:
                if column.foreign_keys:
                    target = next(iter(column.foreign_keys)).column
                    row[column.name] = rows[target.table.name][target.name]
                elif column.name != "id":
                    row[column.name] = value_of(table.name, column)
            connection.execute(table.insert().values(row))
    return rows


def value_of(table: str, column: Column[Any]) -> Any:
    if (table, column.name) == ("hall", "code"):
        return "442000"
    length = getattr(column.type, "length", None)
    values = {
        str: f"{column.name} {table} 㐂"[:length],
        int: 1,
        bool: False,
        bytes: b"\0\xff",
        datetime.date: TODAY,
    }
    return values[column.type.python_type]


def stored(engine: Engine, table: str, columns: list[str]) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        known = tables.metadata.tables[table].c
        rows = connection.execute(select(*(known[name] for name in columns)))
        return [dict(row._mapping) for row in rows]


def test_the_schema_that_migrations_make_is_the_one_that_the_code_uses(engine: Engine) -> None:
    upgrade_schema(engine)
    upgrade_schema(engine)
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


@pytest.mark.parametrize("version", RELEASED)
def test_a_database_of_each_released_version_keeps_its_rows_and_is_served(
    bare: str, engine: Engine, version: str, tmp_path: Path
) -> None:
    bring_to(engine, version)
    rows = fill(engine)
    with HallProcess(tmp_path / "service", Authority().pem, bare) as hall:
        health = requests.get(f"{hall.url}/api/v1/health", timeout=20)
        trust = requests.get(f"{hall.url}/api/v1/trust", timeout=20)
    assert (health.status_code, health.json()["hall"]) == (200, "442000")
    stations = [each["station"] for each in trust.json()["stations"]]
    assert stations == [rows["stations"]["code"]]
    # Signing in again is all that a new version may ask of a clerk.
    del rows["tokens"]
    for table, row in rows.items():
        assert row in stored(engine, table, list(row)), table
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_programs_that_start_at_once_make_the_tables_once(bare: str) -> None:
    def start(_: int) -> None:
        engine = open_engine(bare)
        upgrade_schema(engine)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == [None] * 4


def test_a_database_of_a_newer_program_is_refused_and_left_alone(bare: str, engine: Engine) -> None:
    bring_to(engine, "0001")
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = sorted(inspect(engine).get_table_names())
    with pytest.raises(DatabaseNewer) as refusal:
        upgrade_schema(engine)
    assert refusal.value.facts["found"] == "9999"
    assert sorted(inspect(engine).get_table_names()) == before
    done = hall_main("enrol", "ST-1", "--window", "2B12", "--database", bare)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "DATABASE_NEWER")


def test_a_migration_that_fails_leaves_the_old_version_whole(bare: str, engine: Engine) -> None:
    bring_to(engine, "0001")
    with writing(engine) as connection:
        # In the way of one that the next version makes.
        connection.execute(text("CREATE TABLE audit (something INTEGER)"))
    before = sorted(inspect(engine).get_table_names())
    done = hall_main("enrol", "ST-1", "--window", "2B12", "--database", bare)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "DATABASE_UNUSABLE")
    assert "audit" in done.stderr.splitlines()[0]
    assert sorted(inspect(engine).get_table_names()) == before


def test_a_postgresql_database_of_another_encoding_is_refused() -> None:
    options = "ENCODING 'LATIN1' LOCALE 'C'"
    with postgres_database("template0", options) as address:
        engine = open_engine(address)
        with pytest.raises(DatabaseUnfit) as refusal:
            upgrade_schema(engine)
        assert refusal.value.facts == {"encoding": "LATIN1"}
        engine.dispose()


def test_a_postgresql_older_than_thirteen_is_refused() -> None:
    # No such server can be had here: its version is given as the driver would tell it.
    with pytest.raises(DatabaseUnfit) as refusal:
        ensure_version((12, 22))
    assert refusal.value.facts == {"version": "12.22", "oldest": "13"}
    ensure_version((13, 0))

"""Opening the hall's database and keeping its transactions short and durable."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Row, Table, create_engine, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from clerk_client.hall import tables
from clerk_client.hall.errors import DatabaseAddressWrong, HallNotLoaded

# Seconds. A writer holds SQLite for a few milliseconds, and a client gives up after 8 s: it must
# hear what is wrong before that.
_WAIT_FOR_WRITER = 5
# One for each thread that FastAPI works with, so that a call that only reads never waits behind
# those that wait for the writer's lock.
_CONNECTIONS = {"pool_size": 40, "max_overflow": 10, "pool_timeout": 5}


def open_engine(url: str) -> Engine:
    """The database behind a SQLAlchemy address. Raises DatabaseAddressWrong."""
    try:
        parsed = make_url(url)
        # Parameters hold names and document numbers: they must not reach a log with a traceback.
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
        if parsed.database in (None, "", ":memory:"):
            raise DatabaseAddressWrong("a file is needed: sqlite:////folder/hall.sqlite")
        engine = create_engine(
            parsed,
            hide_parameters=True,
            connect_args={"timeout": _WAIT_FOR_WRITER},
            **_CONNECTIONS,
        )
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise DatabaseAddressWrong(str(error)) from error
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def upgrade_schema(engine: Engine) -> None:
    """Creates the tables, or brings an older version's to this one's."""
    with as_file(files("clerk_client.hall") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; durable when the block is left."""
    with engine.connect() as connection:
        # Taking the write lock late would fail with "database is locked" instead of waiting.
        connection = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


def added(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Inserts the row; False when its key is already there. The constraint decides, not a read."""
    statement = _insert(connection, table).values(row).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    kept: Sequence[str] = (),
) -> None:
    """Inserts each row or updates the one with its key, but for the columns `kept` as they are."""
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    news = {name: statement.excluded[name] for name in rows[0] if name not in (*keys, *kept)}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=news), list(rows))


def this_hall(connection: Connection) -> Row[Any]:
    """The hall's own row. Raises HallNotLoaded."""
    row = connection.execute(select(tables.hall)).first()
    if row is None:
        raise HallNotLoaded
    return row


def _insert(connection: Connection, table: Table) -> Any:
    # Both dialects have the same clause for conflicts; the general insert has none.
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # Python's own implicit BEGIN is off, so that `_begin_sqlite` decides.
    dbapi_connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

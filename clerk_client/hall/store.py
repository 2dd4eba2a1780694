"""Opening the hall's database and keeping its transactions short and durable."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, Engine, Row, Table, create_engine, event, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from clerk_client.hall import tables
from clerk_client.hall.errors import (
    DatabaseAddressWrong,
    DatabaseNewer,
    DatabaseUnfit,
    DatabaseUnusable,
    HallNotLoaded,
)
from clerk_client.hall.pooling import WAIT_FOR_WRITER, keep_turns, look_before_use, turn

# One for each thread that FastAPI works with, so that a call that only reads never waits behind
# those that wait for a writer's lock.
_CONNECTIONS = {"pool_size": 40, "max_overflow": 10, "pool_timeout": 5}
# A connection of PostgreSQL is a process there: fewer are kept while nobody needs them.
_POSTGRES_CONNECTIONS = {"pool_size": 20, "max_overflow": 30, "pool_timeout": 5}
# libpq's: a server that says nothing any more is given up before the client gives up.
_POSTGRES_PATIENCE = {
    "connect_timeout": "3",
    "keepalives_idle": "3",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "6000",
}
# Milliseconds. A worker that was frozen within a transaction loses it, and with it its locks.
_POSTGRES_SETTINGS = {
    "statement_timeout": "6000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "30000",
}
_OLDEST_POSTGRES = (13, 0)
# Any number will do; that of this program's migrations, within one database.
_MIGRATING = 442_005_432
_TRIES = 5
MET_ANOTHER = frozenset({"40001", "40P01", "23505"})
"""What a transaction meets that was broken off because of another one, and may be begun again:
serialization failure, deadlock, and a key that another one inserted after this one looked."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


def open_engine(url: str) -> Engine:
    """The database behind an address, `sqlite:///…` or `postgresql://…`; nothing is opened yet.

    Raises DatabaseAddressWrong, whose words never repeat the address: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseAddressWrong(_FORMS) from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(parsed)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgres(parsed)
    raise DatabaseAddressWrong(_FORMS)


_FORMS = "sqlite:////folder/hall.sqlite or postgresql://user@host:5432/database is needed"


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise DatabaseAddressWrong("a file is needed: sqlite:////folder/hall.sqlite")
    engine = create_engine(
        url,
        # Parameters hold names and document numbers: they must not reach a log with a traceback.
        hide_parameters=True,
        connect_args={"timeout": WAIT_FOR_WRITER},
        **_CONNECTIONS,
    )
    keep_turns(engine)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgres(url: URL) -> Engine:
    if not url.database:
        raise DatabaseAddressWrong("a database is needed: postgresql://user@host:5432/database")
    theirs = dict(url.query)
    settings = " ".join(f"-c {name}={value}" for name, value in _POSTGRES_SETTINGS.items())
    ours = {
        "application_name": "clerk_client hall",
        **_POSTGRES_PATIENCE,
        # The last one counts: the address may set other limits, but an answer "settled" means that
        # the line is on the disk.
        "options": f"{settings} {theirs.pop('options', '')} -c synchronous_commit=on",
    }
    # A list is several hosts, each with its port.
    options: dict[str, Any] = {k: v for k, v in theirs.items() if isinstance(v, str)}
    try:
        make_conninfo(**options)
    except psycopg.ProgrammingError as error:
        raise DatabaseAddressWrong(_line(error)) from error
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        connect_args={name: value for name, value in ours.items() if name not in theirs},
        # Enough, because no transaction decides by what it read before: what decides is a
        # constraint or an UPDATE with its condition, and both wait for whoever came first and
        # then see what was committed. A stricter level would turn each such wait into a failure.
        isolation_level="READ COMMITTED",
        **_POSTGRES_CONNECTIONS,
    )
    # The first call after an outage finds out in the pool, not in the middle of its work.
    look_before_use(engine)
    return engine


# --- schema --------------------------------------------------------------------------------------


def upgrade_schema(engine: Engine) -> None:
    """Creates the tables, or brings an older version's to this one's. One process at a time.

    Raises DatabaseUnusable with the server's words, DatabaseUnfit, DatabaseNewer; then nothing is
    changed.
    """
    try:
        with (
            as_file(files("clerk_client.hall") / "migrations") as folder,
            writing(engine) as connection,
        ):
            _ensure_fit(connection)
            _wait_for_turn(connection)
            config = Config()
            config.set_main_option("script_location", str(folder).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            _ensure_not_newer(connection, ScriptDirectory.from_config(config))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise DatabaseUnusable(_line(error.orig or error)) from error


def _ensure_fit(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    ensure_version(tuple(map(int, connection.dialect.server_version_info or (0,))))
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseUnfit(f"encoding {encoding}, UTF8 is needed", encoding=str(encoding))


def ensure_version(version: tuple[int, ...]) -> None:
    """Of a PostgreSQL server. Raises DatabaseUnfit."""
    if version < _OLDEST_POSTGRES:
        shown = ".".join(map(str, version))
        oldest = str(_OLDEST_POSTGRES[0])
        raise DatabaseUnfit(f"PostgreSQL {shown}, {oldest} is needed", version=shown, oldest=oldest)


def _wait_for_turn(connection: Connection) -> None:
    """SQLite's writers take turns anyhow. The tables may be large and the one at work slow."""
    if connection.dialect.name == "postgresql":
        for name in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"SET LOCAL {name} = 0"))
        statement = text("SELECT pg_advisory_xact_lock(:key, hashtext(current_schema()))")
        connection.execute(statement, {"key": _MIGRATING})


def _ensure_not_newer(connection: Connection, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in known:
            raise DatabaseNewer(
                f"schema {revision}, this program knows {max(known)}",
                found=revision,
                known=max(known),
            )


# --- transactions --------------------------------------------------------------------------------


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, all of it from one moment."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


@contextmanager
def asking(engine: Engine) -> Iterator[Connection]:
    """For statements of which each is a whole by itself, and durable if it writes.

    PostgreSQL is spared the two calls that begin and end a transaction. SQLite only reads here.
    """
    if engine.dialect.name != "postgresql":
        with reading(engine) as connection:
            yield connection
        return
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; durable when the block is left."""
    with turn(engine), engine.connect() as connection:
        # Taking the write lock late would fail with "database is locked" instead of waiting.
        connection = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


def written(
    engine: Engine,
    work: Callable[Concatenate[Connection, Given], Result],
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """What `work(connection, …)` answers, in a transaction of its own; durable when this returns.

    For whatever two calls may do to the same rows at the same moment: PostgreSQL breaks one of
    them off, and then it is begun again, so `work` must change nothing but the database.
    """
    for _ in range(_TRIES - 1):
        try:
            with writing(engine) as connection:
                return work(connection, *given, **named)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in MET_ANOTHER:
                raise
    with writing(engine) as connection:
        return work(connection, *given, **named)


# --- statements ----------------------------------------------------------------------------------


def added(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Inserts the row; False when its key is already there. The constraint decides, not a read."""
    statement = _if_new(connection.dialect.name, table)
    return connection.execute(statement, dict(row)).rowcount == 1


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    kept: Sequence[str] = (),
) -> None:
    """Inserts each row or updates the one with its key, but for the columns `kept` as they are."""
    if not rows:
        return
    statement = conflict_insert(connection, table)
    keys = [column.name for column in table.primary_key]
    news = {name: statement.excluded[name] for name in rows[0] if name not in (*keys, *kept)}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=news), list(rows))


def this_hall(connection: Connection) -> Row[Any]:
    """The hall's own row. Raises HallNotLoaded."""
    row = connection.execute(select(tables.hall)).first()
    if row is None:
        raise HallNotLoaded
    return row


def conflict_insert(connection: Connection, table: Table) -> Any:
    """An INSERT that can say what to do about a row with the same key."""
    return _insert(connection.dialect.name, table)


def _insert(dialect: str, table: Table) -> Any:
    # Both dialects have the same clause for conflicts; the general insert has none.
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _if_new(dialect: str, table: Table) -> Any:
    # SQLAlchemy does not keep the count of an INSERT unless asked.
    counted = {"preserve_rowcount": True}
    return _insert(dialect, table).on_conflict_do_nothing().execution_options(**counted)


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # Python's own implicit BEGIN is off, so that `_begin_sqlite` decides.
    dbapi_connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _line(error: BaseException) -> str:
    """The driver's words, which never hold the password, in one line."""
    diagnosis = getattr(error, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(error)
    return " ".join(said.split())

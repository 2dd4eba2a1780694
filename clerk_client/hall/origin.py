"""Where the database lives, to notice that it was put back: else numbers would be issued twice.

`hall.origin` holds what a copy or an older state cannot hold. PostgreSQL: cluster, timeline and
database. SQLite has nothing of that kind, so a small witness file beside it remembers how far the
database had come: both count each start of the service and each lease. The witness is written after
the database and before the numbers go out, so that it never knows of a number that nobody has.
"""

import json
import logging
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update
from sqlalchemy.exc import DBAPIError

from clerk_client.domain.clock import SystemClock
from clerk_client.hall import tables
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.errors import (
    DatabaseNotRestored,
    DatabaseRestored,
    EpochsUsedUp,
    LastEpochNeeded,
)
from clerk_client.hall.store import reading, this_hall, writing

log = logging.getLogger(__name__)

COPY = "copy"
"""What a backup's origin begins with."""
_SQLITE, _POSTGRESQL = "sqlite", "postgresql"
# A part of PostgreSQL's that an ordinary user may not ask for: fits anything.
_UNKNOWN = "-"
LAST_EPOCH = 9
"""A number has one digit for it."""


@dataclass(frozen=True, slots=True)
class _Witness:
    """`generation` 0 was written before the database: then the database may not know of it."""

    id: str
    generation: int
    epoch: int

    @property
    def origin(self) -> str:
        return f"{_SQLITE}:{self.id}:{self.generation}"


def ensure_here(engine: Engine) -> None:
    """Raises DatabaseRestored. An empty or older database, which knows no origin, passes."""
    with reading(engine) as connection:
        row = connection.execute(select(tables.hall.c.origin)).first()
    if row is not None and not _is_home(engine, row.origin):
        raise DatabaseRestored


def begin(engine: Engine) -> None:
    """At each start of the service: makes a first database this place's, counts the start.

    Raises DatabaseRestored.
    """
    ensure_here(engine)
    with reading(engine) as connection:
        row = connection.execute(select(tables.hall.c.origin, tables.hall.c.epoch)).first()
    if row is None:
        return
    if not row.origin:
        _move_in(engine, row.epoch)
        return
    with writing(engine) as connection:
        advance(connection)
    bear_witness(engine)


def advance(connection: Connection) -> None:
    """Within the transaction that leases numbers: a state from before it can be told by it."""
    hall = tables.hall
    origin = connection.scalar(select(hall.c.origin)) or ""
    if origin.startswith(f"{_SQLITE}:"):
        _, name, generation = origin.split(":")
        connection.execute(update(hall).values(origin=f"{_SQLITE}:{name}:{int(generation) + 1}"))


def bear_witness(engine: Engine) -> None:
    """After that transaction and before its numbers go out; durable. Raises OSError.

    Also for numbers that went before: whoever took them may have ended before this.
    """
    if engine.dialect.name != _SQLITE or _is_witnessed(engine):
        return
    # The writer's lock keeps several workers in order.
    with writing(engine) as connection:
        row = this_hall(connection)
        if not row.origin.startswith(f"{_SQLITE}:"):
            return
        _, name, generation = row.origin.split(":")
        _write(_witness_file(engine), _Witness(name, int(generation), row.epoch))


def _is_witnessed(engine: Engine) -> bool:
    """The witness knows all that is committed, so that nobody's turn to write need be taken."""
    witness = _read(_witness_file(engine))
    with reading(engine) as connection:
        row = this_hall(connection)
    if witness is None or not row.origin.startswith(f"{_SQLITE}:{witness.id}:"):
        return False
    return witness.generation >= int(row.origin.rpartition(":")[2])


def restored(engine: Engine, last_epoch: int | None, *, anyway: bool) -> int:
    """Raises the epoch above every one that was used, and makes the database this place's.

    It is noted in the audit. Raises DatabaseNotRestored unless `anyway`, LastEpochNeeded,
    EpochsUsedUp, HallNotLoaded.
    """
    with reading(engine) as connection:
        row = this_hall(connection)
    if not anyway and (not row.origin or _is_home(engine, row.origin)):
        raise DatabaseNotRestored
    witness = _read(_witness_file(engine)) if engine.dialect.name == _SQLITE else None
    # The same backup put back twice would be given the same epoch twice.
    known = last_epoch if last_epoch is not None else witness.epoch if witness else None
    if known is None:
        raise LastEpochNeeded
    epoch: int = max(row.epoch, known, witness.epoch if witness else 0) + 1
    if epoch > LAST_EPOCH:
        raise EpochsUsedUp
    _move_in(engine, epoch, row)
    return epoch


def _move_in(engine: Engine, epoch: int, before: Row[Any] | None = None) -> None:
    """`before`: the hall's row of a database that was put back."""
    is_sqlite = engine.dialect.name == _SQLITE
    witness = _Witness(uuid.uuid4().hex, 0, epoch)
    if is_sqlite:
        _write(_witness_file(engine), witness)
    place = witness.origin if is_sqlite else _place(engine)
    with writing(engine) as connection:
        connection.execute(update(tables.hall).values(origin=place, epoch=epoch))
        advance(connection)
        if before is not None:
            _note_restored(connection, epoch, before)
    bear_witness(engine)


def _note_restored(connection: Connection, epoch: int, before: Row[Any]) -> None:
    """By whoever may run the command: the audit knows no name of theirs."""
    note(
        connection,
        SystemClock().now(),
        actor="",
        station="",
        action="database.restored",
        subject=before.code,
        facts={"epoch": epoch, "epoch_before": before.epoch},
    )


def _is_home(engine: Engine, origin: str) -> bool:
    if engine.dialect.name != _SQLITE:
        return not origin or _is_same_place(origin, _place(engine))
    file = _witness_file(engine)
    witness = _read(file)
    if not origin:
        # Never served, or an interrupted first start; else an old one put back.
        return not file.exists() or (witness is not None and witness.generation == 0)
    if witness is None or not origin.startswith(f"{_SQLITE}:{witness.id}:"):
        return False
    return int(origin.rpartition(":")[2]) >= witness.generation


# --- SQLite --------------------------------------------------------------------------------------


def _witness_file(engine: Engine) -> Path:
    with reading(engine) as connection:
        rows = connection.exec_driver_sql("PRAGMA database_list").all()
    return Path(next(row[2] for row in rows if row[1] == "main") + ".witness")


def _read(file: Path) -> _Witness | None:
    """None where there is none that can be read."""
    try:
        fields = json.loads(file.read_text(encoding="ascii"))
        return _Witness(str(fields["id"]), int(fields["generation"]), int(fields["epoch"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, witness: _Witness) -> None:
    unfinished = file.with_suffix(".witness.new")
    with unfinished.open("w", encoding="ascii") as opened:
        json.dump(asdict(witness), opened)
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """A new name is durable only with its folder. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


# --- PostgreSQL ----------------------------------------------------------------------------------

_ASKED = (
    "SELECT system_identifier FROM pg_control_system()",
    # Of this moment; pg_control_checkpoint() would tell it a checkpoint after a promotion.
    "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)",
    "SELECT oid FROM pg_database WHERE datname = current_database()",
)


def _place(engine: Engine) -> str:
    return ":".join([_POSTGRESQL, *(_answer(engine, each) for each in _ASKED)])


def _answer(engine: Engine, question: str) -> str:
    try:
        with reading(engine) as connection:
            return str(connection.exec_driver_sql(question).scalar_one())
    except DBAPIError as error:
        if error.connection_invalidated or not getattr(error.orig, "sqlstate", ""):
            raise
        log.warning("the database does not tell all of where it is: a restore may go unnoticed")
        return _UNKNOWN


def _is_same_place(origin: str, place: str) -> bool:
    before, now = origin.split(":"), place.split(":")
    return len(before) == len(now) and all(
        one == other or _UNKNOWN in (one, other) for one, other in zip(before, now, strict=True)
    )

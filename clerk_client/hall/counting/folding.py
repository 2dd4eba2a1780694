"""Folds the deltas that lines leave into totals, so that a month is read in a moment."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, select

from clerk_client.hall import tables
from clerk_client.hall.counting.tallying import DIMENSIONS, monthly
from clerk_client.hall.process.rounds import Rounds
from clerk_client.hall.store import conflict_insert, written

PERIOD = 5.0
"""Seconds from one round to the next."""
# Few enough that SQLite's one writer is not away for long.
_AT_ONCE = 500
# Any number will do; that of this program's folder, within one database.
_FOLDING = 442_001_000

_Cell = tuple[str, date, str, str, str]


def fold(engine: Engine) -> int:
    """How many deltas became totals; 0 when there are none, or while another folder is at work.

    What is deleted is what is added, in one transaction: a delta that commits late, under an
    earlier id, is there for the next round.
    """
    folded = 0
    while taken := written(engine, _fold_some):
        folded += taken
        if taken < _AT_ONCE:
            break
    return folded


def _fold_some(connection: Connection) -> int:
    if connection.dialect.name == "postgresql" and not connection.scalar(
        # Of its own hall: others may have their schemas in the same database.
        select(func.pg_try_advisory_xact_lock(_FOLDING, func.hashtext(func.current_schema())))
    ):
        return 0
    deltas = tables.tally_deltas
    some = select(deltas.c.id).order_by(deltas.c.id).limit(_AT_ONCE)
    rows = connection.execute(
        delete(deltas).where(deltas.c.id.in_(some)).returning(*deltas.c)
    ).all()
    if rows:
        _add(connection, _cells(rows))
    return len(rows)


def _cells(rows: Sequence[Row[Any]]) -> Counter[_Cell]:
    cells: Counter[_Cell] = Counter()
    for row in rows:
        month = row.day.replace(day=1)
        for dimension in DIMENSIONS:
            code = f"{row.hour:02d}" if dimension == "hour" else getattr(row, dimension)
            rest = (code, row.category, row.cause)
            cells[dimension, row.day, *rest] += row.amount
            cells[monthly(dimension), month, *rest] += row.amount
    return cells


def _add(connection: Connection, cells: Counter[_Cell]) -> None:
    totals = tables.tally_totals
    statement = conflict_insert(connection, totals)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[column.name for column in totals.primary_key],
            set_={"amount": totals.c.amount + statement.excluded.amount},
        ),
        [
            {
                "dimension": dimension,
                "day": day,
                "code": code,
                "category": category,
                "cause": cause,
                "amount": amount,
            }
            for (dimension, day, code, category, cause), amount in cells.items()
        ],
    )


class Folder(Rounds):
    """Folds every few seconds. One a process: they take turns.

    While it cannot, the deltas stay and are counted as they are: only slower.
    """

    def __init__(self, engine: Engine, period: float = PERIOD) -> None:
        super().__init__("folder", period, lambda: fold(engine), "tallies not folded")

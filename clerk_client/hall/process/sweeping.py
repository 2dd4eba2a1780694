"""Clears away what is over: nonces, counted failures, sessions, spent proofs.

Not in the calls that make such rows: they would wait for each other over what none of them needs.
"""

import logging
from datetime import datetime

from sqlalchemy import Column, Connection, Engine, delete, select, tuple_

from clerk_client.domain.clock import Clock, rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.limits import COUNTED
from clerk_client.hall.access.proofs import SpentProofs
from clerk_client.hall.process.rounds import Rounds
from clerk_client.hall.store import reading, written

log = logging.getLogger(__name__)

PERIOD = 10.0
"""Seconds from one round to the next."""
# Few enough that SQLite's one writer is not away for long.
_AT_ONCE = 500


def sweep(engine: Engine, spent: SpentProofs, now: datetime) -> int:
    """Deletes all that is over by now; answers how many rows, spent proofs aside."""
    moment = rfc3339(now)
    over = (
        (tables.nonces.c.expires_at, moment),
        (tables.tokens.c.expires_at, moment),
        (tables.failures.c.failed_at, rfc3339(now - COUNTED)),
    )
    swept = 0
    for column, before in over:
        while (some := _swept(engine, column, before)) == _AT_ONCE:
            swept += some
        swept += some
    spent.forget(now)
    return swept


def _swept(engine: Engine, column: Column[str], before: str) -> int:
    with reading(engine) as connection:
        # Mostly there is nothing, and then nobody's turn to write is taken.
        if connection.execute(select(column).where(column < before).limit(1)).first() is None:
            return 0
    return written(engine, _delete, column, before)


def _delete(connection: Connection, column: Column[str], before: str) -> int:
    table = column.table
    keys = [each for each in table.c if each.primary_key]
    # What another process is at is passed over: nobody waits for anybody.
    some = select(*keys).where(column < before).limit(_AT_ONCE).with_for_update(skip_locked=True)
    counted = delete(table).where(tuple_(*keys).in_(some))
    return connection.execute(counted.execution_options(preserve_rowcount=True)).rowcount


class Sweeper(Rounds):
    """Sweeps every few seconds, one a process. What is over does no harm while it cannot."""

    def __init__(
        self, engine: Engine, spent: SpentProofs, clock: Clock, period: float = PERIOD
    ) -> None:
        super().__init__(
            "sweeper",
            period,
            lambda: sweep(engine, spent, clock.now()),
            "what is over was not cleared away",
        )

"""号段: official numbers are leased to a journal in blocks that never overlap."""

import re
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.hall import origin, tables
from clerk_client.hall.errors import (
    BlockKeyReused,
    JournalOfAnotherStation,
    NumbersExhausted,
    RequestInvalid,
)
from clerk_client.hall.process import metrics
from clerk_client.hall.store import added, this_hall, written
from clerk_client.wire.lines import FIRST_PREV
from clerk_client.wire.messages import NumberBlockAnswer, NumberBlockRequest

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LAST_SEQUENCE = 9_999_999
"""Of a year and epoch."""

HALLS_OWN = "hall:"
"""What the key of a lease begins with that the hall keeps for a journal (see provisional.py)."""


def is_uuid(text: str) -> bool:
    """Keys and journals are UUIDs in small letters."""
    return bool(_UUID.fullmatch(text))


def lease(
    engine: Engine, request: NumberBlockRequest, station: str, now: datetime
) -> NumberBlockAnswer:
    """A block of the hall day's year; the same block again for the same key.

    Raises RequestInvalid, JournalOfAnotherStation, BlockKeyReused, NumbersExhausted.
    """
    if not (is_uuid(request.journal) and is_uuid(request.key)):
        raise RequestInvalid(field="journal, key")
    answer, leased = written(engine, _lease, request, station, now)
    # Also for a block leased before: its answer may have been lost together with this.
    origin.bear_witness(engine)
    metrics.numbers_leased(leased)
    return answer


def _lease(
    connection: Connection, request: NumberBlockRequest, station: str, now: datetime
) -> tuple[NumberBlockAnswer, int]:
    """The block, and how many of its numbers are new."""
    hall, leases, leased = this_hall(connection), tables.leases.c, 0
    open_journal(connection, request.journal, station, now)
    asked = select(tables.leases).where(leases.key == request.key)
    row = connection.execute(asked).first()
    if row is None:
        year, leased = hall_day(now).year, request.count
        add_lease(connection, request.key, request.journal, year, hall.epoch, leased, now)
        row = connection.execute(asked).one()
    elif row.journal != request.journal or row.last - row.first + 1 != request.count:
        raise BlockKeyReused
    answer = NumberBlockAnswer(
        hall=hall.code, year=row.year, epoch=row.epoch, first=row.first, last=row.last
    )
    return answer, leased


def add_lease(
    connection: Connection,
    key: str,
    journal: str,
    year: int,
    epoch: int,
    count: int,
    now: datetime,
) -> int:
    """The first sequence of a new block. Others who lease wait until the transaction ends.

    After it `origin.bear_witness` is due. Raises NumbersExhausted.
    """
    first = _take(connection, year, epoch, count)
    connection.execute(
        insert(tables.leases).values(
            key=key,
            journal=journal,
            year=year,
            epoch=epoch,
            first=first,
            last=first + count - 1,
            leased_at=rfc3339(now),
        )
    )
    origin.advance(connection)
    return first


def open_journal(connection: Connection, journal: str, station: str, now: datetime) -> None:
    """Records the journal as this station's. Raises JournalOfAnotherStation."""
    journals = tables.journals
    new = {
        "journal": journal,
        "station": station,
        "opened_at": rfc3339(now),
        "highest_seq": 0,
        "highest_hash": FIRST_PREV,
    }
    if added(connection, journals, new):
        return
    # Locked: of two requests for one journal the second reads what the first has committed.
    owner = connection.scalar(
        select(journals.c.station).where(journals.c.journal == journal).with_for_update()
    )
    if owner != station:
        raise JournalOfAnotherStation


def _take(connection: Connection, year: int, epoch: int, count: int) -> int:
    series = tables.number_series
    added(connection, series, {"year": year, "epoch": epoch, "next": 1})
    # One statement reads and moves on, so two leases cannot meet.
    after: int = connection.execute(
        update(series)
        .where(series.c.year == year, series.c.epoch == epoch)
        .values(next=series.c.next + count)
        .returning(series.c.next)
    ).scalar_one()
    if after - 1 > LAST_SEQUENCE:
        raise NumbersExhausted(year=str(year))
    return after - count

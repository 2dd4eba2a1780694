"""号段: official numbers are leased to a journal in blocks that never overlap."""

import re
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.domain.numbers import is_official_number, sequence_of
from clerk_client.hall import tables
from clerk_client.hall.errors import (
    BlockKeyReused,
    JournalOfAnotherStation,
    NumbersExhausted,
    RequestInvalid,
)
from clerk_client.hall.store import added, this_hall, writing
from clerk_client.wire.lines import FIRST_PREV
from clerk_client.wire.messages import NumberBlockAnswer, NumberBlockRequest

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LAST_SEQUENCE = 9_999_999


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
    leases = tables.leases
    with writing(engine) as connection:
        hall = this_hall(connection)
        open_journal(connection, request.journal, station, now)
        row = connection.execute(select(leases).where(leases.c.key == request.key)).first()
        if row is None:
            first = _take(connection, hall_day(now).year, hall.epoch, request.count)
            connection.execute(
                insert(leases).values(
                    key=request.key,
                    journal=request.journal,
                    year=hall_day(now).year,
                    epoch=hall.epoch,
                    first=first,
                    last=first + request.count - 1,
                    leased_at=rfc3339(now),
                )
            )
            row = connection.execute(select(leases).where(leases.c.key == request.key)).one()
        elif row.journal != request.journal or row.last - row.first + 1 != request.count:
            raise BlockKeyReused
    return NumberBlockAnswer(
        hall=hall.code, year=row.year, epoch=row.epoch, first=row.first, last=row.last
    )


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
    owner = connection.scalar(select(journals.c.station).where(journals.c.journal == journal))
    if owner != station:
        raise JournalOfAnotherStation


def is_leased_to(connection: Connection, number: str, hall: str, journal: str) -> bool:
    """An official number of this hall that this journal may use."""
    if not is_official_number(number):
        return False
    leases = tables.leases.c
    code, year, epoch, sequence = sequence_of(number)
    found = connection.execute(
        select(leases.key).where(
            leases.journal == journal,
            leases.year == year,
            leases.epoch == epoch,
            leases.first <= sequence,
            leases.last >= sequence,
        )
    ).first()
    return code == hall and found is not None


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
    if after - 1 > _LAST_SEQUENCE:
        raise NumbersExhausted(year=str(year))
    return after - count

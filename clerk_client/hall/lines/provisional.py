"""Official numbers for acceptances that were decided under a provisional one.

They come from a block that the hall keeps for each journal, so that 200 windows which come back at
once do not wait for each other at the number series: only each fiftieth line touches it. A journal
may not use these numbers by itself.

The first one may stand on paper, so a hall that was put back to an older state gives it again when
the window tells it (see adopting.py).
"""

import uuid
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from clerk_client.domain.clock import rfc3339
from clerk_client.domain.numbers import official_number, sequence_of
from clerk_client.hall import tables
from clerk_client.hall.lines.adopting import is_told_number_ours
from clerk_client.hall.lines.leasing import HALLS_OWN, add_lease
from clerk_client.hall.lines.standing import Case
from clerk_client.hall.store import added

_BLOCK = 50


def give_official(connection: Connection, case: Case) -> None:
    """Notes the number in the case. The provisional one stands in `numbers` before.

    Raises NumbersExhausted.
    """
    head, given = case.arrival.head, case.told
    if not (
        is_told_number_ours(connection, case)
        and added(connection, tables.numbers, {"number": given, "key": head.key})
    ):
        given = _next(connection, case)
        connection.execute(insert(tables.numbers).values(number=given, key=head.key))
    connection.execute(
        insert(tables.provisional_numbers).values(
            provisional=head.number, official=given, given_at=rfc3339(case.now)
        )
    )
    case.official = given


def _next(connection: Connection, case: Case) -> str:
    hall, epoch, year = case.standing.hall, case.standing.epoch, case.arrival.day.year
    leases, numbers = tables.leases.c, tables.numbers.c
    block = connection.execute(
        select(leases.first, leases.last)
        .where(
            leases.journal == case.arrival.head.journal,
            leases.year == year,
            leases.epoch == epoch,
            leases.key.like(f"{HALLS_OWN}%"),
        )
        .order_by(leases.first.desc())
        .limit(1)
    ).first()
    sequence = None
    if block is not None:
        lowest = official_number(hall, year, epoch, block.first)
        highest = official_number(hall, year, epoch, block.last)
        used = connection.scalar(
            select(func.max(numbers.number)).where(numbers.number.between(lowest, highest))
        )
        sequence = block.first if used is None else sequence_of(used)[3] + 1
    if block is None or sequence is None or sequence > block.last:
        sequence = _new_block(connection, case, year, case.now)
    return official_number(hall, year, epoch, sequence)


def _new_block(connection: Connection, case: Case, year: int, now: datetime) -> int:
    key = f"{HALLS_OWN}{uuid.uuid4().hex}"[:36]
    journal, epoch = case.arrival.head.journal, case.standing.epoch
    return add_lease(connection, key, journal, year, epoch, _BLOCK, now)

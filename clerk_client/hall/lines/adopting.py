"""What a restored hall lost of the numbers it leased or gave: the windows tell of them again.

A `leased` line of an epoch before the present one is taken as proof of the lease. Nothing is
leased in such an epoch any more, so all that could overlap is another adopted lease or one that
the copy still had: then the line is refused, and with it every number of that lease.

A number that the hall itself gave to a provisional one is told beside the line and believed within
the same bounds; one that cannot be is no reason to refuse the line, which gets another.
"""

import uuid

from sqlalchemy import Connection, exists, insert, select

from clerk_client.domain.numbers import is_official_number, sequence_of
from clerk_client.hall import tables
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.lines.leasing import HALLS_OWN, LAST_SEQUENCE
from clerk_client.hall.lines.standing import Case
from clerk_client.hall.origin import LAST_EPOCH
from clerk_client.hall.store import added

# Of `NumberBlockRequest.count`.
_MOST = 500


def adopt(connection: Connection, case: Case) -> str:
    """Makes the lease known again that the line tells of; the code when it cannot be."""
    body = case.arrival.line.body
    told = [body.get(name) for name in ("year", "epoch", "first", "last")]
    whole = [each for each in told if type(each) is int]
    if len(whole) != len(told) or body.get("hall") != case.standing.hall:
        return "LEASE_FORM"
    year, epoch, first, last = whole
    is_block = 1 <= first <= last <= LAST_SEQUENCE and last - first < _MOST
    if not (is_block and 0 < year < 10_000 and 1 <= epoch <= LAST_EPOCH):
        return "LEASE_FORM"
    leases, journal = tables.leases.c, case.arrival.head.journal
    block = (leases.year == year, leases.epoch == epoch)
    known = exists().where(
        *block, leases.first == first, leases.last == last, leases.journal == journal
    )
    if connection.scalar(select(known)):
        return ""
    # Under a lock: two who tell of overlapping leases at once must see each other.
    following = _locked_series(connection, year, epoch) if epoch < case.standing.epoch else None
    if following is None or first < following:
        return "LEASE_UNKNOWN"
    overlapping = exists().where(*block, leases.first <= last, leases.last >= first)
    if connection.scalar(select(overlapping)):
        return "LEASE_OVERLAP"
    _adopted(connection, case, case.arrival.head.key, year, epoch, first, last)
    return ""


def is_told_number_ours(connection: Connection, case: Case) -> bool:
    """The hall may give `case.told` once more: it is of an epoch that is over, and nobody's."""
    if not is_official_number(case.told):
        return False
    hall, year, epoch, sequence = sequence_of(case.told)
    is_old = 1 <= epoch < case.standing.epoch and sequence > 0
    if not is_old or (hall, year) != (case.standing.hall, case.arrival.day.year):
        return False
    following = _locked_series(connection, year, epoch)
    leases, journal = tables.leases.c, case.arrival.head.journal
    block = connection.execute(
        select(leases.journal, leases.key).where(
            leases.year == year,
            leases.epoch == epoch,
            leases.first <= sequence,
            leases.last >= sequence,
        )
    ).first()
    if block is not None:
        return bool(block.journal == journal and block.key.startswith(HALLS_OWN))
    if sequence < following:
        return False
    key = f"{HALLS_OWN}{uuid.uuid4().hex}"[:36]
    _adopted(connection, case, key, year, epoch, sequence, sequence)
    return True


def _adopted(
    connection: Connection, case: Case, key: str, year: int, epoch: int, first: int, last: int
) -> None:
    journal = case.arrival.head.journal
    connection.execute(
        insert(tables.leases).values(
            key=key,
            journal=journal,
            year=year,
            epoch=epoch,
            first=first,
            last=last,
            leased_at=case.arrival.head.done_at,
        )
    )
    note(
        connection,
        case.now,
        actor="",
        station=case.session.station,
        action="lease.adopted",
        subject=journal,
        facts={"year": year, "epoch": epoch, "first": first, "last": last},
    )


def _locked_series(connection: Connection, year: int, epoch: int) -> int:
    """What would have come next as far as the restored copy knows: it knows all leases before."""
    series = tables.number_series
    added(connection, series, {"year": year, "epoch": epoch, "next": 1})
    following: int = connection.execute(
        select(series.c.next)
        .where(series.c.year == year, series.c.epoch == epoch)
        .with_for_update()
    ).scalar_one()
    return following

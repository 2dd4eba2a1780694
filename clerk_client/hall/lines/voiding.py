"""作废: requested by one person, decided by another; both lines stay and no number comes again.

A request for a number that the hall does not know is refused for good: an acceptance that still
waits at a window without network cannot be told from a mistyped number, and to wait for it would
hold up the journal of whoever asked. They ask again once that window is back. For a decision
without its request it is the same: what a supervisor sees in `GET approvals` has arrived. The one
exception are lines that a restored hall gets again in another order (see `records.py`).
"""

from sqlalchemy import Connection, insert, update

from clerk_client.domain.clerks import Role
from clerk_client.hall import tables
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.counting.tallying import Cause, count
from clerk_client.hall.lines.acceptances import Accepted, locked
from clerk_client.hall.lines.standing import Case

LONGEST_REASON = 500


def request_void(connection: Connection, case: Case) -> str:
    """Lets it wait for a supervisor; the code when it cannot."""
    reason = case.arrival.line.body.get("reason")
    if not isinstance(reason, str) or not reason.strip() or len(reason) > LONGEST_REASON:
        return "VOID_REASON"
    found = locked(connection, case.arrival.head.number)
    if found is None:
        return "NUMBER_UNKNOWN"
    if found.is_void:
        return "NUMBER_VOID"
    if found.is_waiting:
        return "VOID_WAITING"
    connection.execute(
        insert(tables.voids).values(
            number=found.number,
            position=found.void_position + 1,
            requested_by=case.arrival.head.key,
            is_waiting=True,
        )
    )
    return ""


def approve_void(connection: Connection, case: Case) -> str:
    """The acceptance counts no more from here on; the code when it cannot be."""
    found, code = _decidable(connection, case)
    if found is None:
        return code
    _decide(connection, case, found, approved_by=case.arrival.head.key)
    count(
        connection,
        Cause.VOIDED,
        found.head,
        found.day,
        found.hour,
        {found.category: -1},
        case.arrival.head.key,
    )
    return ""


def decline_void(connection: Connection, case: Case) -> str:
    """The acceptance stands, and may be asked for again; the code when it cannot be."""
    found, code = _decidable(connection, case)
    if found is None:
        return code
    _decide(connection, case, found, declined_by=case.arrival.head.key)
    return ""


def _decidable(connection: Connection, case: Case) -> tuple[Accepted | None, str]:
    if not case.has_rights(Role.SUPERVISOR):
        return None, "LINE_RIGHT_MISSING"
    found = locked(connection, case.arrival.head.number)
    if found is None:
        return None, "NUMBER_UNKNOWN"
    if found.is_void:
        return None, "NUMBER_VOID"
    if not found.is_waiting:
        return None, "VOID_NOT_REQUESTED"
    # What was decided on, where the line says so: not a later request for the same number.
    if case.arrival.line.body.get("request", found.request) != found.request:
        return None, "VOID_OTHER_REQUEST"
    if found.requested_by == case.arrival.head.clerk:
        return None, "VOID_SAME_PERSON"
    return found, ""


def _decide(connection: Connection, case: Case, found: Accepted, **by: str) -> None:
    voids, head = tables.voids.c, case.arrival.head
    connection.execute(
        update(tables.voids)
        .where(voids.number == found.number, voids.position == found.void_position)
        .values(is_waiting=False, **by)
    )
    note(
        connection,
        case.now,
        actor=head.clerk,
        station=case.session.station,
        action=head.kind.replace("_", "."),
        subject=found.number,
        facts={"line": head.key, "request": found.request, "requested_by": found.requested_by},
    )

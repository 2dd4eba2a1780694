"""The common line on PostgreSQL: all that it leaves, in one statement that does all or nothing.

It says nothing that `records` does not say in several statements, and decides nothing: whatever is
not as it should be (a key or number that is there, a journal that moved on, a ticket of several
matters) changes nothing, and the line goes the long way.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from clerk_client.domain.appointments import AppointmentStatus
from clerk_client.domain.clock import rfc3339
from clerk_client.domain.numbers import is_official_number
from clerk_client.domain.tickets import TicketStatus
from clerk_client.hall.counting.tallying import Cause
from clerk_client.hall.lines.marking import appointment_named, ticket_named
from clerk_client.hall.lines.standing import Case
from clerk_client.hall.store import MET_ANOTHER
from clerk_client.wire.lines import Kind

SIMPLE = frozenset(
    kind.value
    for kind in (
        Kind.DEPOSITED,
        Kind.NOTICED,
        Kind.REFUSED,
        Kind.TRANSFERRED,
        Kind.CONSULTED,
        Kind.SUPPLEMENTED,
        Kind.COLLECTED,
        Kind.WITHDRAWN,
        Kind.NO_SHOW,
        Kind.SHIFT_CLOSED,
        Kind.PRINTED,
        Kind.REPRINTED,
        Kind.HANDED_OVER,
        Kind.RECOVERED,
    )
)
"""Kinds that are kept and do nothing else."""


def stored_at_once(connection: Connection, case: Case) -> bool:
    """Of a line that breaks no rule and names no attachment: it is settled now.

    False, and nothing has changed, for one that must go the long way. The connection is one for
    statements that stand alone: `store.asking`.
    """
    head = case.arrival.head
    if head.kind in SIMPLE:
        statement, given = _KEPT, _line(case)
    elif head.kind == Kind.ACCEPTED.value and is_official_number(head.number or ""):
        statement, given = _ACCEPTED, _line(case) | _acceptance(case)
    else:
        return False
    try:
        return connection.execute(statement, given).first() is not None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in MET_ANOTHER:
            return False
        raise


def _line(case: Case) -> dict[str, Any]:
    arrival, head = case.arrival, case.arrival.head
    return {
        "journal": head.journal,
        "before": head.seq - 1,
        "seq": head.seq,
        "prev": head.prev,
        "hash": arrival.hash,
        "key": head.key,
        "kind": head.kind,
        "head": arrival.head_text,
        "body": arrival.body_text,
        "signature": arrival.line.signature,
        "received_at": rfc3339(case.now),
    }


def _acceptance(case: Case) -> dict[str, Any]:
    arrival, head = case.arrival, case.arrival.head
    ticket = ticket_named(arrival.line)
    slip: tuple[date | None, str | None] = ticket if ticket is not None else (None, None)
    return {
        "number": head.number,
        "day": arrival.day,
        "hour": arrival.hour,
        "cause": Cause.ACCEPTED.value,
        "department": case.standing.department,
        "category": head.category,
        "matter": head.matter,
        "clerk": head.clerk,
        "window": head.window,
        "ticket_day": slip[0],
        "ticket": slip[1],
        "ticket_used": TicketStatus.USED.value,
        "appointment": appointment_named(arrival.line),
        "appointment_used": AppointmentStatus.USED.value,
    }


_MOVED = """
WITH moved AS (
    UPDATE journals SET highest_seq = :seq, highest_hash = :hash
    WHERE journal = :journal AND highest_seq = :before AND highest_hash = :prev{more}
    RETURNING journal
), keyed AS (
    INSERT INTO record_keys (key, journal, seq) SELECT :key, journal, :seq FROM moved
    RETURNING key, journal, seq
){effects}
INSERT INTO lines
    (journal, seq, key, kind, hash, head, body, signature, outcome, code, received_at)
SELECT journal, seq, key, :kind, :hash, :head, :body, :signature, 'settled', '', :received_at
FROM keyed RETURNING seq
"""
# Of a ticket with several matters the long way finds out whether this was the last one: that needs
# a look after the wait for another window's.
_ONE_MATTER = """
        AND 2 > (
            SELECT count(*) FROM ticket_matters WHERE day = :ticket_day AND number = :ticket
        )"""
_EFFECTS = """, numbered AS (
    INSERT INTO numbers (number, key) SELECT :number, key FROM keyed
), counted AS (
    INSERT INTO tally_deltas (
        day, hour, cause, department, category, matter, clerk, "window", amount, line_key
    )
    SELECT :day, :hour, :cause, :department, :category, :matter, :clerk, :window, 1, key FROM keyed
), matter_used AS (
    UPDATE ticket_matters SET used_by = keyed.key FROM keyed
    WHERE day = :ticket_day AND number = :ticket AND matter = :matter AND used_by = ''
), ticket_used AS (
    UPDATE tickets SET status = :ticket_used, used_by = keyed.key FROM keyed
    WHERE day = :ticket_day AND number = :ticket AND used_by = ''
), appointment_used AS (
    UPDATE appointments SET status = :appointment_used, used_by = keyed.key FROM keyed
    WHERE number = :appointment AND used_by = ''
)"""


_KEPT = text(_MOVED.format(more="", effects=""))
_ACCEPTED = text(_MOVED.format(more=_ONE_MATTER, effects=_EFFECTS))

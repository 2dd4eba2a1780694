"""Taking lines: each is checked and stored in a transaction of its own.

A line that cannot be trusted (form, signature, chain) is refused and not stored: the right one may
still come. A line that is genuine but against a rule of the hall is refused and stored, because the
lines after it are chained to it and must not be held up.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from sqlalchemy import Connection, Engine, Row, insert, select, update

from clerk_client.domain.appointments import AppointmentStatus, folded_appointment_number
from clerk_client.domain.cases import Category
from clerk_client.domain.clock import from_rfc3339, hall_day, rfc3339
from clerk_client.domain.errors import AppointmentNumberInvalid
from clerk_client.domain.numbers import is_official_number
from clerk_client.domain.tickets import TicketStatus
from clerk_client.hall import tables
from clerk_client.hall.auth import Session
from clerk_client.hall.leasing import is_leased_to, is_uuid, open_journal
from clerk_client.hall.store import added, reading, this_hall, writing
from clerk_client.wire.lines import (
    FIRST_PREV,
    VERSION,
    Json,
    Kind,
    Line,
    LineError,
    body_sha256,
    canonical,
    line_from_json,
)
from clerk_client.wire.messages import LineAnswer, RecordsAnswer
from clerk_client.wire.verify import line_fault

_SETTLED, _ALREADY_SETTLED, _REFUSED = "settled", "already_settled", "refused"


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A line of the right form, with what is worked out from it once."""

    line: Line
    head: str
    body: str
    hash: str
    day: date


def take_lines(
    engine: Engine, lines: list[dict[str, Json]], session: Session, now: datetime
) -> RecordsAnswer:
    """One answer per line, in order. Never raises for what a line says."""
    answers: list[LineAnswer] = []
    journals: set[str] = set()
    for fields in lines:
        try:
            arrival = _arrival(fields)
        except (LineError, RecursionError) as error:
            # Whatever was sent may stand in the reason, half a surrogate pair too.
            reason = str(error)[:200].encode("ascii", "backslashreplace").decode()
            answers.append(_refused(_key_of(fields), "LINE_FORMAT", reason))
            continue
        journals.add(arrival.line.head.journal)
        with writing(engine) as connection:
            answers.append(_take(connection, arrival, session, now))
    table = tables.journals.c
    with reading(engine) as connection:
        rows = connection.execute(
            select(table.journal, table.highest_seq).where(
                table.journal.in_(journals), table.station == session.station
            )
        ).all()
    return RecordsAnswer(
        answers=answers, highest_seq={row.journal: row.highest_seq for row in rows}
    )


def _take(connection: Connection, arrival: _Arrival, session: Session, now: datetime) -> LineAnswer:
    head = arrival.line.head
    journals = tables.journals
    journal = connection.execute(select(journals).where(journals.c.journal == head.journal)).first()
    if journal is not None and journal.station != session.station:
        return _refused(head.key, "JOURNAL_OTHER_STATION")
    stored = _line_at(connection, head.journal, head.seq)
    if stored is not None and _is_same(stored, arrival):
        if stored.outcome == _REFUSED:
            return _refused(head.key, stored.code)
        return LineAnswer(key=head.key, outcome=_ALREADY_SETTLED)
    if stored is not None and _is_key_known(connection, head.key):
        return _refused(head.key, "KEY_REUSED")
    key = _signer(connection, arrival.line, session)
    fault = line_fault(arrival.line, key)
    if fault is not None:
        return _refused(head.key, fault.code)
    highest = (journal.highest_seq, journal.highest_hash) if journal else (0, FIRST_PREV)
    if (head.seq - 1, head.prev) != highest:
        reused = _is_key_known(connection, head.key)
        return _refused(head.key, "KEY_REUSED" if reused else "LINE_CHAIN_BROKEN")
    open_journal(connection, head.journal, session.station, now)
    moved = connection.execute(
        update(journals)
        .where(journals.c.journal == head.journal, journals.c.highest_seq == head.seq - 1)
        .values(highest_seq=head.seq, highest_hash=arrival.hash)
    )
    if moved.rowcount != 1:
        return _refused(head.key, "LINE_CHAIN_BROKEN")
    return _store(connection, arrival, session, now)


def _store(
    connection: Connection, arrival: _Arrival, session: Session, now: datetime
) -> LineAnswer:
    line, head = arrival.line, arrival.line.head
    code = _rule_broken(connection, line, session)
    place = {"key": head.key, "journal": head.journal, "seq": head.seq}
    if not added(connection, tables.record_keys, place):
        code = "KEY_REUSED"
    is_acceptance = head.kind == Kind.ACCEPTED.value
    if is_acceptance and not code:
        number = {"number": head.number, "key": head.key}
        code = "" if added(connection, tables.numbers, number) else "NUMBER_TAKEN"
    connection.execute(
        insert(tables.lines).values(
            **place,
            kind=head.kind,
            hash=arrival.hash,
            head=arrival.head,
            body=arrival.body,
            signature=line.signature,
            outcome=_REFUSED if code else _SETTLED,
            code=code,
            received_at=rfc3339(now),
        )
    )
    if code:
        return _refused(head.key, code)
    if is_acceptance:
        _mark_used(connection, line)
        _count(connection, arrival)
    return LineAnswer(key=head.key, outcome=_SETTLED)


def _rule_broken(connection: Connection, line: Line, session: Session) -> str:
    """The code of the first rule of the hall that a genuine line breaks, or nothing."""
    head = line.head
    if head.kind not in {kind.value for kind in Kind}:
        return "LINE_KIND_UNKNOWN"
    hall = this_hall(connection).code
    if head.hall != hall:
        return "LINE_OTHER_HALL"
    if Kind(head.kind).is_act is _is_station_key(head.cert_sha256, session):
        return "LINE_SIGNER_WRONG"
    if not _is_there(connection, tables.windows, head.window):
        return "WINDOW_UNKNOWN"
    if head.kind != Kind.ACCEPTED.value:
        return ""
    if not _owns_certificate(connection, head.clerk, head.cert_sha256):
        return "LINE_CLERK_OTHER"
    if head.category not in {category.value for category in Category}:
        return "CATEGORY_UNKNOWN"
    if head.matter is None or not _is_there(connection, tables.matters, head.matter):
        return "MATTER_UNKNOWN"
    if head.number is None or not is_official_number(head.number):
        return "NUMBER_FORM"
    if not is_leased_to(connection, head.number, hall, head.journal):
        return "NUMBER_NOT_LEASED"
    return ""


def _arrival(fields: dict[str, Json]) -> _Arrival:
    line = line_from_json(fields)
    head = line.head
    if head.v != VERSION or head.seq < 1 or len(head.kind) > 40:
        raise LineError("head.v, head.seq or head.kind")
    if not (is_uuid(head.journal) and is_uuid(head.key)):
        raise LineError("head.journal or head.key is no UUID")
    try:
        done_at = from_rfc3339(head.done_at)
        if rfc3339(done_at) != head.done_at:
            raise LineError("head.done_at")
        day = hall_day(done_at)
    except (ValueError, OverflowError) as error:
        raise LineError("head.done_at") from error
    body = canonical(dict(line.body)).decode()
    return _Arrival(line, head.canonical().decode(), body, line.hash, day)


def _key_of(fields: dict[str, Json]) -> str:
    head = fields.get("head")
    key = head.get("key") if isinstance(head, Mapping) else None
    return key if isinstance(key, str) and is_uuid(key) else ""


def _refused(key: str, code: str, detail: str = "") -> LineAnswer:
    return LineAnswer(key=key, outcome=_REFUSED, code=code, detail=detail)


def _line_at(connection: Connection, journal: str, seq: int) -> Row[*tuple[Any, ...]] | None:
    lines = tables.lines.c
    return connection.execute(
        select(lines.hash, lines.outcome, lines.code).where(
            lines.journal == journal, lines.seq == seq
        )
    ).first()


def _is_same(stored: Row[*tuple[Any, ...]], arrival: _Arrival) -> bool:
    line = arrival.line
    # The hash covers head and signature, and the head its body.
    return bool(stored.hash == arrival.hash and body_sha256(line.body) == line.head.body_sha256)


def _is_key_known(connection: Connection, key: str) -> bool:
    keys = tables.record_keys.c
    return connection.execute(select(keys.key).where(keys.key == key)).first() is not None


def _is_there(connection: Connection, table: Any, code: str) -> bool:
    return connection.execute(select(table.c.code).where(table.c.code == code)).first() is not None


def _is_station_key(cert_sha256: str, session: Session) -> bool:
    return hashlib.sha256(session.station_key).hexdigest() == cert_sha256


def _signer(connection: Connection, line: Line, session: Session) -> PublicKeyTypes | None:
    """The key that the head names: this station's, or that of a certificate that signed in."""
    if _is_station_key(line.head.cert_sha256, session):
        return Ed25519PublicKey.from_public_bytes(session.station_key)
    certificates = tables.certificates.c
    der = connection.scalar(
        select(certificates.der).where(certificates.sha256 == line.head.cert_sha256).limit(1)
    )
    return None if der is None else x509.load_der_x509_certificate(der).public_key()


def _owns_certificate(connection: Connection, clerk: str, sha256: str) -> bool:
    certificates = tables.certificates.c
    return (
        connection.execute(
            select(certificates.clerk).where(
                certificates.sha256 == sha256, certificates.clerk == clerk
            )
        ).first()
        is not None
    )


def _mark_used(connection: Connection, line: Line) -> None:
    """The ticket and appointment that the acceptance names, if the hall has them."""
    slip = line.body.get("ticket")
    if isinstance(slip, Mapping) and slip.get("hall") == line.head.hall:
        try:
            day = date.fromisoformat(str(slip.get("day")))
        except ValueError:
            pass
        else:
            _mark_ticket(connection, day, str(slip.get("number")), line)
    booked = line.body.get("appointment")
    if isinstance(booked, str):
        _mark_appointment(connection, booked, line)


def _mark_appointment(connection: Connection, typed: str, line: Line) -> None:
    appointments = tables.appointments
    try:
        number = folded_appointment_number(typed)
    except AppointmentNumberInvalid:
        # The acceptance stands; there is no such appointment to mark.
        return
    connection.execute(
        update(appointments)
        .where(appointments.c.number == number, appointments.c.used_by == "")
        .values(status=AppointmentStatus.USED.value, used_by=line.head.key)
    )


def _mark_ticket(connection: Connection, day: date, number: str, line: Line) -> None:
    """A ticket is used up with the last of its matters, or at once by a matter that it has not.

    A matter of the ticket that comes again, from a second window without network, ends nothing.
    """
    tickets, booked = tables.tickets, tables.ticket_matters
    on_ticket = (booked.c.day == day, booked.c.number == number)
    connection.execute(
        update(booked)
        .where(*on_ticket, booked.c.matter == line.head.matter, booked.c.used_by == "")
        .values(used_by=line.head.key)
    )
    matters = connection.execute(select(booked.c.matter, booked.c.used_by).where(*on_ticket)).all()
    is_on_ticket = any(each.matter == line.head.matter for each in matters)
    if is_on_ticket and any(each.used_by == "" for each in matters):
        return
    connection.execute(
        update(tickets)
        .where(tickets.c.day == day, tickets.c.number == number, tickets.c.used_by == "")
        .values(status=TicketStatus.USED.value, used_by=line.head.key)
    )


def _count(connection: Connection, arrival: _Arrival) -> None:
    head, matters = arrival.line.head, tables.matters.c
    department = connection.scalar(select(matters.department).where(matters.code == head.matter))
    connection.execute(
        insert(tables.tally_deltas).values(
            day=arrival.day,
            department=department,
            category=head.category,
            matter=head.matter,
            clerk=head.clerk,
            window=head.window,
            amount=1,
            line_key=head.key,
        )
    )

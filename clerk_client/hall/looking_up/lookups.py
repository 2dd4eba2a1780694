"""What a window asks the hall: its catalogue, a ticket, an appointment, whom to trust."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Engine, Row, func, select

from clerk_client.domain.appointments import folded_appointment_number
from clerk_client.domain.clock import rfc3339
from clerk_client.domain.errors import AppointmentNumberInvalid, NotATicket
from clerk_client.domain.tickets import folded_ticket_number
from clerk_client.hall import tables
from clerk_client.hall.access.stations import station_answer
from clerk_client.hall.errors import AppointmentUnknown, TicketUnknown
from clerk_client.hall.store import reading, this_hall
from clerk_client.wire.messages import (
    AppointmentAnswer,
    AppointmentsAnswer,
    BaseMessage,
    CatalogueAnswer,
    DepartmentMessage,
    MaterialMessage,
    MatterMessage,
    TicketAnswer,
    TrustAnswer,
    WorkdayMessage,
)

# All entries of a base come from one file. More than one is read because empty cells are not kept.
_ENTRIES_READ = 20


def catalogue(engine: Engine, since: int, after: str, limit: int) -> CatalogueAnswer:
    """One page of what changed after version `since`, by matter code.

    Departments, workdays and the base databases, these always all, come with the first page.
    """
    departments, matters = tables.departments.c, tables.matters.c
    workdays = tables.workdays.c
    # Of changes there are few: with the bare column SQLite would walk all codes to find them.
    code = func.coalesce(matters.code, "") if since else matters.code
    with reading(engine) as connection:
        version = this_hall(connection).catalogue_version
        rows = connection.execute(
            select(tables.matters)
            .where(matters.changed_in > since, code > after)
            .order_by(code)
            .limit(limit + 1)
        ).all()
        page = rows[:limit]
        changed: Sequence[Row[Any]] = []
        days: Sequence[Row[Any]] = []
        if not after:
            changed = connection.execute(
                select(tables.departments)
                .where(departments.changed_in > since)
                .order_by(departments.code)
            ).all()
            days = connection.execute(
                select(tables.workdays).where(workdays.changed_in > since).order_by(workdays.day)
            ).all()
        bases = [] if after else _bases(connection)
        materials = _materials(connection, [row.code for row in page])
    return CatalogueAnswer(
        version=version,
        departments=[
            DepartmentMessage(code=row.code, name=row.name, full_name=row.full_name)
            for row in changed
        ],
        matters=[
            MatterMessage(**{**row._mapping, "materials": materials[row.code]}) for row in page
        ],
        workdays=[
            WorkdayMessage(day=row.day, is_workday=row.is_workday, note=row.note) for row in days
        ],
        bases=bases,
        next=page[-1].code if len(rows) > limit else "",
    )


def ticket(engine: Engine, number: str, day: date) -> TicketAnswer:
    """The ticket of that day with its matters still to be accepted. Raises TicketUnknown."""
    try:
        folded = folded_ticket_number(number)
    except NotATicket as error:
        raise TicketUnknown(day=day.isoformat()) from error
    tickets, booked = tables.tickets.c, tables.ticket_matters.c
    with reading(engine) as connection:
        hall = this_hall(connection).code
        row = connection.execute(
            select(tables.tickets).where(tickets.day == day, tickets.number == folded)
        ).first()
        if row is None:
            raise TicketUnknown(day=day.isoformat())
        codes = connection.scalars(
            select(booked.matter)
            .where(booked.day == day, booked.number == folded, booked.used_by == "")
            .order_by(booked.position)
        ).all()
    return TicketAnswer(
        hall=hall,
        day=row.day,
        number=row.number,
        status=row.status,
        matters=list(codes),
        appointment=row.appointment,
        priority=row.priority,
    )


def appointment(engine: Engine, number: str) -> AppointmentAnswer:
    """The appointment of that number. Raises AppointmentUnknown."""
    booked = tables.appointments
    try:
        folded = folded_appointment_number(number)
    except AppointmentNumberInvalid as error:
        raise AppointmentUnknown from error
    with reading(engine) as connection:
        row = connection.execute(select(booked).where(booked.c.number == folded)).first()
    if row is None:
        raise AppointmentUnknown
    return AppointmentAnswer(**row._mapping)


def appointments(
    engine: Engine, day: date, window: str, after: str, limit: int, now: datetime
) -> AppointmentsAnswer:
    """A page of that day's appointments by number, whatever their status.

    With a window: those for it and those that name none. A window that the hall has not gets the
    latter.
    """
    booked = tables.appointments.c
    wanted = [booked.day == day, booked.number > after]
    if window:
        wanted.append(booked.window.in_((window, "")))
    with reading(engine) as connection:
        rows = connection.execute(
            select(tables.appointments).where(*wanted).order_by(booked.number).limit(limit + 1)
        ).all()
    page = rows[:limit]
    return AppointmentsAnswer(
        day=day,
        as_of=rfc3339(now),
        appointments=[AppointmentAnswer(**row._mapping) for row in page],
        next=page[-1].number if len(rows) > limit else "",
    )


def trust(
    engine: Engine,
    authorities: Iterable[x509.Certificate],
    revocation_lists: Iterable[bytes] = (),
    recovery_certificate: str = "",
) -> TrustAnswer:
    """The authorities that this hall trusts, their lists (DER), every station's public key."""
    with reading(engine) as connection:
        rows = connection.execute(select(tables.stations).order_by(tables.stations.c.code)).all()
    return TrustAnswer(
        authorities=[each.public_bytes(Encoding.PEM).decode("ascii") for each in authorities],
        stations=[station_answer(row) for row in rows],
        revocation_lists=[base64.b64encode(each).decode("ascii") for each in revocation_lists],
        recovery_certificate=recovery_certificate,
    )


def _bases(connection: Connection) -> list[BaseMessage]:
    """Those with an entry: nothing could be compared with the others."""
    bases, entries = tables.base_databases.c, tables.base_entries.c
    found = []
    for base in connection.execute(select(tables.base_databases).order_by(bases.code)).all():
        rows = connection.scalars(
            select(entries.fields)
            .where(entries.base == base.code)
            .order_by(entries.document_type, entries.document_number)
            .limit(_ENTRIES_READ)
        )
        names = sorted({name for row in rows for name in json.loads(row)})
        if names:
            found.append(BaseMessage(code=base.code, name=base.name, fields=names))
    return found


def _materials(connection: Connection, codes: list[str]) -> dict[str, list[MaterialMessage]]:
    materials = tables.materials.c
    found = defaultdict(list)
    if codes:
        # Between first and last, not one by one: a page is a run of codes.
        rows = connection.execute(
            select(tables.materials)
            .where(materials.matter.between(codes[0], codes[-1]))
            .order_by(materials.matter, materials.position)
        )
        for row in rows:
            found[row.matter].append(MaterialMessage(name=row.name, necessity=row.necessity))
    return found

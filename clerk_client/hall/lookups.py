"""What a window asks the hall: its catalogue, a ticket, an appointment, whom to trust."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Engine, Row, select

from clerk_client.domain.appointments import folded_appointment_number
from clerk_client.domain.errors import AppointmentNumberInvalid
from clerk_client.hall import tables
from clerk_client.hall.errors import AppointmentUnknown, TicketUnknown
from clerk_client.hall.stations import station_answer
from clerk_client.hall.store import reading, this_hall
from clerk_client.wire.messages import (
    AppointmentAnswer,
    CatalogueAnswer,
    DepartmentMessage,
    MaterialMessage,
    MatterMessage,
    TicketAnswer,
    TrustAnswer,
)


def catalogue(engine: Engine, since: int, after: str, limit: int) -> CatalogueAnswer:
    """One page of what changed after version `since`, by matter code.

    Departments come with the first page.
    """
    departments, matters = tables.departments.c, tables.matters.c
    with reading(engine) as connection:
        version = this_hall(connection).catalogue_version
        rows = connection.execute(
            select(tables.matters)
            .where(matters.changed_in > since, matters.code > after)
            .order_by(matters.code)
            .limit(limit + 1)
        ).all()
        page = rows[:limit]
        changed: Sequence[Row[Any]] = []
        if not after:
            changed = connection.execute(
                select(tables.departments)
                .where(departments.changed_in > since)
                .order_by(departments.code)
            ).all()
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
        next=page[-1].code if len(rows) > limit else "",
    )


def ticket(engine: Engine, number: str, day: date) -> TicketAnswer:
    """The ticket of that day with its matters still to be accepted. Raises TicketUnknown."""
    folded = unicodedata.normalize("NFKC", number).strip().upper()
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
    appointments = tables.appointments
    try:
        folded = folded_appointment_number(number)
    except AppointmentNumberInvalid as error:
        raise AppointmentUnknown from error
    with reading(engine) as connection:
        row = connection.execute(
            select(appointments).where(appointments.c.number == folded)
        ).first()
    if row is None:
        raise AppointmentUnknown
    return AppointmentAnswer(**row._mapping)


def trust(engine: Engine, authorities: Iterable[x509.Certificate]) -> TrustAnswer:
    """The authorities that this hall trusts, and every station's public key."""
    with reading(engine) as connection:
        rows = connection.execute(select(tables.stations).order_by(tables.stations.c.code)).all()
    return TrustAnswer(
        authorities=[each.public_bytes(Encoding.PEM).decode("ascii") for each in authorities],
        stations=[station_answer(row) for row in rows],
    )


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

"""Taking over who comes: appointments, tickets, cases. What happened at a window stays so."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from clerk_client.domain.appointments import AppointmentStatus
from clerk_client.domain.cases import CaseStatus, case_status
from clerk_client.domain.tickets import TicketStatus
from clerk_client.hall import tables
from clerk_client.hall.files.checking import Values
from clerk_client.hall.store import put
from clerk_client.wire.lines import canonical


def take_appointments(connection: Connection, rows: list[Values]) -> None:
    appointments = tables.appointments
    used = set(
        connection.scalars(select(appointments.c.number).where(appointments.c.used_by != ""))
    )
    for row in rows:
        row["used_by"] = ""
        if row["number"] in used:
            row["status"] = AppointmentStatus.USED.value
    put(connection, appointments, rows, kept=("used_by",))


def take_tickets(connection: Connection, rows: list[Values]) -> None:
    tickets, booked = tables.tickets, tables.ticket_matters
    found = connection.execute(
        select(tickets.c.day, tickets.c.number).where(tickets.c.used_by != "")
    )
    used = {(row.day, row.number) for row in found}
    done = {
        (row.day, row.number, row.matter): row.used_by
        for row in connection.execute(select(booked).where(booked.c.used_by != ""))
    }
    links = []
    for row in rows:
        codes, row["used_by"] = row.pop("matters"), ""
        if (row["day"], row["number"]) in used:
            row["status"] = TicketStatus.USED.value
        links += [
            {
                "day": row["day"],
                "number": row["number"],
                "position": position,
                "matter": code,
                "used_by": done.get((row["day"], row["number"], code), ""),
            }
            for position, code in enumerate(codes)
        ]
    put(connection, tickets, rows, kept=("used_by",))
    if rows:
        connection.execute(
            delete(booked).where(booked.c.day == bindparam("d"), booked.c.number == bindparam("n")),
            [{"d": row["day"], "n": row["number"]} for row in rows],
        )
        connection.execute(insert(booked), links)


def take_cases(connection: Connection, rows: list[Values]) -> None:
    """A case that was supplemented here stays so until the file says something new of it."""
    cases, supplements = tables.cases, tables.supplements
    supplemented = {
        row.number: dict(row._mapping)
        for row in connection.execute(
            select(cases).where(cases.c.number.in_(select(supplements.c.case)))
        )
    }
    for row in rows:
        row["steps"] = canonical(row["steps"]).decode()
        stored = supplemented.get(row["number"])
        if stored and _is_older_than(row, stored):
            row["status"] = stored["status"]
    put(connection, cases, rows)


def _is_older_than(row: Values, stored: dict[str, Any]) -> bool:
    """The file still asks for what was handed in, and nothing else of it changed."""
    return (
        case_status(row["status"]) is CaseStatus.TO_SUPPLEMENT
        and case_status(stored["status"]) is CaseStatus.IN_REVIEW
        and all(stored[name] == row[name] for name in row if name != "status")
    )

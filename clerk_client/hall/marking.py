"""The ticket and the appointment that an acceptance names: used up by it, if the hall has them."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select, update

from clerk_client.domain.appointments import AppointmentStatus, folded_appointment_number
from clerk_client.domain.errors import AppointmentNumberInvalid
from clerk_client.domain.tickets import TicketStatus
from clerk_client.hall import tables
from clerk_client.wire.lines import Line


def mark_used(connection: Connection, line: Line) -> None:
    """Whatever else the body says there, the acceptance stands."""
    slip = line.body.get("ticket")
    if isinstance(slip, Mapping) and slip.get("hall") == line.head.hall:
        number = slip.get("number")
        try:
            day = date.fromisoformat(str(slip.get("day")))
        except ValueError:
            pass
        else:
            # No ticket's number holds NUL, and PostgreSQL does not take one even to compare.
            if isinstance(number, str) and "\0" not in number:
                _mark_ticket(connection, day, number, line)
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
    # Two windows with a matter each must see each other's, or neither ends the ticket.
    found = connection.execute(
        select(tickets.c.number)
        .where(tickets.c.day == day, tickets.c.number == number)
        .with_for_update(key_share=True)
    ).first()
    if found is None:
        return
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

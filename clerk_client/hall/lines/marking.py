"""The ticket and the appointment that an acceptance names: used up by it, if the hall has them."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, Date, String, bindparam, select, update

from clerk_client.domain.appointments import AppointmentStatus, folded_appointment_number
from clerk_client.domain.errors import AppointmentNumberInvalid
from clerk_client.domain.tickets import TicketStatus
from clerk_client.hall import tables
from clerk_client.wire.lines import Line


def ticket_named(line: Line) -> tuple[date, str] | None:
    """Day and number of the ticket of this hall that an acceptance names."""
    slip = line.body.get("ticket")
    if not isinstance(slip, Mapping) or slip.get("hall") != line.head.hall:
        return None
    number = slip.get("number")
    try:
        day = date.fromisoformat(str(slip.get("day")))
    except ValueError:
        return None
    # No ticket's number holds NUL, and PostgreSQL does not take one even to compare.
    return (day, number) if isinstance(number, str) and "\0" not in number else None


def appointment_named(line: Line) -> str | None:
    """The number of the appointment that an acceptance names, in its stored form."""
    booked = line.body.get("appointment")
    if not isinstance(booked, str):
        return None
    try:
        return folded_appointment_number(booked)
    except AppointmentNumberInvalid:
        # The acceptance stands; there is no such appointment to mark.
        return None


def mark_used(connection: Connection, line: Line) -> None:
    """Whatever else the body says there, the acceptance stands."""
    ticket, number = ticket_named(line), appointment_named(line)
    if ticket is not None:
        _mark_ticket(connection, *ticket, line)
    if number is not None:
        _mark_appointment(connection, number, line)


def _mark_appointment(connection: Connection, number: str, line: Line) -> None:
    used = {"of_number": number, "status": AppointmentStatus.USED.value, "used_by": line.head.key}
    connection.execute(_USE_APPOINTMENT, used)


def _mark_ticket(connection: Connection, day: date, number: str, line: Line) -> None:
    """A ticket is used up with the last of its matters, or at once by a matter that it has not.

    A matter of the ticket that comes again, from a second window without network, ends nothing.
    """
    ticket = {"of_day": day, "of_number": number}
    # Two windows with a matter each must see each other's, or neither ends the ticket.
    if connection.execute(_LOCK_TICKET, ticket).first() is None:
        return
    used = ticket | {"used_by": line.head.key}
    connection.execute(_USE_MATTER, used | {"of_matter": line.head.matter})
    matters = connection.execute(_MATTERS, ticket).all()
    is_on_ticket = any(each.matter == line.head.matter for each in matters)
    if is_on_ticket and any(each.used_by == "" for each in matters):
        return
    connection.execute(_USE_TICKET, used | {"status": TicketStatus.USED.value})


# Made once: each acceptance asks for them.
_APPOINTMENTS, _TICKETS, _BOOKED = tables.appointments, tables.tickets, tables.ticket_matters
_DAY, _NUMBER = bindparam("of_day", type_=Date()), bindparam("of_number", type_=String())
_THE_TICKET = (_TICKETS.c.day == _DAY, _TICKETS.c.number == _NUMBER)
_ON_TICKET = (_BOOKED.c.day == _DAY, _BOOKED.c.number == _NUMBER)

_USE_APPOINTMENT = update(_APPOINTMENTS).where(
    _APPOINTMENTS.c.number == _NUMBER, _APPOINTMENTS.c.used_by == ""
)
_LOCK_TICKET = select(_TICKETS.c.number).where(*_THE_TICKET).with_for_update(key_share=True)
_USE_MATTER = update(_BOOKED).where(
    *_ON_TICKET,
    _BOOKED.c.matter == bindparam("of_matter", type_=String()),
    _BOOKED.c.used_by == "",
)
_MATTERS = select(_BOOKED.c.matter, _BOOKED.c.used_by).where(*_ON_TICKET)
_USE_TICKET = update(_TICKETS).where(*_THE_TICKET, _TICKETS.c.used_by == "")

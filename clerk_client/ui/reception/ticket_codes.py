"""How a code is named to the clerk, and whether it can lead to anything here and now."""

from datetime import date

from clerk_client.domain.harmless import harmless
from clerk_client.domain.tickets import (
    AppointmentReference,
    Reference,
    SlipReference,
    TicketReference,
)


def label_of(text: str, reference: Reference | None, hall: str) -> str:
    """The ticket's or the booking's number, else the beginning of what was read.

    A ticket of another hall than `hall` bears that other one, too.
    """
    match reference:
        case TicketReference():
            label = f"{reference.number}　{reference.day.isoformat()}"
            return label if _is_of(reference, hall) else f"{label}　大厅 {reference.hall}"
        case AppointmentReference():
            return reference.number
        case None:
            return harmless(text)
        case _:
            return reference.case


def leads_on(reference: Reference | None, hall: str, today: date) -> bool:
    """Whether `hall` would look it up today; what it then says of it is another question."""
    match reference:
        case TicketReference():
            return _is_of(reference, hall) and reference.day == today
        case SlipReference():
            return bool(reference.appointment)
    return reference is not None


def _is_of(ticket: TicketReference, hall: str) -> bool:
    # A page that was not told its hall leaves the question to the desk.
    return not hall or ticket.hall == hall

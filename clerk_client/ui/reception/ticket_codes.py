"""How a code is named to the clerk who has to choose among several."""

from clerk_client.domain.harmless import harmless
from clerk_client.domain.tickets import AppointmentReference, Reference, TicketReference


def label_of(text: str, reference: Reference | None) -> str:
    """The ticket's or the booking's number, else the beginning of what was read."""
    match reference:
        case TicketReference():
            return f"{reference.number}　{reference.day.isoformat()}"
        case AppointmentReference():
            return reference.number
        case None:
            return harmless(text)
        case _:
            return reference.case

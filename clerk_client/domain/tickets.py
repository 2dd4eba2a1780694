"""叫号纸: the slip from the queue machine.

A number like A023 recurs every day, so hall and day belong to it.
"""

import enum
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from clerk_client.domain.errors import (
    NotATicket,
    TicketCancelled,
    TicketOfAnotherDay,
    TicketOfAnotherHall,
    TicketPassed,
    TicketUsed,
)

_NUMBER = re.compile(r"[A-Z]{1,2}[0-9]{3,4}")


class TicketStatus(enum.Enum):
    """What the hall knows of a ticket."""

    WAITING = "waiting"
    USED = "used"
    CANCELLED = "cancelled"
    PASSED = "passed"  # 过号


@dataclass(frozen=True, slots=True)
class TicketReference:
    """What stands in the code on the slip."""

    hall: str
    day: date
    number: str


@dataclass(frozen=True, slots=True)
class QueueTicket:
    """叫号纸, 取号单 as the hall answers a look-up.

    `matters` are the codes of what was booked, often one. `appointment` is empty for a walk-in.
    """

    reference: TicketReference
    status: TicketStatus
    matters: tuple[str, ...]
    appointment: str = ""
    priority: bool = False


def read_ticket_text(text: str, hall: str, today: date) -> TicketReference:
    """The ticket that a code or the clerk's typing names.

    A bare number (A023, also full width or lower case) means this hall, today. Anything else must
    be JSON with hall, day and number. Raises NotATicket, TicketOfAnotherHall, TicketOfAnotherDay.
    """
    typed = unicodedata.normalize("NFKC", text).strip().upper()
    if _NUMBER.fullmatch(typed):
        return TicketReference(hall, today, typed)
    reference = _from_json(text)
    if reference.hall != hall:
        raise TicketOfAnotherHall(reference.hall)
    if reference.day != today:
        raise TicketOfAnotherDay(reference.day.isoformat())
    return reference


def ticket_text(reference: TicketReference) -> str:
    """What the queue machine prints into the code."""
    fields = {
        "hall": reference.hall,
        "day": reference.day.isoformat(),
        "number": reference.number,
    }
    return json.dumps(fields, separators=(",", ":"))


def ensure_usable(ticket: QueueTicket) -> None:
    """Raises TicketUsed, TicketPassed or TicketCancelled."""
    if ticket.status is TicketStatus.USED:
        raise TicketUsed(ticket.reference.number)
    if ticket.status is TicketStatus.PASSED:
        raise TicketPassed(ticket.reference.number)
    if ticket.status is not TicketStatus.WAITING:
        raise TicketCancelled(ticket.reference.number)


def _from_json(text: str) -> TicketReference:
    # A code holds at most 7,089 characters; deep nesting is the only thing left to hurt json.
    if len(text) > 1000:
        raise NotATicket(text)
    try:
        fields = json.loads(text)
        hall, day, number = fields["hall"], fields["day"], fields["number"]
        if not isinstance(hall, str) or not re.fullmatch(r"[0-9A-Z]{6}", hall):
            raise NotATicket(text)
        if not _NUMBER.fullmatch(number):
            raise NotATicket(text)
        return TicketReference(hall, date.fromisoformat(day), number)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotATicket(text) from error

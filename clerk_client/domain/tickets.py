"""叫号纸: the slip from the queue machine.

A number like A023 recurs every day, so hall and day belong to it.
"""

import enum
import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from clerk_client.domain.errors import (
    NotATicket,
    TicketCancelled,
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
class AppointmentReference:
    """What stands in the code of a booking's confirmation: 预约编号."""

    number: str


@dataclass(frozen=True, slots=True)
class SlipReference:
    """申报告知单: the applicant's own slip for a case filed online.

    `password` (查询密码) opens that case to whoever has it: it is never shown, logged or kept, and
    two codes of one slip are the same with and without it.
    """

    case: str
    password: str = field(default="", repr=False, compare=False)
    appointment: str = ""


Reference = TicketReference | AppointmentReference | SlipReference


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


def folded_ticket_number(typed: str) -> str:
    """A ticket's number as the machine prints it: half width, upper case. Raises NotATicket."""
    folded = unicodedata.normalize("NFKC", typed).strip().upper()
    if not _NUMBER.fullmatch(folded):
        raise NotATicket(typed)
    return folded


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

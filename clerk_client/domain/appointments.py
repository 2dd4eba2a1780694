"""预约: a client who said beforehand when they would come."""

import enum
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from clerk_client.domain.errors import (
    AppointmentCancelled,
    AppointmentNumberInvalid,
    AppointmentOfAnotherDay,
    AppointmentPast,
    AppointmentUsed,
)


class AppointmentStatus(enum.Enum):
    """What the hall knows of an appointment."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    USED = "used"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class Appointment:
    """预约. `time` is the slot as printed (09:00-09:30), `applicant_name` as given online."""

    number: str
    day: date
    time: str
    matter: str
    status: AppointmentStatus
    applicant_name: str = ""
    outlet: str = ""


def folded_appointment_number(typed: str) -> str:
    """An appointment's number as the hall writes it: no blanks, half width, upper case.

    Raises AppointmentNumberInvalid for what none can be: nothing, over 40 characters, signs.
    """
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", typed)).upper()
    if not re.fullmatch(r"[\w-]{1,40}", folded):
        raise AppointmentNumberInvalid(f"{len(folded)} characters")
    return folded


def ensure_usable(appointment: Appointment, today: date) -> None:
    """Raises AppointmentCancelled, AppointmentUsed, AppointmentPast, AppointmentOfAnotherDay."""
    if appointment.status is AppointmentStatus.CANCELLED:
        raise AppointmentCancelled(appointment.number)
    if appointment.status is AppointmentStatus.USED:
        raise AppointmentUsed(appointment.number)
    if appointment.day < today:
        raise AppointmentPast(appointment.day.isoformat())
    if appointment.day != today:
        raise AppointmentOfAnotherDay(appointment.day.isoformat())

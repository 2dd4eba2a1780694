"""What a client comes with: tickets, bookings, cases."""

from typing import Annotated

from fastapi import APIRouter, Query

from clerk_client.domain.clock import hall_day
from clerk_client.hall.calling import Day, Now, Number, SignedIn, TheHall
from clerk_client.hall.looking_up import casework, lookups
from clerk_client.wire.cases import CaseAnswer, SupplementAnswer, SupplementRequest
from clerk_client.wire.messages import AppointmentAnswer, AppointmentsAnswer, TicketAnswer

router = APIRouter()


@router.get("/tickets/{number}")
def get_ticket(number: Number, hall: TheHall, now: Now, day: Day | None = None) -> TicketAnswer:
    """Find a queue ticket of a day."""
    return lookups.ticket(hall.engine, number, day or hall_day(now))


@router.get("/appointments")
def get_appointments(
    hall: TheHall,
    now: Now,
    day: Day | None = None,
    window: Annotated[str, Query(max_length=80)] = "",
    after: Annotated[str, Query(max_length=80)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> AppointmentsAnswer:
    """List a day's appointments, to be kept for that day."""
    return lookups.appointments(hall.engine, day or hall_day(now), window, after, limit, now)


@router.get("/appointments/{number}")
def get_appointment(number: Number, hall: TheHall) -> AppointmentAnswer:
    """Find an appointment."""
    return lookups.appointment(hall.engine, number)


@router.get("/cases/{number}")
def get_case(
    number: Number,
    name: Annotated[str, Query(min_length=1, max_length=200)],
    hall: TheHall,
    session: SignedIn,
    now: Now,
) -> CaseAnswer:
    """Show a case to whoever names its applicant."""
    return casework.own_case(hall.engine, number, name, session, now)


@router.post("/cases/{number}/supplements")
def post_supplement(
    number: Number, body: SupplementRequest, hall: TheHall, session: SignedIn, now: Now
) -> SupplementAnswer:
    """Take the materials that a case waits for."""
    return casework.hand_in(hall.engine, number, body, session, now)

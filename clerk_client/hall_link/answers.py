"""The hall's answers as the domain's values. Raises HallGarbled for a word that nobody knows."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from clerk_client.domain.appointments import Appointment, AppointmentStatus
from clerk_client.domain.base_data import Agreement, BaseDatabase, Comparison
from clerk_client.domain.cases import Category
from clerk_client.domain.matters import Audience, DayUnit, Department, Material, Matter, Necessity
from clerk_client.domain.tallies import Tally, TallyRow
from clerk_client.domain.tickets import QueueTicket, TicketReference, TicketStatus
from clerk_client.hall_link.errors import HallGarbled
from clerk_client.wire import messages as m
from clerk_client.wire.base_data import BaseLookupAnswer

P = ParamSpec("P")
Value = TypeVar("Value")


def _understood(translate: Callable[P, Value]) -> Callable[P, Value]:
    @wraps(translate)
    def translated(*args: P.args, **kwargs: P.kwargs) -> Value:
        try:
            return translate(*args, **kwargs)
        except (ValueError, KeyError) as error:
            raise HallGarbled(translate.__name__) from error

    return translated


@_understood
def ticket(answer: m.TicketAnswer) -> QueueTicket:
    """A queue ticket."""
    return QueueTicket(
        TicketReference(answer.hall, answer.day, answer.number),
        TicketStatus(answer.status),
        tuple(answer.matters),
        answer.appointment,
        answer.priority,
    )


@_understood
def appointment(answer: m.AppointmentAnswer) -> Appointment:
    """An appointment."""
    return Appointment(
        answer.number,
        answer.day,
        answer.time,
        answer.matter,
        AppointmentStatus(answer.status),
        answer.applicant_name,
        answer.outlet,
    )


@_understood
def base(message: m.BaseMessage) -> BaseDatabase:
    """A base database that can be compared with."""
    return BaseDatabase(message.code, message.name, tuple(message.fields))


@_understood
def comparison(answer: BaseLookupAnswer, asked: Sequence[str]) -> Comparison:
    """An answer about each field that was asked for, and about no other."""
    fields = tuple((name, Agreement(answer.fields[name])) for name in asked)
    return Comparison(
        answer.base, answer.base_name, fields, answer.as_of, answer.age_days, answer.is_old
    )


@_understood
def tally(answer: m.TallyAnswer) -> Tally:
    """Counts by department."""
    rows = (
        TallyRow(r.department, r.department_name, Category(r.category), r.count)
        for r in answer.rows
    )
    return Tally(answer.first, answer.last, tuple(rows))


@_understood
def matters(pages: Sequence[m.CatalogueAnswer]) -> list[Matter]:
    """The catalogue's pages; any of them may bring the departments."""
    departments = {
        d.code: Department(d.code, d.name, d.full_name) for page in pages for d in page.departments
    }
    return [
        Matter(
            code=row.code,
            name=row.name,
            department=departments[row.department],
            audience=Audience(row.audience),
            statutory_days=row.statutory_days,
            day_unit=DayUnit(row.day_unit),
            expected_category=Category(row.expected_category),
            is_licence=row.is_licence,
            materials=tuple(Material(x.name, Necessity(x.necessity)) for x in row.materials),
            parent=row.parent,
            is_parent=row.is_parent,
            suspended=row.suspended,
        )
        for page in pages
        for row in page.matters
    ]

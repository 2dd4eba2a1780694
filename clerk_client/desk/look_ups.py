"""What a client brings, looked up: at the hall, or in what is kept of it where the hall is away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from clerk_client.desk.forms import BaseQuestion, Found
from clerk_client.desk.session import Session
from clerk_client.domain import appointments, tickets
from clerk_client.domain.appointments import (
    Appointment,
    AppointmentStatus,
    folded_appointment_number,
)
from clerk_client.domain.base_data import BaseDatabase, Comparison
from clerk_client.domain.cases import LookUp
from clerk_client.domain.clock import HALL_OFFSET, Clock, hall_day
from clerk_client.domain.errors import (
    AppointmentUsed,
    MatterUnknown,
    SlipWithoutTicket,
    TicketUsed,
)
from clerk_client.domain.matters import Matter
from clerk_client.domain.people import checked_applicant
from clerk_client.domain.ticket_formats import TicketFormat, read_ticket
from clerk_client.domain.tickets import (
    AppointmentReference,
    QueueTicket,
    SlipReference,
    TicketReference,
    TicketStatus,
)
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallUnavailable
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.kept import APPOINTMENTS, Kept
from clerk_client.journal.store import Journal

NOT_CHECKED = "TICKET_NOT_CHECKED"
"""The notice of a ticket that could not be looked up; it leads on by the search."""

_CATALOGUE_OLD = timedelta(days=1)


class LookUps:
    """The manual's three ways to a matter. Every method may take as long as the hall does."""

    def __init__(
        self,
        session: Session,
        client: HallClient,
        journal: Journal,
        catalogue: Catalogue,
        kept: Kept,
        clock: Clock,
        formats: Sequence[TicketFormat],
    ) -> None:
        self._session = session
        self._client = client
        self._journal = journal
        self._catalogue = catalogue
        self._kept = kept
        self._clock = clock
        self._formats = formats

    def begin(self, text: str) -> Found:
        """二维码扫描: what a code or the clerk's typing names, by the formats of this station.

        A booking's code, or a slip with the number of one, is looked up as by_appointment does. The
        slip's query password goes no further than this. Raises NotATicket, SlipWithoutTicket,
        TicketOfAnotherDay, TicketOfAnotherHall, TicketUsed, TicketCancelled, MatterUnknown,
        HallRefused, and what by_appointment raises.
        """
        today = hall_day(self._clock.now())
        match read_ticket(text, self._formats, self._session.hall, today):
            case TicketReference() as reference:
                try:
                    ticket = self._client.ticket(reference)
                except HallUnavailable:
                    return self._unchecked(reference)
                return self._by_ticket(ticket)
            case AppointmentReference(number):
                return self.by_appointment(number)
            case SlipReference(case, appointment=appointment):
                if not appointment:
                    raise SlipWithoutTicket(case)
                return self.by_appointment(appointment)

    def by_appointment(self, typed: str) -> Found:
        """按预约编号. Raises AppointmentCancelled and its kin, MatterUnknown, HallRefused.

        HallUnavailable only for a booking that is not kept here.
        """
        number = folded_appointment_number(typed)
        appointment, is_kept = self._appointment(number)
        appointments.ensure_usable(appointment, hall_day(self._clock.now()))
        if self._journal.has_subject(booked(appointment)):
            raise AppointmentUsed(appointment.number)
        notices = []
        if appointment.outlet:
            notices.append("OTHER_OUTLET")
        if appointment.status is AppointmentStatus.NO_SHOW:
            notices.append("NO_SHOW")
        matter = self._matter(appointment.matter)
        return self._found(LookUp.APPOINTMENT, (matter,), None, appointment, notices, is_kept)

    def search(self, typed: str, limit: int = 30) -> list[Matter]:
        """按服务事项查询, from the catalogue kept here."""
        return self._catalogue.search(typed, limit)

    def choose(self, code: str) -> Found:
        """The matter that the clerk picked; a parent brings its children to choose from."""
        matter = self._matter(code)
        chosen = self._catalogue.children(code) if matter.is_parent else ()
        return self._found(LookUp.MATTER, chosen or (matter,))

    def bases(self) -> tuple[BaseDatabase, ...]:
        """The base databases that the hall has, from what is kept here of its catalogue."""
        return self._kept.bases()

    def compare(self, question: BaseQuestion) -> Comparison:
        """与基础库比对: the applicant's name, under each name that the base has for it.

        The hall logs it. Nothing of it is kept or logged here. Raises DomainError, HallRefused,
        HallUnavailable.
        """
        kind, today = question.document_type, hall_day(self._clock.now())
        applicant = checked_applicant(kind, question.name, question.number, "", today)
        typed = dict.fromkeys(question.base.names_of(kind), applicant.name)
        return self._client.compare(question.base.code, question.key, applicant.document, typed)

    # --- inside ---

    def _by_ticket(self, ticket: QueueTicket) -> Found:
        reference = ticket.reference
        tickets.ensure_usable(ticket)
        open_matters = [code for code in ticket.matters if not self._is_accepted(reference, code)]
        if self._is_accepted(reference, "") or (ticket.matters and not open_matters):
            raise TicketUsed(reference.number)
        appointment, is_kept = None, False
        notices = []
        if ticket.appointment:
            try:
                appointment, is_kept = self._appointment(ticket.appointment)
            except HallUnavailable:
                # The ticket itself was looked up and is good.
                notices.append("APPOINTMENT_NOT_CHECKED")
            else:
                appointments.ensure_usable(appointment, reference.day)
        else:
            notices.append("WALK_IN")
        if ticket.priority:
            notices.append("PRIORITY")
        matters = tuple(self._matter(code) for code in open_matters)
        return self._found(LookUp.TICKET, matters, ticket, appointment, notices, is_kept)

    def _unchecked(self, reference: TicketReference) -> Found:
        """Of the ticket only its number is known, and what this window accepted for it."""
        if self._is_accepted(reference, ""):
            raise TicketUsed(reference.number)
        ticket = QueueTicket(reference, TicketStatus.WAITING, ())
        return self._found(LookUp.TICKET, (), ticket, None, [NOT_CHECKED])

    def _appointment(self, number: str) -> tuple[Appointment, bool]:
        """With whether it came from what is kept."""
        try:
            return self._client.appointment(number), False
        except HallUnavailable:
            appointment = self._kept.appointment(number, hall_day(self._clock.now()))
            if appointment is None:
                raise
            return appointment, True

    def _found(
        self,
        look_up: LookUp,
        matters: tuple[Matter, ...],
        ticket: QueueTicket | None = None,
        appointment: Appointment | None = None,
        notices: Sequence[str] = (),
        is_kept: bool = False,
    ) -> Found:
        told = list(notices)
        facts: list[tuple[str, str]] = []
        now = self._clock.now()
        if is_kept and (fetched_at := self._kept.fetched_at(APPOINTMENTS)) is not None:
            told.append("FROM_KEPT")
            facts += [("fetched", clock_time(fetched_at)), ("minutes", _minutes(now - fetched_at))]
        catalogue_at = self._catalogue.fetched_at
        if catalogue_at is not None and now - catalogue_at > _CATALOGUE_OLD:
            told.append("CATALOGUE_OLD")
            facts.append(("catalogue_day", hall_day(catalogue_at).isoformat()))
        return Found(look_up, matters, ticket, appointment, tuple(told), tuple(facts))

    def _matter(self, code: str) -> Matter:
        matter = self._catalogue.find(code)
        if matter is None:
            raise MatterUnknown(code)
        return matter

    def _is_accepted(self, reference: TicketReference, matter: str) -> bool:
        return self._journal.has_subject(drawn(reference, matter))


def drawn(reference: TicketReference, matter: str) -> str:
    """A ticket's matter, as the journal knows it again; without one, the whole ticket."""
    return f"ticket:{reference.hall}:{reference.day}:{reference.number}:{matter}"


def booked(appointment: Appointment) -> str:
    """An appointment, as the journal knows it again."""
    return f"appointment:{appointment.number}"


def clock_time(moment: datetime) -> str:
    """As the clock on the hall's wall shows it."""
    return f"{moment.astimezone(HALL_OFFSET):%H:%M}"


def _minutes(age: timedelta) -> str:
    return str(max(0, int(age.total_seconds() // 60)))

"""One visit: from what the client brings to a durable acceptance."""

from collections.abc import Sequence

from clerk_client.desk.forms import Form, Found, summary_of
from clerk_client.desk.session import Session
from clerk_client.desk.stock import Stock
from clerk_client.domain import appointments, tickets
from clerk_client.domain.appointments import (
    Appointment,
    AppointmentStatus,
    folded_appointment_number,
)
from clerk_client.domain.cases import Acceptance, LookUp
from clerk_client.domain.clock import Clock, hall_day
from clerk_client.domain.errors import (
    AppointmentUsed,
    MatterUnknown,
    SlipWithoutTicket,
    TicketUsed,
)
from clerk_client.domain.matters import Matter
from clerk_client.domain.ticket_formats import TicketFormat, read_ticket
from clerk_client.domain.tickets import (
    AppointmentReference,
    QueueTicket,
    SlipReference,
    TicketReference,
)
from clerk_client.hall_link.client import HallClient
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.errors import NumbersUsedUp
from clerk_client.journal.store import Entry, Journal
from clerk_client.wire.lines import Json, Kind, Line, Signer


class Reception:
    """The signed-in clerk's receptions. Every method may take as long as the hall does."""

    def __init__(
        self,
        session: Session,
        signer: Signer,
        client: HallClient,
        journal: Journal,
        catalogue: Catalogue,
        stock: Stock,
        clock: Clock,
        formats: Sequence[TicketFormat],
    ) -> None:
        self._session = session
        self._signer = signer
        self._client = client
        self._journal = journal
        self._catalogue = catalogue
        self._stock = stock
        self._clock = clock
        self._formats = formats

    def begin(self, text: str) -> Found:
        """二维码扫描: what a code or the clerk's typing names, by the formats of this station.

        A booking's code, or a slip with the number of one, is looked up as by_appointment does. The
        slip's query password goes no further than this. Raises NotATicket, SlipWithoutTicket,
        TicketOfAnotherDay, TicketOfAnotherHall, TicketUsed, TicketCancelled, MatterUnknown,
        HallError, and what by_appointment raises.
        """
        today = hall_day(self._clock.now())
        match read_ticket(text, self._formats, self._session.hall, today):
            case TicketReference() as reference:
                return self._by_ticket(reference)
            case AppointmentReference(number):
                return self.by_appointment(number)
            case SlipReference(case, appointment=appointment):
                if not appointment:
                    raise SlipWithoutTicket(case)
                return self.by_appointment(appointment)

    def _by_ticket(self, reference: TicketReference) -> Found:
        ticket = self._client.ticket(reference)
        tickets.ensure_usable(ticket)
        open_matters = [code for code in ticket.matters if not self._accepted(reference, code)]
        if self._accepted(reference, "") or (ticket.matters and not open_matters):
            raise TicketUsed(reference.number)
        appointment = self._client.appointment(ticket.appointment) if ticket.appointment else None
        if appointment is not None:
            appointments.ensure_usable(appointment, reference.day)
        notices = [] if appointment else ["WALK_IN"]
        if ticket.priority:
            notices.append("PRIORITY")
        matters = tuple(self._matter(code) for code in open_matters)
        return Found(LookUp.TICKET, matters, ticket, appointment, notices=tuple(notices))

    def by_appointment(self, typed: str) -> Found:
        """按预约编号. Raises AppointmentCancelled and its kin, MatterUnknown, HallError."""
        appointment = self._client.appointment(folded_appointment_number(typed))
        appointments.ensure_usable(appointment, hall_day(self._clock.now()))
        if self._journal.has_subject(_booked(appointment)):
            raise AppointmentUsed(appointment.number)
        notices = []
        if appointment.outlet:
            notices.append("OTHER_OUTLET")
        if appointment.status is AppointmentStatus.NO_SHOW:
            notices.append("NO_SHOW")
        matter = self._matter(appointment.matter)
        return Found(LookUp.APPOINTMENT, (matter,), None, appointment, notices=tuple(notices))

    def search(self, typed: str, limit: int = 30) -> list[Matter]:
        """按服务事项查询, from the catalogue kept here."""
        return self._catalogue.search(typed, limit)

    def choose(self, code: str) -> Found:
        """The matter that the clerk picked; a parent brings its children to choose from."""
        matter = self._matter(code)
        chosen = self._catalogue.children(code) if matter.is_parent else ()
        return Found(LookUp.MATTER, chosen or (matter,))

    def accept(self, form: Form) -> Acceptance:
        """Checks, numbers, signs, makes durable. When it returns, the acceptance stands.

        Raises DomainError, UKeyError, JournalError; then nothing was accepted and no number used.
        """
        moment = self._clock.now()
        summary = summary_of(form, hall_day(moment))
        matter, applicant = summary.matter, summary.applicant
        subjects = _subjects(form)
        if any(self._journal.has_subject(subject) for subject in subjects):
            raise TicketUsed("accepted at this window already")
        offline = not self._client.is_reachable()
        body: dict[str, Json] = {
            "applicant": {
                "name": applicant.name,
                "document_type": applicant.document.type.value,
                "document_number": applicant.document.number,
                "phone": applicant.phone,
                "doubts": [doubt.value for doubt in summary.doubts],
            },
            "matter_name": matter.name,
            "department": matter.department.code,
            "look_up": form.found.look_up.value,
            "ticket": _ticket(form.found.ticket),
            "appointment": form.found.appointment.number if form.found.appointment else None,
            "category_differs": summary.category_differs,
            "department_serial": summary.department_serial,
        }
        entry = Entry(
            Kind.ACCEPTED,
            moment,
            body,
            decided_offline=offline,
            category=summary.category,
            matter=matter.code,
            subjects=subjects,
        )
        line = self._appended(entry, offline)
        assert line.head.number is not None
        return Acceptance(
            number=line.head.number,
            key=line.head.key,
            done_at=moment,
            category=summary.category,
            matter_code=matter.code,
            matter_name=matter.name,
            department_code=matter.department.code,
            department_name=matter.department.name,
            department_full_name=matter.department.full_name,
            is_licence=matter.is_licence,
            applicant=applicant,
            window=self._session.window.code,
            clerk=self._session.clerk.code,
            clerk_name=self._session.clerk.name,
            line_hash=line.hash,
            decided_offline=offline,
            ticket_number=form.found.ticket.reference.number if form.found.ticket else "",
            appointment_number=form.found.appointment.number if form.found.appointment else "",
            department_serial=summary.department_serial,
        )

    def _appended(self, entry: Entry, offline: bool) -> Line:
        """Under the next leased number; with none left and the hall there, under a new lease's."""
        writer = self._session.writer
        try:
            return self._journal.append(entry, writer, self._signer, take=True)
        except NumbersUsedUp:
            if offline:
                raise
            self._stock.lease(self._client, writer)
            return self._journal.append(entry, writer, self._signer, take=True)

    def _matter(self, code: str) -> Matter:
        matter = self._catalogue.find(code)
        if matter is None:
            raise MatterUnknown(code)
        return matter

    def _accepted(self, reference: TicketReference, matter: str) -> bool:
        return self._journal.has_subject(_drawn(reference, matter))


def _ticket(ticket: QueueTicket | None) -> dict[str, str] | None:
    if ticket is None:
        return None
    reference = ticket.reference
    return {
        "hall": reference.hall,
        "day": reference.day.isoformat(),
        "number": reference.number,
    }


def _subjects(form: Form) -> tuple[str, ...]:
    """By what this window knows again that it accepted this: a ticket's matter, an appointment."""
    found, subjects = form.found, []
    if found.ticket is not None:
        subjects.append(_drawn(found.ticket.reference, _on_ticket(form.matter, found.ticket)))
    if found.appointment is not None and found.appointment.matter in _own_codes(form.matter):
        subjects.append(_booked(found.appointment))
    return tuple(subjects)


def _on_ticket(matter: Matter, ticket: QueueTicket) -> str:
    """As which of the ticket's matters this one counts; a walk-in's ticket is for any one."""
    named = [code for code in _own_codes(matter) if code in ticket.matters]
    return named[0] if named else (matter.code if ticket.matters else "")


def _own_codes(matter: Matter) -> tuple[str, ...]:
    """Its own and its parent's: whoever booked the parent comes for one of the children."""
    return (matter.code, matter.parent) if matter.parent else (matter.code,)


def _drawn(reference: TicketReference, matter: str) -> str:
    return f"ticket:{reference.hall}:{reference.day}:{reference.number}:{matter}"


def _booked(appointment: Appointment) -> str:
    return f"appointment:{appointment.number}"

"""One visit: from what the client brings to a durable acceptance."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from clerk_client.desk.forms import Form, Summary, summary_of
from clerk_client.desk.look_ups import NOT_CHECKED, LookUps, booked, drawn
from clerk_client.desk.session import Session
from clerk_client.desk.stock import Stock
from clerk_client.domain.base_data import Comparison
from clerk_client.domain.cases import Acceptance, Category
from clerk_client.domain.clock import Clock, from_rfc3339, hall_day
from clerk_client.domain.errors import TicketUsed
from clerk_client.domain.matters import Matter
from clerk_client.domain.people import Applicant, DocumentType, checked_applicant
from clerk_client.domain.ticket_formats import TicketFormat
from clerk_client.domain.tickets import QueueTicket
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallUnavailable
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.errors import NumbersUsedUp
from clerk_client.journal.falling_behind import ensure_not_behind
from clerk_client.journal.kept import Kept
from clerk_client.journal.store import Entry, Journal
from clerk_client.wire.lines import Json, Kind, Line, Signer


class Reception(LookUps):
    """The signed-in clerk's receptions. Every method may take as long as the hall does."""

    def __init__(
        self,
        session: Session,
        signer: Signer,
        client: HallClient,
        journal: Journal,
        catalogue: Catalogue,
        kept: Kept,
        stock: Stock,
        clock: Clock,
        formats: Sequence[TicketFormat],
    ) -> None:
        super().__init__(session, client, journal, catalogue, kept, clock, formats)
        self._signer = signer
        self._stock = stock

    def accept(self, form: Form) -> Acceptance:
        """Checks, numbers, signs, makes durable. When it returns, the acceptance stands.

        A form that was accepted before, with an answer that got lost on its way to the page, gives
        that first acceptance and nothing is written. Raises DomainError, UKeyError, JournalError,
        HallRefused; then nothing was accepted and no number used.
        """
        before = self._line_of(form)
        if before is not None:
            return self._acceptance(form.matter, before)
        ensure_not_behind(self._journal)
        moment = self._clock.now()
        summary = summary_of(form, hall_day(moment))
        if any(self._journal.has_subject(subject) for subject in _subjects(form)):
            raise TicketUsed("accepted at this window already")
        entry = Entry(
            Kind.ACCEPTED,
            moment,
            _body(form, summary),
            decided_offline=not self._client.is_reachable(),
            category=summary.category,
            matter=summary.matter.code,
            subjects=(*_subjects(form), *self._used_up(form), _form(form.key)),
            key=form.key,
        )
        return self._acceptance(form.matter, self._appended(entry))

    def _appended(self, entry: Entry) -> Line:
        """Under the next leased number; with none left, under a new lease's, and without the hall
        under one of this window's own."""
        writer = self._session.writer
        try:
            return self._journal.append(entry, writer, self._signer, take=True)
        except NumbersUsedUp:
            if not entry.decided_offline:
                try:
                    self._stock.lease(self._client, writer)
                except HallUnavailable:
                    entry = replace(entry, decided_offline=True)
                else:
                    return self._journal.append(entry, writer, self._signer, take=True)
        return self._journal.append(entry, writer, self._signer, provisional=True)

    def _acceptance(self, form_matter: Matter, line: Line) -> Acceptance:
        """As the line says it: a form may have been changed since."""
        head, body = line.head, line.body
        assert head.number is not None
        assert head.matter is not None
        moment = from_rfc3339(head.done_at)
        matter = form_matter if form_matter.code == head.matter else self._matter(head.matter)
        ticket = body["ticket"]
        return Acceptance(
            number=head.number,
            key=head.key,
            done_at=moment,
            category=Category(head.category),
            matter_code=matter.code,
            matter_name=body["matter_name"],
            department_code=body["department"],
            department_name=matter.department.name,
            department_full_name=matter.department.full_name,
            is_licence=matter.is_licence,
            applicant=_applicant(body["applicant"], moment),
            window=head.window,
            clerk=head.clerk,
            clerk_name=self._session.clerk.name,
            line_hash=line.hash,
            decided_offline=head.decided_offline,
            ticket_number=ticket["number"] if ticket else "",
            appointment_number=body["appointment"] or "",
            department_serial=body["department_serial"],
        )

    def _line_of(self, form: Form) -> Line | None:
        with self._journal.changing() as connection:
            row = connection.execute(
                "SELECT seq FROM subjects WHERE subject = ?", (_form(form.key),)
            ).fetchone()
        return self._journal.line(row[0]) if row else None

    def _used_up(self, form: Form) -> tuple[str, ...]:
        """The whole ticket, with the last of its matters: known then without the hall, too."""
        ticket = form.found.ticket
        if ticket is None or not ticket.matters or _is_unchecked(form):
            return ()
        own = {_on_ticket(form.matter, ticket)}
        left = [c for c in ticket.matters if not self._is_accepted(ticket.reference, c)]
        return (drawn(ticket.reference, ""),) if set(left) == own else ()


def _body(form: Form, summary: Summary) -> dict[str, Json]:
    matter, applicant = summary.matter, summary.applicant
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
    if _is_unchecked(form):
        # Whoever reads the record must not take the ticket for one that the hall knew.
        body["ticket_checked"] = False
    if form.compared:
        body["compared"] = [_compared(each) for each in form.compared]
    return body


def _compared(comparison: Comparison) -> dict[str, Json]:
    return {
        "base": comparison.base,
        "base_name": comparison.base_name,
        "as_of": comparison.as_of.isoformat(),
        "fields": {name: found.value for name, found in comparison.fields},
    }


def _applicant(told: dict[str, Json], moment: datetime) -> Applicant:
    """The rules were met when the line was written, by that day."""
    return checked_applicant(
        DocumentType(told["document_type"]),
        told["name"],
        told["document_number"],
        told["phone"],
        hall_day(moment),
    )


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
    if found.ticket is not None and _is_unchecked(form):
        # For which matter it was drawn, the parent or the child, nobody can say now.
        subjects += [drawn(found.ticket.reference, code) for code in _own_codes(form.matter)]
    elif found.ticket is not None:
        subjects.append(drawn(found.ticket.reference, _on_ticket(form.matter, found.ticket)))
    if found.appointment is not None and found.appointment.matter in _own_codes(form.matter):
        subjects.append(booked(found.appointment))
    return tuple(subjects)


def _is_unchecked(form: Form) -> bool:
    return NOT_CHECKED in form.found.notices


def _form(key: str) -> str:
    return f"form:{key}"


def _on_ticket(matter: Matter, ticket: QueueTicket) -> str:
    """As which of the ticket's matters this one counts; a walk-in's ticket is for any one."""
    named = [code for code in _own_codes(matter) if code in ticket.matters]
    return named[0] if named else (matter.code if ticket.matters else "")


def _own_codes(matter: Matter) -> tuple[str, ...]:
    """Its own and its parent's: whoever booked the parent comes for one of the children."""
    return (matter.code, matter.parent) if matter.parent else (matter.code,)

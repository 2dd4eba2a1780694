"""办件记录: what this window accepted on a day, and what became of each."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from clerk_client.desk.session import Session
from clerk_client.desk.voiding import (
    AcceptanceUnknown,
    AcceptanceVoid,
    decided_at_hall,
    last_request,
    void_of,
)
from clerk_client.domain.cases import Acceptance, Category
from clerk_client.domain.clerks import Role
from clerk_client.domain.clock import Clock, from_rfc3339, hall_day
from clerk_client.domain.people import DocumentType, checked_applicant, mask
from clerk_client.hall_link.approvals import void_standing
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallRefused
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.day_sheet import DayRow, Delivered, Paper, VoidState
from clerk_client.journal.recovery import Noticed, Recovery, write_down
from clerk_client.journal.setting_aside import LostLine
from clerk_client.journal.store import Journal
from clerk_client.wire.lines import Kind, Line

if TYPE_CHECKING:
    from clerk_client.desk.paperwork import Paperwork
    from clerk_client.desk.supervision import Approvals
    from clerk_client.desk.voiding import Voiding

log = logging.getLogger(__name__)

_DECIDED = (VoidState.APPROVED.value, VoidState.DECLINED.value)
_MOST_REFUSED = 500


@dataclass(frozen=True, slots=True)
class Record:
    """One acceptance as the list shows it; the document's number is masked already.

    `official` is what the hall gave to a provisional `number`. `code` says why the hall did not
    take it. `void_reason` is that of the last request.
    """

    number: str
    official: str
    done_at: datetime
    matter_name: str
    applicant_name: str
    document_type: DocumentType
    masked_document: str
    category: Category
    first_category: Category
    clerk: str
    is_offline: bool
    delivered: Delivered
    code: str
    void: VoidState
    void_reason: str
    paper: Paper
    reprints: int


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """未被接受: a line that the hall does not take. `code` is empty for one of a journal that was
    set aside, which it cannot take any more."""

    kind: Kind
    number: str
    done_at: datetime
    matter_name: str
    code: str


@dataclass(frozen=True, slots=True)
class StartReport:
    """What the start found, told once. `day` is that of the oldest paper in doubt, else today."""

    notices: tuple[Noticed, ...]
    day: date


@dataclass(frozen=True, slots=True)
class RecordRooms:
    """What the page asks, for one thread."""

    records: "Records"
    voiding: "Voiding"
    approvals: "Approvals"
    paperwork: "Paperwork"
    start: "Start"


class Records:
    """The signed-in clerk's look into this window's journal."""

    def __init__(
        self,
        *,
        journal: Journal,
        catalogue: Catalogue,
        client: HallClient,
        session: Callable[[], Session],
        lost_lines: Callable[[], Iterable[LostLine]],
    ) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._client = client
        self._session = session
        self._lost_lines = lost_lines

    def of_day(self, day: date) -> tuple[Record, ...]:
        """Newest first. Raises HallSessionEnded, JournalError."""
        _ = self._session()
        return tuple(self._record(row) for row in reversed(self._journal.acceptances(day)))

    def learn_decisions(self, records: Iterable[Record]) -> bool:
        """Asks the hall about voids that wait: a supervisor decides at their own station, and this
        journal has no line of it. True when one was decided. Raises HallError, JournalError.
        """
        learnt = False
        for record in records:
            if record.void is not VoidState.REQUESTED or not self._is_settled(record):
                continue
            try:
                said, request = void_standing(self._client, record.number, record.applicant_name)
            except HallRefused as error:
                log.info("void not asked for: %s", error.code)
                continue
            if said in _DECIDED:
                with self._journal.changing() as connection:
                    mark = (decided_at_hall(request), said)
                    connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", mark)
                learnt = True
        return learnt

    def refused(self) -> tuple[RefusedRecord, ...]:
        """Newest first; for a supervisor also what journals set aside kept. Raises JournalError."""
        session = self._session()
        refused = self._journal.refused(_MOST_REFUSED)
        found = [self._refused(each.line, each.code) for each in refused]
        if session.clerk.role is Role.SUPERVISOR:
            lost = [self._refused(each.line, "") for each in self._lost_lines()]
            found += sorted(lost, key=lambda each: each.done_at, reverse=True)
        return tuple(found)

    def acceptance(self, number: str) -> Acceptance:
        """What a further receipt is made of. Raises AcceptanceUnknown, AcceptanceVoid."""
        session = self._session()
        line = self._journal.accepted(number)
        matter = self._catalogue.find(line.head.matter or "") if line else None
        if line is None or matter is None:
            raise AcceptanceUnknown(number)
        head, body, done_at = line.head, line.body, from_rfc3339(line.head.done_at)
        row = next(r for r in self._journal.acceptances(hall_day(done_at)) if r.number == number)
        record = self._record(row)
        if record.void is VoidState.APPROVED:
            raise AcceptanceVoid(number)
        told, ticket = body["applicant"], body["ticket"]
        return Acceptance(
            number=number,
            key=head.key,
            done_at=done_at,
            category=record.category,
            matter_code=matter.code,
            matter_name=body["matter_name"],
            department_code=body["department"],
            department_name=matter.department.name,
            department_full_name=matter.department.full_name,
            is_licence=matter.is_licence,
            applicant=checked_applicant(
                record.document_type,
                told["name"],
                told["document_number"],
                told["phone"],
                # The rules were met when the line was written, by that day.
                hall_day(done_at),
            ),
            window=head.window,
            clerk=head.clerk,
            # Of another clerk at this window the line has the code alone: never a wrong name.
            clerk_name=session.clerk.name if head.clerk == session.clerk.code else head.clerk,
            line_hash=line.hash,
            decided_offline=head.decided_offline,
            ticket_number=ticket["number"] if ticket else "",
            appointment_number=body["appointment"] or "",
            department_serial=body["department_serial"],
        )

    # --- inside ---

    def _record(self, row: DayRow) -> Record:
        head, body = row.line.head, row.line.body
        applicant, reason = body["applicant"], ""
        void = void_of(self._journal, row)
        if void is not VoidState.NONE:
            request = last_request(self._journal, row.number)
            reason = request.body.get("reason", "") if request else ""
        return Record(
            number=row.number,
            official=row.standing.official if row.standing.official != row.number else "",
            done_at=from_rfc3339(head.done_at),
            matter_name=body["matter_name"],
            applicant_name=applicant["name"],
            document_type=DocumentType(applicant["document_type"]),
            masked_document=mask(applicant["document_number"]),
            category=row.category,
            first_category=Category(head.category),
            clerk=head.clerk,
            is_offline=head.decided_offline,
            delivered=row.standing.state,
            code=row.standing.code,
            void=void,
            void_reason=reason,
            paper=row.paper,
            reprints=row.reprints,
        )

    def _is_settled(self, record: Record) -> bool:
        request = last_request(self._journal, record.number)
        return (
            request is not None
            and self._journal.standing_of(request.head.seq).state is Delivered.SETTLED
        )

    def _refused(self, line: Line, code: str) -> RefusedRecord:
        matter = self._catalogue.find(line.head.matter) if line.head.matter else None
        return RefusedRecord(
            kind=Kind(line.head.kind),
            number=line.head.number or "",
            done_at=from_rfc3339(line.head.done_at),
            matter_name=matter.name if matter else "",
            code=code,
        )


class Start:
    """What the opening of the journal found: written down and told at the first sign-in."""

    def __init__(
        self,
        *,
        journal: Journal,
        found: Recovery,
        session: Callable[[], Session],
        station_key: StationKey,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._found: Recovery | None = found
        self._session = session
        self._station_key = station_key
        self._clock = clock

    def report(self) -> StartReport | None:
        """Once; None afterwards. Raises HallSessionEnded, JournalError; then it is told again."""
        found = self._found
        if found is None:
            return None
        moment = self._clock.now()
        write_down(self._journal, found, moment, self._session().writer, self._station_key)
        self._found = None
        return StartReport(found.notices, self._day_of(found.doubtful, moment))

    def _day_of(self, doubtful: tuple[str, ...], moment: datetime) -> date:
        line = self._journal.accepted(doubtful[0]) if doubtful else None
        return hall_day(from_rfc3339(line.head.done_at) if line else moment)

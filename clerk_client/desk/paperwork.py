"""What is handed over: the receipt, its printing, and the record of both."""

import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from clerk_client.desk.session import Session
from clerk_client.domain.cases import Acceptance, Category
from clerk_client.domain.clock import Clock, hall_time, rfc3339
from clerk_client.domain.matters import Matter, Necessity
from clerk_client.domain.names import CATEGORIES, DOCUMENT_TYPES, time_limit
from clerk_client.domain.numbers import is_official_number
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.store import Entry, Journal
from clerk_client.wire.lines import Kind
from clerk_client.wire.receipt_code import ReceiptCode, sealed
from printing.document import MaterialRow, Receipt
from printing.errors import PrintingError
from printing.spool import Printer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """A receipt on paper or in a folder. `reprint` counts from 1; 0 is the first print."""

    number: str
    where: str
    reprint: int


class Paperwork:
    """Lays out and prints for the signed-in clerk; the station signs what it records."""

    def __init__(
        self,
        *,
        journal: Journal,
        catalogue: Catalogue,
        station_key: StationKey,
        printer: Callable[[], Printer],
        session: Callable[[], Session],
        clock: Clock,
        query_address: str,
        demonstration: bool,
    ) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._station_key = station_key
        self._printer = printer
        self._session = session
        self._clock = clock
        self._query_address = query_address
        self._demonstration = demonstration

    def print_receipt(self, acceptance: Acceptance, again: bool = False) -> PrintedReceipt:
        """Prints and records it; `again` makes it a reprint, which says 补打第n次.

        Without `again`, what was printed before becomes a reprint too, and so does what may have
        been: there is one original. Raises PrintingError, JournalError. A receipt that was not
        printed leaves the acceptance standing.
        """
        # Imported late: reportlab is not needed before the first receipt.
        from printing.layout import receipt_pdf

        number = acceptance.number
        reprint = self._journal.next_reprint(number)
        if bool(reprint) != again:
            log.info("print asked for with again=%s became reprint %d", again, reprint)
        session = self._session()
        receipt = self.receipt(acceptance, session, reprint)
        pdf, printer = receipt_pdf(receipt), self._printer()
        with self._journal.at_printer(number, reprint, self._clock.now()):
            try:
                where = printer.submit(pdf, receipt.title)
            except PrintingError as error:
                # A print system that did not answer in time may print it all the same.
                if not isinstance(error.__cause__, subprocess.TimeoutExpired):
                    self._journal.came_to_nothing(number, reprint)
                raise
            entry = self._entry(kind_of_paper(reprint), acceptance, {"reprint": reprint})
            self._journal.append(entry, session.writer, self._station_key)
        return PrintedReceipt(number, where, reprint)

    def confirm_printed(self, number: str) -> None:
        """存疑: the clerk has the paper in hand. Records it as printed, and as found in doubt.

        Nothing happens for a number that is in no doubt. Raises JournalError.
        """
        doubtful = {paper.number: paper for paper in self._journal.papers_in_doubt()}
        accepted = self._journal.accepted(number)
        if number not in doubtful or accepted is None:
            return
        reprint, head = doubtful[number].reprint, accepted.head
        entry = Entry(
            kind_of_paper(reprint),
            self._clock.now(),
            {"reprint": reprint, "doubtful": True},
            category=Category(head.category),
            matter=head.matter,
            number=number,
        )
        self._journal.append(entry, self._session().writer, self._station_key)

    def hand_over(self, acceptance: Acceptance) -> None:
        """已交办事人: records, once, that the client has the receipt."""
        if not self._journal.count(Kind.HANDED_OVER, acceptance.number):
            entry = self._entry(Kind.HANDED_OVER, acceptance, {})
            self._journal.append(entry, self._session().writer, self._station_key)

    def receipt(self, acceptance: Acceptance, session: Session, reprint: int = 0) -> Receipt:
        """Everything that stands on the paper; the document number is masked here."""
        matter = self._catalogue.find(acceptance.matter_code)
        code = ReceiptCode(
            acceptance.number,
            rfc3339(acceptance.done_at),
            acceptance.matter_code,
            acceptance.window,
            acceptance.line_hash,
        )
        return Receipt(
            hall_name=session.hall_name,
            department_full_name=acceptance.department_full_name,
            is_licence=acceptance.is_licence,
            number=acceptance.number,
            applicant_name=acceptance.applicant.name,
            document_type_name=DOCUMENT_TYPES[acceptance.applicant.document.type],
            masked_document=acceptance.applicant.document.masked(),
            phone=acceptance.applicant.phone,
            matter_name=acceptance.matter_name,
            accepted_at=hall_time(acceptance.done_at),
            materials=_materials(matter) if matter else (),
            # The catalogue has no promise of its own yet: only what the law says is printed.
            promised="",
            legal_days=time_limit(matter) if matter else "",
            window=session.window.name,
            clerk_name=acceptance.clerk_name,
            window_phone=session.window.phone,
            supervision_phone=session.supervision_phone,
            qr=sealed(code, self._station_key),
            chain_head=acceptance.line_hash,
            reprint=reprint,
            demonstration=self._demonstration,
            category_name=CATEGORIES[acceptance.category],
            offline=acceptance.decided_offline,
            is_provisional=not is_official_number(acceptance.number),
            pickup="窗口领取",
            query_address=self._query_address,
            department_name=acceptance.department_name,
        )

    def _entry(self, kind: Kind, acceptance: Acceptance, body: dict[str, int]) -> Entry:
        return Entry(
            kind,
            self._clock.now(),
            body,
            category=acceptance.category,
            matter=acceptance.matter_code,
            number=acceptance.number,
        )


def kind_of_paper(reprint: int) -> Kind:
    """Which line tells of a receipt."""
    return Kind.REPRINTED if reprint else Kind.PRINTED


def _materials(matter: Matter) -> tuple[MaterialRow, ...]:
    """The required ones: what an acceptance without a deferral says was handed in.

    How many copies and in which form is not recorded yet: left to be filled in by hand.
    """
    return tuple(
        MaterialRow(material.name, "", "")
        for material in matter.materials
        if material.necessity is Necessity.REQUIRED
    )

"""The conversation about what this window accepted: a day's list, papers, voids, refused lines."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from clerk_client.ui.notices import Level
from clerk_client.ui.records.exchange import (
    Pane,
    RecordsActions,
    RecordsView,
    Section,
    Shown,
    Steps,
)
from clerk_client.ui.records.voiding import Voiding
from clerk_client.ui.records.words import is_shown, sums_of
from clerk_client.ui.wording import wording_for

if TYPE_CHECKING:
    from clerk_client.desk.paperwork import PrintedReceipt
    from clerk_client.desk.records import Record, RefusedRecord, StartReport
    from clerk_client.domain.cases import Acceptance
    from clerk_client.journal.delivery import Standing

_FILTERS = {
    "RECOVERED_DOUBTFUL": Shown.DOUBTFUL,
    "RECOVERED_UNPRINTED": Shown.UNPRINTED,
    "RECOVERED_WAITING": Shown.WAITING,
}


class RecordsPresenter(Voiding):
    """Nothing of a person is kept once the clerk has left: `forget`."""

    def __init__(
        self, view: RecordsView, actions: RecordsActions, today: Callable[[], date]
    ) -> None:
        super().__init__(view, actions)
        self._today = today
        self._day = today()
        self._is_open = False
        self._section = Section.DAY
        self._records: tuple[Record, ...] = ()
        self._typed = ""
        self._shown = Shown.ALL
        self._listing = self._has_come = False
        self._sent: tuple[int, int] | None = None

    # --- coming and going ---

    def enter(self) -> None:
        """The page is shown."""
        self._is_open = True
        self._view.show_section(self._section)
        self._view.show_day(self._day)
        self._has_come = True
        self.refresh()
        self._view.focus_list()

    def leave(self) -> None:
        """Another page is shown."""
        self._is_open = False

    def forget(self) -> None:
        """The clerk has left."""
        self._is_open = self._listing = False
        self._records, self._number, self._sent = (), "", None
        self._day, self._section = self._today(), Section.DAY
        self._forget_question()
        self.filter_by("", Shown.ALL)
        self._view.show_refused(())
        self._view.show_notice(None, Level.INFO)
        self._view.show_busy(False)
        self._view.show_pane(Pane.NONE)
        self._view.show_section(Section.DAY)

    def open_with(self, report: "StartReport") -> None:
        """查看: the list that the gravest of what the start found is about."""
        codes = [noticed.code for noticed in report.notices]
        filters = [_FILTERS[code] for code in codes if code in _FILTERS]
        self._day = report.day if Shown.DOUBTFUL in filters else self._today()
        self.filter_by("", filters[0] if filters else Shown.ALL)
        if codes[:1] == ["RECOVERED_SET_ASIDE"]:
            self.choose_section(Section.REFUSED)

    # --- the list ---

    def refresh(self) -> None:
        """F5, and whenever something changed."""
        self._actions.list_refused()
        if not self._listing:
            self._listing = True
            self._view.show_busy(True)
            self._actions.list_day(self._day)

    def choose_section(self, section: Section) -> None:
        self._section = section
        self._view.show_section(section)
        self._view.focus_list()

    def choose_day(self, day: date) -> None:
        if day != self._day:
            self._day = day
            self._forget_question()
            self._listing = False
            self.refresh()

    def filter_by(self, typed: str, shown: Shown) -> None:
        """By number, name or matter, and by state."""
        self._typed, self._shown = typed, shown
        self._view.show_filter(typed, shown)
        self._show_list()

    def listed(self, day: date, records: "tuple[Record, ...]") -> None:
        """One day's acceptances; those of a day that is not shown any more are no news."""
        if day != self._day or not self._is_open:
            return
        self._stop_listing()
        self._records = records
        self._show_list()
        if self._has_come and not self._typed:
            # An empty list took no focus.
            self._view.focus_list()
        self._has_come = False

    def list_refused(self, error: Exception) -> None:
        self._stop_listing()
        self._view.show_notice(wording_for(error), Level.ERROR)

    def refused_listed(self, records: "tuple[RefusedRecord, ...]") -> None:
        """未被接受."""
        if self._is_open:
            self._view.show_refused(records)

    def show_standing(self, standing: "Standing") -> None:
        """After each pass of the delivery: what was sent looks different now."""
        sent = (standing.waiting, standing.refused)
        if self._is_open and sent != self._sent:
            self.refresh()
        self._sent = sent

    def mark(self, number: str) -> None:
        """The list's marked row, empty for none: its facts stand beside it."""
        if number != self._number:
            self._forget_question()
            self._number = number
        self._show_facts()

    # --- papers ---

    def print_receipt(self) -> None:
        """P and F9: the first at once, a copy after a question."""
        record = self._record()
        if record is None or self._is_busy or not _steps(record).print:
            return
        if record.paper.value == "unprinted":
            self._print(record.number, again=False)
        else:
            self._ask(
                wording_for("REPRINT_ASKED"),
                "补打 (F9)",
                partial(self._print, record.number, again=True),
            )

    def confirm_printed(self) -> None:
        """存疑: 已出纸."""
        record = self._record()
        if record is not None and _steps(record).confirm and self._begin():
            self._actions.confirm_printed(record.number)

    def acceptance_read(self, acceptance: "Acceptance", again: bool) -> None:
        """What the paper is made of; on to the printer."""
        self._actions.print_receipt(acceptance, again)

    def printed(self, receipt: "PrintedReceipt") -> None:
        """A receipt came out, asked for here or at the reception."""
        if self._asked_paper == receipt.number:
            self._asked_paper = ""
            self._end()
            self._view.show_notice(wording_for("RECORD_PRINTED"), Level.SUCCESS)
        if self._is_open:
            self.refresh()

    def print_failed(self, number: str, error: Exception) -> None:
        """No paper. The record stands."""
        if self._asked_paper == number:
            self._asked_paper = ""
            self.not_done(number, error)

    # --- inside ---

    def _print(self, number: str, *, again: bool) -> None:
        if self._begin():
            self._asked_paper = number
            self._actions.read_acceptance(number, again)

    def _stop_listing(self) -> None:
        self._listing = False
        self._view.show_busy(self._is_busy)

    def _record(self) -> "Record | None":
        return next((r for r in self._records if r.number == self._number), None)

    def _show_list(self) -> None:
        found = [r for r in self._records if is_shown(r, self._shown, self._typed)]
        empty = "没有符合条件的受理" if self._records else "这一天本窗口没有受理"
        self._view.show_records(found, sums_of(self._records), empty)
        self._show_facts()

    def _show_facts(self) -> None:
        record = self._record()
        self._view.show_record(record, _steps(record) if record else Steps())
        if self._pane in (Pane.NONE, Pane.FACTS):
            self._show_pane(Pane.FACTS if record else Pane.NONE)


def _steps(record: "Record") -> Steps:
    is_void = record.void.value == "approved"
    is_asked = record.void.value == "requested"
    can_change = not is_void and not is_asked and record.delivered.value != "refused"
    return Steps(
        print="" if is_void or record.paper.value == "at_printer" else _PRINTS[record.paper.value],
        confirm=record.paper.value == "doubtful",
        void=can_change,
        correct=can_change,
        approve=is_asked,
    )


_PRINTS = {
    "unprinted": "打印回执 (F9)",
    "doubtful": "再打一次 (F9)",
    "printed": "补打 (F9)",
}

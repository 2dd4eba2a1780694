"""After the acceptance: this client's paper, and papers of those before."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from clerk_client.domain.cases import Acceptance
from clerk_client.domain.stages import Stage
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import ReceptionActions, ReceptionView
from clerk_client.ui.reception.filling import Filling
from clerk_client.ui.reception.outcome import Outcome
from clerk_client.ui.reception.unfinished import Unfinished
from clerk_client.ui.wording import wording_for

if TYPE_CHECKING:
    from clerk_client.desk.paperwork import PrintedReceipt


class HandingOver(Filling):
    """The stage ACCEPTED."""

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, today: Callable[[], date]
    ) -> None:
        super().__init__(view, actions, today)
        self._outcome: Outcome | None = None
        self._unfinished = Unfinished()
        # What was asked for before the receipt was printed, until the clerk says that it is meant.
        self._go_on: Callable[[], None] | None = None
        self._leaving = False

    def print_receipt(self) -> None:
        """打印回执."""
        if self._outcome:
            self._outcome.print_receipt()

    def ask_reprint(self) -> None:
        """F9."""
        if self._outcome:
            self._outcome.ask_reprint()

    def hand_over(self) -> None:
        """已交办事人."""
        if self._outcome:
            self._outcome.hand_over()

    def printed(self, receipt: "PrintedReceipt") -> None:
        """The paper of the acceptance on screen; an earlier one's is no news here."""
        if self._outcome:
            self._outcome.printed(receipt)

    def print_failed(self, number: str, error: Exception) -> None:
        """No paper. The record stands."""
        if self._shows(number) and self._outcome:
            self._outcome.not_printed()
            self._view.show_notice(wording_for(error), Level.ERROR)
        else:
            self._tell_of_another("EARLIER_NOT_PRINTED", number, error)

    def handed_over(self, number: str) -> None:
        """已交办事人 is recorded."""
        if self._outcome:
            self._outcome.handed_over(number)

    def hand_over_refused(self, number: str, error: Exception) -> None:
        """已交办事人 was not recorded."""
        if self._shows(number) and self._outcome:
            self._outcome.not_handed_over()
            self._view.show_notice(wording_for(error), Level.ERROR)
        else:
            self._tell_of_another("EARLIER_NOT_HANDED_OVER", number, error)

    # --- inside ---

    def _show_outcome(self, acceptance: Acceptance) -> None:
        self._outcome = Outcome(self._view, self._actions, acceptance)
        self._outcome.show()

    def _keep_unfinished(self) -> None:
        if self._outcome and not self._outcome.is_printed:
            self._unfinished.keep(self._outcome.acceptance)

    def _show_unfinished(self) -> bool:
        acceptance = self._unfinished.take(self._clerk)
        if acceptance is None:
            return False
        self._preview.stop()
        # Not by the table of steps: it belongs to a reception that was left.
        self._stage = Stage.ACCEPTED
        self._view.show_stage(self._stage)
        self._show_outcome(acceptance)
        self._view.show_notice(wording_for("RECEIPT_MISSED"), Level.WARNING)
        return True

    def _lacks_receipt(self, go_on: Callable[[], None]) -> bool:
        """True when the clerk is asked first whether to go on without the paper."""
        if self._outcome is None or self._outcome.is_printed or self._leaving:
            return False
        self._go_on = go_on
        self._view.show_entry(self._entry)
        self._outcome.ask_leaving()
        return True

    def _leave_without_receipt(self) -> None:
        """The clerk meant it."""
        go_on, self._go_on = self._go_on, None
        if self._stage is Stage.ACCEPTED and go_on:
            self._leaving = True
            go_on()
            self._leaving = False

    def _shows(self, number: str) -> bool:
        return self._outcome is not None and self._outcome.acceptance.number == number

    def _tell_of_another(self, code: str, number: str, error: Exception) -> None:
        if self._clerk:
            facts = {"number": number, "reason": wording_for(error).title}
            self._view.show_notice(wording_for(code, facts), Level.ERROR)

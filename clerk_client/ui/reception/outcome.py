"""After the acceptance: the receipt on paper, and its way into the client's hand."""

from typing import TYPE_CHECKING

from clerk_client.domain.cases import Acceptance
from clerk_client.domain.numbers import is_provisional_number
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import Offer, ReceptionActions, ReceptionView, Spot
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.paperwork import PrintedReceipt


class Outcome:
    """The paper of one acceptance: printed once, again only after a question, handed over."""

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, acceptance: Acceptance
    ) -> None:
        self._view = view
        self._actions = actions
        self.acceptance = acceptance
        self._printing = False
        self._printed = False
        self._reprint_asked = False
        self._leaving_asked = False
        self._handed_over = False

    @property
    def is_printed(self) -> bool:
        """A receipt came out."""
        return self._printed

    def show(self) -> None:
        self._view.show_accepted(self.acceptance, _offline_words(self.acceptance))
        self._view.focus(Spot.PRINT)

    def print_receipt(self) -> None:
        """打印回执, until the first has come out."""
        if not self._printed:
            self._print(again=False)

    def ask_reprint(self) -> None:
        """补打: asks back first, in the page."""
        if self._printed and not self._printing:
            self._reprint_asked = True
            self._view.show_notice(wording_for("REPRINT_ASKED"), Level.WARNING, Offer.REPRINT)
            self._view.focus(Spot.NOTICE)

    def reprint(self) -> None:
        """The clerk meant it."""
        if self._reprint_asked:
            self._print(again=True)

    def ask_leaving(self) -> None:
        """The next client is wanted and this one has no receipt: asks back, in the page."""
        self._leaving_asked = True
        self._view.show_notice(wording_for("RECEIPT_NOT_PRINTED"), Level.WARNING, Offer.GO_ON)
        self._view.focus(Spot.NOTICE)

    def cancel_question(self) -> None:
        """Esc at one of the two questions."""
        if self._reprint_asked or self._leaving_asked:
            self._reprint_asked = self._leaving_asked = False
            self._view.show_notice(None, Level.INFO)
            self._go_on()

    def hand_over(self) -> None:
        """已交办事人."""
        if self._printed and not self._handed_over:
            self._show_handed_over(True)
            self._actions.hand_over(self.acceptance.number)

    def printed(self, receipt: "PrintedReceipt") -> None:
        if receipt.number == self.acceptance.number:
            self._printed = True
            self._printing = False
            if self._leaving_asked:
                self._leaving_asked = False
                self._view.show_notice(None, Level.INFO)
            self._view.show_printed(receipt)
            self._go_on()

    def not_printed(self) -> None:
        """The record stands; the paper can be asked for again."""
        if self._printing:
            self._printing = False
            self._view.show_not_printed()
            if self._printed:
                self._go_on()
            else:
                self._view.focus(Spot.PRINT)

    def handed_over(self, number: str) -> None:
        if number == self.acceptance.number and not self._handed_over:
            self._show_handed_over(True)

    def not_handed_over(self) -> None:
        """It was not recorded and can be pressed again."""
        if self._handed_over:
            self._show_handed_over(False)

    def _print(self, *, again: bool) -> None:
        if not self._printing:
            self._printing = True
            self._reprint_asked = self._leaving_asked = False
            self._view.show_notice(None, Level.INFO)
            self._view.show_printing()
            self._actions.print_receipt(self.acceptance, again)

    def _show_handed_over(self, done: bool) -> None:
        self._handed_over = done
        self._view.show_handed_over(done)
        self._go_on()

    def _go_on(self) -> None:
        if not self._printed:
            self._view.focus(Spot.PRINT)
        else:
            self._view.focus(Spot.NEXT if self._handed_over else Spot.HAND_OVER)


def _offline_words(acceptance: Acceptance) -> Words | None:
    if is_provisional_number(acceptance.number):
        return wording_for("ACCEPTED_PROVISIONAL")
    return wording_for("ACCEPTED_OFFLINE") if acceptance.decided_offline else None

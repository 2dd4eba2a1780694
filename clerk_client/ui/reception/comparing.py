"""与基础库比对: what was typed, compared by the hall with the base databases it has."""

from collections.abc import Callable, Sequence
from datetime import date

from clerk_client.desk.forms import BaseQuestion, Entries
from clerk_client.domain.base_data import BaseDatabase, Comparison
from clerk_client.domain.errors import DomainError
from clerk_client.domain.people import checked_applicant, folded_number
from clerk_client.hall_link.errors import HallUnavailable
from clerk_client.ui.reception.exchange import Compared, ReceptionActions, ReceptionView
from clerk_client.ui.wording import Words, wording_for


class Comparing:
    """For one form after the other. One base is asked after the other; nothing waits for them.

    What came out is kept here and on the page alone. It goes with the form, and as soon as the name
    or the document is another.
    """

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, today: Callable[[], date]
    ) -> None:
        self._view = view
        self._actions = actions
        self._today = today
        self._key = ""
        self._bases: tuple[BaseDatabase, ...] = ()
        self._about = Entries()
        self._left: list[BaseDatabase] = []
        self._serial = 0
        self._problem: Words | None = None
        self._shown = Compared()
        self.found: tuple[Comparison, ...] = ()
        """What the clerk has seen about those who stand in the form."""

    # --- from the clerk ---

    def open(self, key: str) -> None:
        """Another form is on the page."""
        self._forget()
        self._key = key
        self._actions.know_bases()
        self._show()

    def close(self) -> None:
        """No form is."""
        self._forget()
        self._key = ""
        self._show()

    def stop(self) -> None:
        """The clerk goes on: what has not been answered by now was not seen."""
        self._left.clear()
        self._serial += 1
        self._show()

    def change_entries(self) -> None:
        """Name, kind of document or number may be another now."""
        if not self._key:
            return
        if not _is_same_person(self._view.entries(), self._about):
            self._forget()
        self._show()

    def ask(self) -> None:
        """The button. Pressed again it repeats: what came out stays until it is answered anew.

        Else the record could be cleared of a difference by asking while the hall is away.
        """
        self.change_entries()
        asked = self._usable()
        if self._left or not asked or not self._is_ready():
            return
        self._problem = None
        self._about = self._view.entries()
        self._left = asked
        self._ask_next()
        self._show()

    # --- from the desk ---

    def bases_known(self, bases: Sequence[BaseDatabase]) -> None:
        """Those that the hall has, as far as it is known here."""
        self._bases = tuple(bases)
        self._show()

    def compared(self, serial: int, comparison: Comparison) -> None:
        if serial != self._serial:
            return
        others = (each for each in self.found if each.base != comparison.base)
        self.found = (*others, comparison)
        del self._left[0]
        if self._left:
            self._ask_next()
        self._show()

    def refused(self, serial: int, error: Exception) -> None:
        """The other bases would be refused as well, or the hall would be waited for again."""
        if serial != self._serial:
            return
        self._left.clear()
        is_away = isinstance(error, HallUnavailable)
        self._problem = wording_for("COMPARE_OFFLINE" if is_away else error)
        # One may be gone since the form was opened.
        self._actions.know_bases()
        self._show()

    # --- inside ---

    def _ask_next(self) -> None:
        self._serial += 1
        entries, base = self._about, self._left[0]
        question = BaseQuestion(
            self._key, base, entries.document_type, entries.name, entries.number
        )
        self._actions.compare(self._serial, question)

    def _usable(self) -> list[BaseDatabase]:
        kind = self._view.entries().document_type
        return [base for base in self._bases if base.names_of(kind)]

    def _is_ready(self) -> bool:
        entries = self._view.entries()
        try:
            checked_applicant(
                entries.document_type, entries.name, entries.number, "", self._today()
            )
        except DomainError:
            return False
        return True

    def _forget(self) -> None:
        self._serial += 1
        self._left.clear()
        self._about = Entries()
        self._problem = None
        self.found = ()

    def _show(self) -> None:
        is_offered = bool(self._key and self._usable())
        standing = Compared(
            is_offered=is_offered,
            is_ready=is_offered and self._is_ready(),
            is_under_way=bool(self._left),
            found=self.found,
            problem=self._problem,
        )
        if standing != self._shown:
            self._shown = standing
            self._view.show_compared(standing)


def _is_same_person(one: Entries, other: Entries) -> bool:
    return _person(one) == _person(other)


def _person(entries: Entries) -> tuple[object, ...]:
    return entries.document_type, entries.name.strip(), folded_number(entries.number)

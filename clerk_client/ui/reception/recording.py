"""办事人信息录入: category, name and number of one reception."""

from collections.abc import Callable
from datetime import date

from clerk_client.desk.forms import Entries, Form, Found, summary_of
from clerk_client.domain.base_data import Comparison
from clerk_client.domain.cases import Category
from clerk_client.domain.errors import DomainError
from clerk_client.domain.matters import Matter
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import ReceptionView, Spot
from clerk_client.ui.reception.fields import judged, spot_of
from clerk_client.ui.wording import Words, wording_for


class Recording:
    """One form for one matter. Complaints stay beside their field and clear nothing."""

    def __init__(
        self,
        view: ReceptionView,
        today: Callable[[], date],
        found: Found,
        matter: Matter,
        key: str,
    ) -> None:
        self._view = view
        self._today = today
        self._found = found
        self._matter = matter
        self.key = key
        """The form's, until it is accepted."""
        self._wrong: set[Spot] = set()

    def open(self, entries: Entries) -> None:
        """Fills the fields: afresh for a new form, as they were for a restored one."""
        self._view.fill(entries)
        self.change_category()
        self.change_document_type()

    def start_typing(self) -> None:
        """Puts the keyboard where the clerk goes on."""
        entries = self._view.entries()
        if entries.category is None:
            self._view.focus(Spot.CATEGORY)
        else:
            only_the_number = entries.name.strip() and not entries.number.strip()
            self._view.focus(Spot.NUMBER if only_the_number else Spot.NAME)

    def change_category(self) -> None:
        category = self._view.entries().category
        differs = category is not None and category is not self._matter.expected_category
        words = wording_for("CATEGORY_DIFFERS") if differs else None
        self._view.show_category_hint(self._matter, words)
        if category is not None:
            self._settle(Spot.CATEGORY)

    def leave_field(self, spot: Spot) -> None:
        self._judge(spot)

    def edit_field(self, spot: Spot) -> None:
        """Takes a complaint back at once; a new one waits until the field is left."""
        if spot in self._wrong:
            self._judge(spot)

    def change_document_type(self) -> None:
        self._judge(Spot.NAME)
        self._judge(Spot.NUMBER)

    def check(self, compared: tuple[Comparison, ...]) -> Form | None:
        """Shows the summary and answers the form behind it, or shows what is wrong."""
        form = self._form(compared)
        try:
            summary = summary_of(form, self._today())
        except DomainError as error:
            self._tell(error)
            return None
        warnings = [wording_for(doubt.value) for doubt in summary.doubts]
        if summary.category_differs:
            warnings.append(wording_for("CATEGORY_DIFFERS"))
        warnings += [_difference(each) for each in compared if each.differing]
        self._view.show_notice(None, Level.INFO)
        self._view.show_summary(summary, form, warnings)
        return form

    def _form(self, compared: tuple[Comparison, ...]) -> Form:
        entries = self._view.entries()
        is_internal = entries.category is Category.DEPARTMENT_INTERNAL
        return Form(
            found=self._found,
            matter=self._matter,
            category=entries.category,
            document_type=entries.document_type,
            name=entries.name,
            number=entries.number,
            phone=entries.phone,
            department_serial=entries.department_serial if is_internal else "",
            key=self.key,
            compared=compared,
        )

    def _judge(self, spot: Spot) -> None:
        words, level = judged(spot, self._view.entries(), self._today())
        self._view.show_problem(spot, words, level)
        if words is not None and level is Level.ERROR:
            self._wrong.add(spot)
        else:
            self._settle(spot)

    def _settle(self, spot: Spot) -> None:
        if spot in self._wrong:
            self._wrong.discard(spot)
            self._view.show_problem(spot, None)
            self._view.show_notice(None, Level.INFO)

    def _tell(self, error: DomainError) -> None:
        words = wording_for(error)
        self._view.show_notice(words, Level.ERROR)
        spot = spot_of(error)
        if spot is not None:
            self._wrong.add(spot)
            self._view.show_problem(spot, words)
            self._view.focus(spot)


def _difference(comparison: Comparison) -> Words:
    facts = {"base": comparison.base_name, "fields": "、".join(comparison.differing)}
    return wording_for("BASE_DIFFERS", facts)

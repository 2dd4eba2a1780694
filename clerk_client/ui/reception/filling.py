"""The form: recorded, checked, submitted, left as a draft and put back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from clerk_client.desk.forms import Draft, Entries, Form, Found, Place, new_key
from clerk_client.domain.cases import Category
from clerk_client.domain.matters import Audience, Matter
from clerk_client.domain.people import DocumentType
from clerk_client.domain.stages import Stage
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.comparing import Comparing
from clerk_client.ui.reception.exchange import ReceptionActions, ReceptionView, Spot
from clerk_client.ui.reception.finding import Finding, problem_of
from clerk_client.ui.reception.recording import Recording
from clerk_client.ui.wording import wording_for

_FORM_PLACES = {
    Stage.RECORDING: Place.RECORDING,
    Stage.CONFIRMING: Place.CONFIRMING,
    # Only what was refused comes back, and it comes back to the check.
    Stage.ACCEPTING: Place.CONFIRMING,
}


class Filling(Finding):
    """The stages RECORDING, CONFIRMING and ACCEPTING."""

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, today: Callable[[], date]
    ) -> None:
        super().__init__(view, actions, today)
        self._recording: Recording | None = None
        self._form: Form | None = None
        self.comparing = Comparing(view, actions, today)

    def proceed(self) -> None:
        """办理; at a parent, on to its children."""
        if self._stage is not Stage.FOUND or self._found is None or self._matter is None:
            return
        found, matter = self._found, self._matter
        if matter.is_parent:
            self._held = found
            self._look_up(lambda: self._actions.choose(matter.code), keep_held=True)
        elif problem_of(matter) is None:
            left = self._left_before()
            usual = Entries(document_type=_usual_document(matter))
            self._record(
                found, matter, left.entries if left else usual, left.key if left else new_key()
            )

    def change_category(self) -> None:
        """事项类型 was chosen, by whatever means."""
        if self._stage is Stage.RECORDING and self._recording:
            self._recording.change_category()

    def pick_category(self, category: Category) -> None:
        """Alt+1, Alt+2 from anywhere."""
        if self._stage is Stage.RECORDING:
            self._view.choose_category(category)

    def leave_field(self, spot: Spot) -> None:
        """The clerk went on to another field."""
        if self._stage is Stage.RECORDING and self._recording:
            self._recording.leave_field(spot)

    def edit_field(self, spot: Spot) -> None:
        """A keystroke in a field."""
        if self._stage is Stage.RECORDING and self._recording:
            self._recording.edit_field(spot)

    def change_document_type(self) -> None:
        """证件类型 decides which rule the number has to meet."""
        if self._stage is Stage.RECORDING and self._recording:
            self._recording.change_document_type()
            self.comparing.change_entries()

    def change_entries(self) -> None:
        """Anything in the fields, by whatever means."""
        if self._stage is Stage.RECORDING:
            self.comparing.change_entries()

    def compare(self) -> None:
        """与基础库比对."""
        if self._stage is Stage.RECORDING:
            self.comparing.ask()

    def commit(self) -> None:
        """Ctrl+Enter: the check first, the acceptance with the next press."""
        if self._stage is Stage.CONFIRMING:
            self.submit()
        else:
            self.check()

    def check(self) -> None:
        """核对."""
        if self._stage is Stage.RECORDING and self._recording:
            self.comparing.change_entries()
            self._form = self._recording.check(self.comparing.found)
            if self._form is not None:
                self.comparing.stop()
                self._go(Stage.CONFIRMING)
                self._view.focus(Spot.SUBMIT)

    def submit(self) -> None:
        """提交."""
        if self._stage is Stage.CONFIRMING and self._form is not None:
            self._view.show_notice(None, Level.INFO)
            self._go(Stage.ACCEPTING)
            self._actions.accept(self._form)

    def restore(self) -> None:
        """恢复: the form left last, with its matter."""
        if self._drafts and self._back_to_waiting():
            self._put_back(self._drafts.pop())

    def leaving_refused(self) -> None:
        """The clerk wanted to another page, out, or to close the window, in the middle of it."""
        self._view.show_notice(wording_for("SUBMITTING"), Level.WARNING)

    @property
    def is_accepting(self) -> bool:
        """Until the answer came, nobody knows whether the client was served."""
        return self._stage is Stage.ACCEPTING

    # --- inside ---

    def _record(self, found: Found, matter: Matter, entries: Entries, key: str) -> None:
        self._recording = Recording(self._view, self._today, found, matter, key)
        self._recording.open(entries)
        self.comparing.open(key)
        self._go(Stage.RECORDING)
        self._rest()
        self._recording.start_typing()

    def _leave_form(self) -> None:
        entries = self._view.entries()
        if not entries.is_blank and self._found and self._matter and self._recording:
            key = self._recording.key
            self._drafts.append(Draft(self._found, self._matter, entries, key=key))
        self._clear_form()
        self._go(Stage.FOUND)
        self._rest()

    def _left_before(self) -> Draft | None:
        """What was entered for this very look-up; it is no draft any more."""
        # By identity: another client's look-up of the same matter is equal to it.
        left = [d for d in self._drafts if d.found is self._found and d.matter is self._matter]
        for draft in left:
            self._drafts.remove(draft)
        return left[-1] if left else None

    def _clear_form(self) -> None:
        self._recording = self._form = None
        self.comparing.close()
        self._view.fill(Entries())
        self._view.show_category_hint(None, None)

    def _on_page(self) -> Draft | None:
        """The reception as it stands now, if anything was found for it."""
        place = _FORM_PLACES.get(self._stage)
        if place and self._found and self._matter and self._recording:
            key = self._recording.key
            return Draft(self._found, self._matter, self._view.entries(), place, key)
        if self._stage is Stage.FOUND and self._found:
            left = self._left_before() or Draft(self._found, self._matter, place=Place.FOUND)
            return replace(left, place=Place.FOUND)
        if self._held:
            return Draft(self._held, None, Entries(), Place.FOUND)
        return None

    def _put_back(self, draft: Draft) -> None:
        """From WAITING to where it was left."""
        self._preview.stop()
        found, matter = draft.found, draft.matter
        if not found.matters:
            self._search_for(found)
            return
        self._go(Stage.FOUND)
        if matter is None and len(found.matters) > 1:
            self._offer_matters(found)
            return
        matter = matter or found.matters[0]
        self._show_matter(found, matter)
        if draft.place is Place.FOUND:
            if not draft.entries.is_blank:
                self._drafts.append(replace(draft, matter=matter, place=Place.ASIDE))
            self._rest()
            return
        self._record(found, matter, draft.entries, draft.key)
        if draft.place is Place.CONFIRMING:
            self.check()


def _usual_document(matter: Matter) -> DocumentType:
    is_for_units = matter.audience is Audience.UNIT
    return DocumentType.CREDIT_CODE if is_for_units else DocumentType.RESIDENT_ID

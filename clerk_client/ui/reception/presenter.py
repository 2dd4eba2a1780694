"""The conversation at the window: from the ticket to the paper, and the next client."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from clerk_client.desk.forms import Form, Found
from clerk_client.domain.cases import Acceptance, Category, LookUp
from clerk_client.domain.errors import DomainError
from clerk_client.domain.matters import Audience, Matter, ensure_acceptable
from clerk_client.domain.people import DocumentType
from clerk_client.domain.stages import Stage, step
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import (
    Entries,
    Offer,
    Preview,
    ReceptionActions,
    ReceptionView,
    Spot,
)
from clerk_client.ui.reception.outcome import Outcome
from clerk_client.ui.reception.preview import PreviewControl
from clerk_client.ui.reception.recording import Recording
from clerk_client.ui.reception.search import MatterSearch
from clerk_client.ui.reception.ticket_codes import label_of
from clerk_client.ui.reception.unfinished import Unfinished
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.paperwork import PrintedReceipt

__all__ = ["ReceptionActions", "ReceptionPresenter"]


# The hall does not answer, or not as itself; what this station holds is still there.
_HALL_AWAY = frozenset(("HALL_UNREACHABLE", "HALL_FAILING", "HALL_GARBLED"))


@dataclass(frozen=True, slots=True)
class Draft:
    """暂存: a form that was left before it was accepted."""

    found: Found
    matter: Matter
    entries: Entries


class ReceptionPresenter:
    """One reception after the other. What a stage does not allow is ignored, not refused."""

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, today: Callable[[], date]
    ) -> None:
        self._view = view
        self._actions = actions
        self._today = today
        self._preview = PreviewControl(view, actions)
        self._search = MatterSearch(view, actions.search, self._choose_matter)
        self._stage = Stage.WAITING
        self._entry = LookUp.TICKET
        self._drafts: list[Draft] = []
        # A good ticket that names no matter, or only a parent: the next matter found joins it.
        self._held: Found | None = None
        self._found: Found | None = None
        self._matter: Matter | None = None
        self._tickets: tuple[str, ...] = ()
        self._recording: Recording | None = None
        self._form: Form | None = None
        self._outcome: Outcome | None = None
        self._clerk = ""
        self._unfinished = Unfinished()
        # What was asked for before the receipt was printed, until the clerk says that it is meant.
        self._go_on: Callable[[], None] | None = None
        self._leaving = False

    # --- the page comes and goes ---

    def welcome(self, clerk: str) -> None:
        """Whose receptions follow, by staff number. Said before the page is shown."""
        self._clerk = clerk

    def enter(self) -> None:
        """The page is shown; with what this clerk left unfinished, if anything."""
        self._view.show_stage(self._stage)
        if self._stage is Stage.WAITING and not self._show_unfinished():
            self._open(self._entry)

    def leave(self) -> None:
        """Another page is shown: the camera is free for others, all else stays."""
        self._preview.stop()

    def forget(self) -> None:
        """The clerk signs out: nothing of any client stays but an acceptance without its receipt,
        which waits for this clerk."""
        self._preview.stop()
        self._drafts.clear()
        if self._outcome and not self._outcome.is_printed:
            self._unfinished.keep(self._outcome.acceptance)
        self._clerk = ""
        self._stage = Stage.WAITING
        self._entry = LookUp.TICKET
        self._clear_page()
        self._rest()
        self._view.show_stage(self._stage)

    # --- the three look-ups ---

    def choose_entry(self, entry: LookUp) -> None:
        """F2, F3, F4 or a tab. Leaves what is on the page, a filled form as a draft."""
        if self._stage in (Stage.IDENTIFYING, Stage.CONFIRMING, Stage.ACCEPTING):
            self._view.show_entry(self._entry)
            return
        if self._stage is Stage.ACCEPTED and self._lacks_receipt(lambda: self.choose_entry(entry)):
            return
        if self._stage is Stage.RECORDING:
            self._leave_form()
        if self._stage is Stage.ACCEPTED:
            self._go(Stage.WAITING)
            # An offer is for the form just left, not for a client of long ago.
            self._drafts.clear()
            self._clear_page()
        if self._stage is Stage.FOUND or entry is not LookUp.MATTER:
            self._drop_found()
        self._open(entry)

    def start_preview(self) -> None:
        """开始预览."""
        if self._back_to_waiting():
            self._preview.start()

    def stop_preview(self) -> None:
        """停止预览."""
        self._preview.stop()

    def read_now(self) -> None:
        """获取条码."""
        if self._back_to_waiting():
            self._preview.read_now()

    def wait_for_ticket(self) -> None:
        """The preview has run a while without a read."""
        if self._stage is Stage.WAITING:
            self._preview.hint()

    def enter_ticket(self, text: str) -> None:
        """叫号: typed, or shot into the box by a gun."""
        if text.strip():
            self._look_up(lambda: self._actions.begin(text.strip()))

    def enter_appointment(self, text: str) -> None:
        """预约编号."""
        if text.strip():
            self._look_up(lambda: self._actions.by_appointment(text.strip()))

    def change_query(self, text: str) -> None:
        """Each keystroke in the search box."""
        self._search.change_query(text)

    def enter_matter(self, row: int) -> None:
        """Enter in the search, or a click on a row."""
        self._search.enter(row)

    def choose(self, row: int) -> None:
        """One of several tickets under the camera, or of several matters."""
        if self._stage is Stage.WAITING and 0 <= row < len(self._tickets):
            self.enter_ticket(self._tickets[row])
        elif self._stage is Stage.FOUND and self._found and 0 <= row < len(self._found.matters):
            self._show_matter(self._found, self._found.matters[row])

    # --- the form ---

    def proceed(self) -> None:
        """办理; at a parent, on to its children."""
        if self._stage is not Stage.FOUND or self._found is None or self._matter is None:
            return
        found, matter = self._found, self._matter
        if matter.is_parent:
            self._held = found
            self._look_up(lambda: self._actions.choose(matter.code), keep_held=True)
            return
        if _problem_of(matter) is None:
            kept = [d for d in self._drafts if d.found is found and d.matter is matter]
            for draft in kept:
                self._drafts.remove(draft)
            usual = Entries(document_type=_usual_document(matter))
            self._record(found, matter, kept[-1].entries if kept else usual)

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

    def commit(self) -> None:
        """Ctrl+Enter: the check first, the acceptance with the next press."""
        if self._stage is Stage.CONFIRMING:
            self.submit()
        else:
            self.check()

    def check(self) -> None:
        """核对."""
        if self._stage is Stage.RECORDING and self._recording:
            self._form = self._recording.check()
            if self._form is not None:
                self._go(Stage.CONFIRMING)
                self._view.focus(Spot.SUBMIT)

    def submit(self) -> None:
        """提交."""
        if self._stage is Stage.CONFIRMING and self._form is not None:
            self._view.show_notice(None, Level.INFO)
            self._go(Stage.ACCEPTING)
            self._actions.accept(self._form)

    def back(self) -> None:
        """Esc: one step back, nothing lost."""
        match self._stage:
            case Stage.FOUND if self._matter and self._found and len(self._found.matters) > 1:
                self._offer_matters(self._found)
            case Stage.WAITING | Stage.FOUND:
                self._drop_found()
                self._rest()
                self._view.focus(Spot.LOOK_UP)
            case Stage.RECORDING:
                self._leave_form()
                self._view.focus(Spot.PROCEED)
            case Stage.CONFIRMING:
                self._view.show_notice(None, Level.INFO)
                self._go(Stage.RECORDING)
                self._view.focus(Spot.NUMBER)
            case Stage.ACCEPTED if self._outcome:
                self._outcome.cancel_question()

    def take_offer(self, offer: Offer) -> None:
        """The notice bar's button."""
        if offer is Offer.RESTORE:
            self.restore()
        elif offer is Offer.GO_ON:
            go_on, self._go_on = self._go_on, None
            if self._stage is Stage.ACCEPTED and go_on:
                self._leaving = True
                go_on()
                self._leaving = False
        elif self._outcome:
            self._outcome.reprint()

    def restore(self) -> None:
        """恢复: the form left last, with its matter."""
        if self._drafts and self._back_to_waiting():
            self._preview.stop()
            draft = self._drafts.pop()
            self._go(Stage.FOUND)
            self._show_matter(draft.found, draft.matter)
            self._record(draft.found, draft.matter, draft.entries)

    # --- after the acceptance ---

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

    def next_client(self) -> None:
        """下一位."""
        if self._stage is not Stage.ACCEPTED or self._lacks_receipt(self.next_client):
            return
        self._drafts.clear()
        if not self._show_unfinished():
            self._preview.expect_next_client()
            self.choose_entry(LookUp.TICKET)

    # --- answers from the workers ---

    def ticket_read(self, text: str) -> None:
        """The camera read a code; its preview has stopped by itself."""
        self._preview.show(Preview.STOPPED)
        if self._stage is Stage.WAITING and self._entry is LookUp.TICKET:
            self.enter_ticket(text)

    def choices_read(self, texts: Sequence[str]) -> None:
        """Several codes lie under the camera."""
        is_news = tuple(texts) != self._tickets
        if self._stage is Stage.WAITING and self._entry is LookUp.TICKET and is_news:
            self._tickets = tuple(texts)
            self._view.offer_tickets([label_of(text) for text in texts])
            self._view.focus(Spot.CHOICE)

    def nothing_read(self) -> None:
        """获取条码 found no code."""
        if self._stage is Stage.WAITING:
            self._view.show_notice(wording_for("NOTHING_READ"), Level.WARNING)

    def preview_started(self) -> None:
        self._preview.show(Preview.RUNNING)

    def preview_stopped(self) -> None:
        self._preview.show(Preview.STOPPED)

    def camera_failed(self, error: Exception) -> None:
        """The keyboard path stays open."""
        self._preview.show(Preview.STOPPED)
        self._view.show_notice(wording_for(error), Level.WARNING)

    def found(self, found: Found) -> None:
        """The look-up led somewhere: to one matter, to several, or to a ticket without any."""
        if self._stage is not Stage.IDENTIFYING:
            return
        found = _with_ticket(found, self._held)
        self._held = None
        if not found.matters:
            self._search_for(found)
            return
        self._go(Stage.FOUND)
        if len(found.matters) > 1:
            self._offer_matters(found)
        else:
            self._show_matter(found, found.matters[0])

    def matters_found(self, serial: int, matters: Sequence[Matter]) -> None:
        """The results for one keystroke."""
        self._search.matters_found(serial, matters)

    def accepted(self, acceptance: Acceptance) -> None:
        """Durable. What was typed has done its work.

        One whose clerk was signed out meanwhile, because the key was pulled, is kept for them.
        """
        if self._stage is not Stage.ACCEPTING:
            self._unfinished.keep(acceptance)
            return
        self._view.show_notice(None, Level.INFO)
        self._go(Stage.ACCEPTED)
        self._show_outcome(acceptance)

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

    def search_refused(self, serial: int, error: Exception) -> None:
        """No results for one keystroke."""
        self._search.refused(serial, error)

    def refused(self, error: Exception) -> None:
        """The look-up or the acceptance did not happen; everything typed stays."""
        words = wording_for(error)
        match self._stage:
            case Stage.IDENTIFYING:
                if words.code in _HALL_AWAY and self._entry is not LookUp.MATTER:
                    words = wording_for("LOOK_UP_OFFLINE")
                self._go(Stage.WAITING)
                self._view.clear_found()
                if self._held:
                    self._view.show_no_matter(self._held, _notices(self._held))
                self._view.focus(Spot.LOOK_UP)
            case Stage.ACCEPTING:
                self._go(Stage.CONFIRMING)
                self._view.focus(Spot.SUBMIT)
            case _:
                # Asked by a clerk who is gone.
                return
        self._view.show_notice(words, Level.ERROR)

    def leaving_refused(self) -> None:
        """The clerk wanted to another page, out, or to close the window, in the middle of it."""
        self._view.show_notice(wording_for("SUBMITTING"), Level.WARNING)

    @property
    def is_accepting(self) -> bool:
        """Until the answer came, nobody knows whether the client was served."""
        return self._stage is Stage.ACCEPTING

    # --- inside ---

    def _go(self, to: Stage) -> None:
        self._stage = step(self._stage, to)
        self._view.show_stage(self._stage)

    def _open(self, entry: LookUp) -> None:
        self._entry = entry
        self._view.show_entry(entry)
        self._rest()
        if entry is LookUp.TICKET:
            self._preview.ensure_started()
        else:
            self._preview.stop()
        self._view.focus(Spot.LOOK_UP)

    def _rest(self) -> None:
        """The notice line when nothing is to be told: guidance, or the way back to a draft."""
        if self._drafts and self._stage in (Stage.WAITING, Stage.FOUND):
            draft = self._drafts[-1]
            who = " · ".join(
                part for part in (draft.entries.name.strip(), draft.matter.name) if part
            )
            words = wording_for("DRAFT_KEPT", {"whose": who})
            self._view.show_notice(words, Level.INFO, Offer.RESTORE)
        else:
            self._view.show_notice(None, Level.INFO)

    def _choose_matter(self, code: str) -> None:
        self._look_up(lambda: self._actions.choose(code), keep_held=True)

    def _look_up(self, ask: Callable[[], None], *, keep_held: bool = False) -> None:
        held = self._held if keep_held else None
        if self._back_to_waiting():
            self._drop_found()
            self._held = held
            self._preview.stop()
            self._rest()
            self._go(Stage.IDENTIFYING)
            self._view.show_looking_up()
            ask()

    def _search_for(self, ticket: Found) -> None:
        self._held = ticket
        self._go(Stage.WAITING)
        self._open(LookUp.MATTER)
        self._view.show_no_matter(ticket, _notices(ticket))
        self._view.show_notice(wording_for("TICKET_WITHOUT_MATTER"), Level.INFO)

    def _offer_matters(self, found: Found) -> None:
        self._found = found
        self._matter = None
        self._view.offer_matters(found, _notices(found))
        self._view.focus(Spot.CHOICE)

    def _show_matter(self, found: Found, matter: Matter) -> None:
        self._found = found
        self._matter = matter
        self._view.show_matter(found, matter, _notices(found), _problem_of(matter))
        self._view.focus(Spot.LOOK_UP if matter.suspended else Spot.PROCEED)

    def _record(self, found: Found, matter: Matter, entries: Entries) -> None:
        self._recording = Recording(self._view, self._today, found, matter)
        self._recording.open(entries)
        self._go(Stage.RECORDING)
        self._rest()
        self._recording.start_typing()

    def _show_outcome(self, acceptance: Acceptance) -> None:
        self._outcome = Outcome(self._view, self._actions, acceptance)
        self._outcome.show()

    def _show_unfinished(self) -> bool:
        acceptance = self._unfinished.take(self._clerk)
        if acceptance is None:
            return False
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

    def _shows(self, number: str) -> bool:
        return self._outcome is not None and self._outcome.acceptance.number == number

    def _tell_of_another(self, code: str, number: str, error: Exception) -> None:
        facts = {"number": number, "reason": wording_for(error).title}
        self._view.show_notice(wording_for(code, facts), Level.ERROR)

    def _leave_form(self) -> None:
        entries = self._view.entries()
        if not entries.is_blank and self._found and self._matter:
            self._drafts.append(Draft(self._found, self._matter, entries))
        self._clear_form()
        self._go(Stage.FOUND)
        self._rest()

    def _back_to_waiting(self) -> bool:
        if self._stage is Stage.FOUND:
            self._drop_found()
        return self._stage is Stage.WAITING

    def _drop_found(self) -> None:
        if self._stage is Stage.FOUND:
            self._go(Stage.WAITING)
        self._held = self._found = self._matter = None
        self._tickets = ()
        self._view.clear_found()

    def _clear_form(self) -> None:
        self._recording = self._form = None
        self._view.fill(Entries())
        self._view.show_category_hint(None, None)

    def _clear_page(self) -> None:
        self._outcome = self._go_on = None
        self._clear_form()
        self._drop_found()
        self._search.change_query("")
        self._view.clear_look_ups()


def _problem_of(matter: Matter) -> Words | None:
    try:
        ensure_acceptable(matter)
    except DomainError as error:
        return wording_for(error)
    return None


def _usual_document(matter: Matter) -> DocumentType:
    is_for_units = matter.audience is Audience.UNIT
    return DocumentType.CREDIT_CODE if is_for_units else DocumentType.RESIDENT_ID


def _notices(found: Found) -> list[Words]:
    outlet = found.appointment.outlet if found.appointment else ""
    return [wording_for(code, {"outlet": outlet}) for code in found.notices]


def _with_ticket(found: Found, held: Found | None) -> Found:
    """The matter that was searched for a ticket, together with that ticket."""
    if held is None:
        return found
    return replace(
        found,
        # A parent on the ticket still led here; a ticket without any matter did not.
        look_up=held.look_up if held.matters else found.look_up,
        ticket=held.ticket,
        appointment=held.appointment,
        notices=tuple(dict.fromkeys(held.notices + found.notices)),
    )

"""The conversation at the window: from the ticket to the paper, and the next client."""

from collections.abc import Callable, Sequence
from datetime import date

from clerk_client.desk.forms import Draft, Place
from clerk_client.domain.cases import Acceptance, LookUp
from clerk_client.domain.stages import Stage
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import Offer, ReceptionActions, ReceptionView, Spot
from clerk_client.ui.reception.handing_over import HandingOver
from clerk_client.ui.reception.locked import Question, Unkept
from clerk_client.ui.wording import Words, wording_for

# The hall does not answer, or not as itself; what this station holds is still there.
_HALL_AWAY = frozenset(("HALL_UNREACHABLE", "HALL_FAILING", "HALL_GARBLED"))


class ReceptionPresenter(HandingOver):
    """One reception after the other. What a stage does not allow is ignored, not refused.

    Built in four parts, each on the one before: Finding, Filling, HandingOver, and here what goes
    across them: clerks who come and go, entries that lead away, the desk's answers.
    """

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, today: Callable[[], date]
    ) -> None:
        super().__init__(view, actions, today)
        self._unkept = Unkept(today)
        # Whose drafts were asked for and not answered yet.
        self._due: set[str] = set()
        # Whose drafts could not be read when they were asked for: they were promised to stay.
        self._unread: set[str] = set()

    # --- the page comes and goes ---

    def welcome(self, clerk: str) -> None:
        """Whose receptions follow, by staff number. Said before the page is shown."""
        self._clerk = clerk
        self._due.add(clerk)
        self._actions.take_drafts(clerk)

    def enter(self) -> None:
        """The page is shown; with what this clerk left unfinished, if anything."""
        self._is_shown = True
        self._view.show_stage(self._stage)
        if self._stage is not Stage.WAITING or self._show_unfinished():
            return
        # Before it is known what is put back, the camera would read a paper that still lies there.
        if self._clerk not in self._due:
            self._open(self._entry)

    def leave(self) -> None:
        """Another page is shown: the camera is free for others, all else stays."""
        self._is_shown = False
        self._preview.stop()

    def lock(self) -> None:
        """The key is gone. Nothing of a client stays on the page; all of it waits for this clerk.

        An acceptance under way may still stand: its form waits for the answer.
        """
        clerk, on_page = self._clerk, self._on_page()
        left = list(self._drafts)
        if self._stage is Stage.ACCEPTING:
            self._overdue.append(Question(clerk, on_page))
        else:
            if self._stage is Stage.IDENTIFYING:
                self._overdue.append(Question(clerk, None))
            left += [on_page] if on_page else []
        self._empty()
        self._keep(clerk, left)

    def forget(self) -> None:
        """The clerk signs out: nothing of any client stays but an acceptance without its receipt
        and drafts that could not be read, which wait for this clerk."""
        clerk = self._clerk
        if self._stage in (Stage.IDENTIFYING, Stage.ACCEPTING):
            self._overdue.append(Question(clerk, None))
        self._empty()
        self._due.discard(clerk)
        self._unkept.take(clerk)
        if clerk and clerk not in self._unread:
            self._actions.forget_drafts(clerk)

    # --- what leads away from where the clerk is ---

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
            self._drop_offers()
            self._clear_page()
        if self._stage is Stage.FOUND or entry is not LookUp.MATTER:
            self._drop_found()
        self._open(entry)

    def back(self) -> None:
        """Esc: one step back, nothing lost."""
        match self._stage:
            case Stage.FOUND if self._matter and self._found and len(self._found.matters) > 1:
                self._offer_matters(self._found)
            case Stage.WAITING | Stage.FOUND:
                if self._stage is Stage.FOUND:
                    self._view.show_entered("")
                self._drop_found()
                self._rest()
                self._go_on_reading()
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
            self._leave_without_receipt()
        elif self._outcome:
            self._outcome.reprint()

    def press_entry(self, entry: LookUp) -> None:
        """F2, F3, F4. At the ticket already, the picture starts anew: it may stand still."""
        if self._stage is Stage.WAITING and self._entry is entry is LookUp.TICKET:
            self._preview.stop()
        self.choose_entry(entry)

    def next_client(self) -> None:
        """下一位."""
        if self._stage is not Stage.ACCEPTED or self._lacks_receipt(self.next_client):
            return
        self._drop_offers()
        if not self._show_unfinished():
            self._preview.expect_next_client()
            self.choose_entry(LookUp.TICKET)

    # --- the desk's answers ---

    def accepted(self, acceptance: Acceptance) -> None:
        """Durable. What was typed has done its work.

        One whose page was locked meanwhile, because the key was pulled, is kept for its clerk.
        """
        if self._answered_late() or self._stage is not Stage.ACCEPTING:
            self._unfinished.keep(acceptance)
            if self._is_idle:
                self._show_unfinished()
            return
        self._view.show_notice(None, Level.INFO)
        self._go(Stage.ACCEPTED)
        self._show_outcome(acceptance)

    def refused(self, error: Exception) -> None:
        """The look-up or the acceptance did not happen; everything typed stays."""
        late = self._answered_late()
        if late:
            if late.draft:
                self._give_back(late.clerk, late.draft)
            return
        words = wording_for(error)
        match self._stage:
            case Stage.IDENTIFYING:
                is_away = words.code in _HALL_AWAY
                if is_away and self._entry is not LookUp.MATTER:
                    words = wording_for("LOOK_UP_OFFLINE")
                self._not_found()
                self._is_refused = True
                if self._code and not is_away:
                    self._preview.refuse(self._code)
                self._go_on_reading()
            case Stage.ACCEPTING:
                self._go(Stage.CONFIRMING)
                self._view.focus(Spot.SUBMIT)
            case _:
                return
        self._view.show_notice(words, Level.ERROR)

    def drafts_taken(self, clerk: str, drafts: Sequence[Draft]) -> None:
        """What `clerk` had not finished when the page was locked. It is kept nowhere else."""
        was_unread = clerk in self._unread
        self._unread.discard(clerk)
        if clerk not in self._due:
            # Signed out meanwhile, on purpose: destroyed, unless they were promised to stay.
            if was_unread:
                self._keep(clerk, drafts)
            return
        self._due.remove(clerk)
        if clerk != self._clerk:
            self._keep(clerk, drafts)
            return
        unkept, error = self._unkept.take(clerk)
        self._take_up([*unkept, *drafts])
        if error:
            self._tell_of_drafts(wording_for("DRAFT_NOT_SAVED", _reason(error)))

    def drafts_refused(self, clerk: str, error: Exception) -> None:
        """What was kept cannot be read now; it stays kept, also when `clerk` signs out."""
        is_due = clerk in self._due
        self._due.discard(clerk)
        if is_due:
            self._unread.add(clerk)
        if is_due and clerk == self._clerk:
            unkept, _ = self._unkept.take(clerk)
            self._take_up(unkept)
            self._tell_of_drafts(wording_for("DRAFT_NOT_READ", _reason(error)))

    def drafts_not_kept(self, clerk: str, drafts: Sequence[Draft], error: Exception) -> None:
        """The journal could not take them: they are lost if the program ends."""
        self._unkept.keep(clerk, drafts, error)

    # --- inside ---

    @property
    def _is_idle(self) -> bool:
        """A clerk is there, and no client yet."""
        return bool(self._clerk) and self._stage is Stage.WAITING and self._held is None

    def _keep(self, clerk: str, drafts: Sequence[Draft]) -> None:
        if drafts:
            self._actions.keep_drafts(clerk, list(drafts))

    def _give_back(self, clerk: str, draft: Draft) -> None:
        if clerk == self._clerk:
            self._take_up([draft])
        else:
            self._keep(clerk, [draft])

    def _take_up(self, drafts: Sequence[Draft]) -> None:
        """Puts back what was on the page, unless somebody is served already; offers the rest."""
        is_idle = self._is_idle
        opened = next((d for d in drafts if is_idle and d.place is not Place.ASIDE), None)
        self._drafts[:0] = [draft for draft in drafts if draft is not opened]
        if opened:
            self._put_back(opened)
            self._tell_resumed(opened)
        elif is_idle and self._is_shown:
            self._open(self._entry)
        elif self._stage in (Stage.WAITING, Stage.FOUND):
            self._rest()

    def _tell_resumed(self, draft: Draft) -> None:
        is_wrong = draft.place is Place.CONFIRMING and self._stage is not Stage.CONFIRMING
        # Then the rule that it breaks by now, or what to search, is told already.
        if not is_wrong and draft.found.matters:
            offer = Offer.RESTORE if self._drafts and self._stage is Stage.FOUND else None
            self._view.show_notice(wording_for("DRAFT_RESUMED"), Level.INFO, offer)

    def _tell_of_drafts(self, words: Words) -> None:
        if self._stage is not Stage.ACCEPTED:
            self._view.show_notice(words, Level.WARNING)

    def _drop_offers(self) -> None:
        """An offer is for the form just left, not for a client of long ago."""
        self._drafts = [draft for draft in self._drafts if draft.place is not Place.ASIDE]

    def _empty(self) -> None:
        """Of the page and of the memory; whoever comes next finds neither clerk nor client."""
        self._preview.drop()
        self._keep_unfinished()
        self._drafts.clear()
        self._clerk = ""
        self._stage = Stage.WAITING
        self._entry = LookUp.TICKET
        self._clear_page()
        self._rest()
        self._view.show_stage(self._stage)

    def _clear_page(self) -> None:
        self._outcome = self._go_on = None
        self._preview.forget_read()
        self._clear_form()
        self._drop_found()
        self._search.change_query("")
        self._view.clear_look_ups()
        self._view.clear_papers()


def _reason(error: Exception) -> dict[str, str]:
    return {"reason": wording_for(error).title}

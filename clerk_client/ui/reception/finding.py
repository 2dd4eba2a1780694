"""Finding the matter: the three look-ups, the camera, and what they lead to."""

from collections.abc import Callable, Sequence
from datetime import date

from clerk_client.desk.forms import Draft, Found
from clerk_client.domain.cases import LookUp
from clerk_client.domain.errors import DomainError
from clerk_client.domain.harmless import harmless
from clerk_client.domain.matters import Matter, ensure_acceptable
from clerk_client.domain.stages import Stage, step
from clerk_client.domain.tickets import SlipReference
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.camera_setting import CameraSetting
from clerk_client.ui.reception.exchange import Offer, Preview, ReceptionActions, ReceptionView, Spot
from clerk_client.ui.reception.locked import Question
from clerk_client.ui.reception.preview import PreviewControl
from clerk_client.ui.reception.search import MatterSearch
from clerk_client.ui.wording import Words, wording_for


class Finding(CameraSetting):
    """The stages WAITING, IDENTIFYING and FOUND; the part of the presenter that others build on."""

    def __init__(
        self, view: ReceptionView, actions: ReceptionActions, today: Callable[[], date]
    ) -> None:
        super().__init__(view, actions)
        self._today = today
        self._preview = PreviewControl(view, actions, today)
        self._search = MatterSearch(view, actions.search, self._choose_matter)
        self._clerk = ""
        self._is_shown = False
        self._stage = Stage.WAITING
        self._entry = LookUp.TICKET
        self._drafts: list[Draft] = []
        # A good ticket that names no matter, or only a parent: the next matter found joins it.
        self._held: Found | None = None
        self._found: Found | None = None
        self._matter: Matter | None = None
        self._tickets: tuple[str, ...] = ()
        # The code that is looked up, and whether a refusal still stands in the notice line.
        self._code = ""
        self._is_refused = False
        # Answers come in the order of the questions, so these come first.
        self._overdue: list[Question] = []

    @property
    def stage(self) -> Stage:
        """Where the reception stands."""
        return self._stage

    @property
    def entry(self) -> LookUp:
        """The look-up that is in front."""
        return self._entry

    # --- from the clerk ---

    def start_preview(self) -> None:
        """开始预览."""
        if self._back_to_waiting():
            self._preview.start()

    def stop_preview(self) -> None:
        """停止预览."""
        self._preview.turn_off()

    def read_now(self) -> None:
        """获取条码."""
        if self._back_to_waiting():
            self._preview.read_now()

    def enter_ticket(self, text: str) -> None:
        """叫号: typed there, or shot by a gun wherever the keyboard stands."""
        if text.strip():
            self._view.show_entered(self._fit_for_box(text))
            self._look_up(lambda: self._actions.begin(text.strip()), code=text)

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
            text = self._tickets[row]
            self._preview.keep(text, by_itself=False)
            self._read(text)
        elif self._stage is Stage.FOUND and self._found and 0 <= row < len(self._found.matters):
            self._show_matter(self._found, self._found.matters[row])

    # --- from the camera: what it read before the page was left or locked concerns nobody ---

    def ticket_read(self, text: str) -> None:
        """The camera read a code; its preview has stopped by itself."""
        if self._reads_tickets and text.strip():
            self._preview.keep(text, by_itself=True)
            self._read(text)
        else:
            self._preview.show(Preview.STOPPED)

    def choices_read(self, texts: Sequence[str]) -> None:
        """Several codes lie under the camera."""
        if self._reads_tickets and tuple(texts) != self._tickets:
            self._tickets = tuple(texts)
            self._preview.tell_apart(texts)
            self._view.show_entered("")
            self._view.offer_tickets({text: self.label_of(text) for text in texts})
            # One of these was chosen before and refused: that is still to be read.
            if not (self._is_refused and self._code in texts):
                words = wording_for("SEVERAL_CODES", {"count": len(texts)})
                self._view.show_notice(words, Level.INFO)
            self._view.focus(Spot.CHOICE)

    def nothing_read(self) -> None:
        """获取条码 found no code."""
        if self._stage is Stage.WAITING and self._clerk:
            self._is_refused = False
            self._view.show_notice(wording_for("NOTHING_READ"), Level.WARNING)

    def reading_hindered(self, code: str) -> None:
        """A while without a read, and why; an empty code when that has passed."""
        if self._stage is Stage.WAITING:
            self._preview.hint(code)

    def preview_started(self) -> None:
        was_away = self._preview.started() if self._clerk else False
        if was_away and self._stage is Stage.WAITING and not self._is_refused:
            if self._drafts:
                self._rest()
            else:
                self._view.show_notice(wording_for("CAMERA_BACK"), Level.INFO)

    def preview_stopped(self) -> None:
        self._preview.stopped()

    def camera_lost(self, error: Exception) -> None:
        """The camera goes on by itself when it can; the keyboard path stays open."""
        self._preview.lost()
        # The picture's own words say it, too.
        if not self._is_refused:
            self._view.show_notice(wording_for(error), Level.WARNING)

    def camera_failed(self, error: Exception) -> None:
        """The keyboard path stays open."""
        self._preview.failed()
        self._is_refused = False
        self._view.show_notice(wording_for(error), Level.WARNING)

    def label_of(self, text: str) -> str:
        """How a code is named to the clerk."""
        return self._preview.label_of(text)

    # --- from the desk ---

    def found(self, found: Found) -> None:
        """The look-up led somewhere: to one matter, to several, or to a ticket without any."""
        if self._answered_late() or self._stage is not Stage.IDENTIFYING:
            return
        found = found.for_ticket_of(self._held) if self._held else found
        self._held = None
        if not found.matters:
            self._go(Stage.WAITING)
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

    def search_refused(self, serial: int, error: Exception) -> None:
        """No results for one keystroke."""
        self._search.refused(serial, error)

    # --- inside ---

    @property
    def _reads_tickets(self) -> bool:
        waits = self._stage is Stage.WAITING and self._entry is LookUp.TICKET
        return waits and self._is_shown and bool(self._clerk)

    def _fit_for_box(self, text: str) -> str:
        """What of a code may stay on the page: nothing of a slip, which holds a password."""
        named = self._actions.ticket_named(text)
        if isinstance(named, SlipReference):
            return ""
        line = " ".join(text.split())
        return line if named else harmless(line)

    def _answered_late(self) -> Question | None:
        return self._overdue.pop(0) if self._overdue else None

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
        self._is_refused = False
        if self._drafts and self._stage in (Stage.WAITING, Stage.FOUND):
            words = wording_for("DRAFT_KEPT", {"whose": _whose(self._drafts[-1])})
            self._view.show_notice(words, Level.INFO, Offer.RESTORE)
        else:
            self._view.show_notice(None, Level.INFO)

    def _choose_matter(self, code: str) -> None:
        self._look_up(lambda: self._actions.choose(code), keep_held=True)

    def _read(self, text: str) -> None:
        # What was entered before is not what is looked up now.
        self._view.show_entered("")
        self._look_up(lambda: self._actions.begin(text.strip()), code=text, keep_picture=True)

    def _look_up(
        self,
        ask: Callable[[], None],
        *,
        code: str = "",
        keep_held: bool = False,
        keep_picture: bool = False,
    ) -> None:
        held = self._held if keep_held else None
        if self._back_to_waiting():
            self._drop_found()
            self._held, self._code = held, code
            if not keep_picture:
                self._preview.stop()
            self._rest()
            self._go(Stage.IDENTIFYING)
            self._view.show_looking_up()
            ask()

    def _not_found(self) -> None:
        """Back from IDENTIFYING, with the ticket that was there before."""
        self._go(Stage.WAITING)
        self._view.clear_found()
        if self._held:
            self._view.show_no_matter(self._held, _notices(self._held))
        self._view.focus(Spot.LOOK_UP)

    def _go_on_reading(self) -> None:
        """Back at the ticket, the page asks for one: then the camera has to run."""
        if self._reads_tickets:
            self._preview.go_on()

    def _search_for(self, ticket: Found) -> None:
        self._held = ticket
        self._open(LookUp.MATTER)
        self._view.show_no_matter(ticket, _notices(ticket))
        unchecked = "TICKET_NOT_CHECKED" in ticket.notices
        words = wording_for("TICKET_NOT_CHECKED" if unchecked else "TICKET_WITHOUT_MATTER")
        self._view.show_notice(words, Level.WARNING if unchecked else Level.INFO)

    def _offer_matters(self, found: Found) -> None:
        self._found = found
        self._matter = None
        self._view.offer_matters(found, _notices(found))
        self._view.focus(Spot.CHOICE)

    def _show_matter(self, found: Found, matter: Matter) -> None:
        self._found = found
        self._matter = matter
        self._view.show_matter(found, matter, _notices(found), problem_of(matter))
        self._view.focus(Spot.LOOK_UP if matter.suspended else Spot.PROCEED)

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


def problem_of(matter: Matter) -> Words | None:
    """Why nothing can be accepted for it."""
    try:
        ensure_acceptable(matter)
    except DomainError as error:
        return wording_for(error)
    return None


def _whose(draft: Draft) -> str:
    matter = draft.matter.name if draft.matter else ""
    return " · ".join(part for part in (draft.entries.name.strip(), matter) if part)


def _notices(found: Found) -> list[Words]:
    outlet = found.appointment.outlet if found.appointment else ""
    facts = {"outlet": outlet, **dict(found.facts)}
    return [wording_for(code, facts) for code in found.notices]

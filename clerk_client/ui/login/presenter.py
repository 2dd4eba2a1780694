"""The conversation of signing in: which key, its PIN, the hall's answer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from clerk_client.ui.login.exchange import KeyHelp, LoginActions, Panel, Step
from clerk_client.ui.login.help_panels import HelpPanels
from clerk_client.ui.login.key_words import pin_words
from clerk_client.ui.login.pin_outcome import PinOutcome
from clerk_client.ui.login.plugged_keys import PluggedKeys
from clerk_client.ui.login.told import GONE, Told
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.keys import Plugged
    from clerk_client.desk.session import Session
    from clerk_client.ui.login.views import LoginView
    from ukey.findings import Finding
    from ukey.opened_key import OpenedKey

    Problem = tuple[str, Mapping[str, object]]

# Asking the same thing again may help, and the key need not be asked for its PIN again.
_WORTH_RETRYING = frozenset(
    ("HALL_UNREACHABLE", "HALL_FAILING", "HALL_FAILED", "HALL_GARBLED", "RATE_LIMITED")
)


class LoginPresenter:
    """Carries a PIN to the key and the key's answer to the hall. Keeps no PIN.

    The key that was opened waits here while the hall is out of reach, so that nobody types the PIN
    twice. Nobody's key stays open: whoever is not let in, or leaves, has it closed.
    """

    def __init__(
        self,
        view: "LoginView",
        actions: LoginActions,
        help_: KeyHelp,
        today: Callable[[], date],
    ) -> None:
        self._view = view
        self._actions = actions
        self._keys = PluggedKeys(view, help_.demo_pins)
        self.panels = HelpPanels(view, actions, help_, self._keys, today)
        self._told = Told(view)
        self._pin_outcome = PinOutcome(self.panels, self._keys, self._told)
        self._step: Step | None = None
        self._opened: OpenedKey | None = None
        self._signed_in = False
        self._station: Words | None = None

    # --- from the clerk ---

    def choose(self, index: int) -> None:
        """Another of the plugged keys."""
        if self._is_free() and self._keys.choose(index):
            self._told.clear()
            self._show()

    def choose_family(self, family: str) -> None:
        """手动选择: the kind of a key that nothing tells; "" for none."""
        if self._is_free():
            self._keys.count_as(family)
            self._actions.choose_family(family)
            self._show()

    def pin_entered(self, pin: str) -> None:
        """The PIN goes to the chosen key and nowhere else."""
        chosen = self._keys.chosen
        if not self._is_free() or chosen is None or not pin or self._station is not None:
            return
        if self._keys.obstacle() is not None or self._keys.must_change_pin():
            return
        self._keys.keep_chosen()
        self._told.clear()
        self._wait_for(Step.CHECKING_PIN)
        self._actions.open_key(chosen.token.id, pin)

    def gun_shot(self) -> None:
        """A ticket was shot into the box for the PIN; it went nowhere."""
        if self._is_free():
            self._told.problem(wording_for("GUN_AT_PIN"))

    def new_pin_given(self, old: str, new: str, again: str) -> None:
        """On the panel for it, for the key that it was opened for."""
        if self._is_free() and self.panels.pin_change.given(old, new, again):
            self._keys.keep_chosen()
            self._wait_for(Step.CHANGING_PIN)

    def open_panel(self, panel: Panel) -> None:
        """Something that is offered without a PIN."""
        if self._is_free():
            self._told.clear()
            urgent = panel is Panel.PIN_CHANGE and self._keys.must_change_pin()
            self.panels.open(panel, wording_for("PIN_MUST_CHANGE") if urgent else None)

    def close_panel(self) -> None:
        """Back to the card."""
        if self._step is not Step.CHANGING_PIN:
            self.panels.close()
            if self._is_free():
                self._show()

    def retry(self) -> None:
        """Asks the hall again with the key that is open."""
        if self._opened is not None and self._waits_for_retry():
            self._ask_hall(self._opened)

    def give_up(self) -> None:
        """Does not ask the hall again: another key, or another clerk."""
        if self._waits_for_retry():
            self._forget_key()
            self._told.problem(None)
            self._show()

    def prepare_again(self) -> None:
        """What the station lacked may be there now."""
        if self._station is not None:
            self._view.show_station(self._station, trying=True)
            self._actions.prepare()

    # --- from the key ---

    def families_known(self, families: Sequence[tuple[str, str]]) -> None:
        """Names and titles of the kinds of keys."""
        self._keys.families = tuple(families)
        if self._is_free():
            self._show()

    def tokens_seen(self, plugged: Sequence["Plugged"], problems: "Sequence[Problem]") -> None:
        """What is plugged now, each with why it cannot sign in, if so; codes with their facts."""
        changed = self._keys.seen(plugged, problems)
        ids = self._keys.ids
        is_news = changed and bool(ids) and self._is_free()
        self._told.seen(ids, self._keys.chosen_id, is_news=is_news)
        self._told.found(problems)
        self._pin_outcome.seen(is_asking=self._step is Step.CHANGING_PIN)
        if self._is_free():
            self._show()

    def key_absent(self, finding: "Finding") -> None:
        """Why no key is there."""
        self._keys.absent(finding)
        if self._is_free():
            self._show()

    def key_opened(self, key: "OpenedKey") -> None:
        """The PIN was right."""
        if self._step is not Step.CHECKING_PIN:
            self._actions.close_key()
            return
        self._opened = key
        self._ask_hall(key)

    def key_failed(self, error: Exception) -> None:
        """The PIN was wrong, or the key could not be asked."""
        if self._step is not Step.CHECKING_PIN:
            return
        self._wait_for(None)
        chosen, code = self._keys.chosen, getattr(error, "code", "")
        if code == "PIN_LOCKED" and chosen is not None:
            # Told as the reason why no PIN is asked for; no need to say it twice.
            self._keys.locked(chosen.token.id)
        elif code in GONE:
            self._lose(self._keys.chosen_id, wording_for(error))
        elif code != "PIN_MUST_CHANGE":
            self._told.problem(pin_words(error))
        self._show()
        if code == "PIN_MUST_CHANGE":
            self.panels.open(Panel.PIN_CHANGE, wording_for(code))

    def pin_changed(self, token_id: str) -> None:
        """From now on the key takes the new one."""
        if self._step is not Step.CHANGING_PIN:
            return
        self._wait_for(None)
        self._pin_outcome.changed(token_id)
        self._show()

    def pin_change_failed(self, error: Exception) -> None:
        """The key keeps the old one, or nobody knows."""
        if self._step is not Step.CHANGING_PIN:
            return
        self._wait_for(None)
        self._pin_outcome.failed(error)
        self._show()

    def key_removed(self, token_id: str, error: Exception, locked: bool = False) -> None:
        """Said also after signing in: the window locks itself to this page before (`locked`)."""
        if self._step is Step.CHECKING_PIN:
            # Of a key that was open before. What comes of this PIN, its own answer tells.
            return
        self._signed_in = False
        self._opened = None
        if self._step is Step.ASKING_HALL:
            # The hall's yes is on its way, to a window without a key.
            self._leave()
        self._keys.removed(token_id)
        mend = bool(getattr(error, "quarantined", False))
        self._told.key_lost(token_id, wording_for(error), locked=locked, mend=mend)
        self._show()

    def session_ended(self, error: Exception) -> None:
        """By the hall; the window has locked itself to this page before. The key is still in."""
        self._told.key_lost("", wording_for(error), locked=True, mend=True)
        self._show()

    def draft_kept(self, is_kept: bool) -> None:
        """What stood in the window that was locked is written down, or could not be."""
        self._told.draft_kept(is_kept)

    # --- from the desk and the hall ---

    def station_ready(self) -> None:
        """Everything that signing in needs stands."""
        self._station = None
        self._view.show_station(None, trying=False)
        if self._is_free():
            self._show()

    def station_refused(self, error: Exception) -> None:
        """Nobody can sign in here before that is mended; no PIN is asked for in vain."""
        self._station = wording_for(error)
        self._view.show_station(self._station, trying=False)
        if self._is_free():
            self._show()

    def signed_in(self, session: "Session") -> None:
        """The page is left; it is clean when somebody comes back to it. The key stays open."""
        if self._step is not Step.ASKING_HALL:
            if self._step is not Step.SIGNING_OUT:
                self._leave()
            return
        self._signed_in = True
        self._station = None
        self._view.show_station(None, trying=False)
        self._told.clear()
        self._view.offer_retry(False)
        self._wait_for(None)
        self._actions.open_window(session)

    def sign_in_refused(self, error: Exception) -> None:
        """By the hall, by a rule, or because this station cannot work at all."""
        if self._step is not Step.ASKING_HALL:
            return
        self._wait_for(None)
        words = wording_for(error)
        if words.code in GONE:
            self._lose(self._keys.chosen_id, words)
        else:
            # Not said twice, where the station's trouble stands already.
            self._told.problem(None if words == self._station else words)
        if self._opened is not None and words.code in _WORTH_RETRYING:
            self._show()
            self._view.ask_pin(False)
            self._view.offer_retry(True)
            return
        self._forget_key()
        self._show()

    def signing_out(self) -> None:
        """The clerk leaves. Until desk and hall know, no PIN is taken that nobody would look at."""
        if self._signed_in:
            self._signed_in = False
            self._leave()

    def signed_out(self) -> None:
        """The key is closed and asks for its PIN again."""
        if self._step is Step.SIGNING_OUT:
            self._forget_key()
            self._wait_for(None)
            self._show()

    # --- inside ---

    def _is_free(self) -> bool:
        return self._step is None and self._opened is None and not self._signed_in

    def _waits_for_retry(self) -> bool:
        return self._opened is not None and self._step is None and not self._signed_in

    def _leave(self) -> None:
        self._wait_for(Step.SIGNING_OUT)
        self._actions.sign_out()

    def _ask_hall(self, key: "OpenedKey") -> None:
        self._told.problem(None)
        self._view.offer_retry(False)
        self._wait_for(Step.ASKING_HALL)
        self._actions.sign_in(key)

    def _forget_key(self) -> None:
        if self._opened is not None:
            self._opened = None
            self._actions.close_key()

    def _wait_for(self, step: Step | None) -> None:
        self._step = step
        self._view.show_busy(step)

    def _lose(self, token_id: str, cause: Words) -> None:
        self._keys.removed(token_id)
        self._told.key_lost(token_id, cause, locked=False)

    def _show(self) -> None:
        is_back = self._told.lost in self._keys.ids
        told = "" if is_back else self._told.why
        self._keys.show(may_ask=self._station is None, told=told)
        if self._is_free():
            self._pin_outcome.urge()

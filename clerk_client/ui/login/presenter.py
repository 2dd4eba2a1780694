"""The conversation of signing in: which key, its PIN, the hall's answer."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clerk_client.domain.clock import hall_day
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.session import Session
    from ukey.hub import OpenedKey
    from ukey.token import Token

# Asking the same thing again may help, and the key need not be asked for its PIN again.
_WORTH_RETRYING = frozenset(
    ("HALL_UNREACHABLE", "HALL_FAILING", "HALL_FAILED", "HALL_GARBLED", "RATE_LIMITED")
)


class Step(enum.Enum):
    """What is waited for."""

    CHECKING_PIN = "checking_pin"
    ASKING_HALL = "asking_hall"
    SIGNING_OUT = "signing_out"


@dataclass(frozen=True, slots=True)
class KeyCard:
    """One plugged key as the clerk tells it from others: never by its label."""

    holder: str
    family: str
    serial_end: str
    valid_until: str
    demo_pin: str = ""


class LoginView(Protocol):
    """What the login page can show."""

    def show_keys(self, cards: Sequence[KeyCard], chosen: int) -> None:
        """The plugged keys, none when empty; `chosen` is an index into them."""

    def ask_pin(self, asked: bool) -> None:
        """Offers the box for the PIN, or takes it away."""

    def drop_pin(self) -> None:
        """Empties the box: what stands in it was typed for another key."""

    def show_hint(self, words: Words | None) -> None:
        """What to know before the PIN is typed, or why it is not asked for."""

    def show_problem(self, words: Words | None) -> None:
        """Why the last attempt did not succeed."""

    def show_station(self, words: Words | None, *, trying: bool) -> None:
        """Why nobody can sign in at this station, with a way to try again unless it is tried."""

    def show_busy(self, step: Step | None) -> None:
        """What is waited for; None when the clerk may act."""

    def offer_retry(self, offered: bool) -> None:
        """The PIN was right and the hall is to be asked again."""


class LoginPresenter:
    """Carries a PIN to the key and the key's answer to the hall. Keeps no PIN.

    The key that was opened waits here while the hall is out of reach, so that nobody types the PIN
    twice. Nobody's key stays open: whoever is not let in, or leaves, has it closed.
    """

    def __init__(
        self,
        view: LoginView,
        open_key: Callable[[str, str], object],
        close_key: Callable[[], object],
        sign_in: Callable[["OpenedKey"], object],
        sign_out: Callable[[], object],
        prepare: Callable[[], object],
        open_window: Callable[["Session"], object],
        demo_pins: Mapping[str, str],
    ) -> None:
        self._view = view
        self._open_key = open_key
        self._close_key = close_key
        self._sign_in = sign_in
        self._sign_out = sign_out
        self._prepare = prepare
        self._open_window = open_window
        self._demo_pins = demo_pins
        self._tokens: list[Token] = []
        self._unfit: dict[str, Exception | None] = {}
        self._problems: list[str] = []
        self._chosen = ""
        # The key that the clerk works with: chosen again when it comes back.
        self._wanted = ""
        self._removed = ""
        self._locked: set[str] = set()
        self._step: Step | None = None
        self._opened: OpenedKey | None = None
        self._signed_in = False
        self._station: Words | None = None

    # --- from the clerk ---

    def choose(self, index: int) -> None:
        """Another of the plugged keys."""
        if self._is_free() and 0 <= index < len(self._tokens):
            self._chosen = self._wanted = self._tokens[index].id
            self._view.show_problem(None)
            self._show()

    def pin_entered(self, pin: str) -> None:
        """The PIN goes to the chosen key and nowhere else."""
        token = self._token()
        if not self._is_free() or token is None or not pin or self._station is not None:
            return
        if self._obstacle(token) is not None:
            return
        self._wanted = token.id
        self._view.show_problem(None)
        self._wait_for(Step.CHECKING_PIN)
        self._open_key(token.id, pin)

    def retry(self) -> None:
        """Asks the hall again with the key that is open."""
        if self._opened is not None and self._waits_for_retry():
            self._ask_hall(self._opened)

    def give_up(self) -> None:
        """Does not ask the hall again: another key, or another clerk."""
        if self._waits_for_retry():
            self._forget_key()
            self._view.show_problem(None)
            self._show()

    def prepare_again(self) -> None:
        """What the station lacked may be there now."""
        if self._station is not None:
            self._view.show_station(self._station, trying=True)
            self._prepare()

    # --- from the key ---

    def tokens_seen(
        self, plugged: Sequence[tuple["Token", Exception | None]], problems: Sequence[str]
    ) -> None:
        """What is plugged now, each with why it cannot sign in, if so."""
        self._tokens, self._problems = [token for token, _ in plugged], list(problems)
        self._unfit = {token.id: reason for token, reason in plugged}
        ids = [token.id for token in self._tokens]
        # Out and in again: it may have been unlocked elsewhere, so its own flags count again.
        self._locked.intersection_update(ids)
        changed = self._choose_by_itself()
        if (changed and ids and self._is_free()) or self._removed in ids:
            self._removed = ""
            self._view.show_problem(None)
        if self._is_free():
            self._show()

    def key_opened(self, key: "OpenedKey") -> None:
        """The PIN was right."""
        if self._step is not Step.CHECKING_PIN:
            self._close_key()
            return
        self._opened = key
        self._ask_hall(key)

    def key_failed(self, error: Exception) -> None:
        """The PIN was wrong, or the key could not be asked."""
        if self._step is not Step.CHECKING_PIN:
            return
        self._wait_for(None)
        if getattr(error, "code", "") == "PIN_LOCKED":
            # Told as the reason why no PIN is asked for; no need to say it twice.
            self._locked.add(self._chosen)
        else:
            self._view.show_problem(_pin_words(error))
        self._show()

    def key_removed(self, token_id: str) -> None:
        """Said also after signing in: the window locks itself to this page before."""
        if self._step is Step.CHECKING_PIN:
            # Of a key that was open before. What comes of this PIN, its own answer tells.
            return
        self._tokens = [token for token in self._tokens if token.id != token_id]
        self._signed_in = False
        self._opened = None
        self._removed = token_id
        self._choose_by_itself()
        if self._step is Step.ASKING_HALL:
            # The hall's yes is on its way, to a window without a key.
            self._leave()
        self._view.show_problem(wording_for("TOKEN_REMOVED"))
        self._show()

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
        self._view.show_problem(None)
        self._view.offer_retry(False)
        self._wait_for(None)
        self._open_window(session)

    def sign_in_refused(self, error: Exception) -> None:
        """By the hall, by a rule, or because this station cannot work at all."""
        if self._step is not Step.ASKING_HALL:
            return
        self._wait_for(None)
        words = wording_for(error)
        # Not said twice, where the station's trouble stands already.
        self._view.show_problem(None if words == self._station else words)
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

    def _choose_by_itself(self) -> bool:
        """True when another key is chosen now. No PIN goes to a key that it was not typed for."""
        ids = [token.id for token in self._tokens]
        before = self._chosen
        if self._wanted in ids:
            self._chosen = self._wanted
        elif before not in ids:
            self._chosen = ids[0] if ids else ""
            self._wanted = self._wanted or self._chosen
        if self._chosen == before:
            return False
        self._view.drop_pin()
        return True

    def _is_free(self) -> bool:
        return self._step is None and self._opened is None and not self._signed_in

    def _waits_for_retry(self) -> bool:
        return self._opened is not None and self._step is None and not self._signed_in

    def _leave(self) -> None:
        self._wait_for(Step.SIGNING_OUT)
        self._sign_out()

    def _ask_hall(self, key: "OpenedKey") -> None:
        self._view.show_problem(None)
        self._view.offer_retry(False)
        self._wait_for(Step.ASKING_HALL)
        self._sign_in(key)

    def _forget_key(self) -> None:
        if self._opened is not None:
            self._opened = None
            self._close_key()

    def _wait_for(self, step: Step | None) -> None:
        self._step = step
        self._view.show_busy(step)

    def _token(self) -> "Token | None":
        return next((token for token in self._tokens if token.id == self._chosen), None)

    def _show(self) -> None:
        token = self._token()
        index = self._tokens.index(token) if token is not None else -1
        self._view.show_keys([self._card(each) for each in self._tokens], index)
        self._view.offer_retry(False)
        if token is None:
            self._view.ask_pin(False)
            self._view.show_hint(wording_for(self._problems[0] if self._problems else "NO_TOKEN"))
            return
        obstacle = self._obstacle(token)
        self._view.ask_pin(obstacle is None and self._station is None)
        self._view.show_hint(obstacle or _standing_words(token))

    def _obstacle(self, token: "Token") -> Words | None:
        """Why this key's PIN is not asked for."""
        if token.certificate is None:
            unreadable = "CERT_UNREADABLE" in self._problems
            return wording_for("CERT_UNREADABLE" if unreadable else "CERT_MISSING")
        if token.pin.value == "locked" or token.id in self._locked:
            return wording_for("PIN_LOCKED")
        error = self._unfit.get(token.id)
        return wording_for(error) if error is not None else None

    def _card(self, token: "Token") -> KeyCard:
        certificate = token.certificate
        return KeyCard(
            holder=certificate.holder if certificate else "",
            family=token.family_name,
            serial_end=token.serial[-4:],
            valid_until=hall_day(certificate.not_after).isoformat() if certificate else "",
            demo_pin=self._demo_pins.get(token.serial, ""),
        )


def _pin_words(error: Exception) -> Words:
    standing = getattr(getattr(error, "standing", None), "value", "")
    if getattr(error, "code", "") == "PIN_WRONG" and standing in ("low", "last"):
        return wording_for(f"PIN_WRONG_{standing.upper()}")
    return wording_for(error)


def _standing_words(token: "Token") -> Words | None:
    standing = token.pin.value
    if standing in ("low", "last"):
        return wording_for(f"PIN_STANDING_{standing.upper()}")
    return None

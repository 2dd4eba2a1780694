"""修改PIN: the conversation. Keeps no PIN; what can be said without the key is said before it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from clerk_client.ui.login.key_words import pin_words, standing_words
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.ui.login.views import PinChangeView
    from ukey.token import Token


class PinChange:
    """One key's PIN at a time, from `begin` until `leave`."""

    def __init__(self, change: Callable[[str, str, str], object]) -> None:
        self._change = change
        self._view: PinChangeView | None = None
        self._token: Token | None = None
        self.is_waiting = False
        """The key is being asked; its answer comes in any case."""

    @property
    def token_id(self) -> str:
        """The key whose PIN is being changed; "" for none."""
        return self._token.id if self._token is not None else ""

    def begin(self, view: "PinChangeView", token: "Token", reason: Words | None) -> None:
        """For a key that a scan showed; `reason` is why it has to be, if so.

        How near the key is to its lock is told, too: a wrong old PIN costs a try as anywhere.
        """
        self._view, self._token = view, token
        holder = token.certificate.holder if token.certificate else ""
        whose = f"{holder}　尾号 {token.serial[-4:]}".strip()
        view.show_rules(whose, token.pin_min, token.pin_max, _warning(token, reason))

    def leave(self) -> None:
        """The panel is closed."""
        if self._view is not None:
            self._view.drop_pins()
        self._view = self._token = None

    def given(self, old: str, new: str, again: str) -> bool:
        """What was typed; True when the key is asked now."""
        if self._token is None or self._view is None or self.is_waiting:
            return False
        fault = _fault(self._token, old, new, again)
        self._view.show_problem(fault)
        if fault is not None:
            return False
        self.is_waiting = True
        self._view.show_busy(True)
        self._change(self._token.id, old, new)
        return True

    def answered(self, error: Exception | None) -> None:
        """The key did as it was told, or why not."""
        self.is_waiting = False
        if self._view is not None:
            self._view.show_busy(False)
            self._view.show_problem(pin_words(error) if error is not None else None)


def _warning(token: "Token", reason: Words | None) -> Words | None:
    standing = standing_words(token)
    if reason is None or standing is None:
        return standing or reason
    return Words(f"{reason.title}；{standing.title}", standing.next_step, standing.code)


def _fault(token: "Token", old: str, new: str, again: str) -> Words | None:
    bounds = {"shortest": token.pin_min, "longest": token.pin_max}
    if not _is_possible(old, token):
        return wording_for("PIN_LENGTH", bounds)
    if not _is_possible(new, token):
        return wording_for("PIN_NEW_LENGTH", bounds)
    if new != again:
        return wording_for("PIN_NEW_DIFFERS")
    return wording_for("PIN_NEW_SAME") if new == old else None


def _is_possible(pin: str, token: "Token") -> bool:
    return token.pin_min <= len(pin) <= token.pin_max and pin.isascii() and pin.isprintable()

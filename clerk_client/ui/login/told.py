"""What the card tells of the last attempt, and when it has been told long enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.ui.login.views import LoginView

GONE = frozenset(("TOKEN_REMOVED", "NO_TOKEN"))

_LOCKED, _KEPT, _NOT_KEPT = "WINDOW_LOCKED", "LOCKED_DRAFT_KEPT", "LOCKED_DRAFT_NOT_KEPT"


@dataclass(frozen=True, slots=True)
class _Lock:
    """Why the window was locked, and what is known of the work in it."""

    cause: Words
    mend: bool
    entry: str = _LOCKED

    def words(self) -> Words:
        then = self.cause if self.mend else wording_for("LOCKED_SAME_KEY")
        next_step = wording_for(self.entry, {"then": then.next_step}).next_step
        return Words(self.cause.title, next_step, self.cause.code)


class Told:
    """Stays until the clerk acts. That a key was pulled goes by itself when the key is back."""

    def __init__(self, view: "LoginView") -> None:
        self._view = view
        self.lost = ""
        """The key that is told of as lost."""
        self.why = ""
        """The code of how it was lost."""
        self._stays = False
        self._lock: _Lock | None = None

    def clear(self) -> None:
        """The clerk goes on."""
        self.lost, self.why, self._stays, self._lock = "", "", False, None
        self._view.show_problem(None)
        self._view.show_done(None)

    def problem(self, words: Words | None) -> None:
        """Why the attempt did not succeed."""
        self._view.show_problem(words)

    def done(self, words: Words) -> None:
        """What has succeeded."""
        self._view.show_done(words)

    def key_lost(self, token_id: str, cause: Words, *, locked: bool, mend: bool = False) -> None:
        """`locked`: the window was, with it. `mend`: the driver needs its next step first."""
        self.lost, self.why = token_id, cause.code
        # The driver failed, not the key: that is seen again at once, and why stays to be read.
        self._stays = cause.code not in GONE
        self._lock = _Lock(cause, mend) if locked else None
        self._view.show_problem(self._lock.words() if self._lock is not None else cause)

    def draft_kept(self, is_kept: bool) -> None:
        """Whether what stood in the locked window is written down; not told before it is known."""
        if self._lock is not None:
            self._lock = replace(self._lock, entry=_KEPT if is_kept else _NOT_KEPT)
            self._view.show_problem(self._lock.words())

    def pin_unsure(self, token_id: str, cause: Words) -> None:
        """The key was asked to take a new PIN, and how that ended nobody knows."""
        words = wording_for("PIN_CHANGE_UNSURE", {"reason": cause.title})
        self.lost, self.why, self._stays, self._lock = token_id, cause.code, True, None
        self._view.show_problem(Words(words.title, words.next_step, cause.code))

    def seen(self, ids: Sequence[str], chosen: str, *, is_news: bool) -> None:
        """`is_news`: another key is chosen than before, by itself."""
        is_other = is_news and chosen != self.lost
        if is_other or (self.lost in ids and not self._stays):
            self.clear()

    def found(self, problems: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        """The lost key's driver may have been given up since."""
        for code, facts in problems:
            if self.lost and code == self.why and facts.get("quarantined"):
                cause = wording_for(code, facts)
                if self._lock is not None:
                    self._lock = replace(self._lock, cause=cause, mend=True)
                self._view.show_problem(self._lock.words() if self._lock is not None else cause)

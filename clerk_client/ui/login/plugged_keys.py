"""The keys on the card: which are there, which is chosen, and what is said of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clerk_client.ui.login.exchange import Absence, KeyCard
from clerk_client.ui.login.key_words import (
    card_of,
    notices_of,
    obstacle,
    request_for,
    standing_words,
)
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.desk.keys import Plugged
    from clerk_client.ui.login.views import LoginView
    from ukey.findings import Finding

_ABSENT = frozenset(("USB_ABSENT", "NO_TOKEN"))


class PluggedKeys:
    """What is known of them outlives a look: a lock that was just met, a PIN just changed."""

    def __init__(self, view: "LoginView", demo_pins: Mapping[str, str]) -> None:
        self._view = view
        self._demo_pins = demo_pins
        self._plugged: list[Plugged] = []
        self._problems: list[str] = []
        self._finding: Finding | None = None
        self._chosen = ""
        # The key that the clerk works with: chosen again when it comes back.
        self._wanted = ""
        self._locked: set[str] = set()
        # A driver may say "must change" until it is started again.
        self._changed: set[str] = set()
        self.families: Sequence[tuple[str, str]] = ()
        self._family = ""

    # --- what changed ---

    def seen(self, plugged: Sequence["Plugged"], problems: Sequence[str]) -> bool:
        """True when another key is chosen now."""
        self._plugged, self._problems = list(plugged), list(problems)
        if self._plugged:
            self._finding = None
        # Out and in again: it may have been unlocked elsewhere, so its own flags count again.
        self._locked.intersection_update(self.ids)
        self._changed.intersection_update(self.ids)
        return self._choose_by_itself()

    def removed(self, token_id: str) -> None:
        """One is gone, before the next look says so."""
        self._plugged = [each for each in self._plugged if each.token.id != token_id]
        self._choose_by_itself()

    def absent(self, finding: "Finding") -> None:
        """Why none is there."""
        self._finding = None if self._plugged else finding

    def choose(self, index: int) -> bool:
        """True when there is such a key."""
        if not 0 <= index < len(self._plugged):
            return False
        self._chosen = self._wanted = self._plugged[index].token.id
        return True

    def keep_chosen(self) -> None:
        """The clerk works with this one."""
        self._wanted = self._chosen

    def locked(self, token_id: str) -> None:
        """Its PIN is not asked for again while it stays plugged."""
        self._locked.add(token_id)

    def pin_changed(self, token_id: str) -> None:
        """Nothing has to be changed any more."""
        self._changed.add(token_id)

    def count_as(self, family: str) -> None:
        """The clerk's word for the kind of key, where nothing else tells; "" takes it back."""
        self._family = family

    # --- what is so ---

    @property
    def ids(self) -> list[str]:
        return [each.token.id for each in self._plugged]

    @property
    def chosen(self) -> "Plugged | None":
        return next((each for each in self._plugged if each.token.id == self._chosen), None)

    @property
    def family(self) -> str:
        """Of the chosen key, or of the one that is not recognised; "" when nobody knows."""
        chosen = self.chosen
        if chosen is not None and chosen.token.family:
            return chosen.token.family
        title = self._finding.facts.get("family") if self._finding is not None else None
        found = (name for name, known in self.families if known == title)
        return self._family or next(found, "")

    def obstacle(self) -> Words | None:
        """Why the chosen key's PIN is not asked for."""
        chosen = self.chosen
        return self._obstacle(chosen) if chosen is not None else None

    def must_change_pin(self) -> bool:
        """The chosen key takes its PIN for nothing but a change of it."""
        chosen = self.chosen
        if chosen is None or chosen.token.id in self._changed:
            return False
        return chosen.token.must_change_pin

    def can_change_pin(self) -> bool:
        """The chosen key can be asked for it; never once it is locked."""
        chosen = self.chosen
        if chosen is None or chosen.token.unusable:
            return False
        return not self._is_locked(chosen)

    # --- shown ---

    def show(self, *, may_ask: bool, was_pulled: bool) -> None:
        """The whole card; `may_ask` is False where no PIN is asked for, whatever the key.

        `was_pulled`: the clerk is told so, which no fault of a USB port explains better.
        """
        chosen = self.chosen
        index = self._plugged.index(chosen) if chosen is not None else -1
        self._view.show_keys([self._card(each) for each in self._plugged], index)
        self._view.offer_retry(False)
        self._view.offer_pin_change(self.can_change_pin())
        self._view.show_families(() if was_pulled else self._choosable(), self._family)
        absence = self._absence()
        if was_pulled and absence is not None and absence.words.code in _ABSENT:
            absence = None
        self._view.show_absence(absence)
        self._view.show_notices(self._notices())
        if chosen is None:
            self._view.offer_request("")
            self._view.ask_pin(False)
            told = self._problems[0] if self._problems else "NO_TOKEN"
            self._view.show_hint(wording_for(told) if absence is None else None)
            return
        stopped_by = self.obstacle()
        must_change = stopped_by is None and self.must_change_pin()
        wish, _ = request_for(chosen, stopped_by)
        self._view.offer_request(wish.value if wish is not None else "")
        self._view.ask_pin(may_ask and stopped_by is None and not must_change)
        hint = wording_for("PIN_MUST_CHANGE") if must_change else standing_words(chosen)
        self._view.show_hint(stopped_by or hint)

    # --- inside ---

    def _choose_by_itself(self) -> bool:
        """True when another key is chosen now. No PIN goes to a key that it was not typed for."""
        ids, before = self.ids, self._chosen
        if self._wanted in ids:
            self._chosen = self._wanted
        elif before not in ids:
            self._chosen = ids[0] if ids else ""
            self._wanted = self._wanted or self._chosen
        if self._chosen == before:
            return False
        self._view.drop_pin()
        return True

    def _is_locked(self, plugged: "Plugged") -> bool:
        return plugged.token.pin.value == "locked" or plugged.token.id in self._locked

    def _obstacle(self, plugged: "Plugged") -> Words | None:
        return obstacle(plugged, is_locked=self._is_locked(plugged))

    def _choosable(self) -> Sequence[tuple[str, str]]:
        chosen = self.chosen
        is_unknown = chosen is None or not chosen.token.family or bool(self._family)
        return self.families if is_unknown else ()

    def _card(self, plugged: "Plugged") -> KeyCard:
        demo_pin = self._demo_pins.get(plugged.token.serial, "")
        return card_of(plugged, is_usable=self._obstacle(plugged) is None, demo_pin=demo_pin)

    def _notices(self) -> list[Words]:
        several = [wording_for("MULTIPLE_TOKENS")] if len(self._plugged) > 1 else []
        chosen = self.chosen
        return several + (notices_of(chosen) if chosen is not None else [])

    def _absence(self) -> Absence | None:
        if self._finding is None:
            return None
        headings = list(type(self._finding.heading))
        marked = headings.index(self._finding.heading)
        words = wording_for(self._finding)
        return Absence(tuple(each.value for each in headings), marked, words)

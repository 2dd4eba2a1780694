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

    Problem = tuple[str, Mapping[str, object]]

_ABSENT = frozenset(("USB_ABSENT", "NO_TOKEN"))


class PluggedKeys:
    """What is known of them outlives a look: a lock that was just met, a PIN just changed."""

    def __init__(self, view: "LoginView", demo_pins: Mapping[str, str]) -> None:
        self._view = view
        self._demo_pins = demo_pins
        self._plugged: list[Plugged] = []
        self._problems: list[Problem] = []
        # Nothing is said of the keys before the first look at them.
        self._has_looked = False
        self._finding: Finding | None = None
        self._chosen = ""
        # The key that the clerk works with: chosen again when it comes back.
        self._wanted = ""
        # The chosen one went: no other takes its place before the clerk says so.
        self._must_choose = False
        self._locked: set[str] = set()
        # A driver may say "must change" until it is started again.
        self._changed: set[str] = set()
        self.families: Sequence[tuple[str, str]] = ()
        self._family = ""

    # --- what changed ---

    def seen(self, plugged: Sequence["Plugged"], problems: "Sequence[Problem]") -> bool:
        """True when another key is chosen now, or none any more."""
        self._plugged, self._problems = list(plugged), list(problems)
        self._has_looked = True
        if self._plugged:
            self._finding = None
        else:
            self._must_choose = False
        # Out and in again: it may have been unlocked elsewhere, so its own flags count again.
        self._locked.intersection_update(self.ids)
        self._changed.intersection_update(self.ids)
        return self._choose_by_itself()

    def removed(self, token_id: str) -> None:
        """One is gone, before the next look says so."""
        self._plugged = [each for each in self._plugged if each.token.id != token_id]
        self._must_choose = True
        self._choose_by_itself()

    def absent(self, finding: "Finding") -> None:
        """Why none is there."""
        self._finding = None if self._plugged else finding

    def choose(self, index: int) -> bool:
        """True when there is such a key."""
        if not 0 <= index < len(self._plugged):
            return False
        self._chosen = self._wanted = self._plugged[index].token.id
        self._must_choose = False
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
    def chosen_id(self) -> str:
        """ "" while none is."""
        return self._chosen

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

    def show(self, *, may_ask: bool, told: str) -> None:
        """The whole card; `may_ask` is False where no PIN is asked for, whatever the key.

        `told`: the clerk is told already that a key was lost, by this code; none for "". A fault of
        a USB port explains that no better, and one story is enough.
        """
        chosen = self.chosen
        index = self._plugged.index(chosen) if chosen is not None else -1
        self._view.show_keys([self._card(each) for each in self._plugged], index)
        self._view.offer_retry(False)
        self._view.offer_pin_change(self.can_change_pin())
        self._view.show_families(() if told else self._choosable(), self._family)
        absence = self._absence()
        if told and absence is not None and absence.words.code in (*_ABSENT, told):
            absence = None
        self._view.show_absence(absence)
        self._view.show_notices(self._notices())
        if chosen is None:
            self._view.offer_request("")
            self._view.ask_pin(False)
            self._view.show_hint(None if told or absence is not None else self._hint())
            return
        stopped_by = self.obstacle()
        must_change = stopped_by is None and self.must_change_pin()
        wish, _ = request_for(chosen, stopped_by)
        self._view.offer_request(wish.value if wish is not None else "")
        self._view.ask_pin(may_ask and stopped_by is None and not must_change)
        hint = wording_for("PIN_MUST_CHANGE") if must_change else standing_words(chosen.token)
        self._view.show_hint(stopped_by or hint)

    # --- inside ---

    def _choose_by_itself(self) -> bool:
        """True when another key is chosen now, or none any more.

        No PIN goes to a key that it was not typed for: one that is chosen stays so while it is
        plugged, and when it goes only the clerk's own choice puts another in its place.
        """
        ids, before = self.ids, self._chosen
        if before in ids:
            return False
        if self._wanted in ids:
            self._chosen = self._wanted
        elif ids and (before or self._must_choose):
            self._chosen = ""
        else:
            self._chosen = ids[0] if ids else ""
            self._wanted = self._wanted or self._chosen
        self._must_choose = bool(ids and not self._chosen) or (self._must_choose and not ids)
        if self._chosen == before:
            return False
        self._view.drop_pin()
        return True

    def _hint(self) -> Words | None:
        """Why no key is chosen, where no cause is known for it."""
        if self._problems and not self._plugged:
            return wording_for(*self._problems[0])
        return wording_for("KEY_NOT_CHOSEN") if self._plugged else None

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
        finding = self._finding
        if finding is None:
            if self._plugged or self._problems or not self._has_looked:
                return None
            # Imported late: the page stands without it.
            from ukey.findings import Finding

            finding = Finding("NO_TOKEN", "error")
        headings = list(type(finding.heading))
        marked = headings.index(finding.heading)
        words, is_fault = wording_for(finding), finding.code not in _ABSENT
        if not is_fault:
            asked = wording_for("KEY_NOT_PLUGGED")
            words = Words(asked.title, asked.next_step, finding.code)
        return Absence(tuple(each.value for each in headings), marked, words, is_fault)

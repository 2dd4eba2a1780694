"""What became of a change of PIN, and the keys that ask for one before anything else."""

from clerk_client.ui.login.exchange import Panel
from clerk_client.ui.login.help_panels import HelpPanels
from clerk_client.ui.login.plugged_keys import PluggedKeys
from clerk_client.ui.login.told import GONE, Told
from clerk_client.ui.wording import wording_for

# The key was asked to change its PIN and did not say what became of it.
_CUT_SHORT = frozenset(("TOKEN_REMOVED", "DRIVER_HANG", "DRIVER_CRASHED", "UNFORESEEN"))


class PinOutcome:
    """Told on the panel while typing can go on there, else on the card."""

    def __init__(self, panels: HelpPanels, keys: PluggedKeys, told: Told) -> None:
        self._panels = panels
        self._keys = keys
        self._told = told
        # Keys for which the panel was opened by itself: once, until they are pulled.
        self._urged: set[str] = set()

    def changed(self, token_id: str) -> None:
        """From now on the key takes the new one."""
        self._panels.pin_change.answered(None)
        self._panels.close()
        self._keys.pin_changed(token_id)
        self._told.done(wording_for("PIN_CHANGED"))

    def failed(self, error: Exception) -> None:
        """The key keeps the old one, unless it was cut short: then nobody knows."""
        code, token_id = getattr(error, "code", ""), self._panels.pin_change.token_id
        is_gone = token_id not in self._keys.ids
        self._panels.pin_change.answered(error)
        if code == "PIN_LOCKED":
            self._keys.locked(token_id)
            self._panels.close()
        elif is_gone or code in _CUT_SHORT:
            self._panels.close()
            self._told.pin_unsure(token_id, wording_for("TOKEN_REMOVED" if is_gone else error))
            if code in GONE:
                self._keys.removed(token_id)
        elif code in GONE:
            self._panels.close()
            self._keys.removed(token_id)
            self._told.key_lost(token_id, wording_for(error), locked=False)

    def seen(self, *, is_asking: bool) -> None:
        """No PIN is typed for a key that is not there; one that is asked answers by itself."""
        self._urged.intersection_update(self._keys.ids)
        token_id = self._panels.pin_change.token_id
        if token_id and token_id not in self._keys.ids and not is_asking:
            self._panels.close()
            self._keys.removed(token_id)
            self._told.key_lost(token_id, wording_for("TOKEN_REMOVED"), locked=False)

    def urge(self) -> None:
        """Opens it by itself for a key that does nothing else before; the clerk may leave it."""
        chosen = self._keys.chosen
        if self._panels.shown is not None or chosen is None:
            return
        is_due = self._keys.obstacle() is None and self._keys.must_change_pin()
        if is_due and chosen.token.id not in self._urged:
            self._urged.add(chosen.token.id)
            self._panels.open(Panel.PIN_CHANGE, wording_for("PIN_MUST_CHANGE"))

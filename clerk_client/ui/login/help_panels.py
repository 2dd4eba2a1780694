"""What the login page offers without a PIN, in place of the card: one panel at a time."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from clerk_client.ui.login.exchange import KeyHelp, LoginActions, Panel
from clerk_client.ui.login.pin_change import PinChange
from clerk_client.ui.login.plugged_keys import PluggedKeys
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words

if TYPE_CHECKING:
    from clerk_client.desk.key_papers import ApplicationEntries, RequestEntries
    from clerk_client.ui.login.papers import KeyPapers
    from clerk_client.ui.login.views import LoginView
    from printing.document import CertificateLine


class HelpPanels:
    """Opened by the presenter of the page, which knows when nothing else goes on."""

    def __init__(
        self,
        view: "LoginView",
        actions: LoginActions,
        help_: KeyHelp,
        keys: PluggedKeys,
        today: Callable[[], date],
    ) -> None:
        self._view = view
        self._help = help_
        self._keys = keys
        self._actions = actions
        self._today = today
        self.pin_change = PinChange(actions.change_pin)
        self._shown: Panel | None = None

    @property
    def shown(self) -> Panel | None:
        """The panel that is open."""
        return self._shown

    def open(self, panel: Panel, reason: Words | None = None) -> None:
        """`reason` is why a PIN has to be changed."""
        self._leave()
        match panel:
            case Panel.DOWNLOADS:
                from clerk_client.ui.login.downloads import downloads_for

                keys = self._keys
                self._view.downloads.show_downloads(
                    downloads_for(keys.families, self._help, keys.family)
                )
            case Panel.REQUEST:
                keys = self._keys
                self._papers.begin_request(
                    self._view.request, keys.chosen, keys.obstacle(), keys.family
                )
            case Panel.APPLICATION:
                self._papers.begin_application(self._view.application)
            case Panel.PIN_CHANGE:
                chosen = self._keys.chosen
                if chosen is None or not self._keys.can_change_pin():
                    return
                self.pin_change.begin(self._view.pin_change, chosen.token, reason)
        self._shown = panel
        self._view.show_panel(panel)

    def close(self) -> None:
        """Back to the card. What was typed is gone."""
        if self._shown is not None:
            self._leave()
            self._shown = None
            self._view.show_panel(None)

    # --- the papers ---

    def request_given(self, typed: "RequestEntries", file: str) -> None:
        """To be printed, or saved where `file` is not empty."""
        self._papers.request_given(typed, file)

    def application_given(self, typed: "ApplicationEntries", file: str) -> None:
        """As `request_given`."""
        self._papers.application_given(typed, file)

    def certificates_chosen(self, lines: "Sequence[CertificateLine]") -> None:
        """The fee follows while the form is filled in."""
        self._view.application.show_fees(self._papers.fees(lines))

    def printed(self, _title: str, printer: str) -> None:
        """A paper went to the printer."""
        self._tell(*self._papers.printed(printer))

    def saved(self, path: str) -> None:
        """A paper stands in a file."""
        self._tell(*self._papers.saved(path))

    def failed(self, error: Exception) -> None:
        """A paper could not be made."""
        self._tell(*self._papers.failed(error))

    # --- inside ---

    @cached_property
    def _papers(self) -> "KeyPapers":
        # Imported late, and with it all of printing that it needs: most mornings nobody asks.
        from clerk_client.ui.login.papers import KeyPapers

        return KeyPapers(self._actions, self._help, self._today)

    def _leave(self) -> None:
        self.pin_change.leave()
        if self._shown in (Panel.REQUEST, Panel.APPLICATION):
            self._papers.leave()

    def _tell(self, words: Words, level: Level) -> None:
        """On the card, when the panel is closed already."""
        if self._papers.is_shown:
            return
        if level is Level.ERROR:
            self._view.show_problem(words)
        else:
            self._view.show_done(words)

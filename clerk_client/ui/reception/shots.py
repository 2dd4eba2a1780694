"""What a code from the bar-code gun means, by where the reception stands."""

from collections.abc import Callable

from clerk_client.domain.cases import LookUp
from clerk_client.domain.stages import Stage
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.wording import Words, wording_for

_READY = (Stage.WAITING, Stage.FOUND)


class Shots:
    """A code shot while somebody is served changes nothing and is told."""

    def __init__(self, presenter: ReceptionPresenter, tell: Callable[[Words, Level], None]) -> None:
        """`tell` puts a notice above the page."""
        self._presenter = presenter
        self._tell = tell
        self._looked_up = ""

    def take(self, text: str) -> None:
        """A whole code, as if it had been entered in 叫号, whichever look-up is in front."""
        presenter = self._presenter
        if not text:
            return
        if presenter.stage in _READY:
            if presenter.entry is not LookUp.TICKET:
                presenter.choose_entry(LookUp.TICKET)
            self._looked_up = text
            presenter.enter_ticket(text)
        # Triggers bounce: the ticket that is being looked up is no second client.
        elif presenter.stage is not Stage.IDENTIFYING or text != self._looked_up:
            self._tell(
                wording_for("GUN_WHILE_SERVING", {"label": presenter.label_of(text)}), Level.WARNING
            )

    def miss(self) -> None:
        """An input method kept the keys; there is no code, and the next one shall arrive."""
        if self._presenter.stage in _READY:
            self._presenter.choose_entry(LookUp.TICKET)
            self._tell(wording_for("GUN_THROUGH_IME"), Level.WARNING)
        else:
            self._tell(wording_for("GUN_MISSED_WHILE_SERVING"), Level.WARNING)

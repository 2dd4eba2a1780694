"""按服务事项查询: results that keep up with the keystrokes."""

from collections.abc import Callable, Sequence

from clerk_client.domain.matters import Matter
from clerk_client.ui.reception.exchange import ReceptionView
from clerk_client.ui.wording import wording_for


class MatterSearch:
    """Numbers the queries, so that an answer to an earlier keystroke is known as late."""

    def __init__(
        self,
        view: ReceptionView,
        search: Callable[[int, str], None],
        choose: Callable[[str], None],
    ) -> None:
        self._view = view
        self._search = search
        self._choose = choose
        self._serial = 0
        self._answered = 0
        self._matters: tuple[Matter, ...] = ()
        self._enter_pending = False

    def change_query(self, text: str) -> None:
        self._serial += 1
        self._enter_pending = False
        if text.strip():
            self._search(self._serial, text.strip())
        else:
            self._answered = self._serial
            self._matters = ()
            self._view.show_matters((), None)

    def matters_found(self, serial: int, matters: Sequence[Matter]) -> None:
        if serial != self._serial:
            return
        self._answered = serial
        self._matters = tuple(matters)
        self._view.show_matters(matters, None if matters else wording_for("MATTERS_NONE"))
        if self._enter_pending:
            self._enter_pending = False
            self.enter(0)

    def refused(self, serial: int, error: Exception) -> None:
        """Told in the place of the results; the letters stay."""
        if serial == self._serial:
            self._answered = serial
            self._enter_pending = False
            self._matters = ()
            self._view.show_matters((), wording_for(error))

    def enter(self, row: int) -> None:
        """The row that is marked, once the results on screen belong to the letters in the box."""
        if self._answered != self._serial:
            self._enter_pending = True
        elif 0 <= row < len(self._matters):
            self._choose(self._matters[row].code)

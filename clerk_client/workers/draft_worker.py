"""Drafts to and from the journal, in a thread of their own: no call of the hall's delays them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from clerk_client.workers.unforeseen import attempt

if TYPE_CHECKING:
    from clerk_client.desk.forms import Draft


T = TypeVar("T")


class Drafts(Protocol):
    """Where drafts are kept, each for one clerk's staff number."""

    def keep(self, clerk: str, drafts: "Sequence[Draft]") -> None: ...
    def take(self, clerk: str) -> "Sequence[Draft]": ...
    def forget(self, clerk: str) -> None: ...


class DraftWorker(QObject):
    """Answers in the order of the calls: what was kept is there for whoever asks after it.

    An exception of `failures` becomes `not_kept` or `not_taken`; any other reaches the crash hook
    as well.
    """

    kept = pyqtSignal()
    not_kept = pyqtSignal(str, list, object)  # staff number, list of Draft, why
    taken = pyqtSignal(str, list)  # staff number, list of Draft
    not_taken = pyqtSignal(str, object)  # staff number, why

    def __init__(self, build: Callable[[], Drafts], failures: tuple[type[Exception], ...]) -> None:
        super().__init__()
        self._build = build
        self._failures = failures
        self._built: Drafts | None = None

    @pyqtSlot(str, list)
    def keep(self, clerk: str, drafts: "list[Draft]") -> None:
        """What cannot be kept comes back with the reason."""
        self._try(
            lambda: self._drafts().keep(clerk, drafts),
            lambda _: self.kept.emit(),
            lambda error: self.not_kept.emit(clerk, drafts, error),
        )

    @pyqtSlot(str)
    def take(self, clerk: str) -> None:
        """What is kept for `clerk`; here it is kept no longer."""
        self._try(
            lambda: list(self._drafts().take(clerk)),
            lambda drafts: self.taken.emit(clerk, drafts),
            lambda error: self.not_taken.emit(clerk, error),
        )

    @pyqtSlot(str)
    def forget(self, clerk: str) -> None:
        """Nobody waits for it; what could not be destroyed goes with its day."""
        self._try(lambda: self._drafts().forget(clerk), lambda _: None, lambda _: None)

    def _drafts(self) -> Drafts:
        if self._built is None:
            self._built = self._build()
        return self._built

    def _try(
        self,
        call: Callable[[], T],
        tell: Callable[[T], object],
        tell_refusal: Callable[[Exception], object],
    ) -> None:
        attempt(call, self._failures, tell, tell_refusal)

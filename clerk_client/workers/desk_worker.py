"""The clerk's desk in a thread of its own: hall, key and journal may take time."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from clerk_client.workers.unforeseen import attempt

if TYPE_CHECKING:
    from clerk_client.desk.forms import BaseQuestion, Form, Found
    from clerk_client.desk.session import Session
    from clerk_client.domain.base_data import BaseDatabase, Comparison
    from clerk_client.domain.cases import Acceptance
    from clerk_client.domain.matters import Matter
    from clerk_client.domain.tallies import Tally
    from ukey.opened_key import OpenedKey

log = logging.getLogger(__name__)

T = TypeVar("T")


class Desk(Protocol):
    """What the desk offers its worker. Each call may wait for the hall, a device or the disk."""

    def prepare(self) -> None: ...
    def sign_in(self, key: "OpenedKey") -> "Session": ...
    def suspend(self) -> None: ...
    def sign_out(self) -> None: ...
    def begin(self, text: str) -> "Found": ...
    def by_appointment(self, number: str) -> "Found": ...
    def search(self, query: str, limit: int = 30) -> "Sequence[Matter]": ...
    def choose(self, code: str) -> "Found": ...
    def bases(self) -> "Sequence[BaseDatabase]": ...
    def compare(self, question: "BaseQuestion") -> "Comparison": ...
    def accept(self, form: "Form") -> "Acceptance": ...
    def tally(self) -> "Tally": ...
    def hand_over(self, number: str) -> None: ...
    def close(self) -> None: ...


class DeskWorker(QObject):
    """Builds the desk on first use, in its own thread: what it imports is slow to load.

    An exception of `failures` becomes a refusal. Any other is a bug: whoever asked is refused with
    Unforeseen, so that no page waits for ever, and the crash hook gets the exception itself.
    """

    prepared = pyqtSignal()
    signed_in = pyqtSignal(object)  # Session
    signed_out = pyqtSignal()
    found = pyqtSignal(object)  # Found
    matters_found = pyqtSignal(int, list)  # the search's serial, list of Matter
    bases_known = pyqtSignal(list)  # of BaseDatabase
    compared = pyqtSignal(int, object)  # the question's serial, Comparison
    accepted = pyqtSignal(object)  # Acceptance, durable
    tallied = pyqtSignal(object)  # Tally
    handed_over = pyqtSignal(str)  # acceptance number
    # Exceptions with a `code`. One signal for each question, so that none is taken for another's.
    station_refused = pyqtSignal(object)  # of prepare
    sign_in_refused = pyqtSignal(object)
    refused = pyqtSignal(object)  # of begin, by_appointment, choose and accept: one at a time
    search_refused = pyqtSignal(int, object)  # the search's serial
    compare_refused = pyqtSignal(int, object)  # the question's serial
    hand_over_refused = pyqtSignal(str, object)  # acceptance number
    tally_refused = pyqtSignal(object)

    def __init__(self, build: Callable[[], Desk], failures: tuple[type[Exception], ...]) -> None:
        super().__init__()
        self._build = build
        self._failures = failures
        self._built: Desk | None = None

    @pyqtSlot()
    def prepare(self) -> None:
        """Loads everything now: the first real call is quick, and what is missing is known."""
        self._try(
            lambda: self._desk().prepare(),
            lambda _: self.prepared.emit(),
            self.station_refused.emit,
        )

    @pyqtSlot(object)
    def sign_in(self, key: "OpenedKey") -> None:
        self._try(lambda: self._desk().sign_in(key), self.signed_in.emit, self.sign_in_refused.emit)

    @pyqtSlot()
    def suspend(self) -> None:
        """The key is gone. `sign_out` follows and answers."""
        self._try(lambda: self._desk().suspend(), lambda _: None, lambda _: None)

    @pyqtSlot()
    def sign_out(self) -> None:
        """`signed_out` comes in any case: whatever the hall says, nobody is signed in here."""
        try:
            self._desk().sign_out()
        except self._failures as error:
            log.warning("sign-out: %s", getattr(error, "code", type(error).__name__))
        finally:
            self.signed_out.emit()

    @pyqtSlot(str)
    def begin(self, text: str) -> None:
        self._try(lambda: self._desk().begin(text), self.found.emit, self.refused.emit)

    @pyqtSlot(str)
    def by_appointment(self, number: str) -> None:
        self._try(lambda: self._desk().by_appointment(number), self.found.emit, self.refused.emit)

    @pyqtSlot(int, str)
    def search(self, serial: int, query: str) -> None:
        """`serial` comes back with the answer, so that a late one can be dropped."""
        self._try(
            lambda: list(self._desk().search(query)),
            lambda matters: self.matters_found.emit(serial, matters),
            lambda error: self.search_refused.emit(serial, error),
        )

    @pyqtSlot(str)
    def choose(self, matter_code: str) -> None:
        self._try(lambda: self._desk().choose(matter_code), self.found.emit, self.refused.emit)

    @pyqtSlot()
    def know_bases(self) -> None:
        """None where it cannot be read which there are: then nothing is offered."""
        self._try(
            lambda: list(self._desk().bases()),
            self.bases_known.emit,
            lambda _: self.bases_known.emit([]),
        )

    @pyqtSlot(int, object)
    def compare(self, serial: int, question: "BaseQuestion") -> None:
        """`serial` comes back with the answer, so that a late one can be dropped."""
        self._try(
            lambda: self._desk().compare(question),
            lambda comparison: self.compared.emit(serial, comparison),
            lambda error: self.compare_refused.emit(serial, error),
        )

    @pyqtSlot(object)
    def accept(self, form: "Form") -> None:
        self._try(lambda: self._desk().accept(form), self.accepted.emit, self.refused.emit)

    @pyqtSlot()
    def tally(self) -> None:
        self._try(lambda: self._desk().tally(), self.tallied.emit, self.tally_refused.emit)

    @pyqtSlot(str)
    def hand_over(self, number: str) -> None:
        self._try(
            lambda: self._desk().hand_over(number),
            lambda _: self.handed_over.emit(number),
            lambda error: self.hand_over_refused.emit(number, error),
        )

    @pyqtSlot()
    def finish(self) -> None:
        """Lets go of the journal and the hall, when they were ever opened."""
        if self._built is not None:
            self._built.close()
            self._built = None

    def _desk(self) -> Desk:
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

"""The clerk's desk in a thread of its own: hall, key and journal may take time."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

if TYPE_CHECKING:
    from clerk_client.desk.diagnosis import Check
    from clerk_client.desk.forms import Form, Found
    from clerk_client.desk.session import Session
    from clerk_client.domain.cases import Acceptance
    from clerk_client.domain.matters import Matter
    from clerk_client.domain.tallies import Tally
    from ukey.hub import OpenedKey

log = logging.getLogger(__name__)

T = TypeVar("T")


class Desk(Protocol):
    """What the desk offers its worker. Each call may wait for the hall, a device or the disk."""

    def sign_in(self, key: "OpenedKey") -> "Session": ...
    def sign_out(self) -> None: ...
    def begin(self, text: str) -> "Found": ...
    def by_appointment(self, number: str) -> "Found": ...
    def search(self, query: str, limit: int = 30) -> "Sequence[Matter]": ...
    def choose(self, code: str) -> "Found": ...
    def accept(self, form: "Form") -> "Acceptance": ...
    def tally(self) -> "Tally": ...
    def hand_over(self, number: str) -> None: ...
    def close(self) -> None: ...


class Diagnosis(Protocol):
    """What looks at the station; stands without a desk, when the journal cannot be opened."""

    def checks(self) -> "Sequence[Check]": ...


class DeskWorker(QObject):
    """Builds desk and diagnosis on first use, in its own thread: what they import is slow to load.

    An exception of `failures` becomes a refusal; any other is a bug and reaches the crash hook.
    """

    prepared = pyqtSignal()
    signed_in = pyqtSignal(object)  # Session
    signed_out = pyqtSignal()
    found = pyqtSignal(object)  # Found
    matters_found = pyqtSignal(int, list)  # the search's serial, list of Matter
    accepted = pyqtSignal(object)  # Acceptance, durable
    tallied = pyqtSignal(object)  # Tally
    diagnosed = pyqtSignal(list)  # of Check
    handed_over = pyqtSignal(str)  # acceptance number
    # Exceptions with a `code`. One signal for each page, so that no page shows another's refusal.
    refused = pyqtSignal(object)  # of a reception
    sign_in_refused = pyqtSignal(object)  # of prepare, sign_in and sign_out
    tally_refused = pyqtSignal(object)
    diagnosis_refused = pyqtSignal(object)

    def __init__(
        self,
        build: Callable[[], Desk],
        build_diagnosis: Callable[[], Diagnosis],
        failures: tuple[type[Exception], ...],
    ) -> None:
        super().__init__()
        self._build = build
        self._build_diagnosis = build_diagnosis
        self._failures = failures
        self._built: Desk | None = None
        self._built_diagnosis: Diagnosis | None = None

    @pyqtSlot()
    def prepare(self) -> None:
        """Loads everything now, so that the first real call is quick."""
        self._try(self._desk, lambda _: self.prepared.emit(), self.sign_in_refused.emit)

    @pyqtSlot(object)
    def sign_in(self, key: "OpenedKey") -> None:
        self._try(lambda: self._desk().sign_in(key), self.signed_in.emit, self.sign_in_refused.emit)

    @pyqtSlot()
    def sign_out(self) -> None:
        self._try(
            lambda: self._desk().sign_out(),
            lambda _: self.signed_out.emit(),
            self.sign_in_refused.emit,
        )

    @pyqtSlot(str)
    def begin(self, text: str) -> None:
        self._try(lambda: self._desk().begin(text), self.found.emit)

    @pyqtSlot(str)
    def by_appointment(self, number: str) -> None:
        self._try(lambda: self._desk().by_appointment(number), self.found.emit)

    @pyqtSlot(int, str)
    def search(self, serial: int, query: str) -> None:
        """`serial` comes back with the answer, so that a late one can be dropped."""
        self._try(
            lambda: list(self._desk().search(query)),
            lambda matters: self.matters_found.emit(serial, matters),
        )

    @pyqtSlot(str)
    def choose(self, matter_code: str) -> None:
        self._try(lambda: self._desk().choose(matter_code), self.found.emit)

    @pyqtSlot(object)
    def accept(self, form: "Form") -> None:
        self._try(lambda: self._desk().accept(form), self.accepted.emit)

    @pyqtSlot()
    def tally(self) -> None:
        self._try(lambda: self._desk().tally(), self.tallied.emit, self.tally_refused.emit)

    @pyqtSlot()
    def diagnose(self) -> None:
        self._try(
            lambda: list(self._diagnosis().checks()),
            self.diagnosed.emit,
            self.diagnosis_refused.emit,
        )

    @pyqtSlot(str)
    def hand_over(self, number: str) -> None:
        self._try(lambda: self._desk().hand_over(number), lambda _: self.handed_over.emit(number))

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

    def _diagnosis(self) -> Diagnosis:
        if self._built_diagnosis is None:
            self._built_diagnosis = self._build_diagnosis()
        return self._built_diagnosis

    def _try(
        self,
        call: Callable[[], T],
        tell: Callable[[T], object],
        tell_refusal: Callable[[Exception], object] | None = None,
    ) -> None:
        try:
            answer = call()
        except self._failures as error:
            log.info("the desk refused: %s", getattr(error, "code", type(error).__name__))
            (tell_refusal or self.refused.emit)(error)
            return
        tell(answer)

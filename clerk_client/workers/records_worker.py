"""The page 办件记录 in a thread of its own: journal, key and hall may take time.

No PIN outlives its call: not in a frame or an error that goes out with the answer.
"""

import logging
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PyQt5.QtCore import QObject, QTimer, pyqtBoundSignal, pyqtSignal, pyqtSlot

from clerk_client.workers.other_keys import OtherKeys
from clerk_client.workers.unforeseen import Unforeseen, attempt

if TYPE_CHECKING:
    from clerk_client.desk.records import Record, RecordRooms
    from clerk_client.domain.cases import Category
    from clerk_client.hall_link.approvals import WaitingVoid

log = logging.getLogger(__name__)

T = TypeVar("T")


class RecordsWorker(QObject):
    """Built on first use, in its own thread. `others` gives the keys beside the clerk's."""

    listed = pyqtSignal(object, object)  # date, tuple of Record: newest first
    list_refused = pyqtSignal(object)
    refused_listed = pyqtSignal(object)  # tuple of RefusedRecord
    acceptance_read = pyqtSignal(object, bool)  # Acceptance to be printed; as a copy
    done = pyqtSignal(str, str)  # acceptance number, code of what is recorded now
    not_done = pyqtSignal(str, object)  # acceptance number, why
    waiting_listed = pyqtSignal(object)  # tuple of WaitingVoid
    waiting_refused = pyqtSignal(object)
    decided = pyqtSignal(object)  # WaitingVoid
    not_decided = pyqtSignal(object)
    start_reported = pyqtSignal(object)  # StartReport; once

    def __init__(
        self,
        build: "Callable[[], RecordRooms]",
        others: Callable[[], OtherKeys],
        failures: tuple[type[Exception], ...],
    ) -> None:
        super().__init__()
        self._build = build
        self._others = others
        self._failures = failures
        self._built: RecordRooms | None = None

    @pyqtSlot()
    def report_start(self) -> None:
        """At each sign-in; only the first has something to tell."""
        self._try(self._report_start, lambda _: None, lambda _: None)

    @pyqtSlot(object)
    def list_day(self, day: date) -> None:
        """What the journal says at once; once more when the hall knew more."""
        self._try(
            lambda: self._rooms().records.of_day(day),
            lambda found: self._tell_day(day, found),
            self.list_refused.emit,
        )

    @pyqtSlot()
    def list_refused_lines(self) -> None:
        self._try(
            lambda: self._rooms().records.refused(),
            self.refused_listed.emit,
            self.list_refused.emit,
        )

    @pyqtSlot(str, bool)
    def read_acceptance(self, number: str, again: bool) -> None:
        """For whoever prints it."""
        self._try(
            lambda: self._rooms().records.acceptance(number),
            lambda acceptance: self.acceptance_read.emit(acceptance, again),
            partial(self.not_done.emit, number),
        )

    @pyqtSlot(str)
    def confirm_printed(self, number: str) -> None:
        self._do(number, "PAPER_CONFIRMED", lambda: self._rooms().paperwork.confirm_printed(number))

    @pyqtSlot(str, str)
    def request_void(self, number: str, reason: str) -> None:
        self._do(number, "VOID_ASKED_FOR", lambda: self._rooms().voiding.request(number, reason))

    @pyqtSlot(str, object)
    def correct_category(self, number: str, category: "Category") -> None:
        self._do(
            number, "CATEGORY_CORRECTED", lambda: self._rooms().voiding.correct(number, category)
        )

    @pyqtSlot()
    def list_waiting(self) -> None:
        self._try(
            lambda: self._rooms().approvals.waiting(),
            self.waiting_listed.emit,
            self.waiting_refused.emit,
        )

    @pyqtSlot(object, bool, str)
    def decide(self, waiting: "WaitingVoid", is_approved: bool, reason: str) -> None:
        self._try(
            lambda: self._rooms().approvals.decide(waiting, is_approved=is_approved, reason=reason),
            lambda _: self.decided.emit(waiting),
            self.not_decided.emit,
        )

    @pyqtSlot(str, str, str)
    def approve_beside(self, number: str, token_id: str, pin: str) -> None:
        """Opens the supervisor's key, approves with it and closes it; the clerk's stays open."""
        try:
            others = self._others()
            hindrance = others.hindrance(token_id)
            if hindrance is not None:
                self._answer(self.not_done, number, _bare(hindrance))
                return
            with others.opened(token_id, pin) as key:
                self._rooms().voiding.approve_beside(number, key)
            self._answer(self.done, number, "VOID_APPROVED_HERE")
        except self._failures as error:
            log.warning("not approved: %s", getattr(error, "code", type(error).__name__))
            self._answer(self.not_done, number, _bare(error))
        except Exception:
            self._answer(self.not_done, number, Unforeseen())
            raise
        finally:
            del pin

    # --- inside ---

    def _report_start(self) -> None:
        report = self._rooms().start.report()
        if report is not None:
            self.start_reported.emit(report)

    def _tell_day(self, day: date, found: "tuple[Record, ...]") -> None:
        self.listed.emit(day, found)
        records = self._rooms().records
        try:
            if records.learn_decisions(found):
                self.listed.emit(day, records.of_day(day))
        except self._failures as error:
            log.info("decisions not learnt: %s", getattr(error, "code", type(error).__name__))

    def _do(self, number: str, code: str, call: Callable[[], object]) -> None:
        self._try(call, lambda _: self.done.emit(number, code), partial(self.not_done.emit, number))

    def _try(
        self,
        call: Callable[[], T],
        tell: Callable[[T], object],
        tell_refusal: Callable[[Exception], object],
    ) -> None:
        attempt(call, self._failures, tell, tell_refusal)

    def _rooms(self) -> "RecordRooms":
        if self._built is None:
            self._built = self._build()
        return self._built

    def _answer(self, signal: pyqtBoundSignal, *what: object) -> None:
        """After the call has ended, with whatever holds its PIN."""
        QTimer.singleShot(0, partial(signal.emit, *what))


def _bare(error: Exception) -> Exception:
    """Without its traceback, whose frames lead to the caller's, and so to the PIN."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)

"""Papers in a thread of its own: fonts, seals and print queues take time."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from clerk_client.workers.unforeseen import Unforeseen

if TYPE_CHECKING:
    from clerk_client.desk.paperwork import PrintedReceipt
    from clerk_client.domain.cases import Acceptance

log = logging.getLogger(__name__)


class Paperwork(Protocol):
    """What makes and sends papers."""

    def print_receipt(self, acceptance: "Acceptance", again: bool) -> "PrintedReceipt": ...


class PrintWorker(QObject):
    """An exception of `failures` becomes `failed`; any other reaches the crash hook as well."""

    printed = pyqtSignal(object)  # PrintedReceipt
    failed = pyqtSignal(str, object)  # acceptance number, why

    def __init__(
        self, build: Callable[[], Paperwork], failures: tuple[type[Exception], ...]
    ) -> None:
        super().__init__()
        self._build = build
        self._failures = failures
        self._built: Paperwork | None = None

    @pyqtSlot(object, bool)
    def print_receipt(self, acceptance: "Acceptance", again: bool) -> None:
        """`again` prints it as a copy, 补打, with its count."""
        try:
            if self._built is None:
                self._built = self._build()
            receipt = self._built.print_receipt(acceptance, again)
        except self._failures as error:
            log.warning("receipt not printed: %s", getattr(error, "code", type(error).__name__))
            self.failed.emit(acceptance.number, error)
            return
        except Exception:
            self.failed.emit(acceptance.number, Unforeseen())
            raise
        self.printed.emit(receipt)

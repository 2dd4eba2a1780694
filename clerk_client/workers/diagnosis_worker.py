"""The station's diagnosis in a thread of its own: a hanging camera must delay no acceptance."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from clerk_client.workers.unforeseen import Unforeseen

if TYPE_CHECKING:
    from clerk_client.desk.diagnosis import Check

log = logging.getLogger(__name__)


class Diagnosis(Protocol):
    """What looks at the station; stands without a desk, when the journal cannot be opened."""

    def checks(self) -> "Sequence[Check]": ...


class DiagnosisWorker(QObject):
    """An exception of `failures` becomes `refused`; any other reaches the crash hook as well."""

    diagnosed = pyqtSignal(list)  # of Check
    refused = pyqtSignal(object)

    def __init__(
        self, build: Callable[[], Diagnosis], failures: tuple[type[Exception], ...]
    ) -> None:
        super().__init__()
        self._build = build
        self._failures = failures
        self._built: Diagnosis | None = None

    @pyqtSlot()
    def diagnose(self) -> None:
        """Looks at everything once."""
        try:
            if self._built is None:
                self._built = self._build()
            checks = list(self._built.checks())
        except self._failures as error:
            log.info("no diagnosis: %s", getattr(error, "code", type(error).__name__))
            self.refused.emit(error)
            return
        except Exception:
            self.refused.emit(Unforeseen())
            raise
        self.diagnosed.emit(checks)

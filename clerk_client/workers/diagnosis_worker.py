"""The station's diagnosis in a thread of its own: a hanging camera must delay no acceptance."""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from clerk_client.workers.unforeseen import Unforeseen

if TYPE_CHECKING:
    from clerk_client.desk.diagnosis import Check

log = logging.getLogger(__name__)


class Diagnosis(Protocol):
    """What looks at the station; stands without a desk, when the journal cannot be opened."""

    def checks(self) -> "Iterable[Sequence[Check]]": ...

    def export(self, file: Path) -> None: ...


class DiagnosisWorker(QObject):
    """An exception of `failures` becomes `refused`; any other reaches the crash hook as well."""

    checked = pyqtSignal(list)  # of Check: one subject's, while others are still asked
    diagnosed = pyqtSignal(list)  # of Check: all of them
    refused = pyqtSignal(object)
    exported = pyqtSignal(str)  # the file
    export_refused = pyqtSignal(object)

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
        checks: list[Check] = []
        try:
            for found in self._diagnosis().checks():
                checks += found
                self.checked.emit(list(found))
        except self._failures as error:
            log.info("no diagnosis: %s", getattr(error, "code", type(error).__name__))
            self.refused.emit(error)
            return
        except Exception:
            self.refused.emit(Unforeseen())
            raise
        self.diagnosed.emit(checks)

    @pyqtSlot(str)
    def export(self, file: str) -> None:
        """Looks at the keys once more, for a file that the help desk gets."""
        try:
            self._diagnosis().export(Path(file))
        except self._failures as error:
            log.info("no report: %s", getattr(error, "code", type(error).__name__))
            self.export_refused.emit(error)
            return
        except Exception:
            self.export_refused.emit(Unforeseen())
            raise
        self.exported.emit(file)

    def _diagnosis(self) -> Diagnosis:
        if self._built is None:
            self._built = self._build()
        return self._built

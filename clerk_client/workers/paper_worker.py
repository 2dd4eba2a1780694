"""The papers of a key in a thread of their own, before anybody is signed in."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from clerk_client.workers.unforeseen import Unforeseen

if TYPE_CHECKING:
    from printing.document import CertificateApplication, KeyRequest
    from printing.spool import Printer

log = logging.getLogger(__name__)
_Made = TypeVar("_Made")


class PaperWorker(QObject):
    """An exception of `failures` becomes `failed`; any other reaches the crash hook as well."""

    printed = pyqtSignal(str, str)  # the paper's title, which names no person; the printer
    saved = pyqtSignal(str)  # the file's path
    failed = pyqtSignal(object)

    def __init__(
        self, printer: "Callable[[], Printer]", failures: tuple[type[Exception], ...]
    ) -> None:
        super().__init__()
        self._printer = printer
        self._failures = failures

    @pyqtSlot(object)
    def print_paper(self, paper: "KeyRequest | CertificateApplication") -> None:
        """On the station's printer; `saved` where that is a folder."""
        # Imported late: no paper is needed to show the login page.
        from clerk_client.desk.key_papers import print_paper

        made = self._made(lambda: print_paper(paper, self._printer))
        if made is None:
            return
        printer, file = made
        if file:
            self.saved.emit(file)
        else:
            self.printed.emit(paper.title, printer)

    @pyqtSlot(object, str)
    def save_paper(self, paper: "KeyRequest | CertificateApplication", file: str) -> None:
        """As a PDF, beside a file that has the name already."""
        from clerk_client.desk.key_papers import save_paper

        where = self._made(lambda: save_paper(paper, Path(file)))
        if where is not None:
            self.saved.emit(where)

    def _made(self, make: Callable[[], _Made]) -> _Made | None:
        try:
            return make()
        except self._failures as error:
            log.warning("paper not made: %s", getattr(error, "code", type(error).__name__))
            self.failed.emit(error)
            return None
        except Exception:
            self.failed.emit(Unforeseen())
            raise

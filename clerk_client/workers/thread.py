"""One thread for one worker, started, called and stopped the same way everywhere."""

import logging
from collections.abc import Callable
from functools import partial
from inspect import Parameter, signature

from PyQt5.QtCore import QObject, QThread, pyqtSignal, pyqtSlot

log = logging.getLogger(__name__)

# Destroying a running QThread aborts the program; one that missed its deadline is kept instead.
_overdue: list["WorkerThread"] = []


class WorkerThread:
    """Owns a worker and the thread it lives in.

    A worker with a slot `finish` has it called in its own thread, last of all: timers and devices
    must be let go where they were made. Connect to the worker's signals after making this.
    """

    def __init__(self, worker: QObject, name: str) -> None:
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._worker = worker
        self._calls = _Calls()
        worker.moveToThread(self._thread)
        self._calls.moveToThread(self._thread)
        self._calls.made.connect(self._calls.run)
        finish = getattr(worker, "finish", None)
        if finish is not None:
            # Emitted in the thread itself, after its event loop: so this runs there, too.
            self._thread.finished.connect(finish)

    def start(self) -> None:
        """Begins to answer calls; those made before have waited."""
        self._thread.start()

    def queued(self, slot: Callable[..., object]) -> Callable[..., None]:
        """The slot as a function for any thread: it returns at once, the slot runs in this thread.

        Calls run in the order they were made. Arguments that the slot has no use for are dropped,
        as Qt does: so this may be connected to a signal that says more.
        """
        taken = _positions(slot)

        def call(*arguments: object) -> None:
            self._calls.made.emit(partial(slot, *arguments[:taken]))

        return call

    def stop(self, deadline_ms: int) -> bool:
        """Ends the thread after the calls made so far; False when they take longer than this.

        Then it ends after the call it is in.
        """
        # Queued like the calls: quitting at once would drop those behind the one that runs.
        self._calls.made.emit(self._thread.quit)
        if self._thread.wait(deadline_ms):
            return True
        self._thread.quit()
        log.error("thread %s did not end in %d ms", self._thread.objectName(), deadline_ms)
        _overdue.append(self)
        return False


def _positions(slot: Callable[..., object]) -> int | None:
    """How many arguments the slot takes by position; None for any number."""
    kinds = [parameter.kind for parameter in signature(slot).parameters.values()]
    if Parameter.VAR_POSITIONAL in kinds:
        return None
    return sum(k in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD) for k in kinds)


class _Calls(QObject):
    """Carries calls into the thread that it was moved to."""

    made = pyqtSignal(object)

    @pyqtSlot(object)
    def run(self, call: Callable[[], object]) -> None:
        try:
            call()
        finally:
            # A traceback keeps this frame, and the call its arguments: a PIN among them.
            del call

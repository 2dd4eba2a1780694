"""Python's search for cycles, kept to the window's thread.

Python searches in whichever thread allocates at that moment. A widget that is found and destroyed
in a worker's thread damages Qt's memory, and the program dies much later, somewhere else.
"""

import gc

from PyQt5.QtCore import QObject, QTimer, pyqtSlot

_EACH_MS = 1000


class Collecting(QObject):
    """Searches by the usual thresholds, now and then, in the thread that made this.

    Until `stop` Python does not search by itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self._has_begun = False
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(_EACH_MS)

    def stop(self) -> None:
        """As it was before."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @pyqtSlot()
    def _collect(self) -> None:
        if not self._has_begun:
            # What stands by now stays: to go through it takes longer than may be felt.
            self._has_begun = True
            gc.freeze()
            return
        for generation, (count, most) in reversed(
            list(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))
        ):
            if count > most:
                gc.collect(generation)
                return

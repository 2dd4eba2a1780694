"""When a camera that was lost is tried again: no clerk has to, and no driver is hammered."""

import time
from collections.abc import Callable

from scanner.errors import CameraAbsent, CameraBusy, CameraFrozen, CameraStalled, ScannerError

LOOK_S = 1.0
"""A look at what is plugged costs nothing."""

BUSY_S = 3.0
RESTART_S = 0.5
LONGEST_S = 8.0
HEALTHY_S = 10.0
"""A camera that ran so long may fail anew and is restarted once more."""


class CameraReturn:
    """Told of each failure and of each first picture; answers how long to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """A person asked: everything may be tried again."""
        self._openings = 0
        self._is_restarted = False
        self._works_since: float | None = None

    def works(self) -> None:
        """The first picture came."""
        self._works_since = self._clock()
        self._openings = 0

    def pause_after(self, error: ScannerError) -> float | None:
        """Seconds until the next try; None when it is the clerk's turn."""
        since, self._works_since = self._works_since, None
        if since is not None and self._clock() - since >= HEALTHY_S:
            self._is_restarted = False
        match error:
            case CameraAbsent():
                self._openings += 1
                return float(min(LONGEST_S, LOOK_S * 2 ** (self._openings - 1)))
            case CameraBusy():
                return BUSY_S
            case CameraStalled() | CameraFrozen() if not self._is_restarted:
                self._is_restarted = True
                return RESTART_S
        return None

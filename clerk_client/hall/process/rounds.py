"""What a process does again and again beside answering: one thread a task, all ended alike."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from clerk_client.hall.errors import HallError

log = logging.getLogger(__name__)


class Rounds:
    """Calls `work` every `period` seconds, in a thread of its own named `name`.

    A round that the database does not allow loses nothing: `missed` is said once in the log, and
    the next one does its work. With `last` one more round is made when it is stopped.
    """

    def __init__(
        self,
        name: str,
        period: float,
        work: Callable[[], object],
        missed: str,
        *,
        last: bool = False,
    ) -> None:
        self._period = period
        self._work = work
        self._missed = missed
        self._has_last = last
        self._is_failing = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Once, when the service has started. Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when the round at work, and the last one, have ended."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(self._period):
            self.go_round()
        if self._has_last:
            self.go_round()

    def go_round(self) -> None:
        """One round, now and in the caller's thread."""
        try:
            self._work()
            self._is_failing = False
        except (SQLAlchemyError, HallError) as error:
            if not self._is_failing:
                log.warning("%s: %s", self._missed, type(error).__name__)
            self._is_failing = True

"""What this station tells of itself, for whoever looks after all of them. Nothing of a person."""

import logging
import platform
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from clerk_client.desk.devices import Devices, DeviceSeen
from clerk_client.desk.session import Session
from clerk_client.domain.clock import Clock, hall_day
from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.errors import HallRefused, HallSessionEnded, HallUnavailable
from clerk_client.journal.store import Journal
from clerk_client.wire.fleet import DeviceState, ReportTaken, StationReport
from clerk_client.wire.messages import CONTRACT

log = logging.getLogger(__name__)

_EVERY = timedelta(minutes=30)
_MOST_DRIVERS = 20
_LONGEST_WORD = 80


class StationReports:
    """For the thread that synchronises."""

    def __init__(
        self,
        *,
        journal: Journal,
        credentials: Credentials,
        session: Callable[[], Session],
        devices: Devices,
        drivers: Callable[[], Iterable[str]],
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._credentials = credentials
        self._session = session
        self._devices = devices
        self._drivers = drivers
        self._clock = clock
        self._told: tuple[Session, tuple[DeviceSeen, ...]] | None = None
        self._told_at: datetime | None = None

    def report(self, client: HallClient) -> None:
        """After each sign-in, every half hour, and when a device changed; else nothing.

        A hall that does not take it hinders nobody: it is only logged. Raises JournalError.
        """
        try:
            session = self._session()
        except HallSessionEnded:
            return
        devices = self._devices.seen()
        if self._is_told(session, devices):
            return
        try:
            client.call("POST", "station-reports", ReportTaken, body=self._report(devices))
        except (HallUnavailable, HallSessionEnded) as error:
            log.info("station report not sent: %s", error.code)
            return
        except HallRefused as error:
            # Not a thing that asking again at each pass would change.
            log.info("station report refused: %s", error.code)
        self._told, self._told_at = (session, devices), self._clock.now()

    def _is_told(self, session: Session, devices: tuple[DeviceSeen, ...]) -> bool:
        if self._told is None or self._told_at is None:
            return False
        is_same = self._told[0] is session and self._told[1] == devices
        return is_same and abs(self._clock.now() - self._told_at) < _EVERY

    def _report(self, devices: Iterable[DeviceSeen]) -> StationReport:
        waiting, _, refused = self._journal.undelivered()
        now = self._clock.now()
        return StationReport(
            version=_version(),
            system=_word(platform.platform()),
            contract=CONTRACT,
            journal=self._journal.id,
            lines=self._journal.last_seq,
            waiting=waiting,
            refused=refused,
            numbers_left=self._journal.numbers_left(hall_day(now).year),
            clock_offset_ms=round(self._credentials.hall_ahead / timedelta(milliseconds=1)),
            drivers=[_word(name) for name in sorted(self._drivers())][:_MOST_DRIVERS],
            devices=[
                DeviceState.model_validate(
                    {"subject": each.subject, "severity": each.severity, "code": each.code}
                )
                for each in devices
            ],
        )


def _version() -> str:
    try:
        return version("clerk-client")
    except PackageNotFoundError:
        # Run from a folder that was never installed.
        return ""


def _word(text: str) -> str:
    plain = "".join(c if c.isprintable() and c != "|" else " " for c in text)
    return plain[:_LONGEST_WORD]

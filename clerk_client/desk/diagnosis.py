"""Keys, camera, printer, hall, clock and 离线资料: what stands, and what to do if not.

Never raises: a check that fails is a finding of its own.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from clerk_client.desk.cameras import Cameras
from clerk_client.domain.clock import Clock, from_rfc3339
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallError, KeyringAbsent
from clerk_client.journal.errors import JournalError
from clerk_client.settings import SettingsBroken
from printing.errors import PrintingError
from printing.spool import Printer
from scanner.capture import Capture
from scanner.errors import CameraAbsent, CameraStalled, ScannerError
from ukey.catalog import Catalog
from ukey.diagnosis import Diagnosis as KeyDiagnosis
from ukey.diagnosis import diagnose
from ukey.findings import Heading
from ukey.hub import KeyHub
from ukey.trust import Trust

log = logging.getLogger(__name__)
# A camera's process starts, opens and gives its first picture.
_CAMERA_PATIENCE_S = 12.0
_CLOCK_TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Check:
    """`subject`: key, camera, printer, hall, clock, offline. `severity`: ok, warning, error.

    `heading` is the manual's, for keys alone; `wording` the entry of the words when that is not the
    code.
    """

    subject: str
    severity: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    heading: str = ""
    wording: str = ""


class Diagnosis:
    """Looks at everything the window depends on; needs no sign-in."""

    def __init__(
        self,
        *,
        hub: Callable[[], KeyHub],
        catalog: Callable[[], Catalog],
        trust: Callable[[], Trust],
        cameras: Callable[[], Cameras],
        camera_is_busy: Callable[[], bool],
        printer: Callable[[], Printer],
        client: Callable[[], HallClient],
        clock: Clock,
        offline: "Callable[[], list[Check]]",
    ) -> None:
        self._hub = hub
        self._catalog = catalog
        self._trust = trust
        self._cameras = cameras
        self._camera_is_busy = camera_is_busy
        self._printer = printer
        self._client = client
        self._clock = clock
        self._offline = offline
        # Told by the hall's check, for the clock's, which comes right after it.
        self._hall_time: str | None = None

    def checks(self) -> Iterator[list[Check]]:
        """A list for each subject as soon as it was looked at, in the order of the page.

        All that is found of the keys and of what is kept; one of each other subject.
        """
        subjects: list[tuple[str, Callable[[], list[Check]]]] = [
            ("key", self._keys),
            ("camera", lambda: [self._camera_check()]),
            ("printer", lambda: [self._printer_check()]),
            ("hall", lambda: [self._hall()]),
            ("clock", lambda: [self._clock_check()]),
            ("offline", self._offline_checks),
        ]
        for subject, check in subjects:
            try:
                found = check()
            except Exception as error:  # noqa: BLE001 - a diagnosis tells, whatever happens
                log.warning("check of %s failed: %s", subject, type(error).__name__)
                found = [Check(subject, "error", "CHECK_FAILED")]
            yield found

    def export(self, file: Path) -> None:
        """A new look at the keys as a zip for the help desk, without whose they are.

        Raises ReportExists, ReportNotWritten.
        """
        from ukey.report import ensure_new, write_report

        ensure_new(file)
        found, _ = self._looked_at_keys()
        write_report(file, found, self._catalog(), self._clock.now())

    def _keys(self) -> list[Check]:
        found, problems = self._looked_at_keys()
        return problems + [
            Check("key", f.severity, f.code, f.facts, f.heading.value, f.wording)
            for f in found.findings
        ]

    def _looked_at_keys(self) -> tuple[KeyDiagnosis, list[Check]]:
        """Also without authorities, when their file is broken: then nobody asks who issued what."""
        problems: list[Check] = []
        try:
            trust = self._trust()
        except SettingsBroken as error:
            other = Heading.OTHER.value
            problems.append(Check("key", "error", error.code, _facts(error), other))
            trust = Trust((), self._clock.now())
        return diagnose(self._hub(), self._catalog(), trust), problems

    def _camera_check(self) -> Check:
        cameras = self._cameras()
        name = cameras.chosen().name
        if self._camera_is_busy():
            return Check("camera", "ok", "CAMERA_OK", {"name": name})
        try:
            source = cameras.source()
        except ScannerError as error:
            return _camera_failure(error, cameras)
        failures: list[ScannerError] = []
        # In a thread that may be left behind: a driver that hangs must not hold the diagnosis.
        capture = Capture(source, lambda _: None, failures.append)
        capture.start()
        frame = capture.latest(_CAMERA_PATIENCE_S)
        capture.stop()
        if frame is not None:
            return Check("camera", "ok", "CAMERA_OK", {"name": name})
        return _camera_failure(failures[0] if failures else CameraStalled(source.name), cameras)

    def _printer_check(self) -> Check:
        try:
            printer = self._printer()
        except PrintingError as error:
            return Check("printer", "error", error.code, _facts(error))
        return Check("printer", "ok", "PRINTER_OK", {"name": printer.name})

    def _hall(self) -> Check:
        self._hall_time = None
        try:
            client = self._client()
            try:
                health = client.health()
            finally:
                client.close()
        except (HallError, KeyringAbsent) as error:
            return Check("hall", "error", error.code)
        self._hall_time = health.hall_time
        return Check("hall", "ok", "HALL_OK", {"hall": health.hall})

    def _clock_check(self) -> Check:
        if self._hall_time is None:
            return Check("clock", "warning", "CLOCK_UNCHECKED")
        try:
            ahead = self._clock.now() - from_rfc3339(self._hall_time)
        except ValueError:
            return Check("clock", "warning", "CLOCK_UNCHECKED")
        seconds = {"seconds": str(round(abs(ahead.total_seconds())))}
        if abs(ahead) > _CLOCK_TOLERANCE:
            return Check("clock", "error", "CLOCK_WRONG", seconds)
        return Check("clock", "ok", "CLOCK_OK", seconds)

    def _offline_checks(self) -> list[Check]:
        try:
            return self._offline()
        except JournalError as error:
            return [Check("offline", "error", error.code, _facts(error))]
        except KeyringAbsent:
            # Said by the hall's check, which needs it too.
            return []


def _camera_failure(error: ScannerError, cameras: Cameras) -> Check:
    """Of a missing camera also which ones are there instead."""
    facts = _facts(error)
    there = [device.name for device in cameras.devices()]
    if not isinstance(error, CameraAbsent) or not there:
        return Check("camera", "error", error.code, facts)
    facts["known"] = "、".join(there)
    return Check("camera", "error", error.code, facts, wording="CAMERA_ABSENT_OTHERS")


def _facts(error: Exception) -> dict[str, str]:
    return {name: str(value) for name, value in vars(error).items() if not name.startswith("_")}

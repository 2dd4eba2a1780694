"""The conversation about what works: each part of the station with cause and next step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words, wording_for
from ukey.findings import Heading

if TYPE_CHECKING:
    from clerk_client.desk.diagnosis import Check

_LEVELS = {"ok": Level.SUCCESS, "warning": Level.WARNING, "error": Level.ERROR}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of the page. `subject` is key, camera, printer, hall or clock.

    `heading` is the manual's; `whose` and `detail` tell one key or driver from another.
    """

    subject: str
    level: Level
    words: Words
    heading: str = ""
    whose: str = ""
    detail: str = ""


HEADINGS = tuple(heading.value for heading in Heading)
"""In the manual's order, which is also that of the page."""


class DiagnosticsView(Protocol):
    """What the page can show."""

    def show_checks(self, lines: Sequence[CheckLine]) -> None:
        """Replaces the lines."""

    def show_problem(self, words: Words | None) -> None:
        """Why nothing could be checked."""

    def show_busy(self, busy: bool) -> None:
        """The parts are being asked."""

    def show_exporting(self, exporting: bool) -> None:
        """A report is being written."""

    def show_report(self, words: Words | None, level: Level) -> None:
        """What became of the report."""


class DiagnosticsPresenter:
    """Has the station looked at when the page opens and when the clerk says so."""

    def __init__(
        self,
        view: DiagnosticsView,
        diagnose: Callable[[], object],
        export: Callable[[str], object],
    ) -> None:
        self._view = view
        self._diagnose = diagnose
        self._export = export
        self._waiting = False

    def refresh(self) -> None:
        """One look at a time."""
        if not self._waiting:
            self._waiting = True
            self._view.show_report(None, Level.INFO)
            self._view.show_busy(True)
            self._diagnose()

    def export(self, file: str) -> None:
        """A report for the help desk, at the place that the clerk chose."""
        self._view.show_report(None, Level.INFO)
        self._view.show_exporting(True)
        self._export(file)

    def exported(self, file: str) -> None:
        """The report is there."""
        self._view.show_exporting(False)
        self._view.show_report(wording_for("REPORT_SAVED", {"path": file}), Level.SUCCESS)

    def export_refused(self, error: Exception) -> None:
        """No report was written."""
        self._view.show_exporting(False)
        self._view.show_report(wording_for(error), Level.ERROR)

    def diagnosed(self, checks: Sequence["Check"]) -> None:
        """What was found."""
        self._stop_waiting()
        self._view.show_problem(None)
        # Without the station's keyring the hall is not even asked: no fault of the hall's.
        unasked = any(c.code == "KEYRING_ABSENT" for c in checks)
        self._view.show_checks([_line(c, unasked) for c in checks])

    def diagnosis_refused(self, error: Exception) -> None:
        """Nothing could be looked at: this station lacks something that all of it needs."""
        self._stop_waiting()
        self._view.show_problem(wording_for(error))

    def _stop_waiting(self) -> None:
        self._waiting = False
        self._view.show_busy(False)


def _line(check: "Check", hall_unasked: bool) -> CheckLine:
    level = _LEVELS.get(check.severity, Level.ERROR)
    if check.code == "KEYRING_ABSENT":
        return CheckLine("keyring", level, wording_for(check))
    if hall_unasked and check.code == "CLOCK_UNCHECKED":
        return CheckLine(check.subject, level, wording_for("CLOCK_NOT_ASKED"))
    words = wording_for(check)
    if check.subject != "key":
        return CheckLine(check.subject, level, words)
    path = check.facts.get("path", "").partition("\n")[0]
    return CheckLine("key", level, words, check.heading, _whose(check.facts), path)


def _whose(facts: Mapping[str, str]) -> str:
    """A key as it is told from others: never by its label."""
    serial = facts.get("serial", "")
    parts = (facts.get("holder", ""), facts.get("family", "") if serial else "", serial[-4:])
    return "　".join(part for part in parts if part)

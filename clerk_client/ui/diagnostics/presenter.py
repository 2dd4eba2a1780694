"""The conversation about what works: each part of the station with cause and next step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clerk_client.ui.notices import Level
from clerk_client.ui.wording import Words, wording_for
from ukey.errors import CatalogBroken
from ukey.findings import Heading

if TYPE_CHECKING:
    from clerk_client.desk.diagnosis import Check

_LEVELS = {"ok": Level.SUCCESS, "warning": Level.WARNING, "error": Level.ERROR}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of the page. `subject` is key, camera, printer, hall, clock or offline.

    `heading` is the manual's; `whose` and `path` tell one key or driver from another; `detail` is
    for IT, as the driver or the file's reader said it.
    """

    subject: str
    level: Level
    words: Words
    heading: str = ""
    whose: str = ""
    path: str = ""
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
        self._found: list[Check] = []
        # Looks that nobody waits for any more; their answers come first.
        self._overdue = 0

    def refresh(self) -> None:
        """One look at a time."""
        if not self._waiting:
            self._clear()
            self._waiting = True
            self._view.show_busy(True)
            self._diagnose()

    def forget(self) -> None:
        """The clerk leaves: nothing that names whose keys were seen stays on the page."""
        if self._waiting:
            self._overdue += 1
            self._stop_waiting()
        self._clear()

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

    def checked(self, checks: Sequence["Check"]) -> None:
        """What was found of one subject, while others are still asked."""
        if not self._overdue:
            self._found += checks
            self._show_found()

    def diagnosed(self, checks: Sequence["Check"]) -> None:
        """All that was found."""
        if self._is_overdue():
            return
        self._stop_waiting()
        self._found = list(checks)
        self._show_found()

    def diagnosis_refused(self, error: Exception) -> None:
        """Nothing could be looked at: this station lacks something that all of it needs."""
        if self._is_overdue():
            return
        self._stop_waiting()
        self._view.show_problem(wording_for(error))

    # --- inside ---

    def _is_overdue(self) -> bool:
        if not self._overdue:
            return False
        self._overdue -= 1
        return True

    def _stop_waiting(self) -> None:
        self._waiting = False
        self._view.show_busy(False)

    def _clear(self) -> None:
        self._found = []
        self._view.show_checks([])
        self._view.show_problem(None)
        self._view.show_report(None, Level.INFO)

    def _show_found(self) -> None:
        # Without the station's keyring the hall is not even asked: no fault of the hall's.
        unasked = any(c.code == "KEYRING_ABSENT" for c in self._found)
        self._view.show_checks([_line(c, unasked) for c in self._found])


def _line(check: "Check", hall_unasked: bool) -> CheckLine:
    level = _LEVELS.get(check.severity, Level.ERROR)
    if check.code == "KEYRING_ABSENT":
        return CheckLine("keyring", level, wording_for(check))
    if hall_unasked and check.code == "CLOCK_UNCHECKED":
        return CheckLine(check.subject, level, wording_for("CLOCK_NOT_ASKED"))
    words = wording_for(check)
    if check.subject != "key":
        return CheckLine(check.subject, level, words)
    if check.code == CatalogBroken.code and level is Level.WARNING:
        # What was left behind in IT's folder says nothing about the key that works.
        level = Level.INFO
    facts = check.facts
    path = facts.get("path", "").partition("\n")[0]
    details = (facts.get(name, "") for name in ("detail", "reason"))
    # What stands in the sentence already is not said twice.
    detail = next((d for d in details if d and d not in words.title + words.next_step), "")
    return CheckLine("key", level, words, check.heading, _whose(facts), path, detail)


def _whose(facts: Mapping[str, str]) -> str:
    """A key as it is told from others: never by its label."""
    serial = facts.get("serial", "")
    parts = (facts.get("holder", ""), facts.get("family", "") if serial else "", serial[-4:])
    return "　".join(part for part in parts if part)

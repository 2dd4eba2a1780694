"""The conversation about today's counts: asked for, shown, and how old they are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from clerk_client.domain.cases import Category
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.domain.tallies import Tally
    from clerk_client.journal.delivery import Standing


@dataclass(frozen=True, slots=True)
class DepartmentCount:
    """One line of the table."""

    name: str
    hall_pending: int
    department_internal: int

    @property
    def total(self) -> int:
        """Both categories together."""
        return self.hall_pending + self.department_internal


class TalliesView(Protocol):
    """What the page can show."""

    def show_counts(self, counts: list[DepartmentCount], sum_of_all: DepartmentCount) -> None:
        """Replaces the figures."""

    def show_age(self, taken_at: datetime, minutes: int) -> None:
        """When the figures were taken, and how long ago that is."""

    def show_waiting(self, acceptances: int) -> None:
        """Acceptances that the hall has not got yet, so its figures lack them."""

    def show_problem(self, words: Words | None) -> None:
        """Why there are no newer figures; those shown stay."""

    def show_busy(self, busy: bool) -> None:
        """The hall is being asked."""


class TalliesPresenter:
    """Asks when the page opens and when the clerk says so; old figures stay until new ones come."""

    def __init__(
        self, view: TalliesView, ask_tally: Callable[[], object], now: Callable[[], datetime]
    ) -> None:
        self._view = view
        self._ask_tally = ask_tally
        self._now = now
        self._taken_at: datetime | None = None
        self._waiting = False

    def refresh(self) -> None:
        """One question at a time."""
        if not self._waiting:
            self._waiting = True
            self._view.show_busy(True)
            self._ask_tally()

    def tallied(self, tally: "Tally") -> None:
        """The hall's answer."""
        self._stop_waiting()
        self._taken_at = self._now()
        self._view.show_problem(None)
        self._view.show_counts(_by_department(tally), _sum(tally))
        self.tick()

    def tally_refused(self, error: Exception) -> None:
        """No answer, or a no."""
        self._stop_waiting()
        self._view.show_problem(wording_for(error))
        self.tick()

    def show_standing(self, standing: "Standing") -> None:
        """After each pass of the delivery."""
        self._view.show_waiting(standing.waiting_acceptances)

    def tick(self) -> None:
        """Time went by."""
        if self._taken_at is not None:
            seconds = (self._now() - self._taken_at).total_seconds()
            self._view.show_age(self._taken_at, max(0, int(seconds // 60)))

    def _stop_waiting(self) -> None:
        self._waiting = False
        self._view.show_busy(False)


def _sum(tally: "Tally") -> DepartmentCount:
    pending, internal = Category.HALL_PENDING, Category.DEPARTMENT_INTERNAL
    return DepartmentCount("", tally.of(pending), tally.of(internal))


def _by_department(tally: "Tally") -> list[DepartmentCount]:
    """The busiest first, then in the hall's order."""
    names: dict[str, str] = {}
    counts: dict[tuple[str, Category], int] = {}
    for row in tally.rows:
        names.setdefault(row.department_code, row.department_name)
        key = row.department_code, row.category
        counts[key] = counts.get(key, 0) + row.count
    lines = [
        DepartmentCount(
            name,
            counts.get((code, Category.HALL_PENDING), 0),
            counts.get((code, Category.DEPARTMENT_INTERNAL), 0),
        )
        for code, name in names.items()
    ]
    return sorted((line for line in lines if line.total), key=lambda line: -line.total)

"""What a page that was cleared leaves in memory: open questions, drafts without a place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from clerk_client.desk.forms import Draft


@dataclass(frozen=True, slots=True)
class Question:
    """Asked of the desk for a page that was cleared before the answer came.

    `draft` is what an acceptance leaves behind if it is refused; None where nothing stays.
    """

    clerk: str
    draft: Draft | None


@dataclass(frozen=True, slots=True)
class _Unkept:
    clerk: str
    day: date
    drafts: tuple[Draft, ...]
    error: Exception


class Unkept:
    """Drafts that the journal could not take: here for the rest of the day, or of the program."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._all: list[_Unkept] = []

    def keep(self, clerk: str, drafts: Sequence[Draft], error: Exception) -> None:
        self._all.append(_Unkept(clerk, self._today(), tuple(drafts), error))

    def take(self, clerk: str) -> tuple[list[Draft], Exception | None]:
        """This clerk's, which are not kept any longer, and why they were not kept elsewhere."""
        today = self._today()
        own = [each for each in self._all if each.clerk == clerk and each.day == today]
        self._all = [each for each in self._all if each.clerk != clerk and each.day == today]
        drafts = [draft for each in own for draft in each.drafts]
        return drafts, own[-1].error if own else None

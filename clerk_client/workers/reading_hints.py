"""What to tell a clerk whose ticket is not read, and when to keep quiet."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanner.condition import Fault
    from scanner.reading import Place

PATIENCE_S = 3.0
EACH_S = 1.0
EMPTY_DESK_S = 8.0
"""Where no code is seen at all, a hint goes again after so long: the desk may just be empty."""

NOT_READ_YET = "TICKET_NOT_READ_YET"


class ReadingHints:
    """Fed with what each frame showed; `code` is the hint for now, empty for none.

    A hint is due when nothing was read for PATIENCE_S, is judged anew each second, and follows the
    picture. With no code in sight it is told once, and again only after something has moved.
    """

    def __init__(
        self, judge: "Callable[[Any, Sequence[Place]], Fault | None] | None" = None
    ) -> None:
        self._judge = judge or _fault_of
        self.begin(0.0)

    def begin(self, now: float) -> None:
        self.code = ""
        self._since = now
        self._judged_at = now
        self._is_quiet = False

    def saw(
        self, now: float, picture: Any, places: "Sequence[Place]", *, has_read: bool, moved: bool
    ) -> None:
        if has_read or (self._is_quiet and (moved or places)):
            self.begin(now)
            return
        if self._is_quiet or now - self._since < PATIENCE_S:
            return
        if self.code and now - self._judged_at < EACH_S:
            return
        self._judged_at = now
        if not places and now - self._since > PATIENCE_S + EMPTY_DESK_S:
            self.code, self._is_quiet = "", True
            return
        fault = self._judge(picture, places)
        self.code = fault.value if fault else NOT_READ_YET


def _fault_of(picture: Any, places: "Sequence[Place]") -> "Fault | None":
    from scanner.condition import fault_of

    return fault_of(picture, places)

"""What to tell a clerk whose ticket is not read, and when to keep quiet."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanner.condition import Fault
    from scanner.reading import Place

PATIENCE_S = 3.0
EACH_S = 1.0
SETTLING_S = 1.5
"""What changes so soon is the camera's own doing, or the paper that was read and is taken away."""

EMPTY_DESK_S = 8.0
"""Where no code is seen any more, the general hint goes again after so long: the desk may just be
empty."""

NOT_READ_YET = "TICKET_NOT_READ_YET"


class ReadingHints:
    """Fed with what each frame showed; `code` is the hint for now, empty for none.

    A hint is due when nothing was read for PATIENCE_S, is judged anew each second, and follows the
    picture. A fault is told as long as it is there; NOT_READ_YET only of a code that is located, or
    after something came into the picture. Of an empty desk nothing is said.
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
        # When there was last a reason to think that a ticket lies there.
        self._ticket_at: float | None = None

    def saw(
        self, now: float, picture: Any, places: "Sequence[Place]", *, has_read: bool, moved: bool
    ) -> None:
        if has_read:
            self.begin(now)
            return
        is_woken = self._is_quiet and (moved or bool(places))
        if is_woken:
            self.begin(now)
        if is_woken or places or (moved and now - self._since > SETTLING_S):
            self._ticket_at = now
        if self._is_quiet or now - self._since < PATIENCE_S or now - self._judged_at < EACH_S:
            return
        self._judged_at = now
        fault = self._judge(picture, places)
        if fault is not None:
            self.code = fault.value
        elif self._ticket_at is not None and now - self._ticket_at <= EMPTY_DESK_S:
            self.code = NOT_READ_YET
        else:
            self.code, self._is_quiet = "", True


def _fault_of(picture: Any, places: "Sequence[Place]") -> "Fault | None":
    from scanner.condition import fault_of

    return fault_of(picture, places)

"""One Reading for each ticket shown, however many frames show it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.reading import Reading

# A code flickers: it is missed in single frames while the slip lies still.
_ABSENT_FRAMES = 5


class Steady:
    """Fed with what each frame gave, says once what was shown. For one thread.

    `choices` holds the readings among which the clerk must choose, and is empty otherwise.
    """

    def __init__(self, absent_frames: int = _ABSENT_FRAMES) -> None:
        self._absent_frames = absent_frames
        self.reset()

    def reset(self) -> None:
        """Forgets everything: a ticket that still lies there is given again."""
        self._frame = 0
        self._last_seen: dict[str, int] = {}
        self._given: set[str] = set()
        self._contested: dict[str, Reading] = {}

    @property
    def choices(self) -> "tuple[Reading, ...]":
        """Two or more readings that were seen in one frame and are still there."""
        return tuple(self._contested.values())

    def feed(self, readings: "Sequence[Reading]") -> "Reading | None":
        """The reading to act on now, or None.

        A text is not given again before `absent_frames` frames without it. After a frame with two
        texts neither is given while the other may still be there: a code missed in one frame is
        no choice.
        """
        self._frame += 1
        seen = {reading.text: reading for reading in readings}
        self._forget_absent(seen)
        self._last_seen.update(dict.fromkeys(seen, self._frame))
        if len(seen) > 1:
            self._contested.update(seen)
        else:
            self._contested.update({t: r for t, r in seen.items() if t in self._contested})
        if self._contested or not seen:
            return None
        (reading,) = seen.values()
        if reading.text in self._given:
            return None
        self._given.add(reading.text)
        return reading

    def _forget_absent(self, seen: "dict[str, Reading]") -> None:
        for text, frame in list(self._last_seen.items()):
            if text not in seen and self._frame - frame >= self._absent_frames:
                del self._last_seen[text]
                self._given.discard(text)
                self._contested.pop(text, None)
        if len(self._contested) < 2:
            self._contested.clear()

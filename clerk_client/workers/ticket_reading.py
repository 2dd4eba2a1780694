"""What the frames of a preview say: which tickets, where, and why none is read."""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clerk_client.desk.cameras import Mark
from clerk_client.workers.reading_hints import ReadingHints
from scanner.sight import Sight
from scanner.steady import Steady

if TYPE_CHECKING:
    from scanner.reading import Corners, Reading

STILL_PAUSE_S = 0.25
"""How often an unmoved picture without any code is read again: noise differs, little else does."""

_EMPTY_READS = 4
_CHEAP_S = 0.02
_SAMPLES = 120
_NOISE = 24
_CHANGED_SHARE = 0.004
_KNOWN_TICKETS = 64

TicketOf = Callable[[str], Hashable | None]
"""What ticket a code names, the same for all codes of one ticket; None for no ticket."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame led to. `given` is to be acted on; among `choices` the clerk chooses."""

    given: "Reading | None"
    choices: "tuple[Reading, ...]"
    marks: tuple[Mark, ...]
    is_empty: bool


class TicketReading:
    """Fed with the frames of one preview after the other. For one thread.

    Reads a frame when it may say something new: a desk on which nothing moves costs next to
    nothing, and on a code that is hard to read no more than every other moment is spent.
    """

    def __init__(
        self,
        ticket_of: TicketOf = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ticket_of = ticket_of
        self._clock = clock
        self._texts: dict[Hashable, str] = {}
        self._sight = Sight()
        self._steady = Steady()
        self.hints = ReadingHints()
        self.begin()

    def begin(self) -> None:
        """Another preview begins; what was given before is not given again while it lies there."""
        self._scene: Any = None
        self._empty_reads = 0
        self._next_at = 0.0
        self._sight.forget()
        self.hints.begin(self._clock())

    def reset(self) -> None:
        """Whatever lies there is given, also what was given before."""
        self._steady.reset()
        self._texts.clear()

    def look(self, picture: Any, *, thorough: bool = False) -> Look | None:
        """None when this frame needs no reading. Raises PictureUnreadable."""
        began = self._clock()
        scene = _samples(picture)
        moved = _differs(scene, self._scene)
        if not thorough and began < self._next_at and not (moved and self._empty_reads):
            return None
        self._scene = scene
        readings = self._named(self._sight.read(picture, thorough=thorough))
        places = self._sight.places
        is_empty = not readings and not places
        self._empty_reads = self._empty_reads + 1 if is_empty and not moved else 0
        ended = self._clock()
        self._next_at = ended + self._rest(ended - began)
        given = self._steady.feed(readings)
        self.hints.saw(ended, picture, places, has_read=bool(readings), moved=moved)
        height, width = picture.shape[:2]
        marks = [Mark(r.text, _shares(r.corners, width, height)) for r in readings]
        marks += [Mark("", _shares(p.corners, width, height)) for p in places]
        return Look(given, self._steady.choices, tuple(marks), not readings)

    def _named(self, readings: "Sequence[Reading]") -> "list[Reading]":
        """With one text for each ticket: a slip may bear its number as a bar code, too."""
        named = []
        for reading in readings:
            ticket = self._ticket_of(reading.text)
            if ticket is not None:
                text = self._texts.setdefault(ticket, reading.text)
                reading = replace(reading, text=text)
            named.append(reading)
        for oldest in list(self._texts)[:-_KNOWN_TICKETS]:
            del self._texts[oldest]
        return named

    def _rest(self, spent: float) -> float:
        if self._empty_reads >= _EMPTY_READS:
            return STILL_PAUSE_S
        # As long as it took: other threads and programs want this processor, too.
        return spent if spent > _CHEAP_S else 0.0


def _shares(corners: "Corners", width: int, height: int) -> tuple[tuple[float, float], ...]:
    return tuple((x / width, y / height) for x, y in corners)


def _samples(picture: Any) -> Any:
    """A grid of single pixels, green: enough to see that something moved."""
    import numpy as np

    step = max(1, max(picture.shape[:2]) // _SAMPLES)
    sampled = picture[::step, ::step]
    return (sampled if sampled.ndim == 2 else sampled[..., min(1, sampled.shape[2] - 1)]).astype(
        np.int16
    )


def _differs(scene: Any, before: Any) -> bool:
    import numpy as np

    if before is None or scene.shape != before.shape:
        return True
    changed = np.count_nonzero(np.abs(scene - before) > _NOISE)
    return bool(changed > scene.size * _CHANGED_SHARE)

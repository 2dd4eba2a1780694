"""What the frames of a preview say: which tickets, where, and why none is read."""

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clerk_client.desk.cameras import Mark
from clerk_client.workers.reading_hints import ReadingHints
from scanner.reading import Kind
from scanner.sight import Sight
from scanner.steady import Steady

if TYPE_CHECKING:
    from scanner.frames import Frame
    from scanner.reading import Corners, Reading

STILL_PAUSE_S = 0.25
"""How often a picture is read again in which nothing moves and nothing stays unread: noise differs,
little else does."""

_CALM_READS = 4
# What moves is told ten times a second at most; and a slip laid down waits no longer than this.
_SHORTEST_S, _LONGEST_S = 0.08, 0.4
# How much of the time is spent on reading; the first is for a code that is hard to read, and not
# for long: what two seconds of frames did not give, the next ones seldom do.
_EAGER_SHARE, _SHARE = 0.5, 0.18
_EAGER_S = 2.0
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

    Reads a frame when it may say something new, and leaves time to the other threads: a desk on
    which nothing moves costs next to nothing, and a code that is hard to read has its share.
    """

    def __init__(
        self,
        ticket_of: TicketOf = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        *,
        kinds: "Iterable[Kind]" = (Kind.QR,),
    ) -> None:
        self._ticket_of = ticket_of
        self._clock = clock
        self._texts: dict[Hashable, str] = {}
        self._sight = Sight(kinds)
        self._steady = Steady()
        self.hints = ReadingHints()
        self.begin()

    def begin(self) -> None:
        """Another preview begins; what was given before is not given again while it lies there."""
        self._scene: Any = None
        self._calm_reads = 0
        self._next_at = 0.0
        self._unread_since: float | None = None
        self._sight.forget()
        self.hints.begin(self._clock())

    def reset(self) -> None:
        """Whatever lies there is given, also what was given before."""
        self._steady.reset()
        self._texts.clear()

    def look(self, frame: "Frame", *, thorough: bool = False) -> Look | None:
        """None when this frame needs no reading. Raises PictureUnreadable."""
        began = self._clock()
        scene = _samples(frame.small)
        moved = _differs(scene, self._scene)
        if not thorough and began < self._next_at and not (moved and self._calm_reads):
            return None
        self._scene = scene
        picture = frame.gray
        readings = self._named(
            self._sight.read(picture, thorough=thorough, taken_at=frame.taken_at)
        )
        places = self._sight.places
        ended = self._clock()
        self._rest(began, ended, has_read=bool(readings), is_calm=not (places or moved))
        given = self._steady.feed(readings)
        self.hints.saw(ended, picture, places, has_read=bool(readings), moved=moved)
        height, width = picture.shape[:2]
        marks = [Mark(r.text, _shares(r.corners, width, height)) for r in readings]
        marks += [Mark("", _shares(p.corners, width, height)) for p in places]
        return Look(given, _in_order(self._steady.choices), tuple(marks), not readings)

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

    def _rest(self, began: float, ended: float, *, has_read: bool, is_calm: bool) -> None:
        """Until the next reading."""
        self._calm_reads = self._calm_reads + 1 if is_calm else 0
        if self._calm_reads >= _CALM_READS:
            self._unread_since = None
            self._next_at = ended + STILL_PAUSE_S
            return
        if has_read or self._unread_since is None:
            self._unread_since = None if has_read or not self._sight.places else began
        is_eager = self._unread_since is not None and ended - self._unread_since < _EAGER_S
        share = _EAGER_SHARE if is_eager else _SHARE
        pause = min(max((ended - began) / share, _SHORTEST_S), _LONGEST_S)
        self._next_at = max(began + pause, ended)


def _in_order(readings: "Sequence[Reading]") -> "tuple[Reading, ...]":
    """As one reads: row by row, and in each from left to right."""
    rows: list[list[tuple[float, Reading]]] = []
    bottom = float("-inf")
    for x, y, reach, reading in sorted(map(_placed, readings), key=lambda placed: placed[1]):
        if y > bottom:
            rows.append([])
            # What begins above the middle of the first in a row stands beside it.
            bottom = y + reach
        rows[-1].append((x, reading))
    return tuple(r for row in rows for _, r in sorted(row, key=lambda placed: placed[0]))


def _placed(reading: "Reading") -> "tuple[float, float, float, Reading]":
    """Its middle, and half of its height."""
    across, down = zip(*reading.corners, strict=True)
    middle = sum(across) / len(across), sum(down) / len(down)
    return *middle, (max(down) - min(down)) / 2, reading


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

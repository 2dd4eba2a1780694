"""Figures and how they are told: one table, a line a figure, then what is to be said of them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class NotMeasured(Exception):
    """A row could not be measured: it has no figure, which is not the same as a missed goal."""


class Line(Protocol):
    """What the table tells."""

    @property
    def name(self) -> str: ...

    @property
    def told(self) -> tuple[str, ...]:
        """What else was seen."""
        ...

    def cells(self) -> tuple[str, ...]:
        """As the table shows it, a cell for each of its heads."""
        ...


@dataclass(frozen=True, slots=True)
class Goal:
    """At most `times` the peer, or at most `seconds`: whichever is given."""

    times: float | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        if self.times is None:
            assert self.seconds is not None
            return f"≤ {self.seconds * 1e3:g} ms"
        return f"≤ {self.times:g} ×"

    def is_met(self, seconds: float, peer: float | None) -> bool:
        """`peer` in seconds; a goal in times needs one."""
        if self.times is None:
            assert self.seconds is not None
            return seconds <= self.seconds
        assert peer is not None
        return seconds <= self.times * peer


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `seconds` and `peer` are of the same `n` turns of one run.

    `beside` says what the peer is, `told` what else was seen.
    """

    name: str
    seconds: float
    n: int
    beside: str = ""
    peer: float | None = None
    goal: Goal | None = None
    spread: float = 0.0
    told: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        ours: Sequence[float],
        peers: Sequence[float] = (),
        beside: str = "",
        goal: Goal | None = None,
        told: Sequence[str] = (),
    ) -> "Figure":
        """From medians; `spread` is half the middle half, as a part of the median."""
        middle = statistics.median(ours)
        low, _, high = statistics.quantiles(ours, n=4)
        peer = statistics.median(peers) if peers else None
        spread = (high - low) / 2 / middle
        return cls(name, middle, len(ours), beside, peer, goal, spread, tuple(told))

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        met = "—" if self.goal is None else "met" if self._is_met else "missed"
        return (
            self.name,
            shown(self.seconds),
            f"±{self.spread:.0%}" if self.spread else "",
            shown(self.peer) if self.peer is not None else "—",
            f"{self.seconds / self.peer:.2f}" if self.peer else "—",
            str(self.goal) if self.goal else "—",
            met,
            str(self.n),
            self.beside,
        )

    @property
    def _is_met(self) -> bool:
        assert self.goal is not None
        return self.goal.is_met(self.seconds, self.peer)


@dataclass(frozen=True, slots=True)
class Tally:
    """One line of the table that counts: `count` of `of`, and of the same the `peer`'s.

    The goal is `at_least` or `at_most` so many, whichever is given.
    """

    name: str
    count: int
    of: int
    beside: str = ""
    peer: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    told: tuple[str, ...] = ()

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        least, most = self.at_least, self.at_most
        goal = f"≥ {least}" if least is not None else f"≤ {most}" if most is not None else "—"
        missed = (least is not None and self.count < least) or (
            most is not None and self.count > most
        )
        return (
            self.name,
            f"{self.count} of {self.of}",
            "",
            "—" if self.peer is None else str(self.peer),
            f"{self.count / self.peer:.2f}" if self.peer else "—",
            goal,
            "—" if goal == "—" else "missed" if missed else "met",
            str(self.of),
            self.beside,
        )


_HEADS = ("figure", "measured", "spread", "peer", "ratio", "goal", "result", "n", "the peer")


def shown(seconds: float) -> str:
    """In the unit that a person would use."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def tell(figures: Sequence[Line]) -> None:
    """Prints the table and what is to be said beside it."""
    lines = [_HEADS, *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    # Figures end at the same place, words begin at it.
    right = {1, 2, 3, 4, 5, 7}
    for line in lines:
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    told = [(figure.name, text) for figure in figures for text in figure.told]
    if told:
        print()
    for name, text in told:
        print(f"{name}: {text}")


def timed(call: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def by_turns(n: int, *calls: Callable[[], object], warm: int = 1) -> list[list[float]]:
    """Times of each call, taken by turns so that a noisy minute falls on all of them alike."""
    for _ in range(warm):
        for call in calls:
            call()
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(n):
        # Whoever comes first in a turn finds the caches cold.
        for place in range(len(calls)):
            at = (place + turn) % len(calls)
            times[at].append(timed(calls[at]))
    return times

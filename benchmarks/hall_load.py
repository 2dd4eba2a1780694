"""A hall of 200 windows at work for half a minute: look-up, acceptance with its papers, tallies.

Each window takes a ticket every few seconds, as no hall does for long; a tenth of them look at the
tallies. What counts is how long a call takes, whoever asks.
"""

import os
import statistics
from dataclasses import replace
from typing import Any

from benchmarks.ground import Ground
from benchmarks.hall_ground import WINDOWS, filled_hall, postgres, windows_at
from benchmarks.table import Figure, NotMeasured, shown

_SECONDS = 30
_EVERY = 5.0
"""Seconds from one ticket of a window to its next."""
_TICKETS = 20
_NAMES = ("look-up", "acceptance", "tally")


def measure(ground: Ground) -> list[Figure]:
    """On PostgreSQL with two workers; windows, service and database share the cores."""
    folder = ground.folder / "load"
    with (
        postgres() as server,
        filled_hall(folder, server.address, _TICKETS) as hall,
        hall.served(folder / "service", 2) as service,
        windows_at(hall, service.port, WINDOWS, folder / "windows.log") as windows,
    ):
        windows.ready(every=_EVERY, seconds=_SECONDS)
        told = windows.play()
    wrong = set(told["outcomes"]) - {"settled", "200"}
    if wrong:
        raise NotMeasured(f"not every call was answered well: {told['outcomes']}")
    return _figures(told)


def _figures(told: Any) -> list[Figure]:
    lines = told["outcomes"]["settled"]
    share = told["cpu"] / told["seconds"]
    load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    all_told = (
        f"{WINDOWS} windows, a ticket each {_EVERY:g} s for {_SECONDS} s: {lines:,} lines, "
        f"{lines / told['seconds']:,.0f} a second; the windows' process {share:.0%} of a core{load}"
    )
    look_up, *others = (_figure(name, told["latencies"][name]) for name in _NAMES)
    return [replace(look_up, told=(all_told, *look_up.told)), *others]


def _figure(name: str, times: list[float]) -> Figure:
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    middle = f"median {shown(statistics.median(times))}, longest {shown(max(times))}"
    return Figure(f"load, {name} (p95)", p95, len(times), told=(middle,))

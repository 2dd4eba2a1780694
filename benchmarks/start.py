"""From the process's start to the login page on the screen, beside a bare PyQt5 window."""

import time

from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal

_TURNS = 9


def measure(ground: Ground) -> list[Figure]:
    """Both as fresh processes under one screen, by turns; the first of each is not counted."""
    ours, peers = [], []
    loaded: set[str] = set()
    for turn in range(_TURNS + 1):
        client, late = _started(ground, "start_client", ground.stage.settings)
        bare, _ = _started(ground, "start_bare")
        if turn:
            ours.append(client)
            peers.append(bare)
            loaded.update(late)
    told = (f"loaded although the page does not need it: {', '.join(sorted(loaded)) or 'nothing'}",)
    beside = "a bare PyQt5 window with one label"
    return [
        Figure.of("start", ours, peers, beside, Goal(times=3.0)),
        Figure.of("start, absolute", ours, goal=Goal(seconds=0.5), told=told),
    ]


def _started(ground: Ground, module: str, *arguments: object) -> tuple[float, list[str]]:
    """Seconds from before the process to the paint: both read the machine's own monotonic clock."""
    before = time.monotonic()
    with ground.child(module, *arguments, on_screen=True) as child:
        told = child.answer()
    return told["at"] - before, told.get("loaded", [])

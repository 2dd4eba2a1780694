"""The hall service as a child of a nursery: killed at a step, or with a clock that goes wrong."""

import threading
from pathlib import Path

from clerk_client.hall import __main__ as command
from clerk_client.hall.audit_trail import sealing
from clerk_client.hall.counting import folding
from clerk_client.hall.process import commands
from tests.faults.clocks import SkewedClock
from tests.helpers.fault_points import FaultPoints, Moment

# Seconds. As they are, a life of a second would rarely meet the folder.
_SOON = 0.2


def serve(arguments: list[str], kill_at: Moment, noted: str, clock: str) -> int:
    """`kill_at` counts from the start on; 0 is never."""
    folding.Folder.__init__.__defaults__ = (_SOON,)
    sealing.Sealer.__init__.__defaults__ = (_SOON,)
    if clock:
        commands.SystemClock = lambda: SkewedClock(Path(clock))
    if kill_at or noted:
        FaultPoints(kill_at, Path(noted)).begin()
    assert threading.active_count() == 1
    return command.main(["serve", *arguments])

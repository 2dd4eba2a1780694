"""Measures and prints. `python -m benchmarks [ROW ...]`; without a name, every row that is quick.

The exit code is 1 only when a row could not be measured: a missed goal is a result.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module

from benchmarks.ground import Ground
from benchmarks.table import Line, tell

_ROWS = (
    "start",
    "ticket",
    "receipt",
    "sign-in",
    "keys",
    "journal",
    "verify",
    "search",
    "hall-records",
    "hall-lookups",
    "hall-tallies",
    "decode",
    "preview",
    "camera",
)
_BY_NAME = ("decode-all", "decode-moving", "hall-load")  # minutes each


def main(names: list[str]) -> int:
    """See above; 2 for a name that is none."""
    unknown = [name for name in names if name not in _ROWS + _BY_NAME]
    if unknown:
        known = ", ".join(_ROWS + _BY_NAME)
        print(f"no such row: {', '.join(unknown)}; there are {known}", file=sys.stderr)
        return 2
    began = time.monotonic()
    figures: list[Line] = []
    failed: list[str] = []
    with ExitStack() as until_the_end:
        ground = Ground(until_the_end)
        for name in names or _ROWS:
            print(f"[bench] Measuring {name}", file=sys.stderr, flush=True)
            measure: Callable[[Ground], list[Line]]
            measure = import_module(f"benchmarks.{name.replace('-', '_')}").measure
            try:
                figures += measure(ground)
            except Exception as error:  # noqa: BLE001 - the other rows are still to be measured
                failed.append(f"{name}: not measured: {type(error).__name__}: {error}")
    tell(figures)
    print()
    for failure in failed:
        print(failure)
    print(_machine(time.monotonic() - began))
    return 1 if failed else 0


def _machine(took: float) -> str:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    version = ".".join(map(str, sys.version_info[:3]))
    return (
        f"Medians of n turns, peer and figure by turns; spread is half the middle half. "
        f"Python {version}, {os.cpu_count()} cores{load}, {took:.0f} s."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

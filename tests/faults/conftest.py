"""Tells at the end how many kills and records there were."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.town import end_nurseries

_BEGAN = time.monotonic()


@pytest.fixture(scope="session", autouse=True)
def nurseries() -> Iterator[None]:
    """Those that tests asked for end with the run."""
    yield
    end_nurseries()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    totals: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name in ("kills", "records"):
                totals[name] += value
    if totals:
        minutes = (time.monotonic() - _BEGAN) / 60
        terminalreporter.write_line(
            f"faults: {totals['kills']} kills, {totals['records']} records, {minutes:.1f} min"
        )

"""A screen for each process that runs tests: two windows on one screen fight for the keyboard.

Widgets die in the thread they were made in: see clerk_client/app/collecting.py.
"""

import gc
import os
from collections.abc import Generator

import pytest

from clerk_client.demo.screen import VirtualScreen

_screen = pytest.StashKey[VirtualScreen]()


def pytest_configure(config: pytest.Config) -> None:
    spreads_to_workers = getattr(config.option, "numprocesses", None)
    if spreads_to_workers and not hasattr(config, "workerinput"):
        return
    screen = VirtualScreen(1920, 1200)
    os.environ.update(screen.__enter__().environment)
    config.stash[_screen] = screen


def pytest_unconfigure(config: pytest.Config) -> None:
    screen = config.stash.get(_screen, None)
    if screen is not None:
        screen.__exit__(None, None, None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "qapp" in getattr(item, "fixturenames", ()):
        gc.disable()


def pytest_runtest_logfinish() -> None:
    # Not sooner: until now pytest held the test's widgets.
    if not gc.isenabled():
        gc.collect(1)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything must be there (CI=true), a test that is skipped hides a missing part."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CI=true: {report.longrepr}"
    return report

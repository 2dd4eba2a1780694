"""A screen for each process that runs tests: two windows on one screen fight for the keyboard."""

import os

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

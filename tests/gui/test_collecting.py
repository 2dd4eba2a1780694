"""What is no longer used is destroyed in the window's thread, whoever allocates."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from clerk_client.app import collecting
from clerk_client.app.collecting import Collecting


class Row(QLabel):
    """In a cycle, as a widget with a button that calls it is."""

    def __init__(self, died_in: list[str]) -> None:
        super().__init__()
        self.called = self.setText
        self.itself = self
        weakref.finalize(self, lambda: died_in.append(threading.current_thread().name))


@pytest.fixture
def running(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collecting]:
    monkeypatch.setattr(collecting, "_EACH_MS", 5)
    gc.enable()
    made = Collecting()
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 0)
    yield made
    made.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def allocate() -> None:
    """Far more than makes Python search."""
    kept = [[number] for number in range(200_000)]
    kept.clear()


@pytest.mark.usefixtures("running")
def test_widget_that_nobody_uses_dies_in_the_thread_of_the_window(qtbot: QtBot) -> None:
    died_in: list[str] = []
    for _ in range(50):
        Row(died_in)
    worker = threading.Thread(target=allocate, name="worker")
    worker.start()
    worker.join()
    assert died_in == []
    held = [[number] for number in range(20_000)]
    qtbot.waitUntil(lambda: len(died_in) == 50)
    assert set(died_in) == {threading.main_thread().name}
    assert len(held) == 20_000

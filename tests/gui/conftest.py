"""What tests with real windows and threads need: the theme, the keyboard, threads that end."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.ui.reception.view import ReceptionPage
from clerk_client.ui.theme import apply_theme
from clerk_client.workers.thread import WorkerThread
from tests.helpers.reception_window import Window

MORNING = datetime(2026, 11, 21, 1, 12, tzinfo=UTC)


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    """The application as it looks at the window."""
    apply_theme(qapp)
    yield qapp
    qapp.setStyleSheet("")


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Shows a widget as the active window, so that the keyboard reaches it."""

    def show(widget: QWidget) -> None:
        qtbot.addWidget(widget)
        with qtbot.waitExposed(widget):
            widget.show()
        widget.activateWindow()
        qtbot.waitUntil(widget.isActiveWindow)

    return show


@pytest.fixture
def run(qapp: object) -> Iterator[Callable[[QObject], WorkerThread]]:
    """Puts a worker into a thread of its own, and ends that after the test."""
    threads: list[WorkerThread] = []

    def start(worker: QObject) -> WorkerThread:
        threads.append(WorkerThread(worker, type(worker).__name__))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        assert thread.stop(5000)


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    """What reached the crash hook."""
    kinds: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, _error, _trace: kinds.append(kind))
    return kinds


@pytest.fixture
def page(shown: Callable[[QWidget], None]) -> ReceptionPage:
    """The reception page alone, as large as on the recommended screen."""
    made = ReceptionPage()
    made.resize(1366, 640)
    shown(made)
    return made


@pytest.fixture
def window(page: ReceptionPage, qtbot: QtBot) -> Window:
    return Window(page, qtbot)

"""What tests with real windows need: the theme, and a window that the keyboard reaches."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clerk_client.ui.theme import apply_theme

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

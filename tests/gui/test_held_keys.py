"""A key that the clerk holds down."""

import pytest
from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QKeyEvent

from clerk_client.ui.held_keys import HeldKeys

PRESS, RELEASE = QEvent.Type.KeyPress, QEvent.Type.KeyRelease


def key(kind: QEvent.Type, moment: int, which: int, repeats: bool = False) -> QKeyEvent:
    event = QKeyEvent(kind, which, Qt.KeyboardModifier.ControlModifier, "", repeats)
    event.setTimestamp(moment)
    return event


@pytest.mark.parametrize("kind", [PRESS, QEvent.Type.ShortcutOverride])
def test_the_repeats_of_a_held_enter_are_dropped_as_x11_sends_them(kind: QEvent.Type) -> None:
    held, page = HeldKeys(), QObject()
    assert not held.eventFilter(page, key(kind, 1000, Qt.Key.Key_Return))
    for moment in (1660, 1700, 1740):
        held.eventFilter(page, key(RELEASE, moment, Qt.Key.Key_Return))
        assert held.eventFilter(page, key(kind, moment, Qt.Key.Key_Return))
    held.eventFilter(page, key(RELEASE, 1780, Qt.Key.Key_Return))
    assert not held.eventFilter(page, key(kind, 1900, Qt.Key.Key_Return))


def test_the_repeats_are_dropped_where_the_system_marks_them() -> None:
    held, page = HeldKeys(), QObject()
    assert held.eventFilter(page, key(PRESS, 1000, Qt.Key.Key_Return, repeats=True))


def test_letters_repeat_as_they_always_did() -> None:
    held, page = HeldKeys(), QObject()
    held.eventFilter(page, key(RELEASE, 1000, Qt.Key.Key_A))
    assert not held.eventFilter(page, key(PRESS, 1000, Qt.Key.Key_A))

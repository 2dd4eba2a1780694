"""The keys of the reception page."""

from collections.abc import Callable
from functools import partial

from PyQt5.QtGui import QInputMethodEvent, QKeySequence
from PyQt5.QtWidgets import QApplication, QShortcut, QWidget

from clerk_client.domain.cases import Category, LookUp
from clerk_client.ui.reception.presenter import ReceptionPresenter
from clerk_client.ui.widgets import LineEdit, is_composing

# Letters beside the function keys: on many laptops those need Fn.
ENTRY_KEYS = {
    LookUp.TICKET: ("F2", "Alt+Q"),
    LookUp.APPOINTMENT: ("F3", "Alt+Y"),
    LookUp.MATTER: ("F4", "Alt+S"),
}


def bind_keys(page: QWidget, presenter: ReceptionPresenter, back: Callable[[], None]) -> None:
    """Binds them for as long as the page stands; dead while an input method composes.

    `back` is what Esc does.
    """
    keys: dict[str, Callable[[], None]] = {
        "Ctrl+Return": presenter.commit,
        "Ctrl+Enter": presenter.commit,
        "Esc": back,
        "Ctrl+Z": presenter.restore,
        "F9": presenter.ask_reprint,
        "Alt+1": partial(presenter.pick_category, Category.HALL_PENDING),
        "Alt+2": partial(presenter.pick_category, Category.DEPARTMENT_INTERNAL),
    }
    for entry, names in ENTRY_KEYS.items():
        for name in names:
            keys[name] = partial(presenter.press_entry, entry)
    for name, action in keys.items():
        shortcut = QShortcut(QKeySequence(name), page)
        # A key held down is one press: it must not run through the check.
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(partial(_unless_composing, action))


def drop_composed(line: LineEdit) -> None:
    """What an input method has not handed over yet goes, too: it would stay on screen."""
    if line.composing:
        QApplication.sendEvent(line, QInputMethodEvent())


def _unless_composing(action: Callable[[], None]) -> None:
    # An open list has its keys for itself.
    if not is_composing() and QApplication.activePopupWidget() is None:
        action()

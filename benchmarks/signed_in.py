"""The client's own window with a clerk signed in. Children of the benchmark import it."""

from collections.abc import Callable

from PyQt5.QtCore import QObject, Qt, QTimer
from PyQt5.QtWidgets import QListWidget

from clerk_client import app
from clerk_client.demo.stage import CLERK
from clerk_client.settings import Settings
from clerk_client.ui.login.view import LoginPage

_POLL_MS = 20


def run_signed_in(settings: Settings, watch: Callable[[app.Application], object]) -> int:
    """Runs the client and signs in as its keys and PIN do it; returns the client's exit code.

    `watch` is called before the window shows.
    """
    start = app.Application.start

    def watched(application: app.Application) -> None:
        _SignIn(application.window)
        watch(application)
        start(application)

    app.Application.start = watched  # type: ignore[assignment,method-assign]
    return app.run(settings)


class _SignIn(QObject):
    """Gives the PIN as soon as the key is listed."""

    def __init__(self, window: QObject) -> None:
        super().__init__(window)
        login = window.findChild(LoginPage)
        assert login is not None
        self._login: LoginPage = login
        self._poll = QTimer(self)
        self._poll.timeout.connect(self._give_pin)
        self._poll.start(_POLL_MS)

    def _give_pin(self) -> None:
        keys = self._login.findChild(QListWidget, "keyList")
        if keys is None or not (self._login.pin.isVisible() and self._login.pin.isEnabled()):
            return
        mine = keys.findItems(CLERK.name, Qt.MatchFlag.MatchStartsWith)
        if mine:
            self._poll.stop()
            keys.setCurrentItem(mine[0])
            self._login.pin.setText(CLERK.pin)
            self._login.pin.returnPressed.emit()

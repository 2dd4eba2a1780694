"""The panels behind the login page's card, each built when it is first opened."""

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QStackedWidget

from clerk_client.ui.login.exchange import Panel
from clerk_client.ui.login.panel import LoginPanel, centred

if TYPE_CHECKING:
    from clerk_client.ui.login.application_panel import ApplicationPanel
    from clerk_client.ui.login.downloads_panel import DownloadsPanel
    from clerk_client.ui.login.pin_change_panel import PinChangePanel
    from clerk_client.ui.login.request_panel import RequestPanel


class Panels(QObject):
    """Puts them into the stack beside the card. None of them is imported before it is asked for:
    the page stands without them."""

    left = pyqtSignal()
    new_pin_given = pyqtSignal(str, str, str)
    request_given = pyqtSignal(object, str)  # RequestEntries, a file or ""
    application_given = pyqtSignal(object, str)  # ApplicationEntries, a file or ""
    certificates_chosen = pyqtSignal(object)  # of CertificateLine

    def __init__(self, stack: QStackedWidget) -> None:
        super().__init__(stack)
        self._stack = stack
        self._built: dict[Panel, LoginPanel] = {}
        self._places: dict[Panel, int] = {}
        self._shown: Panel | None = None

    @property
    def shown(self) -> LoginPanel | None:
        """The panel in front of the card."""
        return self._built[self._shown] if self._shown is not None else None

    def show(self, panel: Panel | None) -> None:
        """None shows the card. What was typed on the one before is gone."""
        if self.shown is not None and panel is not self._shown:
            self.shown.forget()
        self._shown = panel
        self._stack.setCurrentIndex(self._places[panel] if panel is not None else 0)

    @property
    def pin_change(self) -> "PinChangePanel":
        from clerk_client.ui.login.pin_change_panel import PinChangePanel

        panel = self._built.get(Panel.PIN_CHANGE)
        if not isinstance(panel, PinChangePanel):
            panel = PinChangePanel()
            panel.given.connect(self.new_pin_given)
            self._place(Panel.PIN_CHANGE, panel)
        return panel

    @property
    def downloads(self) -> "DownloadsPanel":
        from clerk_client.ui.login.downloads_panel import DownloadsPanel

        panel = self._built.get(Panel.DOWNLOADS)
        if not isinstance(panel, DownloadsPanel):
            panel = DownloadsPanel()
            self._place(Panel.DOWNLOADS, panel)
        return panel

    @property
    def request(self) -> "RequestPanel":
        from clerk_client.ui.login.request_panel import RequestPanel

        panel = self._built.get(Panel.REQUEST)
        if not isinstance(panel, RequestPanel):
            panel = RequestPanel()
            panel.given.connect(self.request_given)
            self._place(Panel.REQUEST, panel)
        return panel

    @property
    def application(self) -> "ApplicationPanel":
        from clerk_client.ui.login.application_panel import ApplicationPanel

        panel = self._built.get(Panel.APPLICATION)
        if not isinstance(panel, ApplicationPanel):
            panel = ApplicationPanel()
            panel.given.connect(self.application_given)
            panel.lines_changed.connect(self.certificates_chosen)
            self._place(Panel.APPLICATION, panel)
        return panel

    def _place(self, which: Panel, panel: LoginPanel) -> None:
        panel.left.connect(self.left)
        self._built[which] = panel
        self._places[which] = self._stack.addWidget(centred(panel))

"""The line that asks for 统一身份认证, and says what came of it."""

from PyQt5.QtCore import pyqtSignal

from clerk_client.ui.notice_bar import NoticeBar
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import wording_for


class IdentityNotice(NoticeBar):
    """Hidden until something is awaited or went wrong. Never in the way: the window goes on."""

    skipped = pyqtSignal()
    asked_again = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._awaits = False
        self.taken.connect(self._take)
        self.hide()

    def show_awaited(self) -> None:
        """A browser was opened for the clerk."""
        self._awaits = True
        words = wording_for("IDENTITY_AWAITED")
        self.show_notice(words.title, words.next_step, Level.INFO, "暂不认证")
        self.show()

    def show_confirmed(self) -> None:
        """Nothing more is to be said."""
        self._awaits = False
        self.hide()

    def show_failed(self, error: Exception) -> None:
        """A warning; whoever went on without is not asked again."""
        was_skipped = not self._awaits
        self._awaits = False
        if was_skipped:
            self.hide()
            return
        words = wording_for(error)
        self.show_notice(words.title, words.next_step, Level.WARNING, "再认证一次")
        self.show()

    def forget(self) -> None:
        """The clerk has left."""
        self._awaits = False
        self.hide()

    def _take(self) -> None:
        if self._awaits:
            self._awaits = False
            self.hide()
            self.skipped.emit()
        else:
            self.asked_again.emit()

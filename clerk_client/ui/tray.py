"""Notices beside the desktop's clock, seen also while the window is minimised."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import QSystemTrayIcon, QWidget

from clerk_client.domain.clock import hall_day
from clerk_client.ui.wording import wording_for

if TYPE_CHECKING:
    from ukey.token import Token


def key_sentence(token: "Token") -> str:
    """Which key was recognised, whose it is and how long it is good."""
    known = f"已识别{token.family_name}" if token.family_name else "发现未识别种类的电子钥匙"
    if token.certificate is None:
        return f"{known}，尾号{token.serial[-4:]}，没有可用的证书"
    until = hall_day(token.certificate.not_after).isoformat()
    return f"{known}：{token.certificate.holder}，有效期至{until}"


def lock_sentence(error: Exception) -> str:
    """Why the window was locked: the key was pulled, or its driver failed."""
    return f"{wording_for(error).title}，{wording_for('WINDOW_LOCKED').title}"


class KeyNotices:
    """Tells of a key that was just plugged or lost. Without a tray nothing is shown there."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._icon = QIcon()
        self._tray: QSystemTrayIcon | None = None
        self._plugged: set[str] = set()
        self._is_lost = False
        self.said = ""
        """What the status strip says of the keys now."""

    def show_icon(self, icon: QIcon) -> None:
        """Beside the clock, from the first notice on."""
        self._icon = icon

    def tokens_seen(self, tokens: Sequence["Token"]) -> list[str]:
        """A sentence for each key that was not there before; shown in the tray, too."""
        new = [key_sentence(token) for token in tokens if token.id not in self._plugged]
        self._plugged = {token.id for token in tokens}
        if new:
            self._is_lost = False
            self.said = "　".join(new)
            self._tell("\n".join(new), QSystemTrayIcon.MessageIcon.Information)
        elif not tokens and not self._is_lost:
            self.said = ""
        return new

    def key_lost(self, error: Exception) -> str:
        """Of the key that was signed in; the sentence is shown in the tray, too."""
        self._is_lost = True
        # Whichever key is seen next is told, also the same one.
        self._plugged = set()
        self.said = lock_sentence(error)
        self._tell(self.said, QSystemTrayIcon.MessageIcon.Warning)
        return self.said

    def _tell(self, text: str, sign: QSystemTrayIcon.MessageIcon) -> None:
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._icon, self._window)
            self._tray.show()
        self._tray.showMessage("电子钥匙", text, sign)

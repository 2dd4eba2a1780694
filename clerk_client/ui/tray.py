"""Notices beside the desktop's clock, seen also while the window is minimised."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import QSystemTrayIcon, QWidget

from clerk_client.domain.clock import hall_day

if TYPE_CHECKING:
    from ukey.token import Token


def key_sentence(token: "Token") -> str:
    """Which key was recognised, whose it is and how long it is good."""
    if token.certificate is None:
        return f"已识别{token.family_name}，尾号{token.serial[-4:]}，没有可用的证书"
    until = hall_day(token.certificate.not_after).isoformat()
    return f"已识别{token.family_name}：{token.certificate.holder}，有效期至{until}"


class KeyNotices:
    """Tells of a key that was just plugged. A desktop without a tray shows nothing there."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._icon = QIcon()
        self._tray: QSystemTrayIcon | None = None
        self._plugged: set[str] = set()

    def show_icon(self, icon: QIcon) -> None:
        """Beside the clock, from the first notice on."""
        self._icon = icon

    def tokens_seen(self, tokens: Sequence["Token"]) -> list[str]:
        """A sentence for each key that was not there before; shown in the tray, too."""
        new = [key_sentence(token) for token in tokens if token.id not in self._plugged]
        self._plugged = {token.id for token in tokens}
        if new and QSystemTrayIcon.isSystemTrayAvailable():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._icon, self._window)
                self._tray.show()
            self._tray.showMessage(
                "电子钥匙", "\n".join(new), QSystemTrayIcon.MessageIcon.Information
            )
        return new

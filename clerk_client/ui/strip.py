"""The strip at the window's foot: hall, records waiting, devices, time."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy

from clerk_client.domain.clock import HALL_OFFSET
from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.widgets import restyled
from clerk_client.ui.wording import Words, wording_for

if TYPE_CHECKING:
    from clerk_client.journal.delivery import Standing

DEVICES = {"key": "电子钥匙", "camera": "高拍仪", "printer": "打印机"}


class StatusStrip(QFrame):
    """Always there. What is wrong is told by sign and word, not by colour alone."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setObjectName("statusStrip")
        self._now = now
        self._hall = QLabel()
        self._waiting = QLabel()
        self._refused = QLabel()
        self._refused.setToolTip("大厅没有接受的记录，请告知主管")
        self._trouble = QLabel()
        self._message = QLabel()
        # A name out of a certificate: never read as markup, and never wider than the window.
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._devices = {subject: QLabel() for subject in DEVICES}
        self._time = QLabel()
        self._time.setObjectName("hallClock")
        self._time.setToolTip("北京时间")
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 14, 4)
        row.setSpacing(18)
        for label in (self._hall, self._waiting, self._refused, self._trouble):
            row.addWidget(label)
        row.addWidget(self._message, 1)
        for label in self._devices.values():
            row.addWidget(label)
        row.addWidget(self._time)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(1000)
        self._tick()
        self.forget_standing()
        for label in self._devices.values():
            label.hide()

    def show_standing(self, standing: "Standing") -> None:
        """After each pass of the delivery."""
        if standing.hall_reachable:
            self._say(self._hall, "大厅已连接", Level.SUCCESS)
        else:
            self._say(self._hall, "大厅连不上", Level.WARNING)
        self._hall.show()
        count = standing.waiting_acceptances
        self._say(self._waiting, f"待上报 {count} 件" if count else "记录上报中", Level.INFO)
        self._waiting.setVisible(standing.waiting > 0)
        self._say(self._refused, f"未被接受 {standing.refused} 条", Level.ERROR)
        self._refused.setVisible(standing.refused > 0)
        self._show_trouble(wording_for(standing.blocked_code) if standing.blocked_code else None)

    def show_delivery_failed(self, error: Exception) -> None:
        """A pass of the delivery ended in an error of this station's own."""
        self._show_trouble(wording_for(error))

    def forget_standing(self) -> None:
        """Nothing is delivered now, so nothing is said of it: what stood there grows old."""
        for label in (self._hall, self._waiting, self._refused, self._trouble):
            label.hide()

    def show_device(self, subject: str, level: Level, word: str) -> None:
        """`subject` is key, camera or printer."""
        self._say(self._devices[subject], f"{DEVICES[subject]}{word}", level)
        self._devices[subject].show()

    def save_room(self, needed: bool) -> None:
        """Without what the desktop shows too, and with the long sentence cut off."""
        self._time.setHidden(needed)
        self._row.setSpacing(8 if needed else 18)
        policy = QSizePolicy.Policy.Ignored if needed else QSizePolicy.Policy.Preferred
        self._trouble.setSizePolicy(policy, QSizePolicy.Policy.Preferred)

    def show_message(self, text: str) -> None:
        """Something that just happened, such as which key was recognised."""
        self._message.setText(text)
        self._message.setToolTip(text)

    @property
    def text(self) -> str:
        """What a reader sees, for a screen reader and for tests."""
        delivery = (self._hall, self._waiting, self._refused, self._trouble)
        labels = (*delivery, self._message, *self._devices.values())
        return "　".join(label.text() for label in labels if label.text() and not label.isHidden())

    @property
    def time(self) -> str:
        return self._time.text()

    def _tick(self) -> None:
        self._time.setText(f"{self._now().astimezone(HALL_OFFSET):%Y-%m-%d %H:%M}")

    def _show_trouble(self, words: Words | None) -> None:
        self._trouble.setVisible(words is not None)
        if words is not None:
            self._say(self._trouble, words.title, Level.ERROR)
            self._trouble.setToolTip(f"{words.next_step}（{words.code}）")

    def _say(self, label: QLabel, text: str, level: Level) -> None:
        sign = "" if level is Level.INFO else f"{SIGNS[level]} "
        label.setText(sign + text)
        if label.property("level") != level.value:
            restyled(label, level=level.value)

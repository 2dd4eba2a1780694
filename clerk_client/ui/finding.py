"""A cause and its next step in a frame, for pages where both need their room."""

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.widgets import Text, restyled
from clerk_client.ui.wording import Words


class FindingFrame(QFrame):
    """Sign, cause, and below it the next step. Hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("finding")
        self._sign = QLabel()
        self._sign.setObjectName("findingSign")
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = Text(role="findingTitle")
        self._next_step = Text(role="findingNext")
        beside = QVBoxLayout()
        beside.setSpacing(2)
        beside.addWidget(self._title)
        beside.addWidget(self._next_step)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(10)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(beside, 1)
        self.hide()

    def show_words(self, words: Words | None, level: Level) -> None:
        """Replaces what stands there; None hides the frame."""
        self.setVisible(words is not None)
        if words is None:
            self._title.clear()
            self._next_step.clear()
            return
        self._sign.setText(SIGNS[level])
        self._title.setText(words.title)
        self._next_step.setText(words.next_step)
        self.setToolTip(words.code)
        self.setAccessibleName(self.text)
        restyled(self, level=level.value)
        restyled(self._sign, level=level.value)

    @property
    def text(self) -> str:
        """What a reader sees, for a screen reader and for tests."""
        return f"{self._title.text()} {self._next_step.text()}".strip()

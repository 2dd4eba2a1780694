"""The line above a page: what happened, and what to do next."""

import re

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QSizePolicy

from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.widgets import Button, Text, restyled

_BESIDE = 10
_UNBROKEN = re.compile(r"[!-~]{16,}")


class NoticeBar(QFrame):
    """What happened and what to do next, and one thing to do about it at most.

    One line where that is enough; else what to do stands below, and both wrap.
    """

    taken = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._sign = QLabel()
        self._sign.setObjectName("noticeSign")
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._told = ""
        self._title = Text()
        self._title.setObjectName("noticeTitle")
        self._next_step = Text()
        self._next_step.setObjectName("noticeNext")
        self.action = Button("")
        self.action.setObjectName("noticeAction")
        self.action.clicked.connect(lambda: self.taken.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 6, 4)
        row.setSpacing(10)
        self._words = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._words.setSpacing(_BESIDE)
        self._words.addWidget(self._title)
        self._words.addWidget(self._next_step, 1)
        row.addWidget(self._sign)
        row.addLayout(self._words, 1)
        row.addWidget(self.action)
        # The bar keeps its height with and without a button, so that nothing below it moves.
        keeps = self.action.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self.action.setSizePolicy(keeps)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_notice("", "", Level.INFO)

    def show_notice(self, title: str, next_step: str, level: Level, action: str = "") -> None:
        """Replaces what stands there. An empty `title` leaves quiet guidance."""
        restyled(self, level=level.value if title else "quiet")
        restyled(self._sign, level=level.value if title else "quiet")
        self._sign.setText(SIGNS[level])
        self._title.setText(_breakable(title))
        self._title.setVisible(bool(title))
        self._next_step.setText(_breakable(next_step))
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self._told = f"{title} {next_step}".strip()
        self.setAccessibleName(self._told)
        self._arrange()

    @property
    def text(self) -> str:
        """What a reader sees, for a screen reader and for tests."""
        return self._told

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Beside each other only where neither has to wrap."""
        margins = self.contentsMargins()
        needed = sum(_width_of(label) for label in (self._title, self._next_step))
        around = 2 * _BESIDE + self._sign.sizeHint().width() + self.action.sizeHint().width()
        layout = self.layout()
        assert layout is not None
        edges = layout.contentsMargins()
        around += edges.left() + edges.right() + margins.left() + margins.right()
        is_beside = needed + _BESIDE + around <= self.width()
        self._words.setDirection(
            QBoxLayout.Direction.LeftToRight if is_beside else QBoxLayout.Direction.TopToBottom
        )
        self._words.setSpacing(_BESIDE if is_beside else 2)
        # A label that may wrap would, with room beside it, take less than its one line.
        self._title.setWordWrap(not is_beside)


def _width_of(label: QLabel) -> int:
    """Of its text in one line, with a little to spare."""
    label.ensurePolished()
    return int(label.fontMetrics().horizontalAdvance(label.text())) + 4


def _breakable(text: str) -> str:
    """With places to break a line at in what has none, such as an address out of a code."""
    return _UNBROKEN.sub(lambda run: "\u200b".join(run.group()), text)

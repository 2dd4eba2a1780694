"""What the panels of the login page have in common: a title, a way back, a place for the answer."""

from itertools import pairwise

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QShowEvent
from PyQt5.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.notices import Level
from clerk_client.ui.widgets import BusyLine, Button, is_composing
from clerk_client.ui.wording import Words


class LoginPanel(QFrame):
    """Title, content (`self.column`), answer, buttons. Esc goes back, Enter goes on."""

    left = pyqtSignal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("loginPanel")
        self.setAccessibleName(title)
        self.title = title
        em = self.fontMetrics().height()
        self.setMinimumWidth(24 * em)
        self.setMaximumWidth(40 * em)
        heading = QLabel(title)
        heading.setObjectName("cardTitle")
        self.back = Button("返回 Esc", hint="Esc")
        self.back.clicked.connect(lambda: self.left.emit())
        self._result = FindingFrame()
        self._moving = BusyLine()
        self.column = QVBoxLayout()
        self.column.setSpacing(int(0.5 * em))
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(em // 2)
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.back)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * em, int(1.2 * em), 2 * em, em)
        whole.setSpacing(int(0.6 * em))
        whole.addWidget(heading)
        whole.addLayout(self.column)
        whole.addWidget(self._result)
        whole.addWidget(self._moving)
        whole.addLayout(self.buttons)

    def walk(self, *fields: QWidget) -> None:
        """How Tab goes through the panel: the fields, the buttons from left to right."""
        buttons = (self.buttons.itemAt(place).widget() for place in range(self.buttons.count()))
        stops = [*fields, *(button for button in buttons if button is not None)]
        for before, after in pairwise(stops):
            self.setTabOrder(before, after)

    def show_busy(self, busy: bool) -> None:
        self._moving.show_busy(busy)

    def show_result(self, words: Words | None, level: Level) -> None:
        self._result.show_words(words, level)

    def go_on(self) -> None:
        """What Enter does wherever the focus is, but on a button."""

    def forget(self) -> None:
        """The panel is left: what was typed goes."""

    def first(self) -> QWidget:
        """Where typing begins."""
        return self.back

    @property
    def result(self) -> str:
        """What a reader sees, for a screen reader and for tests."""
        return self._result.text

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_composing() or event.isAutoRepeat():
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_on()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.first().setFocus()


class FieldGrid(QGridLayout):
    """Labels with their editors, one or two pairs a row."""

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalSpacing(10)
        self.setVerticalSpacing(8)
        self.setColumnStretch(1, 1)
        self.setColumnStretch(3, 1)

    def add(self, label: str, editor: QWidget, row: int, *, right: bool = False) -> None:
        """One of two pairs of a row, the left one unless `right`."""
        self._place(label, editor, row, 2 if right else 0, 1)

    def add_wide(self, label: str, editor: QWidget, row: int) -> None:
        """One pair over the whole row."""
        self._place(label, editor, row, 0, 3)

    def _place(self, label: str, editor: QWidget, row: int, column: int, span: int) -> None:
        shown = QLabel(label)
        shown.setProperty("role", "label")
        shown.setBuddy(editor)
        shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addWidget(shown, row, column)
        self.addWidget(editor, row, column + 1, 1, span)


def centred(*parts: QWidget | int) -> QScrollArea:
    """In the middle of the page, one above the other; scrolls where the screen is too low.

    A number is a gap in pixels.
    """
    content = QWidget()
    content.setObjectName("loginContent")
    page = QVBoxLayout(content)
    page.addStretch(2)
    for part in parts:
        if isinstance(part, int):
            page.addSpacing(part)
            continue
        # Stretches and no alignment: an aligned widget is not given the height its text wraps to.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(part, 100)
        middle.addStretch(1)
        page.addLayout(middle)
    page.addStretch(3)
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area

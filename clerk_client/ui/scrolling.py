"""Parts that scroll: a list to choose from, a column that may be higher than the screen."""

from collections.abc import Sequence

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QApplication, QFrame, QListView, QListWidget, QScrollArea, QWidget


class ChoiceList(QListWidget):
    """A list to choose one row from, by Enter or a click. Rows wrap, nothing is cut off."""

    chosen = pyqtSignal(int)

    def __init__(self, accessible_name: str) -> None:
        super().__init__()
        self.setAccessibleName(accessible_name)
        self.setWordWrap(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(lambda: self.chosen.emit(self.currentRow()))

    def show_rows(self, rows: Sequence[str]) -> None:
        self.clear()
        self.addItems(rows)
        if rows:
            self.setCurrentRow(0)

    def move_by(self, rows: int) -> None:
        """Marks a row further down or up, at most the last or the first."""
        self.setCurrentRow(max(0, min(self.currentRow() + rows, self.count() - 1)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.chosen.emit(self.currentRow())
            return
        super().keyPressEvent(event)


class Column(QScrollArea):
    """A white column that scrolls when the screen is too low for it, and never sideways."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        content.setObjectName("columnContent")
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def minimumSizeHint(self) -> QSize:
        # With the bar, which takes its width from the content when it comes.
        width = (
            self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        )
        return QSize(width, 4 * self.fontMetrics().lineSpacing())

    def sizeHint(self) -> QSize:
        return self.widget().sizeHint()

    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        # Tab scrolls by itself; a key that jumps to a field does not.
        if now is not None and self.isAncestorOf(now):
            self.ensureWidgetVisible(now, 0, 8)

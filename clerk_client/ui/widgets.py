"""Small parts that several pages are made of."""

import re
from collections.abc import Callable

from PyQt5.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt5.QtGui import (
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QValidator,
    QWheelEvent,
)
from PyQt5.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from clerk_client.ui.notices import Level


def restyled(widget: QWidget, **properties: object) -> None:
    """Sets properties that theme.qss selects by, and makes the sheet look at them again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def is_composing() -> bool:
    """An input method holds letters that are not committed yet: Enter and Esc belong to it."""
    focus = QApplication.focusWidget()
    return isinstance(focus, LineEdit) and focus.composing


class Button(QPushButton):
    """A button that Enter presses too, once a press: a key held down does not walk on."""

    def __init__(self, text: str, *, primary: bool = False, hint: str = "") -> None:
        super().__init__(text)
        self.setAutoDefault(True)
        self.setToolTip(hint)
        self.setAccessibleName(_spoken(text))
        self.setProperty("primary", primary)

    def setText(self, text: str) -> None:
        """A name of its own for a screen reader has to be given anew."""
        super().setText(text)
        self.setAccessibleName(_spoken(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            event.accept()
            return
        super().keyPressEvent(event)


def _spoken(text: str) -> str:
    """Without the letter that Alt reaches it by."""
    return re.sub(r"\(&\w\)|&", "", text)


class LineEdit(QLineEdit):
    """A line that knows whether an input method is composing in it."""

    left = pyqtSignal()

    def __init__(self, accessible_name: str, placeholder: str = "", *, longest: int) -> None:
        super().__init__()
        self.setMaxLength(longest)
        self.composing = False
        self.setAccessibleName(accessible_name)
        self.setPlaceholderText(placeholder)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        # inputMethod().isVisible() stays true on some systems while nothing is composed.
        self.composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.composing = False
        # Another window in front is no leaving: the clerk comes back to this very field.
        if event.reason() not in (
            Qt.FocusReason.ActiveWindowFocusReason,
            Qt.FocusReason.PopupFocusReason,
        ):
            self.left.emit()

    def event(self, event: QEvent) -> bool:
        # A line with nothing to undo leaves Ctrl+Z to the page.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)


class _Folding(QValidator):
    """Rewrites what is typed without taking it from the line's own undo."""

    def __init__(self, fold: Callable[[str], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._fold = fold

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, self._fold(text), len(self._fold(text[:position]))


class LatinEdit(LineEdit):
    """A line for numbers and codes: no input method, and folded by `fold` while typed."""

    def __init__(
        self,
        accessible_name: str,
        placeholder: str = "",
        fold: Callable[[str], str] = str,
        *,
        longest: int,
    ) -> None:
        super().__init__(accessible_name, placeholder, longest=longest)
        self.setValidator(_Folding(fold, self))
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhPreferLatin
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhSensitiveData
        )


class ComboBox(QComboBox):
    """A combo box that the mouse wheel scrolls past, so that no choice changes by accident."""

    def __init__(self, accessible_name: str) -> None:
        super().__init__()
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Esc closes the open list; else the page's own Esc would take it first.
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().eventFilter(watched, event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        # A style sheet can give a combo box a border or an arrow, but no arrow without a picture.
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1.6))
        middle = QPointF(self.width() - 16, self.height() / 2 + 2)
        arrow = [middle + QPointF(-4.5, -4.5), middle, middle + QPointF(4.5, -4.5)]
        painter.drawPolyline(QPolygonF(arrow))


class Text(QLabel):
    """Running text: wraps, plain, never read as markup."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", role)


class StepHeading(QWidget):
    """A column's title with the number of its step."""

    def __init__(self, step: str, title: str) -> None:
        super().__init__()
        badge = QLabel(step)
        badge.setObjectName("stepBadge")
        badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(title)
        self._title.setObjectName("stepTitle")
        self._aside = QLabel()
        self._aside.setProperty("role", "aside")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(badge)
        row.addWidget(self._title)
        row.addStretch(1)
        row.addWidget(self._aside)

    def show_title(self, title: str, aside: str = "") -> None:
        """`aside` stands small at the right end."""
        self._title.setText(title)
        self._aside.setText(aside)


class FieldRow(QWidget):
    """A label, its editor, and below it a line kept free for what is wrong with the entry."""

    def __init__(
        self, label: str, editor: QWidget, *, required: bool = False, short: bool = False
    ) -> None:
        super().__init__()
        self.editor = editor
        self._widest = "预约编号" if short else "* 部门系统流水号"
        self._label = QLabel()
        self._label.setProperty("role", "label")
        self._label.setBuddy(editor)
        self._required = required
        self._message = Text(role="fieldMessage")
        self._message.setMinimumHeight(self._message.fontMetrics().lineSpacing())
        beside = QVBoxLayout()
        beside.setSpacing(1)
        beside.addWidget(editor)
        if short:
            # A box in front of a list or a card: what is wrong is told in the notice bar.
            self._message.setParent(self)
            self._message.hide()
        else:
            beside.addWidget(self._message)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(beside, 1)
        self.show_label(label)

    def show_label(self, label: str) -> None:
        """The editor's name on screen and for a screen reader."""
        star = '<span style="color:#b3261e">*</span> ' if self._required else ""
        self._label.setText(star + label)
        self.editor.setAccessibleName(label)
        width = self._label.fontMetrics().horizontalAdvance(self._widest + " ")
        self._label.setFixedWidth(width)
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._label.setMinimumHeight(self.editor.sizeHint().height())

    def show_message(self, message: str, level: Level = Level.INFO) -> None:
        """An empty message clears; an error also marks the editor."""
        self._message.setText(message)
        restyled(self._message, level=level.value)
        for part in (self.editor, *self.editor.findChildren(QAbstractButton)):
            restyled(part, wrong=bool(message) and level is Level.ERROR)
        self.editor.setAccessibleDescription(message)

    @property
    def message(self) -> str:
        return self._message.text()


class BusyLine(QProgressBar):
    """A thin moving line. Takes its room also while nothing goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setRange(0, 1)
        self.setAccessibleName("进度")

    def show_busy(self, busy: bool) -> None:
        self.setRange(0, 0 if busy else 1)
        self.reset()

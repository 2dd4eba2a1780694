"""What both papers' panels share: print, save, and what became of it."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent

from clerk_client.ui.login.panel import LoginPanel
from clerk_client.ui.saving import ask_where
from clerk_client.ui.widgets import Button, LineEdit, is_composing

_LONGEST = 60
_PRINT = "打印 Ctrl+Enter"


class PaperPanel(LoginPanel):
    """Enter goes from field to field, Ctrl+Enter prints.

    `given` has what stands in the fields and a file, "" to print.
    """

    given = pyqtSignal(object, str)

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.print = Button(_PRINT, primary=True, hint="Ctrl+Enter")
        self.print.clicked.connect(self.go_on)
        self.save = Button("另存PDF(&S)")
        self.save.clicked.connect(self._save)
        self.buttons.insertWidget(1, self.print)
        self.buttons.insertWidget(2, self.save)

    def typed(self) -> object:
        """What stands in the fields."""
        raise NotImplementedError

    def show_busy(self, busy: bool) -> None:
        super().show_busy(busy)
        self.print.setEnabled(not busy)
        self.save.setEnabled(not busy)
        self.print.setText("正在生成…" if busy else _PRINT)

    def go_on(self) -> None:
        if self.print.isEnabled():
            self.given.emit(self.typed(), "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        prints = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if is_enter and not prints and not is_composing() and not event.isAutoRepeat():
            self.focusNextChild()
            return
        super().keyPressEvent(event)

    def _save(self) -> None:
        dialog = ask_where(self, "另存为PDF", f"{self.title}.pdf", "PDF (*.pdf)")
        dialog.fileSelected.connect(lambda file: self.given.emit(self.typed(), file))


def line(name: str, placeholder: str = "", longest: int = _LONGEST) -> LineEdit:
    """A field of a paper."""
    return LineEdit(name, placeholder, longest=longest)


def emptied(*fields: LineEdit) -> None:
    """Nothing of what was typed stays, not even to be undone."""
    for field in fields:
        field.setText("")

"""与基础库比对: the button, and per field whether the base says the same."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clerk_client.domain.base_data import Agreement, Comparison
from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.reception.exchange import Compared
from clerk_client.ui.widgets import Button, Text, restyled

_ASK = "与基础库比对(&B)"
_UNDER_WAY = "正在比对…"
# Signs that differ in form, each with its word.
_AGREEMENTS = {
    Agreement.MATCHES: "✓ 一致",
    Agreement.DIFFERS: "≠ 不一致",
    Agreement.UNKNOWN: "－ 库中没有",
}


class ComparingPanel(QWidget):
    """Shows no value and nothing that can be selected or copied."""

    asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.button = Button(_ASK, hint="Alt+B")
        self.button.clicked.connect(lambda: self.asked.emit())
        self._found: list[Text] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._rows, 1)

    def show_compared(self, compared: Compared) -> None:
        self.button.setEnabled(compared.is_ready)
        # Not disabled while it is under way: the keyboard would wander on from it.
        self.button.setText(_UNDER_WAY if compared.is_under_way else _ASK)
        for text in self._found:
            self._rows.removeWidget(text)
            # Gone with the event loop's next turn; what it says, now.
            text.hide()
            text.setText("")
            text.deleteLater()
        lines = [line for each in compared.found for line in _lines(each)]
        self._found = [_shown(text, level) for text, level in lines]
        for text in self._found:
            self._rows.addWidget(text)
        self.button.setAccessibleDescription(self.text)

    @property
    def text(self) -> str:
        """All that is shown of the last answers."""
        return "\n".join(text.text() for text in self._found)


def _lines(comparison: Comparison) -> list[tuple[str, Level]]:
    lines = [
        (
            f"{_AGREEMENTS[found]}　{name} · {comparison.base_name}",
            Level.WARNING if found is Agreement.DIFFERS else Level.INFO,
        )
        for name, found in comparison.fields
    ]
    ago = f"{comparison.age_days} 天前" if comparison.age_days else "今天"
    as_of = f"截至 {comparison.as_of.isoformat()}（{ago}）"
    if comparison.is_old:
        return [*lines, (f"{SIGNS[Level.WARNING]} 较旧，{as_of}", Level.WARNING)]
    return [*lines, (f"数据{as_of}", Level.INFO)]


def _shown(told: str, level: Level) -> Text:
    text = Text(told, role="fieldMessage")
    restyled(text, level=level.value)
    return text

"""The plugged keys, a row each: holder, kind of key, last four of the serial, last day."""

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QFocusEvent
from PyQt5.QtWidgets import QListWidget, QListWidgetItem

from clerk_client.ui.login.exchange import KeyCard
from clerk_client.ui.notices import SIGNS, Level

_SHOWN = 3


class KeyList(QListWidget):
    """As high as its rows, three at most; hidden without any."""

    chosen = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("keyList")
        self.setAccessibleName("电子钥匙")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentRowChanged.connect(self._tell)

    def show_cards(self, cards: Sequence[KeyCard], chosen: int) -> None:
        """Replaces the rows; `chosen` is marked and told to nobody."""
        self.blockSignals(True)
        self.clear()
        for card in cards:
            self.addItem(_item(card))
        self.setCurrentRow(chosen)
        self.blockSignals(False)
        self.setVisible(bool(cards))
        rows = min(len(cards), _SHOWN)
        height = self.sizeHintForRow(0) * rows + 2 * self.frameWidth() + 2
        self.setFixedHeight(max(height, 0))

    @property
    def asks(self) -> bool:
        """There is something to choose."""
        return self.count() > 1 or (self.count() == 1 and self.currentRow() < 0)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Qt would choose the first row for a clerk who has chosen none.
        row = self.currentRow()
        self.blockSignals(True)
        super().focusInEvent(event)
        self.setCurrentRow(row)
        self.blockSignals(False)

    def keyboardSearch(self, search: str) -> None:
        """Letters choose nothing: they may be the rest of a PIN whose box has just gone."""

    def step(self, by: int) -> None:
        """Another row, if there is one."""
        row = self.currentRow() + by
        if 0 <= row < self.count():
            self.setCurrentRow(row)

    def _tell(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)


def _item(card: KeyCard) -> QListWidgetItem:
    until = f"有效期至 {card.valid_until}" if card.valid_until else "没有可用的证书"
    # The holder last: a long name is cut at its end, and nothing else may be.
    mark = "" if card.is_usable else f"{SIGNS[Level.ERROR]} 不能登录"
    holder = card.holder or "（读不出持有人）"
    first = "　".join(part for part in (mark, card.kind, holder) if part)
    below = f"{card.family}　尾号 {card.serial_end}　{until}"
    item = QListWidgetItem(f"{first}\n{below}")
    item.setToolTip(f"{first}\n{below}")
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{first} {below}")
    return item

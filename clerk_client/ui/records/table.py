"""A list of records: rows of two lines, walked by the arrows, opened by Enter."""

from collections.abc import Sequence

from PyQt5.QtCore import QItemSelectionModel, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QKeyEvent
from PyQt5.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from clerk_client.ui.notices import Level

_ENTER = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter))
_COLOURS = {Level.SUCCESS: "#1c6b3a", Level.WARNING: "#8a4b00", Level.ERROR: "#b3261e"}

Cell = tuple[str, Level]
"""What stands in a cell, one or two lines, and how it weighs."""


class RecordTable(QTableWidget):
    """Rows are known by a key, which stays marked when the rows are replaced."""

    marked = pyqtSignal(str)  # the key of the row, empty for none
    opened = pyqtSignal()  # Enter, or a double click
    print_asked = pyqtSignal()  # P

    def __init__(self, name: str, headings: Sequence[str], widths: Sequence[str]) -> None:
        """`widths`: for each column a text that it holds, empty for one that takes the rest."""
        super().__init__(0, len(headings))
        self.setObjectName("recordTable")
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(headings)
        self.verticalHeader().hide()
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._widths = tuple(widths)
        self._keys: list[str] = []
        self.currentCellChanged.connect(lambda *_: self.marked.emit(self.key))
        self.cellDoubleClicked.connect(lambda *_: self.opened.emit())

    @property
    def key(self) -> str:
        """Of the marked row, empty for none."""
        row = self.currentRow()
        return self._keys[row] if 0 <= row < len(self._keys) else ""

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """As shown, for a test."""
        columns = range(self.columnCount())
        return [tuple(self._text(r, c) for c in columns) for r in range(self.rowCount())]

    def show_rows(self, rows: Sequence[tuple[str, Sequence[Cell]]]) -> None:
        """Each with its key. The marked one stays marked, else the first is."""
        before = self.key
        self.blockSignals(True)
        self._keys = [key for key, _ in rows]
        self.setRowCount(len(rows))
        for row, (_, cells) in enumerate(rows):
            for column, (text, level) in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if level in _COLOURS:
                    item.setForeground(QBrush(QColor(_COLOURS[level])))
                self.setItem(row, column, item)
        self._fit()
        at = self._keys.index(before) if before in self._keys else 0
        if rows:
            self.setCurrentCell(
                at,
                0,
                QItemSelectionModel.SelectionFlag.ClearAndSelect
                | QItemSelectionModel.SelectionFlag.Rows,
            )
        self.blockSignals(False)
        if self.key != before:
            self.marked.emit(self.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            if not event.isAutoRepeat():
                self.opened.emit()
        elif event.key() == Qt.Key.Key_P and not event.modifiers():
            self.print_asked.emit()
        else:
            super().keyPressEvent(event)

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text() if item is not None else ""

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        header = self.horizontalHeader()
        for column, widest in enumerate(self._widths):
            if widest:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                self.setColumnWidth(column, metrics.horizontalAdvance(widest) + 18)
        for row in range(self.rowCount()):
            lines = max(self._text(row, c).count("\n") for c in range(self.columnCount()))
            self.setRowHeight(row, (lines + 1) * metrics.lineSpacing() + 12)

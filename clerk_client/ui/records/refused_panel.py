"""未被接受: lines that the hall does not take, why, and what to do. They hold up no other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from clerk_client.domain.clock import hall_time
from clerk_client.ui.notices import Level
from clerk_client.ui.records.table import Cell, RecordTable
from clerk_client.ui.records.words import KINDS
from clerk_client.ui.widgets import Text
from clerk_client.ui.wording import wording_for

if TYPE_CHECKING:
    from clerk_client.desk.records import RefusedRecord


class RefusedPanel(QWidget):
    """The list, and below it the marked one's cause and next step in full."""

    def __init__(self) -> None:
        super().__init__()
        self.table = RecordTable(
            "大厅未接受的记录",
            ("时间", "记录", "受理号 / 事项", "原因"),
            ("2026-11-21 00:00", "更正分类　", "4420002026100000010X", ""),
        )
        self.table.marked.connect(self._mark)
        self._told: dict[str, str] = {}
        self._next_step = Text(role="problem")
        self._empty = Text("没有未被接受的记录", role="emptyState")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        below = QWidget()
        self._stack = QStackedLayout(below)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Text("这些记录大厅不收，不影响其他记录上报；请按提示处理。", role="aside"))
        column.addWidget(below, 1)
        column.addWidget(self._next_step)
        self.show_refused(())

    def show_refused(self, records: "Sequence[RefusedRecord]") -> None:
        rows: list[tuple[str, Sequence[Cell]]] = []
        self._told = {}
        for at, record in enumerate(records):
            words = wording_for(record.code or "LINE_OF_OLD_JOURNAL")
            key = str(at)
            self._told[key] = f"{words.title}。{words.next_step}（{words.code}）"
            number = "\n".join(filter(None, (record.number, record.matter_name))) or "—"
            cells = (hall_time(record.done_at), KINDS[record.kind.value], number)
            cause = (words.title, Level.ERROR)
            rows.append((key, (*((text, Level.INFO) for text in cells), cause)))
        self.table.show_rows(rows)
        self._stack.setCurrentWidget(self.table if rows else self._empty)
        self._mark(self.table.key)

    @property
    def told(self) -> str:
        """Of the marked one."""
        return self._next_step.text()

    def _mark(self, key: str) -> None:
        self._next_step.setText(self._told.get(key, ""))
        self._next_step.setVisible(key in self._told)

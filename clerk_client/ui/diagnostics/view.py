"""故障诊断: a line for each part of the station. Works without anybody signed in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence, QShowEvent
from PyQt5.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from clerk_client.domain.clock import hall_time
from clerk_client.ui.diagnostics.presenter import CheckLine, DiagnosticsPresenter
from clerk_client.ui.diagnostics.rows import SEVERITIES, SUBJECTS, row_of, row_of_keys
from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.notices import Level
from clerk_client.ui.saving import ask_where
from clerk_client.ui.widgets import BusyLine, Button
from clerk_client.ui.wording import Words

_EXPORT = "导出报告(&E)"


class DiagnosticsPage(QWidget):
    """Widgets only; what happens when is the presenter's."""

    shown = pyqtSignal()
    refresh_asked = pyqtSignal()
    export_asked = pyqtSignal(str)  # the file that the clerk chose
    left = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("diagnosticsPage")
        self.setWindowTitle("诊断")
        self._lines: list[CheckLine] = []
        self.refresh = Button("重新检测 F5", primary=True, hint="F5")
        self.refresh.clicked.connect(lambda: self.refresh_asked.emit())
        self.copy = Button("复制结果(&C)", hint="复制各项结果和代码，不含个人信息")
        self.copy.clicked.connect(self._copy)
        self.export = Button(_EXPORT, hint="把钥匙的检测结果存成一个文件发给信息科，不含个人信息")
        self.export.clicked.connect(self._choose_file)
        self.back = Button("返回 Esc", hint="Esc")
        self.back.clicked.connect(lambda: self.left.emit())
        for key, signal in (("F5", self.refresh_asked), ("Esc", self.left)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(signal)
        self._moving = BusyLine()
        self._problem = FindingFrame()
        self._report = FindingFrame()
        self._copied = QLabel()
        self._copied.setProperty("role", "aside")
        self._area = QScrollArea()
        self._area.setObjectName("checks")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        # With Tab, for whoever scrolls by keyboard.
        self._area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._arrange()

    def follow(self, presenter: DiagnosticsPresenter) -> None:
        """Sends what the clerk does to the presenter."""
        self.shown.connect(presenter.refresh)
        self.refresh_asked.connect(presenter.refresh)
        self.export_asked.connect(presenter.export)

    # --- what the presenter shows ---

    def show_checks(self, lines: Sequence[CheckLine]) -> None:
        self._lines = list(lines)
        self._copied.clear()
        self.copy.setEnabled(bool(lines))
        rows = QWidget()
        rows.setObjectName("checkRows")
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        under_headings = [line for line in lines if line.heading]
        if under_headings:
            column.addWidget(row_of_keys(under_headings))
        others = [line for line in lines if not line.heading]
        for _, of_one in groupby(others, key=lambda line: line.subject):
            column.addWidget(row_of(list(of_one)))
        column.addStretch(1)
        bar = self._area.verticalScrollBar()
        read_up_to = bar.value()
        self._area.setWidget(rows)
        # More rows come below while the clerk reads; the area itself goes back to the top.
        bar.setValue(read_up_to)

    def show_problem(self, words: Words | None) -> None:
        self._problem.show_words(words, Level.ERROR)

    def show_busy(self, busy: bool) -> None:
        self._moving.show_busy(busy)
        self.refresh.setEnabled(not busy)
        self.refresh.setText("正在检测…" if busy else "重新检测 F5")

    def show_exporting(self, exporting: bool) -> None:
        self.export.setEnabled(not exporting)
        self.export.setText("正在导出…" if exporting else _EXPORT)

    def show_report(self, words: Words | None, level: Level) -> None:
        self._report.show_words(words, level)

    # --- what a test and a screen reader ask ---

    @property
    def rows(self) -> list[str]:
        """Each line as a reader sees it."""
        rows = self._area.findChildren(QFrame, "checkRow")
        return [row.accessibleName() for row in rows]

    @property
    def problem(self) -> str:
        return self._problem.text

    @property
    def report(self) -> str:
        return self._report.text

    # --- inside ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.back.setFocus()
            self.shown.emit()

    def _choose_file(self) -> None:
        now = hall_time(datetime.now(UTC)).translate(str.maketrans(" ", "-", "-:"))
        dialog = ask_where(self, "导出诊断报告", f"电子钥匙诊断-{now}.zip", "压缩文件 (*.zip)")
        dialog.fileSelected.connect(self.export_asked)

    def _copy(self) -> None:
        # Subjects and codes only: a fact may hold whose key it is.
        lines = [f"故障诊断 {hall_time(datetime.now(UTC))}"]
        lines += [
            f"{SUBJECTS.get(line.subject, line.subject)} {SEVERITIES[line.level]} {line.words.code}"
            for line in self._lines
        ]
        QApplication.clipboard().setText("\n".join(lines))
        self._copied.setText("已复制，可粘贴发给信息科")

    def _arrange(self) -> None:
        title = QLabel("故障诊断")
        title.setObjectName("pageTitle")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._copied)
        head.addWidget(self.export)
        head.addWidget(self.copy)
        head.addWidget(self.refresh)
        head.addWidget(self.back)
        self.copy.setEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._moving)
        column.addWidget(self._problem)
        column.addWidget(self._report)
        column.addWidget(self._area, 1)

"""故障诊断: a line for each part of the station. Works without anybody signed in."""

from collections.abc import Sequence
from datetime import UTC, datetime

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence, QShowEvent
from PyQt5.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from clerk_client.domain.clock import hall_time
from clerk_client.ui.diagnostics.presenter import CheckLine, DiagnosticsPresenter
from clerk_client.ui.finding import FindingFrame
from clerk_client.ui.notices import SIGNS, Level
from clerk_client.ui.widgets import BusyLine, Button, Text
from clerk_client.ui.wording import Words

SUBJECTS = {
    "key": "电子钥匙",
    "camera": "高拍仪",
    "printer": "打印机",
    "hall": "大厅服务",
    "keyring": "本机密码库",
    "clock": "电脑时间",
}
SEVERITIES = {Level.SUCCESS: "正常", Level.WARNING: "注意", Level.ERROR: "故障", Level.INFO: ""}


class DiagnosticsPage(QWidget):
    """Widgets only; what happens when is the presenter's."""

    shown = pyqtSignal()
    refresh_asked = pyqtSignal()
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
        self.back = Button("返回 Esc", hint="Esc")
        self.back.clicked.connect(lambda: self.left.emit())
        for key, signal in (("F5", self.refresh_asked), ("Esc", self.left)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(signal)
        self._moving = BusyLine()
        self._problem = FindingFrame()
        self._copied = QLabel()
        self._copied.setProperty("role", "aside")
        self._area = QScrollArea()
        self._area.setObjectName("checks")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._arrange()

    def follow(self, presenter: DiagnosticsPresenter) -> None:
        """Sends what the clerk does to the presenter."""
        self.shown.connect(presenter.refresh)
        self.refresh_asked.connect(presenter.refresh)

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
        for line in lines:
            column.addWidget(_row(line))
        column.addStretch(1)
        self._area.setWidget(rows)

    def show_problem(self, words: Words | None) -> None:
        self._problem.show_words(words, Level.ERROR)

    def show_busy(self, busy: bool) -> None:
        self._moving.show_busy(busy)
        self.refresh.setEnabled(not busy)
        self.refresh.setText("正在检测…" if busy else "重新检测 F5")

    # --- what a test and a screen reader ask ---

    @property
    def rows(self) -> list[str]:
        """Each line as a reader sees it."""
        rows = self._area.findChildren(QFrame, "checkRow")
        return [row.accessibleName() for row in rows]

    @property
    def problem(self) -> str:
        return self._problem.text

    # --- inside ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.back.setFocus()
            self.shown.emit()

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
        column.addWidget(self._area, 1)


def _row(line: CheckLine) -> QFrame:
    frame = QFrame()
    frame.setObjectName("checkRow")
    frame.setProperty("level", line.level.value)
    subject = SUBJECTS.get(line.subject, line.subject)
    mark = QLabel(f"{SIGNS[line.level]} {SEVERITIES[line.level]}")
    mark.setObjectName("checkMark")
    mark.setProperty("level", line.level.value)
    name = QLabel(subject)
    name.setObjectName("checkSubject")
    em = frame.fontMetrics().horizontalAdvance("大")
    mark.setFixedWidth(5 * em)
    name.setFixedWidth(6 * em)
    code = QLabel(line.words.code)
    code.setProperty("role", "aside")
    grid = QGridLayout(frame)
    grid.setContentsMargins(14, 10, 14, 10)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(2)
    grid.addWidget(mark, 0, 0)
    grid.addWidget(name, 0, 1)
    grid.addWidget(Text(line.words.title, role="checkCause"), 0, 2)
    grid.addWidget(code, 0, 3, Qt.AlignmentFlag.AlignTop)
    if line.level is not Level.SUCCESS:
        grid.addWidget(Text(line.words.next_step, role="checkNext"), 1, 2, 1, 2)
    grid.setColumnStretch(2, 1)
    frame.setAccessibleName(
        f"{subject} {SEVERITIES[line.level]} {line.words.title} {line.words.next_step}"
    )
    return frame

"""The bar at the bottom: what is being accepted, in one line, and the two steps to it."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from clerk_client.domain.stages import Stage
from clerk_client.ui.widgets import BusyLine, Button

_BUSY = {Stage.IDENTIFYING: "正在查询…", Stage.ACCEPTING: "正在签名并保存，请勿拔出电子钥匙…"}
_BACK_FROM = (Stage.FOUND, Stage.RECORDING, Stage.CONFIRMING)


class CommitBar(QFrame):
    """核对 and 提交 never share a place: a double click on one cannot press the other."""

    back_asked = pyqtSignal()
    check_asked = pyqtSignal()
    submit_asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("commitBar")
        self._line = QLabel()
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setAccessibleName("摘要")
        self._line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._matter = ""
        self._rest = ""
        self._stage = Stage.WAITING
        self._busy = BusyLine()
        self.back = Button("返回 (Esc)", hint="Esc")
        self.check = Button("核对", primary=True, hint="Ctrl+Enter")
        self.submit = Button("提交 (Ctrl+Enter)", primary=True, hint="Ctrl+Enter")
        self.back.clicked.connect(lambda: self.back_asked.emit())
        self.check.clicked.connect(lambda: self.check_asked.emit())
        self.submit.clicked.connect(lambda: self.submit_asked.emit())
        row = QHBoxLayout()
        row.setContentsMargins(14, 8, 14, 10)
        row.setSpacing(10)
        row.addWidget(self._line, 1)
        for button in (self.back, self.check, self.submit):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._busy)
        column.addLayout(row)

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        return (self.check, self.submit, self.back)

    def show_summary(self, matter: str, rest: str) -> None:
        """Where both do not fit, the matter's name is shortened: it is on the card as well."""
        self._matter = matter
        self._rest = rest
        self._elide()

    def show_stage(self, stage: Stage) -> None:
        self._stage = stage
        self._busy.show_busy(stage in _BUSY)
        self.back.setEnabled(stage in _BACK_FROM)
        self.check.setEnabled(stage is Stage.RECORDING)
        self.submit.setEnabled(stage is Stage.CONFIRMING)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    @property
    def text(self) -> str:
        return self._matter + self._rest

    def _elide(self) -> None:
        metrics = self._line.fontMetrics()
        room = self._line.width() - metrics.horizontalAdvance(self._rest)
        name = metrics.elidedText(self._matter, Qt.TextElideMode.ElideRight, max(room, 0))
        self._line.setText(_BUSY.get(self._stage, name + self._rest))
        self._line.setToolTip(self.text)

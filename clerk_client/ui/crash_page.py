"""What the clerk sees instead of a window that is suddenly gone."""

from PyQt5.QtCore import QObject, Qt, pyqtSignal
from PyQt5.QtGui import QFontDatabase, QShowEvent
from PyQt5.QtWidgets import QApplication, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from clerk_client.ui.widgets import Button, Text


class CrashReports(QObject):
    """Takes reports from any thread into the one of the window, later and in order.

    `tell` is what the crash hook is given. Made before the first widget; connect `reported` when
    the window is there, and ask for `missed` then.
    """

    reported = pyqtSignal(str)
    _arrived = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.missed: list[str] = []
        # Queued in the window's own thread, too: the hook runs in the middle of what failed.
        queued = Qt.ConnectionType.QueuedConnection
        self._arrived.connect(self._pass_on, queued)  # type: ignore[call-arg]

    def tell(self, report: str) -> None:
        """Never raises, returns at once."""
        self._arrived.emit(report)

    def _pass_on(self, report: str) -> None:
        if self.receivers(self.reported):
            self.reported.emit(report)
        else:
            self.missed.append(report)


class CrashPage(QWidget):
    """Says that something failed, keeps the report to be copied, and lets the clerk go on."""

    went_on = pyqtSignal()
    quit_asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("crashPage")
        self.setWindowTitle("程序遇到问题")
        self._reports: list[str] = []
        self._times = 0
        self._count = Text(role="aside")
        self._copied = QLabel()
        self._copied.setProperty("role", "aside")
        self._report = QPlainTextEdit()
        self._report.setObjectName("crashReport")
        self._report.setAccessibleName("故障报告")
        self._report.setReadOnly(True)
        self._report.setTabChangesFocus(True)
        self._report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.go_on = Button("继续工作", primary=True, hint="Enter")
        self.go_on.clicked.connect(lambda: self.went_on.emit())
        self.copy = Button("复制报告(&C)", hint="报告里没有办事人的信息")
        self.copy.clicked.connect(self._copy)
        self.leave = Button("退出程序")
        self.leave.clicked.connect(lambda: self.quit_asked.emit())
        self._arrange()

    def show_report(self, report: str) -> None:
        """The newest report; the nine before it stay below, and all are counted."""
        self._reports.insert(0, report)
        self._times += 1
        # One bug may strike with each tick of a timer: ten of its reports tell it all.
        del self._reports[10:]
        self._report.setPlainText("\n\n".join(self._reports))
        self._count.setText(f"共 {self._times} 次，最近的在最上面" if self._times > 1 else "")
        self._count.setVisible(self._times > 1)
        self._copied.clear()

    @property
    def report(self) -> str:
        return self._report.toPlainText()

    @property
    def times(self) -> str:
        return self._count.text()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.go_on.setFocus()

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.report)
        self._copied.setText("已复制，可粘贴发给信息科")

    def _arrange(self) -> None:
        title = QLabel("程序遇到问题，已保存故障报告")
        title.setObjectName("pageTitle")
        told = Text(
            "已显示“受理成功”的业务都已保存，不受影响。正在填写的内容请核对后重新提交。"
            "请复制下面的报告发给信息科；报告里没有办事人的信息。"
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self.go_on)
        buttons.addWidget(self.copy)
        buttons.addWidget(self._copied)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(title)
        column.addWidget(told)
        column.addWidget(self._count)
        column.addWidget(self._report, 1)
        column.addLayout(buttons)

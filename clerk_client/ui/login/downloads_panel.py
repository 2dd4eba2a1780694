"""驱动下载: an address to copy or open for each kind of key, or whom to call."""

from PyQt5.QtCore import Qt, QUrl
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from clerk_client.ui.login.downloads import Download, Downloads
from clerk_client.ui.login.panel import LoginPanel
from clerk_client.ui.widgets import Button, Text


class DownloadsPanel(LoginPanel):
    """The clerk's own kind stands first."""

    def __init__(self) -> None:
        super().__init__("驱动下载")
        self._rows = QWidget()
        self._told = Text(role="aside")
        self._called = Text()
        self.column.addWidget(self._rows)
        self.column.addWidget(self._told)
        self.column.addWidget(self._called)

    def show_downloads(self, downloads: Downloads) -> None:
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for row in downloads.rows:
            column.addWidget(self._row(row, downloads.whom_to_call))
        self.column.replaceWidget(self._rows, rows)
        self._rows.deleteLater()
        self._rows = rows
        self._told.setText("")
        self._called.setText(f"不会安装或安装后仍不能用，请联系{downloads.whom_to_call}")

    def first(self) -> QWidget:
        return next((b for b in self._rows.findChildren(Button)), self.back)

    @property
    def text(self) -> str:
        """What a reader sees, for a screen reader and for tests."""
        rows = self._rows.findChildren(QFrame, "downloadRow")
        return "\n".join([*(row.accessibleName() for row in rows), self._called.text()])

    def _row(self, row: Download, whom_to_call: str) -> QFrame:
        frame = QFrame()
        frame.setObjectName("downloadRow")
        frame.setProperty("own", row.is_own)
        title = QLabel(f"{row.title}　（您的钥匙）" if row.is_own else row.title)
        title.setProperty("role", "fact")
        where = Text(row.address or f"本工作站没有设置下载地址，请联系{whom_to_call}")
        if row.address:
            where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line = QHBoxLayout()
        line.addWidget(where, 1)
        if row.address:
            copy = Button("复制")
            copy.setAccessibleName(f"复制{row.title}的下载地址")
            copy.clicked.connect(lambda: self._copy(row.address))
            line.addWidget(copy)
        if row.opens:
            opened = Button("打开", primary=row.is_own)
            opened.setAccessibleName(f"打开{row.title}的下载地址")
            opened.clicked.connect(lambda: self._open(row.opens))
            line.insertWidget(1, opened)
        column = QVBoxLayout(frame)
        column.setContentsMargins(12, 8, 12, 8)
        column.addWidget(title)
        column.addLayout(line)
        frame.setAccessibleName(f"{title.text()} {where.text()}")
        return frame

    def _copy(self, address: str) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(address)
        self._told.setText("已复制地址")

    def _open(self, address: str) -> None:
        opened = QDesktopServices.openUrl(QUrl(address))
        self._told.setText("已在系统中打开" if opened else "系统打不开这个地址，请复制后自行打开")

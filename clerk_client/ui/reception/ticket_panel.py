"""二维码扫描 and 按预约编号: the camera picture, and the two boxes for numbers."""

from PyQt5.QtCore import QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QColor, QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from clerk_client.domain.people import folded_number
from clerk_client.ui.reception.exchange import Preview
from clerk_client.ui.widgets import Button, FieldRow, LatinEdit, Text
from clerk_client.ui.wording import Words

_PATIENCE_MS = 3000

_SAID = {
    Preview.STOPPED: "预览已停止",
    Preview.STARTING: "正在打开高拍仪…",
    Preview.RUNNING: "等待画面…",
}


class Picture(QWidget):
    """What the camera sees, as large as fits. Keeps no picture once the preview has stopped."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._said = ""
        self.caption = ""
        self.setAccessibleName("高拍仪画面")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, image: QImage | None, said: str) -> None:
        """`said` stands in the place of a picture that is not there."""
        self._image = image
        self._said = said
        self.setAccessibleDescription(said)
        self.update()

    def show_caption(self, caption: str) -> None:
        """Lies over the picture's lower edge, so that it moves nothing when it comes."""
        self.caption = caption
        self.setAccessibleDescription(caption or self._said)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 56)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor("#22303f"))
        if self._image is None or self._image.isNull():
            painter.setPen(QColor("#c9d4e0"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._said)
        else:
            self._draw_picture(painter, self._image)
        if self.caption:
            self._draw_caption(painter)

    def _draw_picture(self, painter: QPainter, image: QImage) -> None:
        fitted = image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - fitted.width()) / 2
        top = (self.height() - fitted.height()) / 2
        painter.drawImage(QRectF(left, top, fitted.width(), fitted.height()), image)

    def _draw_caption(self, painter: QPainter) -> None:
        wrapped = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        inside = self.rect().adjusted(10, 6, -10, -6)
        needed = painter.boundingRect(inside, wrapped, self.caption).height()
        band = self.rect()
        band.setTop(band.bottom() - needed - 11)
        painter.fillRect(band, QColor("#fff1cc"))
        painter.setPen(QColor("#6b4700"))
        painter.drawText(band.adjusted(10, 6, -10, -6), wrapped, self.caption)


class TicketPanel(QWidget):
    """二维码扫描."""

    read_asked = pyqtSignal()
    stop_asked = pyqtSignal()
    start_asked = pyqtSignal()
    waited = pyqtSignal()
    entered = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._preview = Preview.STOPPED
        self.picture = Picture()
        self.read = Button("获取条码", hint="立即识读一次叫号纸")
        self.stop = Button("停止预览", hint="关闭高拍仪画面")
        self.start = Button("开始预览", hint="重新打开高拍仪画面")
        self.read.clicked.connect(lambda: self.read_asked.emit())
        self.stop.clicked.connect(lambda: self.stop_asked.emit())
        self.start.clicked.connect(lambda: self.start_asked.emit())
        self.box = LatinEdit("叫号", "票号，如 A023，按 Enter", str.upper, longest=300)
        self.box.returnPressed.connect(lambda: self.entered.emit(self.box.text()))
        self.patience = QTimer(self)
        self.patience.setSingleShot(True)
        self.patience.setInterval(_PATIENCE_MS)
        self.patience.timeout.connect(self.waited)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.read, self.stop, self.start):
            buttons.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.picture, 1)
        column.addLayout(buttons)
        column.addWidget(FieldRow("叫号", self.box, short=True))
        self.show_preview(Preview.STOPPED)

    def in_tab_order(self) -> tuple[QWidget, ...]:
        """As Tab walks through it."""
        return (self.read, self.stop, self.start, self.box)

    def show_preview(self, preview: Preview) -> None:
        self._preview = preview
        self.picture.show_image(None, _SAID[preview])
        if preview is Preview.RUNNING:
            self.patience.start()
        else:
            self.patience.stop()

    def show_picture(self, image: QImage) -> None:
        """A picture that was on its way when the preview stopped comes too late."""
        if self._preview is Preview.RUNNING:
            self.picture.show_image(image, "高拍仪画面")

    def show_hint(self, words: Words | None) -> None:
        self.picture.show_caption(f"{words.title}。{words.next_step}" if words else "")

    @property
    def hint(self) -> str:
        return self.picture.caption


class AppointmentPanel(QWidget):
    """按预约编号."""

    entered = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        # Folded only: whether it can be an appointment's is judged when it is looked up.
        self.box = LatinEdit("预约编号", "输入预约编号，按 Enter", folded_number, longest=40)
        self.box.returnPressed.connect(lambda: self.entered.emit(self.box.text()))
        look_up = Button("查询", hint="Enter")
        look_up.clicked.connect(lambda: self.entered.emit(self.box.text()))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(FieldRow("预约编号", self.box, short=True), 1)
        row.addWidget(look_up, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        told = "预约编号见短信、预约凭条或网上预约记录，三者同样有效。"
        column.addWidget(Text(told, role="aside"))
        column.addStretch(1)

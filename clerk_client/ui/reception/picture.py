"""What the camera sees, and a frame round each code in it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from clerk_client.desk.cameras import Mark

_READ = QColor("#31c46b")
_LOCATED = QColor("#ffb400")
_REFUSED = _LOCATED
_OTHER = QColor("#c9d4e0")
_TAG_TEXT = QColor("#10301d")


class Picture(QWidget):
    """As large as fits. Keeps no picture once it was told to show none."""

    resized = pyqtSignal(int, int)  # pixels of the screen

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._marks: tuple[Mark, ...] = ()
        self._tags: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._said = ""
        self.caption = ""
        self.setAccessibleName("高拍仪画面")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, image: QImage | None, said: str, marks: "Sequence[Mark]" = ()) -> None:
        """`said` stands in the place of a picture that is not there."""
        self._image = image
        self._marks = tuple(marks) if image is not None else ()
        self._said = said
        self._describe()
        self.update()

    def show_tags(self, tags: Mapping[str, str]) -> None:
        """What stands at the frame of each code, by the code's text; with none all are alike."""
        self._tags = dict(tags)
        self._describe()
        self.update()

    def show_refused(self, labels: Mapping[str, str]) -> None:
        """Codes that were read and lead to nothing; each bears its label where it has no tag."""
        self._refused = dict(labels)
        self.update()

    def show_caption(self, caption: str) -> None:
        """Lies over the picture's lower edge, so that it moves nothing when it comes."""
        self.caption = caption
        self._describe()
        self.update()

    @property
    def has_image(self) -> bool:
        return self._image is not None

    def sizeHint(self) -> QSize:
        return QSize(360, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 56)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        ratio = self.devicePixelRatioF()
        self.resized.emit(round(self.width() * ratio), round(self.height() * ratio))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor("#22303f"))
        if self._image is None or self._image.isNull():
            wrapped = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.setPen(QColor("#c9d4e0"))
            painter.drawText(self.rect().adjusted(10, 4, -10, -4), wrapped, self._said)
        else:
            self._draw_picture(painter, self._image)
        if self.caption:
            self._draw_caption(painter)

    def _describe(self) -> None:
        tags = "，".join(self._tags.values())
        self.setAccessibleDescription(self.caption or tags or self._said)

    def _draw_picture(self, painter: QPainter, image: QImage) -> None:
        fitted = image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - fitted.width()) / 2
        top = (self.height() - fitted.height()) / 2
        area = QRectF(left, top, fitted.width(), fitted.height())
        painter.drawImage(area, image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # What was read lies above what was only located.
        for mark in sorted(self._marks, key=lambda mark: bool(mark.text)):
            self._draw_mark(painter, area, mark)

    def _draw_mark(self, painter: QPainter, area: QRectF, mark: "Mark") -> None:
        corners = QPolygonF(
            [
                QPointF(area.left() + x * area.width(), area.top() + y * area.height())
                for x, y in mark.corners
            ]
        )
        tag = self._tags.get(mark.text, "") if mark.text else ""
        colour = _REFUSED if mark.text in self._refused else _READ
        if not mark.text:
            pen = QPen(_LOCATED, 1.2)
        elif self._tags and not tag:
            pen = QPen(_OTHER, 1.5)
        else:
            pen = QPen(colour, 3.0)
            tag = tag or self._refused.get(mark.text, "")
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(corners)
        if tag:
            self._draw_tag(painter, area, corners.boundingRect(), tag, colour)

    def _draw_tag(
        self, painter: QPainter, area: QRectF, code: QRectF, tag: str, colour: QColor
    ) -> None:
        """Above the code, or where there is room in the picture."""
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        tag = metrics.elidedText(tag, Qt.TextElideMode.ElideRight, int(area.width()) - 16)
        size = metrics.size(0, tag)
        width, height = size.width() + 12, size.height() + 4
        left = min(max(code.center().x() - width / 2, area.left()), area.right() - width)
        top = code.top() - height - 4
        if top < area.top():
            top = min(max(code.bottom() + 4, area.top()), area.bottom() - height)
        plate = QRectF(left, top, width, height)
        painter.fillRect(plate, colour)
        painter.setPen(_TAG_TEXT)
        painter.drawText(plate, int(Qt.AlignmentFlag.AlignCenter), tag)

    def _draw_caption(self, painter: QPainter) -> None:
        wrapped = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        inside = self.rect().adjusted(10, 6, -10, -6)
        font = painter.font()
        font.setBold(False)
        painter.setFont(font)
        needed = painter.boundingRect(inside, wrapped, self.caption).height()
        band = self.rect()
        band.setTop(band.bottom() - needed - 11)
        painter.fillRect(band, QColor("#fff1cc"))
        painter.setPen(QColor("#6b4700"))
        painter.drawText(band.adjusted(10, 6, -10, -6), wrapped, self.caption)

"""Sheets of paper to draw on: Chinese text, rules and codes. Knows no paper in particular.

Positions are millimetres from the top left corner, font sizes points.
"""

import io
from collections.abc import Sequence
from itertools import groupby

from reportlab.graphics.barcode import qrencoder
from reportlab.pdfgen.canvas import Canvas

from printing.errors import CodeTooLong
from printing.fonts import INSTALLED, runs

MM = 72 / 25.4
POINT = 25.4 / 72
A4 = (210.0, 297.0)

# No line of Chinese begins with the first or ends with the second (GB/T 15834-2011, 5.1).
_NEVER_FIRST = frozenset("，。、；：！？）》〉」』】〕”’…％%,.;:!?)]}·")
_NEVER_LAST = frozenset("（《〈「『【〔“‘([{")
_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/.:@*'#&=?+")
# A keyboard's line break or tab inside a name, not the name's.
_ONE_LINE = {ord(character): " " for character in "\t\n\v\f\r"}
# Version 15 at level M: on 34 mm its modules are 0.44 mm wide, about what a document camera sees.
_CODE_BYTES = 412
_STROKED, _OUTLINED = 1, 2
_BOX, _TICKED = "□", "☑"
# Corners of the tick in em, from the box's own origin.
_TICK = ((0.22, 0.36), (0.42, 0.12), (0.90, 0.78))


def text_width(text: str, size: float) -> float:
    """Millimetres that `text` takes on one line."""
    return INSTALLED.width(text.replace(_TICKED, _BOX), size) / MM


def wrapped(text: str, size: float, width: float) -> list[str]:
    """`text` in lines of at most `width` millimetres, at least one line.

    Breaks between any two characters but inside Latin words and numbers, unless a word alone is
    wider than a line.
    """
    text = text.translate(_ONE_LINE).strip(" ")
    if text_width(text, size) <= width:
        return [text]
    lines = []
    start, used = 0, 0.0
    for at, character in enumerate(text):
        advance = text_width(character, size)
        if used + advance > width and at > start:
            cut = _break_before(text, start, at)
            lines.append(text[start:cut].rstrip(" "))
            start = cut
            used = text_width(text[start:at], size)
        if character == " " and at == start:
            start += 1
            continue
        used += advance
    if text[start:]:
        lines.append(text[start:])
    return lines


def _break_before(text: str, start: int, at: int) -> int:
    """The last place in (start, at] where a line may end; `at` if there is none."""
    for cut in range(at, start, -1):
        before, after = text[cut - 1], text[cut]
        if after in _NEVER_FIRST or before in _NEVER_LAST:
            continue
        if before in _WORD and after in _WORD:
            continue
        return cut
    return at


class Sheets:
    """The pages of one PDF. Equal drawing gives equal bytes: no clock and no random id is used."""

    def __init__(self, title: str, author: str) -> None:
        """`title` and `author` become metadata, which anybody can read: no personal data."""
        self._bytes = io.BytesIO()
        self._height = A4[1] * MM
        self._main = runs("页")[0][0]
        self._canvas = Canvas(
            self._bytes,
            pagesize=(A4[0] * MM, self._height),
            pageCompression=1,
            invariant=1,
            # Any embedded font: Helvetica, the default, would be named without being embedded.
            initialFontName=self._main,
            lang="zh-CN",
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setSubject(title.partition(" ")[0])
        self._canvas.setCreator("clerk_client")
        self._canvas.setProducer("clerk_client, ReportLab")
        self._begin_page()

    def next_page(self) -> None:
        """Finishes a page and begins one."""
        self._canvas.showPage()
        self._begin_page()

    def _begin_page(self) -> None:
        # Butt ends would leave a notch in every corner of a box.
        self._canvas.setLineCap(2)

    def finished(self) -> bytes:
        """Finishes the last page and the document."""
        self._canvas.save()
        return self._bytes.getvalue()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        spacing: float = 0.0,
    ) -> None:
        """One line from `x` on, its baseline at `y`; `spacing` points follow each character.

        ☑ is drawn, as few fonts have it: a box like its neighbours' with a tick over it.
        """
        if _TICKED in text:
            before, _, after = text.partition(_TICKED)
            self.text(x, y, before, size, bold=bold, spacing=spacing)
            x += text_width(before, size) + spacing * len(before) / MM
            self._ticked(x, y, size)
            x += text_width(_TICKED, size) + spacing / MM
            self.text(x, y, after, size, bold=bold, spacing=spacing)
            return
        canvas = self._canvas
        left, base = x * MM, self._height - y * MM
        for font, piece in runs(text):
            # There is no bold cut of the embedded fonts; an outline looks like one. The fonts that
            # stand in are lighter than the main one, and a name should have one weight.
            outline = (0.03 if bold else 0.0) + (0.02 if font != self._main else 0.0)
            if outline:
                canvas.setLineWidth(size * outline)
            canvas.setFont(font, size)
            mode = _OUTLINED if outline else None
            canvas.drawString(left, base, piece, mode=mode, charSpace=spacing)
            left += INSTALLED.width(piece, size) + spacing * len(piece)

    def _ticked(self, x: float, y: float, size: float) -> None:
        """□ with a tick; whoever copies or searches the text finds ☑."""
        canvas = self._canvas
        written = _TICKED.encode("utf-16-be").hex().upper()
        canvas.addLiteral(f"/Span<</ActualText<FEFF{written}>>>BDC")
        self.text(x, y, _BOX, size)
        canvas.addLiteral("EMC")
        tick = canvas.beginPath()
        (first_x, first_y), *further = _TICK
        left, base = x * MM, self._height - y * MM
        tick.moveTo(left + first_x * size, base + first_y * size)
        for corner_x, corner_y in further:
            tick.lineTo(left + corner_x * size, base + corner_y * size)
        canvas.setLineWidth(size * 0.11)
        canvas.drawPath(tick)

    def centred(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        spacing: float = 0.0,
    ) -> None:
        """One line with its middle at `x`."""
        width = text_width(text, size) + spacing * (len(text) - 1) / MM
        self.text(x - width / 2, y, text, size, bold=bold, spacing=spacing)

    def right(self, x: float, y: float, text: str, size: float) -> None:
        """One line that ends at `x`."""
        self.text(x - text_width(text, size), y, text, size)

    def watermark(self, text: str, size: float) -> None:
        """Outlined across the middle of the page, so that what lies over it stays legible."""
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(A4[0] * MM / 2, self._height / 2)
        canvas.rotate(45)
        canvas.setStrokeGray(0.75)
        canvas.setLineWidth(0.8)
        left = -INSTALLED.width(text, size) / 2
        for font, piece in runs(text):
            canvas.setFont(font, size)
            canvas.drawString(left, -size * 0.35, piece, mode=_STROKED)
            left += INSTALLED.width(piece, size)
        canvas.restoreState()

    def rule(
        self, x: float, y: float, to: float, *, width: float = 0.5, dashed: bool = False
    ) -> None:
        """A level line from `x` to `to`, `width` in points."""
        self._canvas.setLineWidth(width)
        if dashed:
            self._canvas.setDash(3, 2)
        self._canvas.line(x * MM, self._height - y * MM, to * MM, self._height - y * MM)
        if dashed:
            self._canvas.setDash()

    def boxes(self, y: float, height: float, edges: Sequence[float]) -> None:
        """Neighbouring boxes of one height between the `edges`."""
        self._canvas.setLineWidth(0.6)
        ys = [self._height - y * MM, self._height - (y + height) * MM]
        self._canvas.grid([edge * MM for edge in edges], ys)

    def code(self, x: float, y: float, side: float, text: str) -> None:
        """A QR code of `text` as UTF-8, level M. Whitens the four modules round it as well.

        Raises CodeTooLong.
        """
        content = qrencoder.QR8bitByte(text)
        if len(content) > _CODE_BYTES:
            raise CodeTooLong(len(content))
        code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
        code.addData(content)
        code.make()
        count = code.getModuleCount()
        module = side * MM / count
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(x * MM, self._height - y * MM)
        canvas.scale(module, -module)
        canvas.setFillGray(1)
        canvas.rect(-4, -4, count + 8, count + 8, stroke=0, fill=1)
        canvas.setFillGray(0)
        # One path for all: between rectangles filled one by one, viewers show hairlines.
        dark = canvas.beginPath()
        for row, modules in enumerate(code.modules):
            column = 0
            for is_dark, same in groupby(modules):
                length = len(list(same))
                if is_dark:
                    dark.rect(column, row, length, 1)
                column += length
        canvas.drawPath(dark, stroke=0, fill=1)
        canvas.restoreState()

"""A queue machine's paper for the demo: what stands on it, and how a thermal printer prints it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from clerk_client.demo.errors import DemoError

# 80 mm paper, drawn finer than the 8 dots a millimetre of the printer.
DOTS_PER_MM = 12
_WIDTH_MM = 80
_MARGIN_MM = 4
_FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("C:/Windows/Fonts/msyh.ttc"),
)

Gray = npt.NDArray[np.uint8]


class FontAbsent(DemoError):
    """The demo cannot print Chinese on its tickets. `looked_at` are the files it wants."""

    code = "DEMO_FONT_ABSENT"

    def __init__(self) -> None:
        super().__init__("no Chinese font: install fonts-wqy-zenhei")
        self.looked_at = tuple(str(path) for path in _FONTS)


@dataclass(frozen=True, slots=True)
class SlipText:
    """What stands on one slip. Empty `appointment` or `document` leave their line out.

    `drawn_at` is printed as it is; `document` comes masked; `code` is what the QR code holds.
    """

    hall: str
    number: str
    matter: str
    department: str
    area: str
    ahead: int
    drawn_at: str
    appointment: str
    document: str
    code: str


def printed(slip: SlipText) -> Gray:
    """Black on white, DOTS_PER_MM, as long as its lines need. Raises FontAbsent."""
    paper = _Paper()
    paper.line(slip.hall, 5.2, bold=True)
    paper.rule()
    paper.line("您的排队号码", 3.6)
    paper.line(slip.number, 19, bold=True)
    paper.gap(1.4)
    paper.line(slip.matter, 4.8, bold=True)
    paper.line(f"{slip.department} · {slip.area}", 4.2)
    paper.line(f"前面等待 {slip.ahead} 人", 4.8)
    paper.rule()
    paper.pair("取号", slip.drawn_at)
    paper.pair("预约号", slip.appointment)
    paper.pair("证件", slip.document)
    paper.gap(3)
    paper.code(slip.code, 34)
    paper.bars(slip.number, 46, 8)
    paper.rule()
    paper.line("过号重取，当日有效", 4.4, bold=True)
    paper.line("演示票样 非真实业务", 3.4)
    return paper.cut()


class _Paper:
    """Lines set one below the other."""

    def __init__(self) -> None:
        self._font = next((path for path in _FONTS if path.is_file()), None)
        if self._font is None:
            raise FontAbsent
        self._image = Image.new("L", (_WIDTH_MM * DOTS_PER_MM, 260 * DOTS_PER_MM), 255)
        self._draw = ImageDraw.Draw(self._image)
        self._y = float(6 * DOTS_PER_MM)

    def line(self, text: str, size_mm: float, *, bold: bool = False) -> None:
        """Centred, broken where the paper ends."""
        font = self._sized(size_mm)
        stroke = round(size_mm * 0.028 * DOTS_PER_MM) if bold else 0
        for part in self._broken(text, font):
            left, top, right, bottom = font.getbbox(part, stroke_width=stroke)
            x = (self._image.width - (right - left)) / 2 - left
            self._draw.text((x, self._y - top), part, 0, font, stroke_width=stroke)
            self._y += bottom - top + (1 + min(0.3 * size_mm, 2.2)) * DOTS_PER_MM

    def pair(self, label: str, value: str) -> None:
        """A label on the left and its value beside it."""
        if not value:
            return
        font = self._sized(3.9)
        left = 2 * _MARGIN_MM * DOTS_PER_MM
        self._draw.text((left, self._y), label, 0, font)
        self._draw.text((left + 16 * DOTS_PER_MM, self._y), value, 0, font)
        self._y += 5.6 * DOTS_PER_MM

    def rule(self) -> None:
        """A dashed line."""
        self.gap(0.8)
        dash = 2 * DOTS_PER_MM
        for x in range(
            _MARGIN_MM * DOTS_PER_MM, self._image.width - 5 * DOTS_PER_MM, 3 * dash // 2
        ):
            self._draw.line((x, self._y, x + dash, self._y), 0, DOTS_PER_MM // 4)
        self.gap(2.6)

    def gap(self, millimetres: float) -> None:
        """Empty paper."""
        self._y += millimetres * DOTS_PER_MM

    def code(self, text: str, size_mm: float) -> None:
        """A QR code."""
        drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCodeModel2, ec_level="M")
        self._place(np.asarray(drawn.to_image(add_quiet_zones=False)), size_mm, size_mm)

    def bars(self, text: str, width_mm: float, height_mm: float) -> None:
        """A Code 128, as many queue machines print for their own gates."""
        drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
        self._place(np.asarray(drawn.to_image(add_quiet_zones=False))[:1], width_mm, height_mm)

    def cut(self) -> Gray:
        """The paper up to where the cutter takes it off."""
        self.gap(5)
        return np.asarray(self._image, np.uint8)[: int(self._y)]

    def _place(self, modules: Gray, width_mm: float, height_mm: float) -> None:
        size = (round(width_mm * DOTS_PER_MM), round(height_mm * DOTS_PER_MM))
        x = (self._image.width - size[0]) // 2
        image = Image.fromarray(modules).resize(size, Image.Resampling.NEAREST)
        self._image.paste(image, (x, int(self._y)))
        self._y += size[1] + 2 * DOTS_PER_MM

    def _sized(self, size_mm: float) -> ImageFont.FreeTypeFont:
        assert self._font is not None
        return ImageFont.truetype(str(self._font), round(size_mm * DOTS_PER_MM))

    def _broken(self, text: str, font: ImageFont.FreeTypeFont) -> list[str]:
        room = (_WIDTH_MM - 2 * _MARGIN_MM) * DOTS_PER_MM
        parts = [""]
        for character in text:
            if parts[-1] and font.getlength(parts[-1] + character) > room:
                parts.append("")
            parts[-1] += character
        return [part for part in parts if part]

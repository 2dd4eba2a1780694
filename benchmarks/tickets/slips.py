"""What stands on a made slip, and its print as a queue machine's head sets it, dot by dot."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from clerk_client.demo.slip import FontAbsent

DOTS_PER_MM = 8

Gray = npt.NDArray[np.uint8]

_WIDTHS = (48 * DOTS_PER_MM, 72 * DOTS_PER_MM)  # what 58 mm and 80 mm paper can print on
_LONGEST = 1000
_FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("C:/Windows/Fonts/msyh.ttc"),
)
_HALLS = ("示例市政务服务大厅", "东岸便民服务站", "示例镇行政服务中心", "港口片区办事大厅")
_MATTERS = (
    "食品经营许可",
    "居住证办理",
    "不动产抵押登记",
    "企业名称变更",
    "社保关系转移接续",
    "灵活就业人员参保",
    "公积金贷款结清",
    "护照",
)
_SURNAMES = "梁黄李陈何林吴郑冯苏"
_CORRECTION = {
    "L": cv2.QRCODE_ENCODER_CORRECT_LEVEL_L,
    "M": cv2.QRCODE_ENCODER_CORRECT_LEVEL_M,
    "Q": cv2.QRCODE_ENCODER_CORRECT_LEVEL_Q,
}


@dataclass(frozen=True, slots=True)
class Slip:
    """A print before anybody touched it. Lengths and places are in dots.

    `text` is what the QR code says and `bars` what the Code 128 below it says, empty without one.
    """

    dots: Gray
    text: str
    bars: str
    centre: tuple[float, float]
    side: int
    module: int
    eci: bool


def printed(rng: np.random.Generator, *, narrow: bool, with_bars: bool) -> Slip:
    """`narrow` leaves out 80 mm paper. Raises clerk_client.demo.slip.FontAbsent."""
    width = _WIDTHS[0] if narrow else int(rng.choice(_WIDTHS))
    number = f"{rng.choice(list('ABCDEF'))}{rng.integers(1, 400):03d}"
    day = f"2026{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}"
    text = _said(rng, number, day)
    eci = not text.isascii() and bool(rng.random() < 0.2)
    modules = _qr(text, str(rng.choice(["L", "M", "M", "Q"])), eci=eci)
    roll = _Roll(width)
    roll.line(str(rng.choice(_HALLS)), 30)
    roll.line(number, 80)
    roll.line(str(rng.choice(_MATTERS)), 32)
    roll.line(f"前面等候 {rng.integers(0, 30)} 人", 26)
    fits = (width - 3 * DOTS_PER_MM) // (len(modules) + 8)
    wished = int(rng.choice([3, 4, 5, 6, 7], p=[0.15, 0.3, 0.25, 0.2, 0.1]))
    module = max(2, min(fits, wished))
    # Machines are set up by hand: some leave half the quiet zone that the standard asks for.
    quiet = module * int(rng.choice([2, 4, 4]))
    centre = roll.code(modules, module, quiet)
    bars = f"{number}{rng.integers(0, 10**6):06d}" if with_bars else ""
    if bars:
        roll.bars(bars, 2, 9 * DOTS_PER_MM)
    roll.line(f"{day} {rng.integers(8, 18):02d}:{rng.integers(0, 60):02d} 取号", 24)
    roll.line("过号请重新取号", 24)
    side = len(modules) * module
    return Slip(roll.cut(), text, bars, centre, side, module, eci)


def _said(rng: np.random.Generator, number: str, day: str) -> str:
    """A short number, a link or JSON: 20 to 150 bytes."""

    def key(digits: int) -> str:
        return rng.bytes(digits // 2).hex()

    style = rng.choice(["short", "link", "json"], p=[0.3, 0.35, 0.35])
    if style == "short":
        return f"PD-{day}-{number}-{key(6).upper()}"
    matter = str(rng.choice(_MATTERS))
    holder = f"{rng.choice(list(_SURNAMES))}*"
    if style == "link":
        return f"https://qh.example.gov.cn/q/{day}/{number}?m={matter}&n={holder}&s={key(18)}"
    fields = {"ver": 1, "num": number, "day": day, "item": matter, "who": holder, "sn": key(16)}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _qr(text: str, level: str, *, eci: bool) -> Gray:
    """0 and 255, a pixel a module, without a quiet zone.

    zxing always names the character set of Chinese text, which hardly any queue machine does;
    OpenCV never does, and writes codes of capital letters that nothing can read.
    """
    if eci or text.isascii():
        form = zxingcpp.BarcodeFormat.QRCodeModel2
        drawn = zxingcpp.create_barcode(text, form, ec_level=level)
        return np.asarray(drawn.to_image(add_quiet_zones=False), np.uint8)
    wishes = cv2.QRCodeEncoder.Params()
    wishes.mode = cv2.QRCODE_ENCODER_MODE_BYTE
    wishes.correction_level = _CORRECTION[level]
    framed = np.asarray(cv2.QRCodeEncoder.create(wishes).encode(text), np.uint8)
    return framed[2:-2, 2:-2]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    for path in _FONTS:
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    raise FontAbsent


class _Roll:
    """Paper that is printed from the top down."""

    def __init__(self, width: int) -> None:
        self._paper = Image.new("L", (width, _LONGEST), 255)
        self._draw = ImageDraw.Draw(self._paper)
        self._y = 2 * DOTS_PER_MM

    def line(self, text: str, size: int) -> None:
        font = _font(size)
        x = max(0.0, (self._paper.width - font.getlength(text)) / 2)
        self._draw.text((x, self._y), text, 0, font)
        self._y += size * 4 // 3

    def code(self, modules: Gray, module: int, quiet: int) -> tuple[float, float]:
        """Returns its centre."""
        self._y += quiet
        top = self._y
        self._centred(np.kron(modules, np.ones((module, module), np.uint8)))
        self._y += quiet
        return self._paper.width / 2, top + len(modules) * module / 2

    def bars(self, text: str, module: int, height: int) -> None:
        drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
        row = np.asarray(drawn.to_image(add_quiet_zones=False), np.uint8)[:1]
        self._centred(np.kron(row, np.ones((height, module), np.uint8)))
        self._y += DOTS_PER_MM

    def cut(self) -> Gray:
        return np.asarray(self._paper, np.uint8)[: min(self._y + 2 * DOTS_PER_MM, _LONGEST)]

    def _centred(self, dots: Gray) -> None:
        self._paper.paste(
            Image.fromarray(dots), ((self._paper.width - dots.shape[1]) // 2, self._y)
        )
        self._y += dots.shape[0]

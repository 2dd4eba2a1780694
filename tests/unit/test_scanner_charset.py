"""From what a code says of its bytes to text: names drawn as codes and read back."""

import random
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.charset import text_of
from scanner.decode import decode_frame

Modules = npt.NDArray[np.uint8]

# Surnames as often rare as common; given names in everyday, less common and rare characters.
SURNAMES = "王李张刘陈杨黄赵吴周闫邢亓逄缪臧檀佟仝" + "欧阳,司马,诸葛,尉迟,皇甫,爨,妫,郄"
COMMON = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国小满"
LESS = "婷琪瑶璐晗煜淼鑫垚焱翀骞彧旻昱韫"
RARE = "喆珺堃镕昇玥祎玙珩䶮㐂犇骉垦頔𠮷𬭎𬞟𬴊𦈡"


@cache
def names() -> tuple[str, ...]:
    """400 different ones, half of two characters and half of three."""
    surnames = [*SURNAMES.split(",")[0][:-2], "欧阳", *SURNAMES.split(",")[1:]]
    chosen = random.Random(20261121)
    found: dict[str, None] = {}
    while len(found) < 400:
        pools = chosen.choices((COMMON, LESS, RARE), (6, 2, 2), k=1 + len(found) % 2)
        name = chosen.choice(surnames) + "".join(chosen.choice(pool) for pool in pools)
        found.setdefault(name)
    return tuple(found)


def on_paper(modules: Modules) -> Modules:
    large = cv2.resize(modules, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    paper = cv2.copyMakeBorder(large, 16, 16, 16, 16, cv2.BORDER_CONSTANT, value=255)
    return np.asarray(paper, np.uint8)


def read(modules: Modules) -> str:
    """The text; `modules` a pixel a module."""
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
    (code,) = zxingcpp.read_barcodes(
        on_paper(modules), formats=formats, text_mode=zxingcpp.TextMode.HexECI
    )
    return text_of(code.bytes, code.text)


def silent(raw: bytes) -> Modules:
    """A code that says nothing of its bytes, as queue machines print it: OpenCV writes those."""
    wishes = cv2.QRCodeEncoder.Params()
    wishes.mode = cv2.QRCodeEncoder_MODE_BYTE
    # The stubs know texts only; OpenCV takes bytes as they are.
    return np.asarray(cv2.QRCodeEncoder.create(wishes).encode(raw))  # type: ignore[call-overload]


def saying(text: str, eci: str = "") -> Modules:
    said = {"eci": eci} if eci else {}
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCodeModel2, **said)
    return np.asarray(drawn.to_image(1, add_quiet_zones=False))


def test_every_name_in_utf8_is_read() -> None:
    right = sum(decode_frame(on_paper(silent(name.encode()))) == [name] for name in names())
    assert right == 400


def test_names_in_gbk_that_do_not_say_so_are_read_but_for_one_in_a_hundred() -> None:
    codes = ((name, silent(name.encode("gb18030"))) for name in names())
    right = sum(decode_frame(on_paper(code)) == [name] for name, code in codes)
    assert right >= 396


@pytest.mark.parametrize("eci", ["GB18030", "UTF-8", "UTF-16BE"])
def test_every_name_in_a_charset_that_the_code_says_is_read(eci: str) -> None:
    right = sum(decode_frame(on_paper(saying(name, eci))) == [name] for name in names())
    assert right == 400


@pytest.mark.parametrize(
    ("eci", "text"),
    [
        ("ISO-8859-1", "Ã©tÃ©"),
        ("ISO-8859-5", "Очередь"),
        ("Shift_JIS", "表示"),
        ("Big5", "中山市功許蓋"),
        ("GB2312", "中山市"),
        ("EUC-KR", "대기표"),
        ("UTF-16LE", "取号单"),
        ("UTF-32BE", "取号单"),
        ("windows-1252", "€"),
        ("ASCII", "A023"),
        ("UTF-8", r"C:\000026\\"),
        ("GB18030", r"号\000026"),
    ],
)
def test_what_the_code_says_of_its_bytes_is_believed(eci: str, text: str) -> None:
    assert read(saying(text, eci)) == text


@pytest.mark.parametrize("text", ["中山市行政服中心", "取消", "社会保障", "A023 中山市"])
def test_chinese_packed_in_the_kanji_mode_is_read(text: str) -> None:
    """Some generators do so with every text that Shift_JIS holds; the code says nothing of it."""
    assert read(saying(text)) == text
    assert text_of(text.encode("shift_jis")) == text


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        (b"]Q2\\000032" + "张丽".encode("gbk") + b"\\000026" + "张丽".encode(), "张丽张丽"),
        (b"]Q2A\\000026" + "号".encode(), "A号"),
        (b"]Q4\\000026" + "号".encode(), "号"),
        # 表 ends in Shift_JIS with the byte of a backslash, which the protocol doubles.
        (b"]Q2\\000020\x95\\\\\\000026A", "表A"),
    ],
)
def test_charset_may_change_within_a_code(packet: bytes, text: str) -> None:
    assert text_of(b"?", packet.hex(" ")) == text


@pytest.mark.parametrize(
    "packet",
    [
        b"]Q2\\000026\xff\xfe",  # says UTF-8 and is not
        b"]Q2\\000899\x00",  # binary
        b"]Q2\\999999A",
        b"]Q1\\000026A",  # no announcement by its identifier
        b"]C0A",
        b"",
    ],
)
def test_charset_that_does_not_fit_is_taken_as_not_said(packet: bytes) -> None:
    assert text_of("张丽".encode("gbk"), packet.hex(" ")) == "张丽"


@pytest.mark.parametrize("transmitted", ["5", "zz", "张丽", "A023"])
def test_text_that_is_no_packet_is_taken_as_not_said(transmitted: str) -> None:
    assert text_of("张丽".encode("gbk"), transmitted) == "张丽"


def test_part_of_a_code_in_several_gives_its_own_part() -> None:
    wishes = cv2.QRCodeEncoder.Params()
    wishes.mode, wishes.structure_number = cv2.QRCodeEncoder_MODE_STRUCTURED_APPEND, 2
    parts = cv2.QRCodeEncoder.create(wishes).encodeStructuredAppend("A023 and what follows it " * 2)
    assert len(parts) == 2
    assert "".join(read(np.asarray(part)) for part in parts) == "A023 and what follows it " * 2


@settings(derandomize=True, deadline=None)
@given(st.binary())
def test_any_packet_is_some_text(raw: bytes) -> None:
    text_of(raw, raw.hex()).encode()
    text_of(raw, (b"]Q2" + raw).hex())
    text_of(raw, (b"]Q2\\000034" + raw).hex()).encode("utf-8", "surrogatepass")

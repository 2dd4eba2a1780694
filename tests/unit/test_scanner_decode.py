"""Pictures to texts."""

from datetime import date

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import scanner.cascade
from clerk_client.demo.photographs import HEIGHT, WIDTH, photograph
from clerk_client.demo.slip import SlipText
from clerk_client.domain.tickets import TicketReference, ticket_text
from scanner.decode import decode, decode_frame
from scanner.errors import PictureUnreadable
from scanner.reading import Reading

Picture = npt.NDArray[np.uint8]
REFERENCE = TicketReference("442001", date(2026, 11, 21), "A023")


def slip(number: str = "A023") -> SlipText:
    return SlipText(
        hall="中山市行政服务中心(示例)",
        number=number,
        matter="食品经营许可(新办)",
        department="市场监管局",
        area="2楼B区",
        ahead=5,
        drawn_at="2026-11-21 09:12",
        appointment="YY202611210023",
        document="4420****1234",
        code=ticket_text(TicketReference(REFERENCE.hall, REFERENCE.day, number)),
    )


def code(text: str | bytes, side: int = 240, **wishes: str) -> Picture:
    """A code on white, gray, about so large and centred."""
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCodeModel2, **wishes)
    scale = side // np.asarray(drawn.to_image()).shape[0]
    image = np.asarray(drawn.to_image(scale), np.uint8)
    paper = np.full((side, side), 255, np.uint8)
    edge = (side - image.shape[0]) // 2
    paper[edge : edge + image.shape[0], edge : edge + image.shape[1]] = image
    return paper


def developed(jpeg: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8, copy=False)


@pytest.mark.parametrize("seed", [0, 7, 13, 29])
def test_photographed_ticket_is_read(seed: int) -> None:
    picture = developed(photograph(slip(), seed))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert decode_frame(picture) == [slip().code]


def test_photograph_follows_from_its_seed() -> None:
    assert photograph(slip(), 3) == photograph(slip(), 3)
    assert photograph(slip(), 3) != photograph(slip(), 4)


def test_corners_enclose_the_code() -> None:
    picture = np.full((600, 800), 255, np.uint8)
    picture[200:440, 300:540] = code("A023")
    (reading,) = decode(picture)
    corners = np.array(reading.corners)
    assert corners.min(axis=0) == pytest.approx([300, 200], abs=40)
    assert corners.max(axis=0) == pytest.approx([540, 440], abs=40)
    assert reading.stage == "plain"


def test_print_that_gets_duller_is_read_by_one_step_after_the_other() -> None:
    """In a shadow and ever less sharp: by zxing, then where zxing located it, then where it did
    not."""
    sharp = np.full((360, 360), 255, np.uint8)
    sharp[60:300, 60:300] = code(slip().code)
    shadow = np.linspace(0.25, 1.0, 360, dtype=np.float32)
    stages = []
    for blur in np.arange(2.0, 4.5, 0.25):
        dull = cv2.GaussianBlur(sharp * shadow, (0, 0), float(blur))
        noise = np.random.default_rng(5).normal(0, 6, dull.shape)
        picture = np.clip(dull + noise, 0, 255).astype(np.uint8)
        for reading in decode(picture, budget_s=5.0):
            assert reading.text == slip().code
            stages.append(reading.stage)
    assert stages[0] == "plain"
    assert {"look", "seek"} & set(stages)


def test_two_codes_give_two_readings() -> None:
    desk = np.full((300, 600, 3), 255, np.uint8)
    desk[30:270, 30:270] = code("A023")[..., None]
    desk[30:270, 330:570] = code("A024")[..., None]
    assert sorted(decode_frame(desk)) == ["A023", "A024"]


def test_one_text_printed_twice_is_one_reading() -> None:
    desk = np.full((300, 600), 255, np.uint8)
    desk[30:270, 30:270] = desk[30:270, 330:570] = code("A023")
    assert decode_frame(desk) == ["A023"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>A023</b><img src=x onerror=alert(1)>",
        "'; DROP TABLE tickets; --",
        "../../etc/passwd",
        "http://127.0.0.1/?q=%00",
        "A023\r\n\x1b[2J\x07",
        "{" * 300,
        "\u202eA023\u202c",
        "预约😀",
        "\x00A023",
    ],
)
def test_hostile_text_comes_back_as_plain_text(hostile: str) -> None:
    assert decode_frame(code(hostile.encode(), 400)) == [hostile]


def test_text_is_read_whatever_the_code_says_of_its_bytes() -> None:
    text = "中山市行政服务中心 A023"
    assert decode_frame(code(text.encode("gbk"), 300)) == [text]
    assert decode_frame(code(text, 300, eci="GB18030")) == [text]
    assert decode_frame(code(text, 300, eci="UTF-8")) == [text]


def test_raw_bytes_are_text_and_no_error() -> None:
    (text,) = decode_frame(code(bytes(range(256)), 500))
    assert isinstance(text, str)


def test_other_codes_are_left_alone() -> None:
    bars = zxingcpp.create_barcode("A023", zxingcpp.BarcodeFormat.Code128)
    assert decode(np.asarray(bars.to_image(4)), thorough=True) == []


@pytest.mark.parametrize(
    ("dtype", "white"),
    [
        ("uint8", 255),
        ("uint16", 65535),
        ("int16", 32767),
        ("int64", 255),
        ("float16", 255),
        ("float32", 1),
        ("float64", 1),
    ],
)
@pytest.mark.parametrize("channels", [0, 1, 3, 4])
def test_any_kind_of_picture_is_read(dtype: str, white: int, channels: int) -> None:
    picture = (code("A023").astype(np.float64) / 255 * white).astype(dtype)
    if channels:
        picture = np.repeat(picture[..., None], channels, axis=2)
    assert decode_frame(picture) == ["A023"]


def test_picture_need_not_lie_in_one_piece() -> None:
    assert decode_frame(np.repeat(code("A023"), 2, axis=1)[:, ::2]) == ["A023"]
    assert decode_frame(code("A023")[::-1]) == ["A023"]
    assert decode_frame(code("A023") > 127) == ["A023"]


@pytest.mark.parametrize(
    "shape", [(0, 0), (0, 5), (1, 1), (1, 900), (900, 1), (20, 20), (0, 9, 3), (3, 3, 4)]
)
def test_picture_too_small_for_a_code_has_none(shape: tuple[int, ...]) -> None:
    assert decode(np.zeros(shape, np.uint8), thorough=True) == []


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(5, np.uint8),
        np.zeros((), np.uint8),
        np.zeros((40, 40, 2), np.uint8),
        np.zeros((40, 40, 5), np.uint8),
        np.zeros((2, 40, 40, 3), np.uint8),
        np.zeros((40, 40), np.complex64),
        np.full((40, 40), None),
        np.full((40, 40), "x"),
    ],
)
def test_array_that_is_no_picture_is_refused(array: npt.NDArray[np.generic]) -> None:
    with pytest.raises(PictureUnreadable) as refused:
        decode(array)
    assert refused.value.code == "PICTURE_UNREADABLE"


@pytest.mark.parametrize("shape", [(70_000, 22), (22, 70_000), (40_000, 60)])
def test_picture_longer_than_any_camera_gives_is_refused(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    with pytest.raises(PictureUnreadable):
        decode(noise, budget_s=20.0, thorough=True)


def test_picture_that_opencv_gives_up_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for a machine out of memory in the middle of a picture."""

    def give_up(*_: object, **__: object) -> None:
        raise cv2.error("Insufficient memory")

    monkeypatch.setattr(scanner.cascade, "find_codes", give_up)
    with pytest.raises(PictureUnreadable):
        decode(np.full((480, 640), 255, np.uint8), budget_s=20.0, thorough=True)


def test_noise_without_a_code_says_nothing() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    assert decode(noise, thorough=True) == []
    assert decode(np.full((480, 640), np.nan)) == []


def test_spent_budget_still_gives_the_plain_pass() -> None:
    assert decode(code("A023"), budget_s=0.0)[0].text == "A023"


PICTURES = st.one_of(
    npst.arrays(
        st.sampled_from(["uint8", "uint16", "int8", "bool", "float16", "float32", "float64"]),
        npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=30),
        fill=st.nothing(),
    ),
    npst.arrays("uint8", st.tuples(st.integers(21, 60), st.integers(21, 60))),
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(PICTURES, st.booleans())
def test_no_array_breaks_the_reader(array: npt.NDArray[np.generic], thorough: bool) -> None:
    try:
        readings = decode(array, thorough=thorough)
    except PictureUnreadable:
        return
    assert all(isinstance(reading, Reading) for reading in readings)

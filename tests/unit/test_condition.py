"""What is wrong with a picture, told from the picture."""

from datetime import date
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from clerk_client.demo.photographs import HEIGHT, WIDTH, photograph
from clerk_client.demo.slip import SlipText
from clerk_client.domain.tickets import TicketReference, ticket_text
from resources.words import entries
from scanner.condition import Fault, fault_of
from scanner.decode import decode
from scanner.errors import PictureUnreadable
from scanner.reading import Place

Picture = npt.NDArray[np.uint8]
SEEDS = (0, 7, 13, 29)


@cache
def ticket(seed: int) -> Picture:
    """A good photograph of a ticket on a desk."""
    slip = SlipText(
        hall="中山市行政服务中心(示例)",
        number="A023",
        matter="食品经营许可(新办)",
        department="市场监管局",
        area="2楼B区",
        ahead=5,
        drawn_at="2026-11-21 09:12",
        appointment="YY202611210023",
        document="4420****1234",
        code=ticket_text(TicketReference("442001", date(2026, 11, 21), "A023")),
    )
    encoded = np.frombuffer(photograph(slip, seed), np.uint8)
    picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8, copy=False)


@cache
def place(seed: int) -> Place:
    """Where the code of that ticket lies, as if it had only been located."""
    (reading,) = decode(ticket(seed))
    (left, top), (right, below), *_ = reading.corners
    # Version 3 or 4: this near is near enough.
    return Place(reading.corners, float(np.hypot(right - left, below - top)) / 31)


def snapped(light: npt.NDArray[Any], noise: float = 2.0) -> Picture:
    """What a sensor makes of it."""
    grain = np.random.default_rng(1).normal(0, noise, light.shape)
    return np.clip(light + grain, 0, 255).astype(np.uint8)


def darkened(seed: int) -> Picture:
    return snapped(ticket(seed) * 0.1, 3.0)


def blurred(seed: int) -> Picture:
    sigma = place(seed).module_px * 1.1
    return snapped(cv2.GaussianBlur(ticket(seed), (0, 0), sigma))


def shrunk(seed: int) -> Picture:
    """The ticket far below a camera of 1080p, a module less than 2 pixels."""
    scale = 1.6 / place(seed).module_px
    far = cv2.resize(ticket(seed), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    desk = np.full((1080, 1920, 3), 70.0)
    desk[300 : 300 + far.shape[0], 700 : 700 + far.shape[1]] = far
    return snapped(desk)


def mirrored(seed: int) -> Picture:
    """The lamp on the ticket, in the middle of its code."""
    corners = np.array(place(seed).corners)
    x, y = corners.mean(axis=0)
    reach = 0.42 * np.ptp(corners[:, 0])
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    spot = np.exp(-((((across - x) ** 2 + (down - y) ** 2) / reach**2) ** 1.5))
    return snapped(ticket(seed) + 330 * spot[..., None])


@pytest.mark.parametrize("seed", SEEDS)
def test_good_picture_has_no_fault(seed: int) -> None:
    assert fault_of(ticket(seed)) is None
    assert fault_of(ticket(seed), [place(seed)]) is None


@pytest.mark.parametrize("is_located", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_clerk_is_told_to_switch_the_lamp_on(seed: int, is_located: bool) -> None:
    places = [place(seed)] if is_located else []
    assert fault_of(darkened(seed), places) is Fault.TOO_DARK


# Without a place the spot is found only where it lies beside the most texture, as on 3 of the 4.
@pytest.mark.parametrize(
    ("seed", "is_located"), [*((seed, True) for seed in SEEDS), (0, False), (7, False), (29, False)]
)
def test_clerk_is_told_of_the_lamps_reflection_on_the_code(seed: int, is_located: bool) -> None:
    picture = mirrored(seed)
    assert decode(picture) == []
    assert fault_of(picture, [place(seed)] if is_located else []) is Fault.GLARE


@pytest.mark.parametrize("seed", SEEDS)
def test_clerk_is_told_that_the_ticket_lies_too_far_away(seed: int) -> None:
    assert fault_of(shrunk(seed)) is Fault.TOO_FAR


def test_located_code_with_modules_of_two_pixels_is_too_far_away() -> None:
    near = place(0)
    half = cv2.resize(ticket(0), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    corners = tuple((x * 0.4, y * 0.4) for x, y in near.corners)
    far = Place(corners, near.module_px * 0.4)  # type: ignore[arg-type]
    assert far.module_px < 3
    assert fault_of(half, [far]) is Fault.TOO_FAR


@pytest.mark.parametrize("is_located", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_clerk_is_told_that_the_picture_is_blurred(seed: int, is_located: bool) -> None:
    picture = blurred(seed)
    assert decode(picture) == []
    assert fault_of(picture, [place(seed)] if is_located else []) is Fault.BLURRED


@pytest.mark.parametrize("spoilt", [darkened, mirrored, shrunk, blurred])
def test_gray_picture_has_the_fault_of_the_coloured_one(spoilt: object) -> None:
    assert callable(spoilt)
    picture = spoilt(7)
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    assert fault_of(gray) is fault_of(picture) is not None


def test_empty_desk_is_no_fault() -> None:
    grain = np.random.default_rng(2).normal(120, 12, (60, 107, 3))
    desk = cv2.resize(grain, (1920, 1080), interpolation=cv2.INTER_CUBIC)
    assert fault_of(snapped(desk)) is None


def test_torn_code_is_no_fault_of_the_picture() -> None:
    picture = ticket(13).copy()
    corners = np.array(place(13).corners).astype(int)
    x, y = corners.mean(axis=0).astype(int)
    picture[corners[:, 1].min() : y + 20, corners[:, 0].min() : x + 20] = 90
    assert decode(picture) == []
    assert fault_of(picture) is None
    assert fault_of(picture, [place(13)]) is None


def test_white_sheet_and_drawn_page_do_not_shine() -> None:
    assert fault_of(np.full((1080, 1920, 3), 255, np.uint8)) is None
    page = np.full((600, 800), 255, np.uint8)
    for line in range(40, 560, 30):
        cv2.putText(page, "A023 B114 C209", (40, line), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    assert fault_of(page) is None


def test_nothing_at_all_is_dark() -> None:
    assert fault_of(np.zeros((1080, 1920, 3), np.uint8)) is Fault.TOO_DARK


@pytest.mark.parametrize(
    "shape", [(0, 0), (1, 1), (1, 900), (48, 48), (48, 20_000), (30_000, 60), (50, 50, 3)]
)
def test_picture_of_any_size_is_looked_at(shape: tuple[int, ...]) -> None:
    assert fault_of(np.full(shape, 128, np.uint8)) is None


@pytest.mark.parametrize(
    "array", [np.zeros(5, np.uint8), np.zeros((40, 40, 2), np.uint8), np.full((40, 40), "x")]
)
def test_array_that_is_no_picture_is_refused(array: npt.NDArray[np.generic]) -> None:
    with pytest.raises(PictureUnreadable):
        fault_of(array)


NUMBERS = st.floats(width=32) | st.floats(-100, 1400)
POINTS = st.tuples(NUMBERS, NUMBERS)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.tuples(POINTS, POINTS, POINTS, POINTS), NUMBERS)
def test_no_place_breaks_the_look(
    corners: tuple[tuple[float, float], ...], module_px: float
) -> None:
    fault = fault_of(ticket(0), [Place(corners, module_px)])  # type: ignore[arg-type]
    assert fault is None or isinstance(fault, Fault)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(npst.arrays("uint8", st.tuples(st.integers(0, 90), st.integers(0, 90))))
def test_no_picture_breaks_the_look(picture: Picture) -> None:
    fault = fault_of(picture)
    assert fault is None or isinstance(fault, Fault)


def test_every_fault_has_words() -> None:
    assert {fault.value for fault in Fault} <= entries().keys()

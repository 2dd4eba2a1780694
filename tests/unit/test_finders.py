"""Codes are located where they lie, also where no reader would see them."""

import math
import time

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp

from scanner.finders import find_codes
from scanner.triples import Candidate

Gray = npt.NDArray[np.uint8]

_TEXT = "Q20260410-A023-5F21C7"
_VERSION = 2
_SIDE = 17 + 4 * _VERSION


def _code(text: str = _TEXT) -> Gray:
    """A pixel a module, without its border."""
    format_ = zxingcpp.BarcodeFormat.QRCodeModel2
    barcode = zxingcpp.create_barcode(text, format_, ec_level="M")
    return np.array(barcode.to_image(scale=1, add_quiet_zones=False), np.uint8)


def _on_paper(code: Gray, module_px: float, turn_deg: float, place: tuple[float, float]) -> Gray:
    """A 960 x 720 sheet with the code's middle at `place`."""
    middle = len(code) / 2 - 0.5
    turn = cv2.getRotationMatrix2D((middle, middle), turn_deg, module_px)
    shift = np.array([[0, 0, place[0] - middle], [0, 0, place[1] - middle]])
    fine = cv2.resize(code, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    shrink = np.array([[1 / 8, 0, 1 / 16 - 0.5], [0, 1 / 8, 1 / 16 - 0.5], [0, 0, 1]])
    sheet = cv2.warpAffine(fine, (turn + shift) @ shrink, (960, 720), borderValue=(255.0,))
    return np.asarray(sheet, np.uint8)


def _middles(module_px: float, turn_deg: float, place: tuple[float, float]) -> list[list[float]]:
    turn = math.radians(turn_deg)
    reach = (_SIDE - 7) / 2 * module_px
    corners = ((-reach, -reach), (reach, -reach), (-reach, reach))
    cos, sin = math.cos(turn), math.sin(turn)
    return [[place[0] + x * cos + y * sin, place[1] - x * sin + y * cos] for x, y in corners]


def _photographed(sheet: Gray, blur: float = 0.8, noise: float = 3.0) -> Gray:
    soft = cv2.GaussianBlur(sheet.astype(np.float32), (0, 0), blur) * 0.5 + 60
    grain = np.random.default_rng(4).normal(0, noise, sheet.shape)
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


def _locate(gray: Gray, most: int = 6) -> list[Candidate]:
    """What the first way of searching that finds anything finds."""
    ways = find_codes(gray, time.monotonic() + 10, most, thorough=True)
    return next((found for found in ways if found), [])


def _off(candidate: Candidate, middles: list[list[float]]) -> float:
    """How far its middles are from where they should be, in modules."""
    found = np.array([candidate.top_left, candidate.top_right, candidate.bottom_left])
    apart = np.linalg.norm(found - np.array(middles), axis=1)
    return float(apart.max()) / candidate.module_px


@pytest.mark.parametrize("turn", [0.0, 17.0, 45.0, 90.0, 200.0, 305.0])
def test_a_code_is_located_however_the_ticket_lies(turn: float) -> None:
    place = (500.0, 340.0)
    best = _locate(_photographed(_on_paper(_code(), 4.0, turn, place)))[0]
    assert _off(best, _middles(4.0, turn, place)) < 1.0
    assert best.version == _VERSION
    assert best.module_px == pytest.approx(4.0, rel=0.05)
    assert not best.inverted


@pytest.mark.parametrize("module", [2.0, 3.0, 6.0, 11.0])
def test_a_code_is_located_at_any_size(module: float) -> None:
    place = (480.0, 360.0)
    best = _locate(_photographed(_on_paper(_code(), module, 10.0, place)))[0]
    assert _off(best, _middles(module, 10.0, place)) < 1.0
    assert best.version == _VERSION


def test_a_blurred_noisy_code_is_located_where_zxing_sees_none() -> None:
    place = (430.0, 300.0)
    gray = _photographed(_on_paper(_code(), 3.0, 33.0, place), blur=2.1, noise=5.0)
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
    assert not zxingcpp.read_barcodes(gray, formats=formats, return_errors=True)
    assert _off(_locate(gray)[0], _middles(3.0, 33.0, place)) < 1.0


def test_two_tickets_side_by_side_are_two_places() -> None:
    sheet = np.minimum(
        _on_paper(_code(), 4.0, 5.0, (250.0, 300.0)), _on_paper(_code(), 4.0, 60.0, (680.0, 400.0))
    )
    first, second = _locate(_photographed(sheet), most=2)
    assert abs(first.top_left[0] - second.top_left[0]) > 200


def test_a_white_code_on_black_is_located() -> None:
    place = (480.0, 360.0)
    gray = 255 - _photographed(_on_paper(_code(), 5.0, 12.0, place))
    best = _locate(gray)[0]
    assert best.inverted
    assert _off(best, _middles(5.0, 12.0, place)) < 1.0


def test_an_empty_desk_has_no_place() -> None:
    assert _locate(_photographed(np.full((720, 960), 200, np.uint8), noise=8.0)) == []


def test_pictures_too_small_for_a_code_have_no_place() -> None:
    for shape in ((1, 1), (5, 900), (30, 30)):
        assert _locate(np.zeros(shape, np.uint8)) == []


def test_nothing_is_searched_after_the_deadline() -> None:
    gray = _photographed(_on_paper(_code(), 4.0, 0.0, (480.0, 360.0)))
    assert list(find_codes(gray, time.monotonic() - 1)) == []

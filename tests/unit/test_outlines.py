"""Sharp codes are located from far aside, where squeezed squares are no squares any more."""

import time

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from scanner.outlines import Outlined, outlined_codes
from scanner.second_look import look
from tests.helpers.codes import modules_of, photographed, plainly_read

Gray = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
Corners = tuple[tuple[float, float], ...]

_TEXT = "Q20260410-A023-5F21C7"
_SHEET = (720, 960)
_FINE = 4
# Top left, top right, bottom right, bottom left of the code.
_UPRIGHT: Corners = ((400.0, 300.0), (500.0, 300.0), (500.0, 400.0), (400.0, 400.0))
_FROM_ASIDE: Corners = ((420.0, 280.0), (490.0, 252.0), (494.0, 454.0), (422.0, 416.0))
_FLAT: Corners = ((400.0, 200.0), (620.0, 290.0), (640.0, 360.0), (420.0, 270.0))
_OVER_THE_EDGE: Corners = ((500.0, 200.0), (690.0, 330.0), (610.0, 350.0), (420.0, 246.0))


def _ink(text: str, corners: Corners) -> npt.NDArray[np.float32]:
    """A sheet with one code whose outer corners lie there, in pixels from the sheet's edge."""
    modules = modules_of(text)
    fine = np.kron(modules, np.ones((16, 16))).astype(np.float32)
    side = float(len(fine))
    ideal = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    way = cv2.getPerspectiveTransform(ideal, np.array(corners, np.float32) * _FINE)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    large = (_SHEET[1] * _FINE, _SHEET[0] * _FINE)
    drawn = cv2.warpPerspective(fine, np.linalg.inv(half) @ way @ half, large)
    return np.asarray(cv2.resize(drawn, _SHEET[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _sheet(*corners: Corners) -> Gray:
    ink = sum(_ink(f"{_TEXT}{number}", at) for number, at in enumerate(corners))
    return photographed(np.asarray(ink, np.float32), blur=0.7)


def _located(gray: Gray) -> list[Outlined]:
    return outlined_codes(gray, time.monotonic() + 10)


def _corners(code: Outlined) -> Matrix:
    side = 17.0 + 4 * code.version
    ideal = np.array([[[0, 0], [side, 0], [side, side], [0, side]]])
    return np.asarray(cv2.perspectiveTransform(ideal, code.homography)[0])


def _text(gray: Gray, code: Outlined) -> bytes | None:
    until = time.monotonic() + 10
    seen = look(gray, code.homography, code.version, until, inverted=code.inverted)
    return seen.verdict.barcode.bytes if seen is not None and seen.verdict is not None else None


@pytest.mark.parametrize("at", [_UPRIGHT, _FROM_ASIDE, _FLAT, _OVER_THE_EDGE])
def test_a_code_is_located_from_whichever_side_it_is_seen(at: Corners) -> None:
    (code,) = _located(_sheet(at))
    assert code.version == 2
    assert not code.inverted
    # Three corners are seen; where the fourth lies is only concluded.
    off = np.linalg.norm(_corners(code) - np.array(at), axis=1)
    assert off[[0, 1, 3]].max() < 1.5
    assert off[2] < 6.0


@pytest.mark.parametrize("turn", range(4))
def test_a_code_is_located_whichever_edge_is_up(turn: int) -> None:
    at = (*_FROM_ASIDE[turn:], *_FROM_ASIDE[:turn])
    (code,) = _located(_sheet(at))
    assert np.linalg.norm(_corners(code)[0] - np.array(at[0])) < 1.5


def test_a_code_seen_from_so_far_aside_that_zxing_sees_none_is_read() -> None:
    gray = _sheet(_FLAT)
    assert plainly_read(gray) == []
    (code,) = _located(gray)
    assert _text(gray, code) == f"{_TEXT}0".encode()


def test_a_white_code_on_black_is_located() -> None:
    gray = np.asarray(255 - _sheet(_FROM_ASIDE), np.uint8)
    (code,) = _located(gray)
    assert code.inverted
    assert _text(gray, code) == f"{_TEXT}0".encode()


def test_two_tickets_are_two_codes() -> None:
    gray = _sheet(_FROM_ASIDE, tuple((x + 200, y - 50) for x, y in _OVER_THE_EDGE))
    texts = {_text(gray, code) for code in _located(gray)}
    assert texts == {f"{_TEXT}0".encode(), f"{_TEXT}1".encode()}


def test_the_best_come_first_and_no_more_than_wanted() -> None:
    gray = _sheet(_FROM_ASIDE, tuple((x + 200, y - 50) for x, y in _OVER_THE_EDGE))
    scores = [code.score for code in _located(gray)]
    assert scores == sorted(scores, reverse=True)
    (best,) = outlined_codes(gray, time.monotonic() + 10, most=1)
    assert best.score == scores[0]


@pytest.mark.parametrize("times", [1.5, 2.7])
def test_places_are_those_of_the_large_picture(times: float) -> None:
    large = cv2.resize(_sheet(_FROM_ASIDE), None, fx=times, fy=times)
    (code,) = _located(np.asarray(large, np.uint8))
    off = np.linalg.norm(_corners(code) / times - np.array(_FROM_ASIDE), axis=1)
    assert off[[0, 1, 3]].max() < 1.5


def test_the_version_is_told_by_the_modules_between() -> None:
    at = tuple((300 + 2.5 * (x - 400), 200 + 2.5 * (y - 300)) for x, y in _FROM_ASIDE)
    for length in (5, 20, 60, 200):
        text = "a" * length
        version = (len(modules_of(text)) - 17) // 4
        assert [code.version for code in _located(photographed(_ink(text, at)))] == [version]


def test_two_finder_patterns_are_no_code() -> None:
    gray = _sheet(_UPRIGHT)
    gray[360:402, 395:442] = 200
    assert _located(gray) == []


def test_an_empty_or_noisy_desk_has_no_code() -> None:
    nothing = np.zeros(_SHEET, np.float32)
    assert _located(photographed(nothing, noise=1.0)) == []
    assert _located(photographed(nothing, noise=25.0)) == []
    grain = np.random.default_rng(3).integers(0, 2, _SHEET)
    assert _located(np.asarray(grain * 255, np.uint8)) == []


def test_pictures_too_small_for_a_code_have_none() -> None:
    for shape in ((0, 0), (1, 1), (5, 900), (21, 21), (22, 9000)):
        assert _located(np.zeros(shape, np.uint8)) == []


def test_nothing_is_searched_after_the_deadline() -> None:
    assert outlined_codes(_sheet(_UPRIGHT), time.monotonic() - 1) == []

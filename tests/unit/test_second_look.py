"""What zxing alone leaves unread and the second look reads, and what neither may make up."""

import time
from typing import Any

import numpy as np
import pytest

from scanner.cascade import sighting_of
from scanner.decode import decode
from scanner.reading import Kind
from scanner.second_look import Look, look
from scanner.straight import from_corners, from_finders
from scanner.symbol import blocks_of, layout_of
from scanner.verdict import is_confirmed, verdict_on
from tests.helpers.codes import Gray, modules_of, on_screen, photographed, plainly_read, printed

TEXT = '{"hall":"442000","day":"2026-11-21","number":"A023"}'
MODULES = modules_of(TEXT)
SIDE = len(MODULES)
VERSION = (SIDE - 17) // 4
SHAPE = (240, 320)
PATIENCE_S = 20.0

# Each somewhere in the middle of what is read.
HARD: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "out of focus": ({}, {"blur": 3.7}),
    "moved": ({}, {"motion": 10.0}),
    "curled": ({"curl": 1.05}, {"blur": 1.5}),
    "turned and seen from the side": ({"turn": 15, "tilt": 0.07}, {"blur": 3.6}),
    "under a lamp": ({}, {"glare": 310, "blur": 2.0}),
    "faint and noisy": ({}, {"paper": 140, "black": 110, "blur": 1.0, "noise": 9.5}),
    "bright on dark": ({}, {"paper": 50, "black": 200, "blur": 3.6}),
    "3 pixels a module": ({"module_px": 3.0}, {"blur": 2.7}),
    "2.5 pixels a module": ({"module_px": 2.5}, {"blur": 2.25}),
    "2 pixels a module": ({"module_px": 2.0}, {"blur": 1.6, "noise": 3.0}),
}


def hard(name: str, seed: int) -> Gray:
    lies, shot = HARD[name]
    lies = {"module_px": 4.0, **lies}
    module_px = lies.pop("module_px")
    shift = (0.37 * seed, -0.21 * seed)
    return photographed(printed(MODULES, module_px, shift=shift, **lies), seed=seed, **shot)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", HARD)
def test_what_one_reader_leaves_unread_is_read(name: str, seed: int) -> None:
    picture = hard(name, seed)
    assert plainly_read(picture) == []
    (reading,) = decode(picture, PATIENCE_S)
    assert reading.text == TEXT
    assert reading.stage in {"look", "outline", "seek"}
    assert reading.raw == TEXT.encode()
    assert reading.kind is Kind.QR


@pytest.mark.parametrize("pitch", [2.1, 2.9, 3.6])
@pytest.mark.parametrize("depth", [0.5, 0.8])
def test_code_on_a_telephone_is_read_through_the_dots_of_its_screen(
    pitch: float, depth: float
) -> None:
    picture = on_screen(photographed(printed(MODULES, 4.0, turn=7), blur=1.0), pitch, depth)
    assert plainly_read(picture) == []
    (reading,) = decode(picture, PATIENCE_S)
    assert reading.text == TEXT


@pytest.mark.parametrize("module_px", [2.5, 4.0])
def test_corners_are_the_codes_own_also_when_it_lies_upside_down(module_px: float) -> None:
    picture = photographed(printed(MODULES, module_px), blur=module_px * 0.91)
    half = SIDE * module_px / 2
    upright = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    for turns in range(4):
        turned = np.ascontiguousarray(np.rot90(picture, turns))
        assert plainly_read(turned) == []
        (reading,) = decode(turned, PATIENCE_S)
        middle = (np.array(turned.shape[::-1]) - 1) / 2
        expected = np.roll(upright, turns, axis=0) + middle
        assert np.abs(np.array(reading.corners) - expected).max() < module_px


# --- what is lost stays lost ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "gone",
    [
        (slice(0, SIDE // 2), slice(None)),
        (slice(SIDE // 2, None), slice(None)),
        (slice(None), slice(SIDE // 2, None)),
        (slice(None), slice(0, SIDE // 2)),
        (slice(9, None), slice(9, None)),
    ],
)
@pytest.mark.parametrize("left", ["white", "another code"])
def test_code_whose_print_is_half_gone_says_nothing(gone: Any, left: str) -> None:
    modules = MODULES.copy()
    another = modules_of("https://hall.example.invalid/t?number=B107&area=2F")
    assert another.shape == modules.shape
    modules[gone] = False if left == "white" else another[gone]
    assert decode(photographed(printed(modules, 4.0), blur=1.5), PATIENCE_S) == []


@pytest.mark.parametrize("level", ["L", "H"])
@pytest.mark.parametrize("length", [4, 60])
def test_finders_around_noise_say_nothing(level: str, length: int) -> None:
    """As a photograph of a code through frosted glass: everything that is known fits, no data."""
    rng = np.random.default_rng(length)
    for blur in (0.8, 2.5):
        modules = modules_of("x" * length, level)
        side = len(modules)
        inner = rng.random((side, side)) < 0.5
        inner[:9, :9] = modules[:9, :9]
        inner[:9, -8:] = modules[:9, -8:]
        inner[-8:, :9] = modules[-8:, :9]
        inner[6], inner[:, 6] = modules[6], modules[:, 6]
        assert decode(photographed(printed(inner, 4.0), blur=blur), PATIENCE_S) == []


@pytest.mark.parametrize(("length", "version"), [(1700, 30), (2500, 37), (2953, 40)])
def test_largest_codes_out_of_focus_are_text_or_nothing(length: int, version: int) -> None:
    modules = modules_of("x" * length, "L")
    assert len(modules) == 17 + 4 * version
    side = len(modules) * 3 + 60
    for blur in (2.7, 3.3):
        picture = photographed(printed(modules, 3.0, shape=(side, side)), blur=blur)
        assert [r.text for r in decode(picture, PATIENCE_S)] in ([], ["x" * length])


def test_unread_code_is_told_as_a_place() -> None:
    modules = MODULES.copy()
    modules[9:25, 9:] ^= np.random.default_rng(2).random((16, SIDE - 9)) < 0.5
    picture = photographed(printed(modules, 4.0), blur=1.0)
    sighting = sighting_of(picture, time.monotonic() + PATIENCE_S)
    assert sighting.readings == []
    place = min(sighting.places, key=lambda place: abs(place.module_px - 4.0))
    assert place.module_px == pytest.approx(4.0, rel=0.05)
    assert np.mean(place.corners, axis=0) == pytest.approx([159.5, 119.5], abs=4)


@pytest.mark.parametrize(("content", "level"), [(TEXT, "L"), ("A023", "M"), ("A023-5F21C7", "H")])
def test_text_for_which_only_two_checks_speak_is_none(content: str, level: str) -> None:
    """One in 65,536 pictures of noise passes two. What is too faint to be read may still agree."""
    rng = np.random.default_rng(5)
    modules = modules_of(content, level)
    layout = layout_of((len(modules) - 17) // 4)
    checks = blocks_of(layout.version, level).checks
    evidence = np.where(modules, 1.0, -1.0)
    words = rng.permutation(layout.data.size // 8)[: checks - 2]
    lost = layout.data[: layout.data.size // 8 * 8].reshape(-1, 8)[words].ravel()
    right = evidence.reshape(-1)[lost]
    for share, is_read in ((0.5, False), (0.8, True)):
        seen = evidence.copy()
        turned = np.where(np.arange(lost.size) < share * lost.size, 1.0, -1.0)
        seen.reshape(-1)[lost] = 0.05 * right * rng.permutation(turned)
        assert (verdict_on(seen, layout) is not None) == is_read


def test_unreadable_picture_tells_a_code_from_one_with_nearly_the_same_text() -> None:
    rng = np.random.default_rng(6)
    layout = layout_of(VERSION)
    verdict = verdict_on(np.where(MODULES, 1.0, -1.0), layout)
    assert verdict is not None
    for number, is_same in (("A023", True), ("A024", False)):
        other = np.where(modules_of(TEXT.replace("A023", number)), 1.0, -1.0)
        seen = other + rng.normal(0.0, 1.5, other.shape)
        assert verdict_on(seen, layout) is None
        assert is_confirmed(verdict, seen, layout) == is_same


# --- one look ------------------------------------------------------------------------------------


def corners(module_px: float = 4.0) -> Any:
    half = SIDE * module_px / 2
    outer = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    return np.add(outer, (SHAPE[1] / 2, SHAPE[0] / 2))


def looked(picture: Gray, homography: Any, version: int = VERSION, **wishes: Any) -> Look | None:
    return look(picture, homography, version, time.monotonic() + PATIENCE_S, **wishes)


def test_place_need_not_be_exact() -> None:
    picture = photographed(printed(MODULES, 4.0), blur=3.0)
    for off in ([0, 0], [4, -3], [-3, 4], [3, 3], [-4, -4]):
        seen = looked(picture, from_corners(corners() + off, SIDE))
        assert seen is not None
        assert seen.verdict is not None
        assert seen.verdict.barcode.bytes == TEXT.encode()
        assert np.abs(seen.straight.corners() - corners()).mean() < 4


def test_three_finders_are_enough() -> None:
    picture = photographed(printed(MODULES, 4.0, turn=10.0, curl=0.6), blur=1.5)
    turned = from_corners(corners(), SIDE)
    cos, sin = np.cos(np.deg2rad(10)), np.sin(np.deg2rad(10))
    middle = np.array([SHAPE[1] / 2, SHAPE[0] / 2])
    own = np.array([[3.5, 3.5, 1], [SIDE - 3.5, 3.5, 1], [3.5, SIDE - 3.5, 1]]) @ turned.T
    centres = (own[:, :2] - middle) @ np.array([[cos, sin], [-sin, cos]]) + middle
    seen = looked(picture, from_finders(centres, SIDE))
    assert seen is not None
    assert seen.verdict is not None


def test_wrong_version_or_colour_is_no_code() -> None:
    picture = photographed(printed(MODULES, 4.0), blur=1.0)
    way = from_corners(corners(), SIDE)
    for version in (1, VERSION - 1, VERSION + 1, 7, 40):
        seen = looked(picture, from_corners(corners(), 17 + 4 * version), version)
        assert seen is None or seen.verdict is None
    seen = looked(picture, way, inverted=True)
    assert seen is None or seen.verdict is None
    assert looked(np.asarray(255 - picture), way, inverted=True) is not None


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros(SHAPE, np.uint8),
        np.full(SHAPE, 255, np.uint8),
        np.random.default_rng(1).integers(0, 256, SHAPE, np.uint8),
        np.tile(np.arange(320, dtype=np.uint8), (240, 1)),
        (np.indices(SHAPE).sum(axis=0) // 4 % 2 * 255).astype(np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 30_000), np.uint8),
    ],
)
@pytest.mark.parametrize("version", [1, 4, 7, 40])
def test_no_code_is_seen_where_none_lies(picture: Gray, version: int) -> None:
    for module_px in (0.2, 2.0, 4.0):
        way = from_corners(corners(module_px), 17 + 4 * version)
        seen = looked(picture, way, version)
        assert seen is None or seen.verdict is None


@pytest.mark.parametrize(
    "homography",
    [
        from_corners(np.full((4, 2), 60.0), SIDE),
        from_corners(np.array([[0, 0], [9, 9], [90, 90], [99, 99]]), SIDE),
        from_corners(np.array([[94, 54], [226, 54], [94, 186], [226, 186]]), SIDE),
        from_finders(np.full((3, 2), 60.0), SIDE),
        np.full((3, 3), np.nan),
        np.zeros((3, 3)),
        np.diag([1e9, 1e9, 1.0]),
        np.diag([1e-9, 1e-9, 1.0]),
        np.array([[4.0, 0, 1e7], [0, 4, 1e7], [0, 0, 1]]),
        np.array([[4.0, 0, -9000], [0, 4, 50], [0, 0, 1]]),
        np.array([[40.0, 0, -9000], [0, 40, 50], [0, 0, 1]]),
        np.array([[4.0, 0, 80], [0, 4, 40], [0.1, -0.1, 0]]),
        np.array([[4.0, 4, 80], [4, 4, 40], [0, 0, 1]]),
    ],
)
def test_place_that_leads_nowhere_is_no_code(homography: Any) -> None:
    picture = photographed(printed(MODULES, 4.0))
    seen = looked(picture, homography)
    assert seen is None or seen.verdict is None


def test_picture_stays_as_it_was() -> None:
    picture = hard("out of focus", 1)
    before = picture.copy()
    picture.flags.writeable = False
    assert decode(picture, PATIENCE_S) != []
    assert np.array_equal(picture, before)


def test_text_of_a_second_look_follows_the_charsets_rules() -> None:
    """zxing parses the code drawn anew, so bytes and announced charsets are told as ever."""
    for content, wishes in (
        ("中山市行政服务中心 A023".encode("gbk"), {}),
        ("中山市行政服务中心 A023".encode(), {}),
        ("中山市行政服务中心 A023", {"eci": "GB18030"}),
    ):
        modules = modules_of(content, **wishes)
        picture = photographed(printed(modules, 4.0), blur=3.7)
        assert plainly_read(picture) == []
        assert [r.text for r in decode(picture, PATIENCE_S)] == ["中山市行政服务中心 A023"]

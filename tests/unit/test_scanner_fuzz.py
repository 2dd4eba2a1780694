"""Whatever comes as a picture: its own texts, none, or PictureUnreadable."""

import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import scanner.cascade
from scanner.decode import decode
from scanner.errors import PictureUnreadable
from scanner.pictures import picture_from_bytes
from scanner.reading import Kind
from scanner.sight import Sight
from tests.helpers.codes import Gray, drawn, modules_of, photographed, printed

Array = npt.NDArray[Any]

TEXT = '{"hall":"442000","day":"2026-11-21","number":"A023"}'
CODE = drawn(modules_of(TEXT), 3)


def texts_in(array: Any, **wishes: Any) -> list[str] | None:
    """None where the array is refused. Nothing else may come of it."""
    try:
        return [reading.text for reading in decode(array, **wishes)]
    except PictureUnreadable:
        return None


# --- arrays --------------------------------------------------------------------------------------


ARRAYS: dict[str, Callable[[], Any]] = {
    "every second column": lambda: np.repeat(CODE, 2, axis=1)[:, ::2],
    "backwards": lambda: np.ascontiguousarray(CODE[::-1, ::-1])[::-1, ::-1],
    "by columns": lambda: np.asfortranarray(CODE),
    "colour by columns": lambda: np.asfortranarray(np.repeat(CODE[..., None], 3, axis=2)),
    "planes first": lambda: np.repeat(CODE[None], 3, axis=0).transpose(1, 2, 0),
    "one channel spread": lambda: np.broadcast_to(CODE[..., None], (*CODE.shape, 3)),
    "other byte order": lambda: CODE.astype(">u2") * 257,
    "other byte order, floats": lambda: CODE.astype(">f8") / 255,
    "unaligned": lambda: (
        np.frombuffer(b"\0" + (CODE.astype("<u2") * 257).tobytes(), np.uint8)[1:]
        .view("<u2")
        .reshape(CODE.shape)
    ),
    "bool": lambda: CODE > 127,
    "int64 to its limit": lambda: (CODE > 127) * np.iinfo(np.int64).max,
    "uint64 to its limit": lambda: (CODE > 127).astype(np.uint64) * np.iinfo(np.uint64).max,
    "float16": lambda: CODE.astype(np.float16),
    "long floats": lambda: CODE.astype(np.longdouble) / 255,
    "not a number for dark": lambda: np.where(CODE > 127, 1.0, np.nan),
    "infinite light": lambda: np.where(CODE > 127, np.inf, 0.0),
    "infinite dark": lambda: np.where(CODE > 127, 200.0, -np.inf).astype(np.float32),
    "denormal dark": lambda: np.where(CODE > 127, 1.0, 5e-324),
    "masked": lambda: np.ma.masked_array(CODE, CODE < 0),
    "mapped": lambda: CODE.view(np.recarray),
    "transparent": lambda: np.dstack([CODE, CODE, CODE, np.zeros_like(CODE)]),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_picture_is_read_however_its_numbers_lie(name: str) -> None:
    array = ARRAYS[name]()
    before = np.array(array)
    array.flags.writeable = False
    assert texts_in(array) == [TEXT]
    assert [reading.text for reading in Sight().read(array)] == [TEXT]
    assert np.array_equal(before, array, equal_nan=before.dtype.kind == "f")


@pytest.mark.parametrize(
    "array",
    [
        None,
        5,
        "A023",
        b"\xff\xd8\xff",
        [[0, 255], [255, 0]],
        np.zeros((40, 40), [("gray", "u1")]),
        np.zeros((40, 40), [("b", "f4"), ("g", "f4"), ("r", "O")]),
        np.zeros((40, 40), object),
        np.zeros((40, 40), "datetime64[s]"),
        np.zeros((40, 40), "V3"),
        np.zeros((40, 40, 0), np.uint8),
        np.zeros((0, 0, 5), np.uint8),
        np.zeros((40, 40, 3, 1), np.uint8),
        np.uint8(7),
    ],
)
def test_what_is_no_picture_is_refused(array: Any) -> None:
    assert texts_in(array) is None
    with pytest.raises(PictureUnreadable):
        Sight().read(array)


@pytest.mark.parametrize("fill", [0, 255, None])
@pytest.mark.parametrize(
    "shape",
    [
        *((0, 0), (0, 9, 3), (9, 0), (1, 1), (21, 21), (48, 48), (47, 300)),
        *((1, 30_000), (30_000, 1), (30_000, 3), (3, 30_000), (30_000, 21)),
        *((21, 30_000, 3), (30, 30_000, 4)),
    ],
)
def test_picture_of_odd_size_says_nothing(shape: tuple[int, ...], fill: int | None) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    picture = noise if fill is None else np.full(shape, fill, np.uint8)
    for thorough in (False, True):
        assert texts_in(picture, thorough=thorough, kinds=tuple(Kind)) == []


_NUMBERS = ("bool", "int8", "uint16", "int64", "float16", "float32", "float64", ">i4", "complex64")


@given(
    npst.arrays(
        st.sampled_from(_NUMBERS),
        npst.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=64),
    )
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_no_numbers_break_the_reader(array: Array) -> None:
    before = array.copy()
    array.flags.writeable = False
    assert texts_in(array, thorough=True) in ([], None)
    assert array.tobytes() == before.tobytes()


@given(
    st.integers(1, 400),
    st.integers(1, 400),
    st.integers(0, 2**32 - 1),
    st.floats(0, 8),
    st.booleans(),
)
@settings(derandomize=True, deadline=None, max_examples=40)
def test_noise_of_any_size_and_grain_says_nothing(
    width: int, height: int, seed: int, grain: float, coloured: bool
) -> None:
    shape = (height, width, 3) if coloured else (height, width)
    noise = np.random.default_rng(seed).normal(128, 60, shape).astype(np.float32)
    if grain > 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), grain) * np.float32(grain)
    assert texts_in(noise, budget_s=1.0) == []


# --- what looks like a code ----------------------------------------------------------------------


def _finder(size: int) -> Gray:
    rows, columns = np.indices((9, 9))
    away = np.maximum(abs(rows - 4), abs(columns - 4))
    one = np.where((away == 2) | (away == 4), 255, 0).astype(np.uint8)
    return np.asarray(cv2.resize(one, (9 * size, 9 * size), interpolation=cv2.INTER_NEAREST))


def _littered(rng: np.random.Generator, background: int) -> Gray:
    """Finder patterns here and there, some of them standing like a code's, over scribble."""
    picture = np.full((300, 400), 255, np.uint8)
    if background == 1:
        cells = rng.integers(0, 2, (75, 100), np.uint8) * np.uint8(255)
        picture = np.kron(cells, np.ones((4, 4), np.uint8))
    elif background == 2:
        picture[::8] = picture[1::8] = 0
    module = int(rng.integers(2, 7))
    side = module * int(10 + 4 * rng.integers(1, 6))
    left, top = rng.integers(5 * module, 60, 2)
    places = [(left, top), (left + side, top), (left, top + side), (left + side, top + side)]
    places += [(int(rng.integers(400)), int(rng.integers(300))) for _ in range(4)]
    for x, y in places[: int(rng.integers(3, len(places) + 1))]:
        finder = _finder(module)
        x, y = x - len(finder) // 2, y - len(finder) // 2
        if x >= 0 <= y:
            part = picture[y : y + len(finder), x : x + len(finder)]
            part[:] = finder[: part.shape[0], : part.shape[1]]
    blur = float(rng.uniform(0.4, 2.5))
    noisy = cv2.GaussianBlur(picture, (0, 0), blur) + rng.normal(0, 4, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2))
@settings(derandomize=True, deadline=None, max_examples=10)
def test_scattered_finder_patterns_say_nothing(seed: int, background: int) -> None:
    picture = _littered(np.random.default_rng(seed), background)
    assert texts_in(picture, budget_s=1.0) == []


@given(st.integers(0, 2**32 - 1), st.integers(0, 2))
@settings(derandomize=True, deadline=None, max_examples=12)
def test_code_among_finder_patterns_says_its_own_text(seed: int, background: int) -> None:
    rng = np.random.default_rng(seed)
    picture = _littered(rng, background)
    code = CODE[: min(CODE.shape[0], 290)]
    y, x = int(rng.integers(300 - len(code))), int(rng.integers(400 - len(code)))
    picture[y : y + len(code), x : x + len(code)] = code
    assert texts_in(picture, budget_s=1.0) == [TEXT]


# --- files ---------------------------------------------------------------------------------------


def _encoded(kind: str) -> bytes:
    done, encoded = cv2.imencode(kind, cv2.cvtColor(CODE, cv2.COLOR_GRAY2BGR))
    assert done
    return encoded.tobytes()


FILES = {kind: _encoded(kind) for kind in (".jpg", ".png", ".webp", ".bmp")}


def texts_of_file(encoded: bytes) -> list[str] | None:
    try:
        picture = picture_from_bytes(np.frombuffer(encoded, np.uint8), "a file")
    except PictureUnreadable:
        return None
    assert picture.dtype == np.uint8
    assert picture.shape[2:] == (3,)
    return texts_in(picture)


@pytest.mark.parametrize("kind", FILES)
def test_truncated_file_is_refused_or_says_its_own(kind: str) -> None:
    whole = FILES[kind]
    assert texts_of_file(whole) == [TEXT]
    for share in (0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.8, 0.95):
        assert texts_of_file(whole[: int(len(whole) * share)]) in (None, [], [TEXT])


# The size that a file claims is tried where a stream is (tests/devices/test_sources.py).
_BEYOND_SIZE = {".jpg": 200, ".png": 40, ".webp": 40, ".bmp": 54}


@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_corrupted_file_is_refused_or_says_its_own(
    kind: str, changes: list[tuple[float, bytes]]
) -> None:
    spoilt = bytearray(FILES[kind])
    first = _BEYOND_SIZE[kind]
    for share, other in changes:
        at = first + int(share * (len(spoilt) - first - len(other)))
        spoilt[at : at + len(other)] = other
    assert texts_of_file(bytes(spoilt)) in (None, [], [TEXT])


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None)
def test_bytes_that_are_no_file_are_refused(encoded: bytes) -> None:
    with pytest.raises(PictureUnreadable) as refused:
        picture_from_bytes(np.frombuffer(encoded, np.uint8), "a file")
    assert refused.value.source == "a file"


# --- budget --------------------------------------------------------------------------------------


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The costly steps that were begun. Stands in for them only to count."""
    begun: list[str] = []

    def counted(name: str) -> Any:
        step = getattr(scanner.cascade, name)

        def begin(*given: Any, **wishes: Any) -> Any:
            begun.append(name)
            return step(*given, **wishes)

        return begin

    for name in ("look", "find_codes", "_zbar"):
        monkeypatch.setattr(scanner.cascade, name, counted(name))
    return begun


def blurred_pair() -> Gray:
    """zxing locates both and reads none."""
    one = photographed(printed(modules_of(TEXT), 4.0), blur=3.5)
    return np.concatenate([one, one[::-1, ::-1]], axis=1)


def test_spent_budget_leaves_nothing_but_the_plain_step(steps: list[str]) -> None:
    assert texts_in(CODE, budget_s=0.0) == [TEXT]
    for picture in (blurred_pair(), np.full((240, 320), 255, np.uint8)):
        assert texts_in(picture, budget_s=0.0) == []
        assert texts_in(picture, budget_s=-1.0) == []
    assert steps == []


def test_no_look_is_begun_once_the_time_is_up(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that lasts until after the budget's end is the last."""

    def slow(*_: Any, **__: Any) -> None:
        steps.append("look")
        until = time.monotonic() + 0.4
        while time.monotonic() < until:
            pass

    monkeypatch.setattr(scanner.cascade, "look", slow)
    texts_in(blurred_pair(), budget_s=0.3)
    assert steps.count("look") == 1

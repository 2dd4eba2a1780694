"""What is fixed in a QR code, against codes that zxing drew: every version at every level."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from scanner.reed_solomon import corrected
from scanner.symbol import (
    LEVELS,
    Layout,
    Modules,
    blocks_of,
    format_words,
    layout_of,
    mask_of,
)
from tests.helpers.codes import modules_of

VERSIONS = range(1, 41)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def fullest(version: int, level: str) -> str:
    """As many letters as the version holds in one segment of bytes."""
    blocks = blocks_of(version, level)
    checks = blocks.checks * len(blocks.members)
    room = layout_of(version).data.size // 8 - checks - (2 if version < 10 else 3)
    return (_LETTERS * (room // len(_LETTERS) + 1))[:room]


def format_in(modules: Modules, layout: Layout) -> tuple[str, int]:
    """Level and mask, which both copies must name alike."""
    flat = modules.reshape(-1)
    named = [
        key
        for key, word in format_words().items()
        if all(np.array_equal(flat[copy], word) for copy in layout.formats)
    ]
    assert len(named) == 1
    return named[0]


def codewords_in(modules: Modules, layout: Layout, mask: int) -> npt.NDArray[np.uint8]:
    bits = (modules ^ mask_of(layout.size, mask)).reshape(-1)[layout.data]
    whole = layout.data.size // 8 * 8
    assert not bits[whole:].any()  # the remainder bits
    return np.packbits(bits[:whole])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_drawn_code_is_laid_out_as_the_tables_say(version: int, level: str) -> None:
    text = fullest(version, level)
    modules = modules_of(text, level)
    layout = layout_of(version)
    assert modules.shape == (layout.size, layout.size)
    assert np.array_equal(modules[layout.known], layout.value[layout.known])
    told, mask = format_in(modules, layout)
    assert told == level

    words = codewords_in(modules, layout, mask)
    blocks = blocks_of(version, level)
    spoken = []
    for members in blocks.members:
        mended = corrected(words[members], blocks.checks)
        assert mended is not None
        assert np.array_equal(mended, words[members])
        spoken.append(words[members][: -blocks.checks])

    bits = np.unpackbits(np.concatenate(spoken))
    header = 4 + (8 if version < 10 else 16)
    assert np.packbits(bits[:header]).tobytes()[0] >> 4 == 0b0100  # bytes follow
    said = np.packbits(bits[header : header + 8 * len(text)]).tobytes()
    assert said.decode() == text


def test_one_letter_more_takes_the_next_version() -> None:
    """So the codes above are full, and the tables promise no codeword too few."""
    for version in (1, 6, 9, 10, 26, 39):
        for level in LEVELS:
            modules = modules_of(fullest(version, level) + "z", level)
            assert len(modules) == layout_of(version + 1).size


def test_every_mask_is_undone() -> None:
    layout = layout_of(2)
    masks = set()
    rng = np.random.default_rng(0)
    for _ in range(200):
        modules = modules_of(bytes(rng.integers(97, 123, 20, np.uint8)).decode(), "M")
        assert len(modules) == layout.size
        level, mask = format_in(modules, layout)
        words = codewords_in(modules, layout, mask)
        (members,) = blocks_of(2, level).members
        assert corrected(words[members], blocks_of(2, level).checks) is not None
        masks.add(mask)
    assert masks == set(range(8))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_has_one_use_and_every_codeword_one_block(version: int) -> None:
    layout = layout_of(version)
    uses = np.zeros(layout.size**2, int)
    uses[layout.known.reshape(-1)] += 1
    np.add.at(uses, layout.data, 1)
    np.add.at(uses, layout.formats.reshape(-1), 1)
    assert (uses == 1).all()
    assert not layout.value[~layout.known].any()
    for level in LEVELS:
        blocks = blocks_of(version, level)
        members = np.concatenate(blocks.members)
        assert np.array_equal(np.sort(members), np.arange(layout.data.size // 8))
        sizes = [len(block) for block in blocks.members]
        assert max(sizes) - min(sizes) <= 1
        assert sizes == sorted(sizes)
        assert blocks.checks < min(sizes)


def test_format_words_are_far_apart() -> None:
    words = format_words()
    assert set(words) == {(level, mask) for level in LEVELS for mask in range(8)}
    assert min(int((a != b).sum()) for a, b in combinations(words.values(), 2)) == 7


@pytest.mark.parametrize("version", [-1, 0, 41, 1000])
def test_a_version_that_does_not_exist_is_refused(version: int) -> None:
    with pytest.raises(ValueError, match=str(version)):
        layout_of(version)

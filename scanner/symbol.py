"""What is fixed in a QR code: function patterns, the way of the data, masks, blocks.

Facts of ISO/IEC 18004 (Model 2). Modules are arrays of `size` x `size` indexed [row, column];
True is a dark module.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Modules = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.intp]

LEVELS = "LMQH"
# Error correction codewords in each block, and number of blocks, for versions 1 to 40.
_CHECKS = {
    "L": "7 10 15 20 26 18 20 24 30 18 20 24 26 30 22 24 28 30 28 28"
    " 28 28 30 30 26 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30",
    "M": "10 16 26 18 24 16 18 22 22 26 30 22 22 24 24 28 28 26 26 26"
    " 26 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28 28",
    "Q": "13 22 18 26 18 24 18 22 20 24 28 26 24 20 30 24 28 28 26 30"
    " 28 30 30 30 30 28 30 30 30 30 30 30 30 30 30 30 30 30 30 30",
    "H": "17 28 22 16 22 28 26 26 24 28 24 28 22 24 24 30 28 28 26 28"
    " 30 24 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30",
}
_BLOCKS = {
    "L": "1 1 1 1 1 2 2 2 2 4 4 4 4 4 6 6 6 6 7 8"
    " 8 9 9 10 12 12 12 13 14 15 16 17 18 19 19 20 21 22 24 25",
    "M": "1 1 1 2 2 4 4 4 5 5 5 8 9 9 10 10 11 13 14 16"
    " 17 17 18 20 21 23 25 26 28 29 31 33 35 37 38 40 43 45 47 49",
    "Q": "1 1 2 2 4 4 6 6 8 8 8 10 12 16 12 17 16 18 21 20"
    " 23 23 25 27 29 34 34 35 38 40 43 45 48 51 53 56 59 62 65 68",
    "H": "1 1 2 4 4 4 5 6 8 8 11 11 16 16 18 16 19 21 25 25"
    " 25 34 30 32 35 37 40 42 45 48 51 54 57 60 63 66 70 74 77 81",
}
_LEVEL_BITS = {"L": 1, "M": 0, "Q": 3, "H": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One version's modules.

    `known` marks finders, separators, timing, alignment and version modules, whose `value` follows
    from the version alone; `data` are the flat indices of the data modules in the order of their
    bits; `formats` the flat indices of both copies of the 15 format bits, highest bit first.
    """

    version: int
    size: int
    known: Modules
    value: Modules
    data: Whole
    formats: Whole
    alignment: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """How the codewords of a version and level are spread: `members[b]` are the positions of block
    b's codewords in the symbol's sequence, data before checks; `checks` is the number of these."""

    members: tuple[Whole, ...]
    checks: int


@cache
def layout_of(version: int) -> Layout:
    """Raises ValueError outside 1 to 40."""
    if not 1 <= version <= 40:
        raise ValueError(version)
    size = 17 + 4 * version
    known = np.zeros((size, size), np.bool_)
    value = np.zeros((size, size), np.bool_)
    _draw_timing(known, value)
    centres = _alignment_centres(version)
    for row in centres:
        for column in centres:
            if (row, column) not in {(6, 6), (6, size - 7), (size - 7, 6)}:
                _draw_rings(known, value, row, column, 2)
    for row, column in ((3, 3), (3, size - 4), (size - 4, 3)):
        _draw_rings(known, value, row, column, 4)
    known[size - 8, 8] = value[size - 8, 8] = True
    if version >= 7:
        _draw_version(known, value, version)
    formats = _format_places(size)
    taken = known.copy()
    taken.reshape(-1)[formats.reshape(-1)] = True
    return Layout(version, size, known, value, _data_path(taken), formats, centres)


@cache
def blocks_of(version: int, level: str) -> Blocks:
    """`level` is one of LEVELS."""
    checks = int(_CHECKS[level].split()[version - 1])
    count = int(_BLOCKS[level].split()[version - 1])
    total = layout_of(version).data.size // 8
    short = total // count - checks
    long_blocks = total % count
    sizes = [short + (b >= count - long_blocks) for b in range(count)]
    members: list[list[int]] = [[] for _ in range(count)]
    position = 0
    for turn in range(short + 1):
        for block in range(count):
            if turn < sizes[block]:
                members[block].append(position)
                position += 1
    for _ in range(checks):
        for block in range(count):
            members[block].append(position)
            position += 1
    return Blocks(tuple(np.array(m, np.intp) for m in members), checks)


@cache
def mask_of(size: int, mask: int) -> Modules:
    """Which modules the mask pattern 0 to 7 turns over."""
    i, j = np.mgrid[0:size, 0:size]
    terms = (
        (i + j) % 2,
        i % 2,
        j % 3,
        (i + j) % 3,
        (i // 2 + j // 3) % 2,
        i * j % 2 + i * j % 3,
        (i * j % 2 + i * j % 3) % 2,
        ((i + j) % 2 + i * j % 3) % 2,
    )
    return np.asarray(terms[mask] == 0, np.bool_)


@cache
def format_words() -> dict[tuple[str, int], Modules]:
    """The 15 format bits of every level and mask, highest first."""
    words = {}
    for level in LEVELS:
        for mask in range(8):
            data = _LEVEL_BITS[level] << 3 | mask
            word = (data << 10 | _remainder(data, 10, 0x537)) ^ 0x5412
            words[level, mask] = np.array([word >> b & 1 for b in range(14, -1, -1)], np.bool_)
    return words


def _remainder(number: int, checks: int, generator: int) -> int:
    number <<= checks
    for bit in range(number.bit_length() - 1, checks - 1, -1):
        if number >> bit & 1:
            number ^= generator << (bit - checks)
    return number


def _draw_timing(known: Modules, value: Modules) -> None:
    even = np.arange(len(known)) % 2 == 0
    known[6, :] = known[:, 6] = True
    value[6, :] = value[:, 6] = even


def _draw_rings(known: Modules, value: Modules, row: int, column: int, radius: int) -> None:
    """Alternating rings (radius 2), or a finder with its separator (radius 4)."""
    size = len(known)
    for i in range(max(0, row - radius), min(size, row + radius + 1)):
        for j in range(max(0, column - radius), min(size, column + radius + 1)):
            distance = max(abs(i - row), abs(j - column))
            known[i, j] = True
            value[i, j] = distance in ({0, 2} if radius == 2 else {0, 1, 3})


def _draw_version(known: Modules, value: Modules, version: int) -> None:
    word = version << 12 | _remainder(version, 12, 0x1F25)
    size = len(known)
    for bit in range(18):
        row, column = bit // 3, size - 11 + bit % 3
        known[row, column] = known[column, row] = True
        value[row, column] = value[column, row] = bool(word >> bit & 1)


def _alignment_centres(version: int) -> tuple[int, ...]:
    if version == 1:
        return ()
    count = version // 7 + 2
    last = 4 * version + 10
    step = 26 if version == 32 else (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    rest = [last - step * k for k in range(count - 1)]
    return (6, *reversed(rest))


def _format_places(size: int) -> Whole:
    """Both copies, two rows of 15 flat indices."""
    first = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    second = [(r, 8) for r in range(size - 1, size - 8, -1)]
    second += [(8, c) for c in range(size - 8, size)]
    return np.array([[r * size + c for r, c in copy] for copy in (first, second)], np.intp)


def _data_path(taken: Modules) -> Whole:
    """Upwards and downwards in pairs of columns from the right, leaving column 6 out."""
    size = len(taken)
    path = []
    upward = True
    right = size - 1
    while right > 0:
        if right == 6:
            right -= 1
        for row in range(size - 1, -1, -1) if upward else range(size):
            for column in (right, right - 1):
                if not taken[row, column]:
                    path.append(row * size + column)
        upward = not upward
        right -= 2
    return np.array(path, np.intp)

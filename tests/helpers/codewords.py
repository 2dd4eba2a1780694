"""Codes that say what no honest writer writes: any data codewords under right checks."""

from functools import cache

import numpy as np
import numpy.typing as npt

from scanner.symbol import Modules, blocks_of, format_words, layout_of, mask_of

Codewords = npt.NDArray[np.uint8]

_POLYNOMIAL = 0x11D


def encoded(message: bytes, checks: int) -> Codewords:
    """The message and its check codewords, by long division."""
    rest = list(message) + [0] * checks
    for place in range(len(message)):
        lead = rest[place]
        for k, coefficient in enumerate(_generator(checks)):
            rest[place + k] ^= _times(coefficient, lead)
    return np.array([*message, *rest[len(message) :]], np.uint8)


def saying(bits: str, version: int = 3, level: str = "M", mask: int = 2) -> Modules:
    """A code whose data begin with these bits; what is left over is zero, and so is the end."""
    layout, blocks = layout_of(version), blocks_of(version, level)
    words = np.zeros(layout.data.size // 8, np.uint8)
    room = len(words) - blocks.checks * len(blocks.members)
    assert len(bits) <= 8 * room
    spoken = np.array([int(bit) for bit in bits.ljust(8 * room, "0")], np.uint8)
    data = np.packbits(spoken).tobytes()
    for members in blocks.members:
        own = len(members) - blocks.checks
        words[members] = encoded(data[:own], blocks.checks)
        data = data[own:]
    modules = layout.value.copy()
    flat = modules.reshape(-1)
    flat[layout.data[: len(words) * 8]] = np.unpackbits(words)
    flat[layout.data] ^= mask_of(layout.size, mask).reshape(-1)[layout.data]
    for copy in layout.formats:
        flat[copy] = format_words()[level, mask]
    return modules


def in_bytes(text: bytes, count: int | None = None) -> str:
    """A segment of bytes for versions 1 to 9, which may lie about how many follow."""
    many = len(text) if count is None else count
    return f"0100{many:08b}" + "".join(f"{byte:08b}" for byte in text)


def _times(a: int, b: int) -> int:
    """In the field, by doubling: the decoder's own tables are not asked."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (_POLYNOMIAL if a & 0x80 else 0)
        b >>= 1
    return product


@cache
def _generator(checks: int) -> tuple[int, ...]:
    """The product of (x - 2^i) for i below `checks`, highest first."""
    polynomial, root = [1], 1
    for _ in range(checks):
        shifted = [*polynomial, 0]
        for place, coefficient in enumerate(polynomial):
            shifted[place + 1] ^= _times(coefficient, root)
        polynomial, root = shifted, _times(root, 2)
    return tuple(polynomial)

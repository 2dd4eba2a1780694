"""Reed-Solomon over GF(256) as QR codes use it: errors, and erasures where doubt is known.

The readers' libraries correct errors only; a codeword that glare made unreadable costs them twice
as much. Field polynomial 0x11D, first root 1 (ISO/IEC 18004, annex A).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Codewords = npt.NDArray[np.uint8]

_EXP = [0] * 510
_LOG = [0] * 256
_power = 1
for _exponent in range(255):
    _EXP[_exponent] = _EXP[_exponent + 255] = _power
    _LOG[_power] = _exponent
    _power = _power << 1 ^ (0x11D if _power & 0x80 else 0)
_EXP_TABLE = np.array(_EXP, np.uint8)
_LOG_TABLE = np.array(_LOG, np.intp)


def corrected(
    received: Codewords, checks: int, erased: Sequence[int] = (), spare: int = 0
) -> Codewords | None:
    """The codeword near `received`, whose last `checks` are check codewords; None when none is.

    `erased` are positions that are not believed. Twice the errors beside them, and they, may be
    `checks - spare` in all: what is left unused speaks against a chance result.
    """
    length = len(received)
    if len(erased) > checks - spare:
        return None
    syndromes = _syndromes(received, checks)
    if not any(syndromes):
        return received
    erasures = [1]
    for position in erased:
        erasures = _product(erasures, [1, _EXP[length - 1 - position]])
    locator = _locator(syndromes, erasures, len(erased))
    degree = len(locator) - 1
    if 2 * degree - len(erased) > checks - spare:
        return None
    positions = _roots(locator, length)
    if len(positions) != degree:
        return None
    evaluator = _product(syndromes, locator)[:checks]
    repaired = received.copy()
    for position in positions:
        repaired[position] ^= _magnitude(locator, evaluator, length - 1 - position)
    return None if any(_syndromes(repaired, checks)) else repaired


def _syndromes(word: Codewords, checks: int) -> list[int]:
    """Lowest first."""
    present = np.flatnonzero(word)
    if not present.size:
        return [0] * checks
    logs = _LOG_TABLE[word[present]]
    exponents = len(word) - 1 - present
    powers = (logs[None, :] + np.arange(checks)[:, None] * exponents[None, :]) % 255
    return [int(s) for s in np.bitwise_xor.reduce(_EXP_TABLE[powers], axis=1)]


def _locator(syndromes: list[int], erasures: list[int], erased: int) -> list[int]:
    """Berlekamp and Massey's way, begun with the erasures. Lowest coefficient first."""
    current, previous = list(erasures), list(erasures)
    length = erased
    for step in range(erased, len(syndromes)):
        previous = [0, *previous]
        gap = 0
        for k, coefficient in enumerate(current):
            if coefficient and k <= step and syndromes[step - k]:
                gap ^= _EXP[_LOG[coefficient] + _LOG[syndromes[step - k]]]
        if not gap:
            continue
        changed = _sum(current, _scaled(previous, gap))
        if 2 * length <= step + erased:
            previous = _scaled(current, _EXP[255 - _LOG[gap]])
            length = step + erased + 1 - length
        current = changed
    while current and not current[-1]:
        current.pop()
    return current


def _roots(locator: list[int], length: int) -> list[int]:
    """The positions whose inverse locators are roots."""
    exponents = np.arange(length)
    value = np.zeros(length, np.uint8)
    for k, coefficient in enumerate(locator):
        if coefficient:
            value ^= _EXP_TABLE[(_LOG[coefficient] - k * exponents) % 255]
    return [length - 1 - int(e) for e in np.flatnonzero(value == 0)]


def _magnitude(locator: list[int], evaluator: list[int], exponent: int) -> int:
    """Forney's formula, for a first root of 1."""
    inverse = -exponent % 255
    numerator = _value(evaluator, inverse)
    slope = 0
    for k in range(1, len(locator), 2):
        if locator[k]:
            slope ^= _EXP[(_LOG[locator[k]] + (k - 1) * inverse) % 255]
    if not numerator or not slope:
        return 0
    return _EXP[(_LOG[numerator] - _LOG[slope] + exponent) % 255]


def _value(polynomial: list[int], log: int) -> int:
    value = 0
    for k, coefficient in enumerate(polynomial):
        if coefficient:
            value ^= _EXP[(_LOG[coefficient] + k * log) % 255]
    return value


def _product(left: list[int], right: list[int]) -> list[int]:
    product = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        if a:
            for j, b in enumerate(right):
                if b:
                    product[i + j] ^= _EXP[_LOG[a] + _LOG[b]]
    return product


def _sum(left: list[int], right: list[int]) -> list[int]:
    total = left + [0] * (len(right) - len(left))
    for k, coefficient in enumerate(right):
        total[k] ^= coefficient
    return total


def _scaled(polynomial: list[int], factor: int) -> list[int]:
    return [_EXP[_LOG[c] + _LOG[factor]] if c else 0 for c in polynomial]

"""From soft modules to a code's text: format, masks, blocks, correction, and the proof.

Codewords that are doubted most are tried as erasures, which doubles what the checks can mend. So
that no text is made of noise, every block must be proven: by checks that stay unused, and by the
erased codewords, of which nothing was asked and which still seemed to be what came out.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zxingcpp

from scanner.reed_solomon import Codewords, corrected
from scanner.symbol import Blocks, Layout, Modules, blocks_of, format_words, mask_of

Matrix = npt.NDArray[np.float64]

_FORMATS_TRIED = 2
_SPARE = 2  # checks of a block that stay unused; version 1-L has 3 that protect against misreading
# Bits of chance for every block. Right ones had 29 and more; two spare checks alone are 16, and a
# code that stays unread is looked at a hundred thousand times in a day.
_LEAST_PROOF = 26.0
_LEAST_CONFIRMATION = 8.0  # bits of chance for every block; of another code's picture
_LEAST_AGREEMENT = 0.6  # right codes had 0.79 and more
_QUIET = 4
_PURE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)  # Model2 alone is not read when pure


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """`barcode` is zxing's, read from the corrected code drawn anew: `modules`."""

    barcode: zxingcpp.Barcode
    modules: Modules
    blocks: Blocks


def verdict_on(evidence: Matrix, layout: Layout) -> Verdict | None:
    """None when it is no code, or too much of it is lost. Evidence for dark is positive."""
    for level, mask in _formats(evidence, layout):
        turned = np.where(mask_of(layout.size, mask), -evidence, evidence)
        bits = _by_codeword(turned, layout)
        blocks = blocks_of(layout.version, level)
        words = _mended(bits, blocks)
        if words is None:
            continue
        agreeing = float(_agreeing(bits, words).sum())
        if agreeing < _LEAST_AGREEMENT * max(float(np.abs(bits).sum()), 1e-9):
            continue
        modules = _drawn(words, layout, level, mask)
        barcode = _understood(modules)
        if barcode is not None:
            return Verdict(barcode, modules, blocks)
    return None


def is_confirmed(verdict: Verdict, evidence: Matrix, layout: Layout) -> bool:
    """Whether a picture, unreadable as it may be, shows this very code.

    Texts that differ in one character share most of their codewords; the checks are all different.
    """
    agreeing = _by_codeword(np.where(verdict.modules, evidence, -evidence), layout)
    checks = verdict.blocks.checks
    return all(
        _unlikely(agreeing[block[-checks:]]) >= _LEAST_CONFIRMATION
        for block in verdict.blocks.members
    )


def format_evidence(evidence: Matrix, layout: Layout) -> float:
    """How well the format bits fit a format, 0 to 1: near 1 only where a code really lies."""
    bits = evidence.reshape(-1)[layout.formats]
    total = float(np.abs(bits).sum())
    both = bits.sum(axis=0)
    best = max(float(np.where(word, both, -both).sum()) for word in format_words().values())
    return best / max(total, 1e-9)


def _formats(evidence: Matrix, layout: Layout) -> list[tuple[str, int]]:
    both = evidence.reshape(-1)[layout.formats].sum(axis=0)
    fits = {key: float(np.where(word, both, -both).sum()) for key, word in format_words().items()}
    return sorted(fits, key=lambda key: -fits[key])[:_FORMATS_TRIED]


def _mended(bits: Matrix, blocks: Blocks) -> Codewords | None:
    words = np.packbits(bits > 0, axis=1).ravel()
    doubt = np.abs(bits)
    belief = doubt.min(axis=1) + 0.15 * doubt.mean(axis=1)
    spare = 3 if blocks.checks <= 7 else _SPARE
    most = blocks.checks - spare
    erasures = sorted({0, blocks.checks // 4, blocks.checks // 2, 3 * blocks.checks // 4, most})
    mended = words.copy()
    for members in blocks.members:
        doubted = np.argsort(belief[members])
        received = words[members]
        for count in erasures:
            erased = [int(position) for position in doubted[: min(count, most)]]
            block = corrected(received, blocks.checks, erased, spare)
            if block is None:
                continue
            if _proof(bits[members], received, block, erased, blocks.checks) >= _LEAST_PROOF:
                mended[members] = block
                break
        else:
            return None
    return mended


def _proof(
    bits: Matrix, received: Codewords, mended: Codewords, erased: list[int], checks: int
) -> float:
    """How seldom noise would come as near to a codeword as `received`, in bits of chance."""
    kept = np.delete(mended != received, erased)
    changed = int(np.count_nonzero(kept))
    unused = 8 * (checks - len(erased) - changed) - math.log2(math.comb(len(kept), changed))
    return unused + _unlikely(_agreeing(bits[erased], mended[erased]))


def _unlikely(agreeing: Matrix) -> float:
    """How seldom evidence that has nothing to do with a code agrees with it as well, in bits of
    chance (Hoeffding's inequality)."""
    squares = float((agreeing * agreeing).sum())
    return max(0.0, float(agreeing.sum())) ** 2 / (2 * math.log(2) * max(squares, 1e-9))


def _by_codeword(modules: Matrix, layout: Layout) -> Matrix:
    """A row for each codeword's bits."""
    return modules.reshape(-1)[layout.data][: layout.data.size // 8 * 8].reshape(-1, 8)


def _agreeing(bits: Matrix, words: Codewords) -> Matrix:
    """The evidence, positive where it speaks for these codewords."""
    return np.where(np.unpackbits(words).reshape(bits.shape), bits, -bits)


def _drawn(words: Codewords, layout: Layout, level: str, mask: int) -> Modules:
    data = np.zeros(layout.data.size, np.bool_)
    data[: words.size * 8] = np.unpackbits(words)
    modules = layout.value.copy()
    flat = modules.reshape(-1)
    flat[layout.data] = data ^ mask_of(layout.size, mask).reshape(-1)[layout.data]
    for copy in layout.formats:
        flat[copy] = format_words()[level, mask]
    return modules


def _understood(modules: Modules) -> zxingcpp.Barcode | None:
    """zxing parses the segments: only the picture was too hard for it."""
    drawn = np.pad(np.where(modules, 0, 255).astype(np.uint8), _QUIET, constant_values=255)
    codes = zxingcpp.read_barcodes(
        drawn, formats=_PURE, text_mode=zxingcpp.TextMode.HexECI, is_pure=True
    )
    return next((code for code in codes if code.valid), None)

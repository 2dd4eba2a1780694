"""From soft modules to a code's text: format, masks, blocks, correction, and the proof.

Codewords that are doubted most are tried as erasures, which doubles what the checks can mend. Two
checks of every block stay unused, and the corrected code must agree with what was seen: so that no
text is made of noise.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zxingcpp

from scanner.reed_solomon import corrected
from scanner.symbol import Blocks, Layout, Modules, blocks_of, format_words, mask_of

Matrix = npt.NDArray[np.float64]

_FORMATS_TRIED = 2
_SPARE = 2  # checks of a block that stay unused; version 1-L has 3 that protect against misreading
_LEAST_AGREEMENT = 0.6  # right codes had 0.79 and more
_QUIET = 4
_PURE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)  # Model2 alone is not read when pure


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """`barcode` is zxing's, read from the corrected code drawn anew."""

    barcode: zxingcpp.Barcode
    agreement: float


def verdict_on(evidence: Matrix, layout: Layout) -> Verdict | None:
    """None when it is no code, or too much of it is lost. Evidence for dark is positive."""
    for level, mask in _formats(evidence, layout):
        turned = np.where(mask_of(layout.size, mask), -evidence, evidence)
        bits = turned.reshape(-1)[layout.data][: layout.data.size // 8 * 8].reshape(-1, 8)
        words = _mended(bits, blocks_of(layout.version, level))
        if words is None:
            continue
        sign = np.where(np.unpackbits(words).reshape(bits.shape), 1.0, -1.0)
        agreement = float((bits * sign).sum() / max(float(np.abs(bits).sum()), 1e-9))
        if agreement < _LEAST_AGREEMENT:
            continue
        barcode = _understood(_drawn(words, layout, level, mask))
        if barcode is not None:
            return Verdict(barcode, agreement)
    return None


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


def _mended(bits: Matrix, blocks: Blocks) -> npt.NDArray[np.uint8] | None:
    words = np.packbits(bits > 0, axis=1).ravel()
    doubt = np.abs(bits)
    belief = doubt.min(axis=1) + 0.15 * doubt.mean(axis=1)
    spare = 3 if blocks.checks <= 7 else _SPARE
    most = blocks.checks - spare
    erasures = sorted({0, blocks.checks // 4, blocks.checks // 2, 3 * blocks.checks // 4, most})
    mended = words.copy()
    for members in blocks.members:
        doubted = np.argsort(belief[members])
        for count in erasures:
            erased = [int(position) for position in doubted[: min(count, most)]]
            block = corrected(words[members], blocks.checks, erased, spare)
            if block is not None:
                mended[members] = block
                break
        else:
            return None
    return mended


def _drawn(words: npt.NDArray[np.uint8], layout: Layout, level: str, mask: int) -> Modules:
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

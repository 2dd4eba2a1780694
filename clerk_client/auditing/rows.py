"""The rows of an export, however broken the file is: never more than one row in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from clerk_client.wire.export import LONGEST

_BOM = b"\xef\xbb\xbf"
_STEP = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """`text` is what may be a line, None when there is none; `faults` what is wrong around it."""

    number: int
    text: bytes | None
    faults: tuple[str, ...] = ()


def rows(file: BinaryIO) -> Iterator[Row]:
    """Counted from 1. Line ends of Windows are told once, at the first row that has one."""
    number, seen_crlf = 0, False
    while chunk := file.readline(LONGEST + 1):
        number += 1
        faults: list[str] = []
        if not chunk.endswith(b"\n"):
            if len(chunk) > LONGEST:
                _skip(file)
                yield Row(number, None, ("EXPORT_LINE_TOO_LONG",))
                continue
            faults.append("EXPORT_CUT")
        text = chunk.removesuffix(b"\n")
        if number == 1 and text.startswith(_BOM):
            text = text.removeprefix(_BOM)
            faults.append("EXPORT_BOM")
        if text.endswith(b"\r"):
            text = text.removesuffix(b"\r")
            if not seen_crlf:
                faults.append("EXPORT_CRLF")
            seen_crlf = True
        if text:
            yield Row(number, text, tuple(faults))
        else:
            yield Row(number, None, (*faults, "EXPORT_BLANK_LINE"))


def _skip(file: BinaryIO) -> None:
    while chunk := file.readline(_STEP):
        if chunk.endswith(b"\n"):
            return

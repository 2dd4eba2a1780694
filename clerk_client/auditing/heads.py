"""链头: the hash printed on receipts and shift sheets. It shows when a journal's tail was cut."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clerk_client.auditing.errors import HeadMistyped

# Printed whole; some type it in groups, as long rows of digits are read.
_FORM = re.compile(r"([0-9a-f]{64})(?:@([0-9A-Z*]{1,80}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PrintedHead:
    """From a paper; a receipt has its number beside it, a shift sheet none."""

    hash: str
    number: str = ""


def printed_head(text: str) -> PrintedHead:
    """HASH or HASH@NUMBER, blanks anywhere. Raises HeadMistyped."""
    found = _FORM.fullmatch("".join(text.split()))
    if found is None:
        raise HeadMistyped(text)
    return PrintedHead(found[1].lower(), (found[2] or "").upper())


class Heads:
    """Which of the printed heads have been met."""

    def __init__(self, printed: Iterable[PrintedHead]) -> None:
        self._missing: dict[str, None] = {}
        self._numbers: dict[str, set[str]] = {}
        for head in printed:
            self._missing[head.hash] = None
            if head.number:
                self._numbers.setdefault(head.hash, set()).add(head.number)

    def meet(self, line_hash: str, number: str | None) -> bool:
        """False when a paper has another number beside that line's hash."""
        self._missing.pop(line_hash, None)
        return self._numbers.get(line_hash, set()) <= {number}

    def missing(self) -> Iterator[str]:
        """Hashes of no line so far."""
        yield from self._missing

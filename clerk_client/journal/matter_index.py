"""Finding matters by what a clerk types: characters, pinyin, initials or code.

All texts of one kind stand in one long string, best matter first, so that a keystroke is a few
searches by `str.find` that end as soon as a screenful is found.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_BREAK = "\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One matter's texts. `syllables` is its pinyin, folded, syllables apart by blanks."""

    code: str
    name: str
    syllables: str
    initials: str


class MatterIndex:
    """Made once a catalogue; never changes."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        # Shorter names first: a plain matter before its variants.
        ordered = sorted(entries, key=lambda entry: (len(entry.name), entry.code))
        self._codes = [entry.code for entry in ordered]
        self._rank_of = {_folded(code): row for row, code in enumerate(self._codes)}
        self._names = _Texts([_folded(entry.name) for entry in ordered])
        self._initials = _Texts([entry.initials for entry in ordered])
        self._pinyin = _Texts(
            [entry.syllables.replace(" ", "") for entry in ordered],
            starts=[entry.syllables for entry in ordered],
        )
        self._folded_codes = _Texts([_folded(code) for code in self._codes])

    def search(self, typed: str, limit: int) -> list[str]:
        """Codes of matters that hold every word typed, best first. Nothing typed gives nothing.

        Best: the code itself, then a name, initials, pinyin or code that start so, then those that
        hold it further on; pinyin only from the start of a syllable. What is nowhere so is taken
        for an abbreviation of a name.
        """
        words = [_folded(word) for word in typed.split()]
        if not words:
            return []
        longest = max(words, key=len)
        others = [word for word in words if word is not longest]
        found: dict[int, None] = {}
        for row in self._rows(longest):
            if row not in found and all(self._holds(row, word) for word in others):
                found[row] = None
                if len(found) == limit:
                    break
        return [self._codes[row] for row in found]

    def _rows(self, word: str) -> Iterator[int]:
        """Best first; one matter may come several times."""
        exact = self._rank_of.get(word)
        if exact is not None:
            yield exact
        kinds = (self._names, self._initials, self._pinyin, self._folded_codes)
        for texts in kinds:
            yield from texts.starting_with(word)
        found = False
        for texts in kinds[:3]:
            for row in texts.holding(word):
                found = True
                yield row
        if not found and len(word) > 1 and not word.isascii():
            yield from self._names.abbreviated(word)

    def _holds(self, row: int, word: str) -> bool:
        name = self._names.text(row)
        return (
            word in name
            or word in self._initials.text(row)
            or self._folded_codes.text(row).startswith(word)
            or self._pinyin.holds(row, word)
        )


class _Texts:
    """Texts of one kind, joined. With `starts` a word counts only where one of its parts begins."""

    def __init__(self, texts: Sequence[str], starts: Sequence[str] | None = None) -> None:
        self._joined = _BREAK + _BREAK.join(texts) + _BREAK
        self._offsets = [1]
        for text in texts:
            self._offsets.append(self._offsets[-1] + len(text) + 1)
        self._starts: bytearray | None = None
        if starts is not None:
            self._starts = bytearray(len(self._joined))
            for row, parts in enumerate(starts):
                at = self._offsets[row]
                for part in parts.split(" "):
                    self._starts[at] = 1
                    at += len(part)

    def text(self, row: int) -> str:
        return self._joined[self._offsets[row] : self._offsets[row + 1] - 1]

    def starting_with(self, word: str) -> Iterator[int]:
        yield from self._hits(_BREAK + word, 1)

    def holding(self, word: str) -> Iterator[int]:
        yield from self._hits(word, 0)

    def abbreviated(self, word: str) -> Iterator[int]:
        """Texts that have the word's characters in their order: 教师证 for 教师资格证书."""
        spread = f"[^{_BREAK}]*?".join(map(re.escape, word))
        for hit in re.finditer(f"{spread}[^{_BREAK}]*", self._joined):
            yield bisect_right(self._offsets, hit.start()) - 1

    def holds(self, row: int, word: str) -> bool:
        end = self._offsets[row + 1] - 1
        at = self._joined.find(word, self._offsets[row], end)
        while at >= 0 and not self._begins(at):
            at = self._joined.find(word, at + 1, end)
        return at >= 0

    def _hits(self, wanted: str, skip: int) -> Iterator[int]:
        at = self._joined.find(wanted)
        while at >= 0:
            if self._begins(at + skip):
                row = bisect_right(self._offsets, at + skip) - 1
                yield row
                # On to the next text: one hit in each is enough.
                at = self._offsets[row + 1] - 2
            at = self._joined.find(wanted, at + 1)

    def _begins(self, at: int) -> bool:
        return self._starts is None or bool(self._starts[at])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def sounds(name: str) -> tuple[str, str]:
    """(pinyin without tones, folded, syllables apart by blanks; initials) of a matter's name."""
    from pypinyin import lazy_pinyin  # 300 ms; only when a catalogue arrives

    folded = ("".join(c for c in _folded(part) if c.isalnum()) for part in lazy_pinyin(name))
    spoken = [syllable for syllable in folded if syllable]
    return " ".join(spoken), "".join(syllable[0] for syllable in spoken)

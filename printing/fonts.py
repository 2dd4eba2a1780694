"""Fonts of the papers: found at run time, embedded as subsets, one standing in for the next.

reportlab embeds TrueType outlines only. The places for Windows are Microsoft's documented names; no
Windows machine was at hand to check them.
"""

import re
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from printing.errors import FontMissing, GlyphMissing

_BLANKS = frozenset(map(ord, " \u00a0\u3000"))
_BEYOND_FOUR_DIGITS = re.compile(r"<([0-9A-F]{5,6})>")


@dataclass(frozen=True, slots=True)
class FontSource:
    """Where a font is found: the first of `places` that exists. `package` brings it."""

    name: str
    package: str
    places: tuple[str, ...]


LINUX = (
    FontSource(
        "ZenHei",
        "fonts-wqy-zenhei",
        (
            "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
            "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
            "/usr/share/fonts/wqy-zenhei-fonts/wqy-zenhei.ttc",
        ),
    ),
    FontSource("HanaMinA", "fonts-hanazono", ("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf",)),
    FontSource("HanaMinB", "fonts-hanazono", ("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf",)),
)
WINDOWS = (
    FontSource("YaHei", "msyh.ttc", ("C:/Windows/Fonts/msyh.ttc",)),
    FontSource("SimSun", "simsun.ttc", ("C:/Windows/Fonts/simsun.ttc",)),
    FontSource("SimSunExtB", "simsunb.ttf", ("C:/Windows/Fonts/simsunb.ttf",)),
)


class _EmbeddedFont(TTFont):  # type: ignore[misc]
    """A font whose text can also be copied out of the PDF, beyond U+FFFF too."""

    def draws(self, code: int) -> bool:
        """There is something to see. ZenHei maps some compatibility ideographs to empty glyphs."""
        glyph = self.face.charToGlyph.get(code)
        if not glyph:
            return False
        return code in _BLANKS or self.face.glyphPos[glyph + 1] > self.face.glyphPos[glyph]

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        # reportlab writes U+20BB7 as <20BB7>; a ToUnicode map wants UTF-16: <D842DFB7>.
        for key, written in doc.idToObject.items():
            if key.startswith("toUnicodeCMap:"):
                written.content = _BEYOND_FOUR_DIGITS.sub(_as_utf16, written.content)


class Fonts:
    """A main font and those that stand in for it; each is read when the first character needs it.

    Safe to call from any thread.
    """

    def __init__(self, sources: Sequence[FontSource]) -> None:
        self._unread = list(sources)
        self._read: list[_EmbeddedFont] = []
        self._absent: list[str] = []
        self._of: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def runs(self, text: str) -> list[tuple[str, str]]:
        """`text` in pieces, each with the registered name of the font that draws it.

        Raises FontMissing when a font is not installed that may have the character, GlyphMissing
        when all are and none has it.
        """
        pieces = groupby(text, lambda character: self._place(character)[0])
        return [(font, "".join(characters)) for font, characters in pieces]

    def width(self, text: str, size: float) -> float:
        """How wide `text` is drawn, in points. Raises like `runs`."""
        return sum([self._place(character)[1] for character in text]) * size

    def _place(self, character: str) -> tuple[str, float]:
        """Font name and advance in em."""
        place = self._of.get(character)
        if place is None:
            with self._lock:
                place = self._of[character] = self._search(character)
        return place

    def _search(self, character: str) -> tuple[str, float]:
        code = ord(character)
        for font in self._read:
            if font.draws(code):
                return font.fontName, font.face.getCharWidth(code) / 1000
        while self._unread:
            standing_in = self._next()
            if standing_in is not None and standing_in.draws(code):
                return standing_in.fontName, standing_in.face.getCharWidth(code) / 1000
        if self._absent:
            raise FontMissing(self._absent[0])
        raise GlyphMissing(character)

    def _next(self) -> _EmbeddedFont | None:
        source = self._unread.pop(0)
        path = next((place for place in source.places if Path(place).is_file()), None)
        try:
            # Without asciiReadable a font that gives one rare character embeds that one only.
            font = _EmbeddedFont(source.name, path, asciiReadable=False) if path else None
        except (TTFError, OSError):
            font = None
        if font is None:
            self._absent.append(source.package)
            return None
        pdfmetrics.registerFont(font)
        self._read.append(font)
        return font


INSTALLED = Fonts(WINDOWS if sys.platform == "win32" else LINUX)
"""The fonts of this machine."""


def runs(text: str) -> list[tuple[str, str]]:
    """`Fonts.runs` with the fonts of this machine: also tells beforehand whether a name prints."""
    return INSTALLED.runs(text)


def _as_utf16(code: re.Match[str]) -> str:
    return f"<{chr(int(code[1], 16)).encode('utf-16-be').hex().upper()}>"

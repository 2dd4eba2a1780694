"""The bytes of a code as text.

Queue machines write UTF-8 or GBK and rarely say which, and every library guesses wrong for one of
them. GBK bytes are almost never valid UTF-8, so the order of trying decides. Packages that lie on
the desk carry Shift_JIS codes, whose bytes are valid GBK too; only unmistakable ones are taken out.
"""

import re

# zbar hands out text that it decoded by a guess; encoding it back that way gives the bytes.
_ZBAR_GUESSES = ("shift_jis", "big5", "latin-1")
# In GBK three kana are three rare characters in one short text, and two voiced half-width kana
# are one certain pair out of hundreds, twice.
_KANA = re.compile(r"[ぁ-んァ-ヶ]")
_VOICED_KANA = re.compile(r"[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ")


def text_of(raw: bytes) -> str:
    """UTF-8, or else GB18030; what is neither keeps its ASCII and gets U+FFFD for the rest.

    Control characters come back as they are: what a ticket may hold is the caller's rule.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if japanese := _japanese(raw):
        return japanese
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("ascii", "replace")


def repaired(guessed: bytes) -> str:
    """The text behind zbar's UTF-8, which may be a wrong guess at UTF-8 bytes."""
    text = guessed.decode("utf-8", "replace")
    if text.isascii():
        return text
    for encoding in _ZBAR_GUESSES:
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _japanese(raw: bytes) -> str:
    """The text in Shift_JIS when it can be nothing else, or empty."""
    try:
        text = raw.decode("shift_jis")
    except UnicodeDecodeError:
        return ""
    certain = len(_KANA.findall(text)) >= 3 or len(_VOICED_KANA.findall(text)) >= 2
    return text if certain else ""

"""The bytes of a code as text.

A code may say its charset (ECI); then that one is used and nothing is guessed. Queue machines
write UTF-8 or GBK and rarely say which, and every library guesses wrong for one of them. GBK bytes
are almost never valid UTF-8, so the order of trying decides. Shift_JIS bytes are valid GBK too;
only unmistakable ones are taken out: advertising on packages that lie on the desk, and Chinese
that a generator packed in the Kanji mode, whose bytes are Shift_JIS.

Of 400 invented names each, drawn as codes and read back (tests/unit/test_scanner_charset.py):
UTF-8 without ECI 400, GB18030 with ECI 400, GBK without ECI 398; the two that are lost, 妫旻 and
郄小, are valid Shift_JIS or UTF-8 by accident, which takes a text as short as that.

A code that is one of several (structured append) gives its own part of the text: parts are not
put together. FNC1 (GS1) is not interpreted.
"""

import re

# By AIM's numbers. GB 2312 and GBK are read as GB18030, which holds both. Python knows no ISO 8859
# of the reserved numbers, and a charset that it does not know counts as not said.
_CHARSETS = {
    number: name
    for first, names in (
        (0, "cp437 latin-1 cp437 latin-1"),
        (4, " ".join(f"iso8859-{part}" for part in range(2, 17))),
        (20, "shift_jis cp1250 cp1251 cp1252 cp1256 utf-16-be utf-8 ascii big5 gb18030 euc-kr"),
        (31, "gb18030 gb18030 utf-16-le utf-32-be utf-32-le"),
        (170, "ascii"),
    )
    for number, name in enumerate(names.split(), first)
}
# zbar hands out text that it decoded by a guess; encoding it back that way gives the bytes.
_ZBAR_GUESSES = ("shift_jis", "big5", "latin-1")
# In GBK three kana are three rare characters in one short text, and two voiced half-width kana
# are one certain pair out of hundreds, twice.
_KANA = re.compile(r"[ぁ-んァ-ヶ]")
_VOICED_KANA = re.compile(r"[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ")
# A reader's symbology identifier for QR codes that announce charsets.
_ANNOUNCED = re.compile(rb"\]Q[246]")
_ANNOUNCEMENT = re.compile(rb"\\([0-9]{6})|\\\\")


def text_of(raw: bytes, transmitted: str = "") -> str:
    """What the code says its bytes are, or else UTF-8, or else GB18030.

    `transmitted` is zxing's `text` under TextMode.HexECI: the same bytes in hex as AIM's protocol
    sends them, with the announcement of each charset where it stands in the code. A charset that
    does not fit its bytes, or that is unknown or binary, is taken as not said. What is no text at
    all keeps its ASCII and gets U+FFFD for the rest. Control characters come back as they are:
    what a ticket may hold is the caller's rule.
    """
    told = _as_announced(transmitted)
    return _guessed(raw) if told is None else told


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


def _as_announced(transmitted: str) -> str | None:
    try:
        packet = bytes.fromhex(transmitted)
    except ValueError:
        return None
    if not _ANNOUNCED.match(packet):
        return None
    # Before the first announcement holds ISO 8859-1, by AIM's rule.
    pieces, charset, at = [b""], [3], 3
    for found in _ANNOUNCEMENT.finditer(packet, 3):
        pieces[-1] += packet[at : found.start()]
        at = found.end()
        if found[1] is None:
            pieces[-1] += b"\\"
        else:
            charset.append(int(found[1]))
            pieces.append(b"")
    pieces[-1] += packet[at:]
    texts = [_by_number(piece, number) for piece, number in zip(pieces, charset, strict=True)]
    return None if None in texts else "".join(text for text in texts if text is not None)


def _by_number(piece: bytes, number: int) -> str | None:
    if not piece:
        return ""
    try:
        return piece.decode(_CHARSETS[number])
    except (LookupError, UnicodeDecodeError):
        return None


def _guessed(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    chinese = _decoded(raw, "gb18030")
    japanese = _decoded(raw, "shift_jis")
    if japanese and (_is_advertising(japanese) or _was_packed(japanese, chinese)):
        return japanese
    return chinese or raw.decode("ascii", "replace")


def _decoded(raw: bytes, charset: str) -> str:
    """Empty when the bytes are not of that charset."""
    try:
        return raw.decode(charset)
    except UnicodeDecodeError:
        return ""


def _is_advertising(japanese: str) -> bool:
    return len(_KANA.findall(japanese)) >= 3 or len(_VOICED_KANA.findall(japanese)) >= 2


def _was_packed(japanese: str, chinese: str) -> bool:
    """Everyday Chinese by Shift_JIS, and by GB18030 rare: wholly, or in part of a longer text."""
    known, foreign = _everyday(japanese)
    if known < foreign:
        return False
    known, foreign = _everyday(chinese)
    return known == 0 or known < foreign > 2


def _everyday(text: str) -> tuple[int, int]:
    """How many characters are of GB 2312, and how many are not ASCII."""
    foreign = [character for character in text if not character.isascii()]
    return sum(c >= "\u3400" and _is_gb2312(c) for c in foreign), len(foreign)


def _is_gb2312(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False

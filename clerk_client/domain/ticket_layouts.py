"""A code's text laid out in lines, so that one pattern fits it in whatever order its fields came.

A pattern alone can neither undo a web address's per-cent signs nor JSON's escapes, and would have
to know the order of the fields.
"""

import enum
import json
import re
import unicodedata
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LONGEST = 1000
"""Characters. A code can hold 7,089; no ticket needs so many."""

_BETWEEN_PAIRS = re.compile(r"[;&|,\r\n]")
_ADDRESS = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_KEY_AND_VALUE = re.compile(r"[=:]")
_MOST_FIELDS = 50


class Layout(enum.Enum):
    """How the text of a code is built."""

    TEXT = "text"
    JSON = "json"
    URL = "url"
    PAIRS = "pairs"


def laid_out(text: str, layout: Layout, keys: Sequence[str]) -> str | None:
    """What a pattern is held against, or None when the text is not built that way.

    TEXT: the text itself, half width, blanks at its ends dropped. Else a line `key=value` for each
    of `keys`, in their order, empty after the sign where the text lacks that field; URL has the
    address without its query before them. A field that stands twice, or holds a character that
    cannot be printed, makes it None.
    """
    if len(text) > LONGEST:
        return None
    if layout is Layout.TEXT:
        whole = unicodedata.normalize("NFKC", text).strip()
        return whole if len(whole) <= LONGEST else None
    try:
        lines = _LINES[layout](text, keys)
    except (ValueError, RecursionError):
        return None
    whole = "\n".join(lines)
    fits = len(whole) <= LONGEST and all(line.isprintable() for line in lines)
    return whole if fits else None


def _json_lines(text: str, keys: Sequence[str]) -> list[str]:
    # A whole number is taken as its digits: some machines write the hall's code as one.
    fields = json.loads(text.strip("\ufeff \t\r\n"), object_pairs_hook=_each_once, parse_int=str)
    return [f"{key}={_at(fields, key)}" for key in keys]


def _at(fields: object, key: str) -> str:
    """`a.b` is the b inside a, unless there is an `a.b` itself."""
    if not isinstance(fields, dict):
        raise ValueError("no fields")
    if key not in fields:
        outer, _, inner = key.partition(".")
        return _at(fields[outer], inner) if inner and outer in fields else ""
    value = fields[key]
    if value is not None and not isinstance(value, str):
        raise ValueError("no text")
    return value or ""


def _url_lines(text: str, keys: Sequence[str]) -> list[str]:
    # urlsplit drops control characters silently.
    if not text.strip().isprintable():
        raise ValueError("no address")
    address = urllib.parse.urlsplit(text.strip())
    first = f"{address.scheme}://{address.netloc.lower()}{urllib.parse.unquote(address.path)}"
    asked = urllib.parse.parse_qsl(
        address.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS
    )
    fields = _each_once(pair for pair in asked if pair[0] in keys)
    if any("\ufffd" in value for value in fields.values()):
        raise ValueError("not UTF-8")
    fragment = f"#{address.fragment}" if address.fragment else ""
    return [first + fragment, *(f"{key}={fields.get(key, '')}" for key in keys)]


def _pair_lines(text: str, keys: Sequence[str]) -> list[str]:
    if _ADDRESS.match(text):
        # Its query has pairs, and what makes it no address for URL must not be passed over here.
        raise ValueError("an address")
    pairs = []
    for part in _BETWEEN_PAIRS.split(unicodedata.normalize("NFKC", text)):
        if sign := _KEY_AND_VALUE.search(part):
            pairs.append((part[: sign.start()].strip(), part[sign.end() :].strip()))
    fields: Mapping[str, str] = _each_once(pair for pair in pairs if pair[0] in keys)
    if not fields:
        raise ValueError("no pairs")
    return [f"{key}={fields.get(key, '')}" for key in keys]


_LINES = {Layout.JSON: _json_lines, Layout.URL: _url_lines, Layout.PAIRS: _pair_lines}


def _each_once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of a field that stands twice could take two different ones."""
    fields: dict[str, Any] = {}
    for key, value in pairs:
        if key in fields:
            raise ValueError("a field stands twice")
        fields[key] = value
    return fields

"""IT's own TOML files, read so that every mistake is told with its line.

tomllib forgets where a value stood, so the line is looked for in the text afterwards. Where the
fault is the whole file's, there is no line: it is 0.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import Any

from ukey.errors import CatalogBroken

LIMIT = 256 * 1024
"""Bytes. Nobody writes a longer one by hand, so it is some other file with this ending."""

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_NAMES = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_NAMES})\s*\]\]?\s*(?:#.*)?$")
_FIELD = re.compile(rf"\s*({_NAMES})\s*=")
_PLACE = re.compile(r"\s*\((?:at line (\d+), column (\d+)|at end of document)\)$")

Path = tuple[str, ...]


class Table:
    """One table of a file. What is asked of it raises CatalogBroken when it is not so."""

    def __init__(self, file: str, text: str, fields: dict[str, Any], path: Path = ()) -> None:
        self.file = file
        self._text = text
        self._fields = fields
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def has_only(self, *names: str) -> None:
        """A field that nobody asks for is a misspelt one. Ask this first."""
        for name in self._fields:
            if name not in names:
                raise self.broken(name, f"is not known; known are {', '.join(names)}", name)

    def text(self, name: str) -> str:
        value = self._field(name)
        if not _is_text(value):
            raise self.broken(name, "must be a text, not empty, on one line")
        return str(value)

    def whole(self, name: str) -> int:
        value = self._field(name)
        if type(value) is not int:
            raise self.broken(name, "must be a whole number")
        return value

    def truth(self, name: str) -> bool:
        value = self._field(name)
        if type(value) is not bool:
            raise self.broken(name, "must be true or false")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._field(name)
        if not isinstance(values, list) or not all(_is_text(value) for value in values):
            raise self.broken(name, "must be a list of texts, none of them empty")
        return tuple(values)

    def table(self, name: str) -> "Table":
        fields = self._field(name)
        if not isinstance(fields, dict):
            raise self.broken(name, "must be a table")
        return Table(self.file, self._text, fields, (*self._path, name))

    def tables(self, name: str) -> tuple["Table", ...]:
        values = self._field(name)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.broken(name, "must be a list of tables")
        path = (*self._path, name)
        return tuple(Table(self.file, self._text, fields, path) for fields in values)

    def broken(self, name: str, reason: str, value: str = "") -> CatalogBroken:
        """The mistake in the field `name`. `value` finds its line in a list over several lines."""
        path = (*self._path, name)
        return CatalogBroken(
            self.file, _line_of(self._text, path, value), f"{'.'.join(path)} {reason}"
        )

    def _field(self, name: str) -> Any:
        if name not in self._fields:
            raise self.broken(name, "is missing")
        return self._fields[name]


def read_toml(file: Traversable) -> Table:
    """Raises CatalogBroken for what cannot be read, is too long, not UTF-8 or not TOML."""
    raw = _read(file)
    try:
        # Windows' own editor writes a byte order mark.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reason = f"not UTF-8 (byte 0x{raw[error.start]:02X}); save the file as UTF-8"
        raise CatalogBroken(file.name, line, reason) from error
    try:
        return Table(file.name, text, tomllib.loads(text))
    except RecursionError as error:
        raise CatalogBroken(file.name, 0, "nested too deeply") from error
    # TOMLDecodeError, and what int() says of a number with thousands of digits.
    except ValueError as error:
        raise _syntax_error(file.name, text, error) from error


def _read(file: Traversable) -> bytes:
    try:
        if file.is_dir():
            raise CatalogBroken(file.name, 0, "a folder, not a file")
        # Opening a pipe would wait for somebody to write into it.
        if not file.is_file():
            raise CatalogBroken(file.name, 0, "not a file, or a link to nowhere")
        with file.open("rb") as source:
            raw = source.read(LIMIT + 1)
    except OSError as error:
        raise CatalogBroken(file.name, 0, f"cannot be read: {error.strerror or error}") from error
    if len(raw) > LIMIT:
        raise CatalogBroken(file.name, 0, f"longer than {LIMIT // 1024} kB")
    return raw


def _syntax_error(file: str, text: str, error: ValueError) -> CatalogBroken:
    """Python 3.14 says the place in attributes, those before it only at the message's end."""
    message = str(error)
    place = _PLACE.search(message)
    reason = message[: place.start()] if place else message
    line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
    if line is None and place and place[1]:
        line, column = int(place[1]), int(place[2])
    if line is None:
        line = text.rstrip("\n").count("\n") + 1 if place else 0
    return CatalogBroken(file, line, f"{reason}, column {column}" if column else reason)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not any(char < " " for char in value)


def _line_of(text: str, path: Path, value: str) -> int:
    """Where the field stands, or the nearest thing around it: its table, else line 1.

    With a value, the first line from there on that has it, unless another field comes first.
    """
    lines = text.split("\n")
    table: Path = ()
    best, depth = 0, 0
    starts = set()
    for number, line in enumerate(lines):
        if header := _HEADER.match(line):
            table = here = _names(header[1])
        elif field := _FIELD.match(line):
            here = (*table, *_names(field[1]))
        else:
            continue
        starts.add(number)
        if len(here) > depth and here == path[: len(here)]:
            best, depth = number, len(here)
    written = {value, value.replace("\\", "\\\\")}
    for number in range(best, len(lines)) if value and depth else ():
        if number > best and number in starts:
            break
        if any(one in lines[number] for one in written):
            return number + 1
    return best + 1


def _names(dotted: str) -> Path:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))

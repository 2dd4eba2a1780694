"""A line as an export has it: canonical bytes, and the body gone once it was erased.

    {"body":…,"head":…,"signature":"…"}         body: null after retention

Each part is written in canonical form once and compared with what stands there: a million lines
are to be read in minutes.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from clerk_client.wire.lines import (
    VERSION,
    Head,
    Json,
    Line,
    LineError,
    canonical,
    line_from_json,
)

LINES = "lines.jsonl"
"""The lines of an exported journal, in its folder."""

CERTIFICATES = "certificates.pem"
"""The certificates of those who signed them, beside: what is shown, not what is trusted."""

LONGEST = 1024 * 1024
"""Bytes of one line. Pictures and scans are never in a line."""

_LARGEST_WHOLE = 2**53 - 1


class ExportNotUtf8(LineError):
    """The bytes are no UTF-8."""

    code = "EXPORT_NOT_UTF8"


class ExportNotJson(LineError):
    """The text is no JSON of a signed line: a float in it, say."""

    code = "EXPORT_NOT_JSON"


class ExportNotCanonical(LineError):
    """It says the same as a line, in other bytes."""

    code = "EXPORT_NOT_CANONICAL"


class LineNewer(LineError):
    """A newer client wrote it, in a version of the format that is not known here."""

    code = "LINE_VERSION_NEWER"

    def __init__(self, version: int) -> None:
        super().__init__(f"v {version}")
        self.version = version


@dataclass(frozen=True, slots=True)
class ExportedLine:
    """One line read back. `head_bytes` are what was signed; an erased body is None."""

    head: Head
    head_bytes: bytes
    body: Mapping[str, Json] | None
    body_sha256: str
    """Of the body that stands there; empty without one."""
    signature: bytes
    hash: str
    """As `Line.hash`."""

    @property
    def body_is_right(self) -> bool:
        """It is the one that was signed, or was erased."""
        return self.body is None or self.body_sha256 == self.head.body_sha256


def exported(line: Line, *, erased: bool = False) -> bytes:
    """The line's only bytes in an export, without the line feed."""
    if not erased:
        return line.canonical()
    return canonical({**line.to_json(), "body": None})


def certificate_mark(sha256: str) -> str:
    """The journal's mark under which a station keeps the certificate (DER, base64) of a signer."""
    return f"certificate:{sha256}"


def read_exported(text: bytes) -> ExportedLine:
    """One line of an export, without its line feed. Raises LineError kinds, each with its code."""
    try:
        fields = _parsed(text)
        line = _line(fields)
        # An astral character sorts differently in RFC 8785: seldom, so it may take longer.
        write = _quick if len(text.translate(None, _ASTRAL)) == len(text) else canonical
        head = write(line.head.fields())
        body = write(fields["body"])
        signature = base64.b64encode(line.signature)
    except (RecursionError, UnicodeError) as error:
        raise LineError(type(error).__name__) from error
    whole = b'{"body":' + body + b',"head":' + head + b',"signature":"' + signature + b'"}'
    if whole != text:
        raise ExportNotCanonical("other bytes")
    is_there = fields["body"] is not None
    return ExportedLine(
        head=line.head,
        head_bytes=head,
        body=line.body if is_there else None,
        body_sha256=hashlib.sha256(body).hexdigest() if is_there else "",
        signature=line.signature,
        hash=hashlib.sha256(head + line.signature).hexdigest(),
    )


def _parsed(text: bytes) -> Json:
    try:
        return _DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ExportNotUtf8(f"byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise ExportNotJson(type(error).__name__) from error


def _line(fields: Json) -> Line:
    head = fields.get("head") if isinstance(fields, dict) else None
    version = head.get("v") if isinstance(head, dict) else None
    if type(version) is int and version > VERSION:
        raise LineNewer(version)
    if isinstance(fields, dict) and fields.get("body", 0) is None:
        fields = {**fields, "body": {}}
    return line_from_json(fields)


def _whole(digits: str) -> int:
    if len(digits) > 17 or abs(number := int(digits)) > _LARGEST_WHOLE:
        raise ValueError("beyond what JSON can hold exactly")
    return number


def _refused(_: str) -> NoReturn:
    raise ValueError("a float in a signed line")


def _quick(fields: Json) -> bytes:
    """RFC 8785, in C, of what `_parsed` gave and where no text has an astral character."""
    text: str = _ENCODER.encode(fields)
    return text.encode()


# How UTF-8 begins a character beyond the basic plane.
_ASTRAL = bytes(range(0xF0, 0x100))
_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_refused, parse_constant=_refused)
_ENCODER: Any = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False
)

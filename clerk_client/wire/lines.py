"""The journal's line: head, body, signature, and the chain that binds one line to the next.

    body_sha256 = SHA-256(JCS(body))            JCS: RFC 8785
    signature   = sign(JCS(head))
    hash        = SHA-256(JCS(head) || signature)     the next line's prev

Erasing a body leaves head, signature and chain verifiable. No floats; text in NFC.
"""

import base64
import binascii
import enum
import hashlib
import json
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Protocol

import rfc8785

FIRST_PREV = "0" * 64
VERSION = 1

Json = Any  # what json.loads gives, without floats


class Kind(enum.Enum):
    """What a line says happened. Acts are signed by the clerk's key, the rest by the station's."""

    ACCEPTED = "accepted"  # 受理
    DEPOSITED = "deposited"  # 收件
    NOTICED = "noticed"  # 一次性告知
    REFUSED = "refused"  # 不予受理
    TRANSFERRED = "transferred"  # 转办
    CONSULTED = "consulted"  # 咨询
    SUPPLEMENTED = "supplemented"  # 补交
    COLLECTED = "collected"  # 领取结果
    WITHDRAWN = "withdrawn"  # 撤回
    NO_SHOW = "no_show"  # 过号
    CATEGORY_CORRECTED = "category_corrected"  # 更正分类
    VOID_REQUESTED = "void_requested"  # 申请作废
    VOID_APPROVED = "void_approved"  # 同意作废
    VOID_DECLINED = "void_declined"  # 不同意作废
    SHIFT_CLOSED = "shift_closed"  # 交班
    LEASED = "leased"
    PRINTED = "printed"
    REPRINTED = "reprinted"
    HANDED_OVER = "handed_over"  # 已交办事人
    RECOVERED = "recovered"  # what a start found and finished

    @property
    def is_act(self) -> bool:
        """A clerk answers for it with their key."""
        return self not in _BY_STATION


_BY_STATION = frozenset(
    {Kind.LEASED, Kind.PRINTED, Kind.REPRINTED, Kind.HANDED_OVER, Kind.RECOVERED}
)


class LineError(Exception):
    """A line's bytes are not what the format demands."""

    code = "LINE_FORMAT"


class Signer(Protocol):
    """A private key that never shows itself: a clerk's USB key or the station's own."""

    @property
    def alg(self) -> str:
        """`RS256`, `ES256` (both with SHA-256) or `Ed25519`."""
        ...

    @property
    def cert_sha256(self) -> str:
        """Hex SHA-256 of the certificate's DER, or of the station's 32 public bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over `message` itself; hashing is the signer's part."""
        ...


@dataclass(frozen=True)
class Head:
    """What is signed. Field names and order of meaning are final; see docs/formats.md."""

    journal: str
    seq: int
    prev: str
    key: str
    kind: str
    done_at: str
    clock_offset_ms: int
    decided_offline: bool
    hall: str
    window: str
    clerk: str
    cert_sha256: str
    alg: str
    number: str | None
    category: str | None
    matter: str | None
    body_sha256: str
    v: int = VERSION

    def canonical(self) -> bytes:
        """JCS of the head: the bytes that the key signs."""
        return self._canonical

    def fields(self) -> dict[str, Json]:
        """By name, as sent."""
        return {name: getattr(self, name) for name in _HEAD_FIELDS}

    # Asked for when signing, when storing and for the hash; worked out once.
    @cached_property
    def _canonical(self) -> bytes:
        return canonical(self.fields())


_HEAD_FIELDS = tuple(field.name for field in fields(Head))


@dataclass(frozen=True)
class Line:
    """One signed entry of a journal."""

    head: Head
    body: Mapping[str, Json]
    signature: bytes

    @cached_property
    def hash(self) -> str:
        """Hex; stands as `prev` in the line that follows and, in full, in the receipt's code."""
        return hashlib.sha256(self.head.canonical() + self.signature).hexdigest()

    def to_json(self) -> dict[str, Json]:
        """As sent to the hall and as exported, one canonical line of JSON each."""
        return {
            "head": self.head.fields(),
            "body": dict(self.body),
            "signature": base64.b64encode(self.signature).decode("ascii"),
        }

    def canonical(self) -> bytes:
        """The only bytes an export may hold for this line."""
        return canonical(self.to_json())


def line_from_json(fields: Json) -> Line:
    """The line behind what was sent or exported. Raises LineError for any other shape."""
    try:
        if set(fields) != {"head", "body", "signature"} or not isinstance(fields["body"], dict):
            raise LineError("a line has head, body and signature")
        head = Head(**fields["head"])
        for name, kind in Head.__annotations__.items():
            if type(getattr(head, name)) not in _TYPES[kind]:
                raise LineError(f"head.{name} is no {kind}")
        signature = base64.b64decode(fields["signature"], validate=True)
        return Line(head, fields["body"], signature)
    except (TypeError, KeyError, binascii.Error, ValueError) as error:
        raise LineError(str(error)) from error


_TYPES: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    bool: (bool,),
    str | None: (str, type(None)),
}


def canonical(fields: Json) -> bytes:
    """RFC 8785 bytes. Raises LineError on a float: none belongs into a signed line."""
    try:
        if _is_plain(fields):
            # The same bytes, written in C.
            text: str = _ENCODER.encode(fields)
            return text.encode()
        return rfc8785.dumps(fields)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise LineError(str(error)) from error


def normalised(fields: Json) -> Json:
    """The same fields with every text in NFC."""
    if isinstance(fields, str):
        return fields if fields.isascii() else unicodedata.normalize("NFC", fields)
    if isinstance(fields, Mapping):
        return {normalised(k): normalised(v) for k, v in fields.items()}
    if isinstance(fields, list | tuple):
        return [normalised(v) for v in fields]
    return fields


def salted(fields: Mapping[str, Json]) -> dict[str, Json]:
    """A body: the fields in NFC and 32 random bytes, so that nobody guesses an erased body."""
    return {**normalised(fields), "salt": secrets.token_hex(32)}


def body_sha256(body: Mapping[str, Json]) -> str:
    """Hex SHA-256 of the body's canonical bytes."""
    return hashlib.sha256(canonical(dict(body))).hexdigest()


def parsed_export(text: bytes) -> Line:
    """One line of an export. Raises LineError when a single byte is not the canonical one."""
    try:
        line = line_from_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise LineError(str(error)) from error
    if line.canonical() != text:
        raise LineError("the bytes are not canonical")
    return line


_LARGEST_WHOLE = 2**53 - 1
_ENCODER: Any = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False
)


def _is_plain(fields: Json) -> bool:
    """Only what `json` writes exactly as RFC 8785 wants it. Raises LineError on a float.

    Where they differ: names beyond ASCII may sort differently, other keys than text become text,
    and whole numbers have no end.
    """
    kind = type(fields)
    if kind is str or kind is bool or fields is None:
        return True
    if kind is int:
        return bool(-_LARGEST_WHOLE <= fields <= _LARGEST_WHOLE)
    is_plain = True
    if kind is dict:
        for name, value in fields.items():
            # Each value is looked at, for floats.
            is_plain &= _is_plain(value) and type(name) is str and name.isascii()
    elif kind is list or kind is tuple:
        for value in fields:
            is_plain &= _is_plain(value)
    else:
        _refuse_floats(fields)
        return False
    return is_plain


def _refuse_floats(fields: Json) -> None:
    if isinstance(fields, float):
        raise LineError("a float in a signed line")
    if isinstance(fields, Mapping):
        for value in fields.values():
            _refuse_floats(value)
    elif isinstance(fields, list | tuple):
        for value in fields:
            _refuse_floats(value)

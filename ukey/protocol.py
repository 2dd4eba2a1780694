"""What passes between the client and a driver's process: questions, answers, errors, as JSON.

Plain JSON and no pickle: what comes back was written by a process with a vendor's library inside,
and must not be able to run anything here. A 32-bit helper or one in another language can speak it.

    question  {"ask": "sign", "with": {"handle": 1, "message": {"bytes": "…base64…"}}}
    answer    {"answer": …}  or  {"error": "PIN_WRONG", "facts": {"standing": "low"}}

Frames are those of `multiprocessing.connection`. The first answer, `{"answer": "ready"}`, comes
unasked, and none comes to `close`: nobody waits for a log-out. An answer may also carry
`"spent": true`: the driver has eaten memory, and its process is to be replaced when convenient.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ukey.errors import (
    CertificateMissing,
    DriverDependency,
    DriverFailed,
    DriverMissing,
    DriverNotPkcs11,
    DriverWrongArchitecture,
    NoToken,
    PinLength,
    PinLocked,
    PinMustChange,
    PinNotSet,
    PinRefused,
    TokenNotInitialized,
    TokenRemoved,
    UKeyError,
)
from ukey.token import PinStanding

LONGEST_FRAME = 2 * 1024 * 1024
"""Bytes. A key holds some ten certificates of 2 kB; what is longer is a driver gone mad."""

_MOST = 64
_LONGEST_TEXT = 64
_LARGEST = 2**64

READY = "ready"

ANSWERLESS = frozenset(("close",))
"""Questions that nobody waits for an answer to."""


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How one driver is to be treated; see `ukey.catalog.Driver` for each."""

    mechanisms: tuple[str, ...]
    label_encodings: tuple[str, ...]
    ignores_blank: bool
    restart_to_notice: bool


@dataclass(frozen=True, slots=True)
class RawCertificate:
    """A certificate as it lies on the key. `id` is its CKA_ID, which its private key shares.

    `has_key`: a public key of that id lies there too. Private keys are hidden before log-in.
    """

    id: bytes
    der: bytes
    has_key: bool = False


@dataclass(frozen=True, slots=True)
class RawToken:
    """A key as its driver shows it. `slot` may change when the key is plugged again."""

    slot: int
    serial: str
    label: str
    maker: str
    pin: PinStanding
    pin_min: int
    pin_max: int
    is_initialized: bool
    has_pin: bool
    must_change_pin: bool
    certificates: tuple[RawCertificate, ...]


@dataclass(frozen=True, slots=True)
class TokenRef:
    """Which key a question is about. `mark` is that of its certificates: whose key it is."""

    slot: int
    serial: str
    mark: str

    @classmethod
    def of(cls, token: RawToken) -> "TokenRef":
        """The key of a scan, to be found again."""
        return cls(token.slot, token.serial, mark_of(token.certificates))


def mark_of(certificates: tuple[RawCertificate, ...]) -> str:
    """The same for the same certificates in the same order, hex."""
    digest = hashlib.sha256()
    for certificate in certificates:
        digest.update(hashlib.sha256(certificate.id).digest())
        digest.update(hashlib.sha256(certificate.der).digest())
    return digest.hexdigest()


class Channel(Protocol):
    """What carries frames both ways: a `multiprocessing` Connection, or Windows' PipeConnection."""

    def send_bytes(self, frame: bytes, /) -> None: ...
    def recv_bytes(self, longest: int | None = None, /) -> bytes: ...
    def poll(self, seconds: float, /) -> bool: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


class Garbled(Exception):
    """Bytes that are no message of this protocol."""


def dumped(message: Mapping[str, Any]) -> bytes:
    """A message as bytes."""
    return json.dumps(message, default=_plain, ensure_ascii=False).encode("utf-8", "surrogatepass")


def loaded(frame: bytes) -> dict[str, Any]:
    """A message from bytes. Raises Garbled."""
    try:
        message = json.loads(frame, object_hook=_restored)
    except (ValueError, RecursionError) as error:
        raise Garbled(str(error)) from error
    if not isinstance(message, dict):
        raise Garbled("no object")
    return message


def token_to_plain(token: RawToken) -> dict[str, Any]:
    """For a message."""
    plain = {name: getattr(token, name) for name in RawToken.__slots__}
    plain["certificates"] = [
        {"id": c.id, "der": c.der, "has_key": c.has_key} for c in token.certificates
    ]
    return plain | {"pin": token.pin.value}


def token_from_plain(plain: Any) -> RawToken:
    """From a message. Raises Garbled: each field has its type or the message is none of ours."""
    try:
        certificates = tuple(
            RawCertificate(
                _of(bytes, each["id"]), _of(bytes, each["der"]), _of(bool, each["has_key"])
            )
            for each in plain["certificates"][:_MOST]
        )
        return RawToken(
            slot=_number(plain["slot"]),
            serial=_text(plain["serial"]),
            label=_text(plain["label"]),
            maker=_text(plain["maker"]),
            pin=PinStanding(plain["pin"]),
            pin_min=_number(plain["pin_min"]),
            pin_max=_number(plain["pin_max"]),
            is_initialized=_of(bool, plain["is_initialized"]),
            has_pin=_of(bool, plain["has_pin"]),
            must_change_pin=_of(bool, plain["must_change_pin"]),
            certificates=certificates,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Garbled(f"token: {type(error).__name__} {error}") from error


def error_to_plain(error: UKeyError) -> dict[str, Any]:
    """For a message."""
    facts: dict[str, Any] = {}
    match error:
        case PinRefused():
            facts = {"standing": error.standing.value}
        case PinLength():
            facts = {"shortest": error.shortest, "longest": error.longest}
        case DriverFailed() | DriverNotPkcs11():
            facts = {"detail": error.detail}
        case DriverDependency():
            facts = {"missing": error.missing}
        case DriverWrongArchitecture():
            facts = {"found": error.found, "needed": error.needed}
        case _:
            facts = {"detail": str(error)}
    return {"error": error.code, "facts": facts}


def error_from_plain(message: Mapping[str, Any], path: Path) -> UKeyError:
    """From a message; what it does not know becomes DriverFailed."""
    code, facts = message.get("error"), message.get("facts")
    facts = facts if isinstance(facts, dict) else {}
    detail = str(facts.get("detail", ""))
    try:
        if code == PinRefused.code:
            return PinRefused(PinStanding(facts["standing"]))
        if code == PinLength.code:
            return PinLength(_number(facts["shortest"]), _number(facts["longest"]))
        if code == DriverDependency.code:
            return DriverDependency(path, _of(str, facts["missing"]))
        if code == DriverWrongArchitecture.code:
            return DriverWrongArchitecture(
                path, _of(str, facts["found"]), _of(str, facts["needed"])
            )
    except (KeyError, TypeError, ValueError) as error:
        return DriverFailed(path, f"{code}: {error}")
    if code == DriverNotPkcs11.code:
        return DriverNotPkcs11(path, detail)
    if code == DriverMissing.code:
        return DriverMissing(path, detail)
    simple = {kind.code: kind for kind in _WITH_DETAIL}.get(str(code))
    return simple(detail) if simple is not None else DriverFailed(path, detail or str(code))


_WITH_DETAIL: tuple[type[UKeyError], ...] = (
    CertificateMissing,
    NoToken,
    PinLocked,
    PinMustChange,
    PinNotSet,
    TokenNotInitialized,
    TokenRemoved,
)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"{type(value).__name__} does not travel")


def _restored(found: dict[str, Any]) -> Any:
    if found.keys() == {"bytes"} and isinstance(found["bytes"], str):
        try:
            return base64.b64decode(found["bytes"], validate=True)
        except binascii.Error as error:
            raise ValueError(str(error)) from error
    return found


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} for {kind.__name__}")
    return value


def _number(value: Any) -> int:
    number: int = _of(int, value)
    if not 0 <= number < _LARGEST:
        raise ValueError("no number of PKCS#11")
    return number


def _text(value: Any) -> str:
    """A field of CK_TOKEN_INFO, which has 32 bytes: it is shown, so nothing that turns a line."""
    shown = "".join(c for c in _of(str, value)[: 4 * _LONGEST_TEXT] if c.isprintable())
    return shown[:_LONGEST_TEXT]

"""The QR code on a receipt: number, time, matter, window and line hash, signed by the station.

    R1|number|done_at|matter|window|hash|signature

`hash` (the line's, 32 bytes) and `signature` (Ed25519 over everything before the last bar, as
UTF-8) are base64url without padding. Checked offline with the stations' published keys. A clerk's
RSA signature would need a version-15 code, which a document camera reads less well.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from clerk_client.wire.lines import Signer

Name = TypeVar("Name")

_MARK = "R1"
_HASH_BYTES = 32


class ReceiptCodeInvalid(Exception):
    """The text is no receipt code, or not one that this station signed."""

    code = "RECEIPT_CODE_INVALID"


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """What a receipt's code says. `line_hash` in hex, `done_at` as RFC 3339."""

    number: str
    done_at: str
    matter: str
    window: str
    line_hash: str


def sealed(code: ReceiptCode, station: Signer) -> str:
    """The code's text, signed. Raises ReceiptCodeInvalid when a field holds a bar."""
    fields = (code.number, code.done_at, code.matter, code.window)
    if any("|" in field for field in fields):
        raise ReceiptCodeInvalid("a bar inside a field")
    text = "|".join((_MARK, *fields, _base64(bytes.fromhex(code.line_hash))))
    return f"{text}|{_base64(station.sign(text.encode()))}"


def opened(text: str, station: Ed25519PublicKey) -> ReceiptCode:
    """What the code says, once its signature is right. Raises ReceiptCodeInvalid."""
    return opened_by(text, ((None, station),))[1]


def opened_by(
    text: str, stations: Iterable[tuple[Name, Ed25519PublicKey]]
) -> tuple[Name, ReceiptCode]:
    """Which of the stations signed it, and what it says. Raises ReceiptCodeInvalid."""
    signed, _, sealing = text.rpartition("|")
    parts = signed.split("|")
    if len(parts) != 6 or parts[0] != _MARK:
        raise ReceiptCodeInvalid("not a receipt code")
    try:
        message, signature, line_hash = signed.encode(), _bytes(sealing), _bytes(parts[5])
    except ValueError as error:
        raise ReceiptCodeInvalid("not a receipt code") from error
    if len(line_hash) != _HASH_BYTES:
        raise ReceiptCodeInvalid("not a receipt code")
    _, number, done_at, matter, window, _ = parts
    for name, key in stations:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return name, ReceiptCode(number, done_at, matter, window, line_hash.hex())
    raise ReceiptCodeInvalid("not signed by this station")


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    """Raises ValueError for any but the one spelling that `_base64` gives."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _base64(raw) != text:
        raise ValueError("another spelling")
    return raw

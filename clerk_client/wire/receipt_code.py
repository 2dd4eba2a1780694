"""The QR code on a receipt: number, time, matter, window and line hash, signed by the station.

    R1|number|done_at|matter|window|hash|signature

`hash` (the line's, 32 bytes) and `signature` (Ed25519 over everything before the last bar, as
UTF-8) are base64url without padding. Checked offline with the stations' published keys. A clerk's
RSA signature would need a version-15 code, which a document camera reads less well.
"""

import base64
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from clerk_client.wire.lines import Signer

_MARK = "R1"


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
    signed, _, signature = text.rpartition("|")
    parts = signed.split("|")
    if len(parts) != 6 or parts[0] != _MARK:
        raise ReceiptCodeInvalid("not a receipt code")
    try:
        station.verify(_bytes(signature), signed.encode())
        _, number, done_at, matter, window, line_hash = parts
        return ReceiptCode(number, done_at, matter, window, _bytes(line_hash).hex())
    except (InvalidSignature, ValueError) as error:
        raise ReceiptCodeInvalid("not signed by this station") from error


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    """Raises ValueError for any but the one spelling that `_base64` gives."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _base64(raw) != text:
        raise ValueError("another spelling")
    return raw

"""A PIV card (NIST SP 800-73-4) made of software, as far as OpenSC asks.

No reader and no process here: tests/helpers/virtual_card.py plugs it.
"""

import enum
from collections.abc import Callable, Iterator, Mapping

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

ATR = bytes.fromhex("3b80800101")
_AID = bytes.fromhex("a000000308000010000100")
_OK = b"\x90\x00"
_WRONG_LENGTH = b"\x67\x00"
_NOT_VERIFIED = b"\x69\x82"
_BLOCKED = b"\x69\x83"
_WRONG_VALUE = b"\x6a\x80"
_NOT_FOUND = b"\x6a\x82"
_UNKNOWN = b"\x6d\x00"
_CHAINED = 0x10
_APPLICATION_PIN = 0x80
# Agency 9999, so that readers of the card take its GUID for its number.
_AGENCY = bytes.fromhex("d4e739da739ced39ce739da1685a1082108ce73984119257fc")
_PIN_BYTES = 8


class Place(enum.IntEnum):
    """Where a key and its certificate lie: the key references of PIV."""

    AUTHENTICATION = 0x9A
    SIGNATURE = 0x9C
    ENCRYPTION = 0x9D


_OBJECTS = {
    Place.AUTHENTICATION: "5fc105",
    Place.SIGNATURE: "5fc10a",
    Place.ENCRYPTION: "5fc10b",
}

Contents = Mapping[Place, tuple[RSAPrivateKey, x509.Certificate]]
"""RSA only: OpenSC 0.23 offers no EC mechanism for a card that it does not know by name."""


class PivCard:
    """What lies on the chip. It lasts while the card is pulled; only `power` makes it forget a PIN.

    `guid` is its number, 16 bytes. `before_signing` is called with every signature asked for.
    """

    def __init__(
        self,
        contents: Contents,
        guid: bytes,
        pin: str,
        tries: int,
        before_signing: Callable[[], None],
    ) -> None:
        self._keys = {place: key for place, (key, _) in contents.items()}
        self._objects = {
            "7e": _tlv("7e", _tlv("4f", _AID) + _tlv("5f2f", b"\x40\x00")),
            "5fc102": _tlv("53", _holder_number(guid)),
        }
        for place, (_, certificate) in contents.items():
            der = certificate.public_bytes(Encoding.DER)
            packed = _tlv("70", der) + _tlv("71", b"\0") + _tlv("fe", b"")
            self._objects[_OBJECTS[place]] = _tlv("53", packed)
        self._pin = _padded(pin)
        self._tries = tries
        self.tries_left = tries
        self._before_signing = before_signing
        self.power()

    def power(self) -> None:
        """On, off and reset come to the same: nobody is logged in, nothing is half said."""
        self._is_verified = False
        self._heard = b""
        self._unsaid = b""

    def answer(self, command: bytes) -> bytes:
        """To one command APDU (ISO 7816-4) of the short form."""
        head, rest = command[:4], command[4:]
        if len(head) < 4 or (len(rest) > 1 and len(rest) < 1 + rest[0]):
            return _WRONG_LENGTH
        kind, instruction, _, parameter = head
        if instruction == 0xC0:  # GET RESPONSE
            return self._next_part()
        self._heard += rest[1 : 1 + rest[0]] if len(rest) > 1 else b""
        if kind & _CHAINED:
            return _OK
        heard, self._heard = self._heard, b""
        match instruction:
            case 0xA4:  # SELECT
                return self._selected(heard)
            case 0xCB:  # GET DATA
                wanted = next((value for tag, value in _parts(heard) if tag == 0x5C), b"")
                return self._say(self._objects.get(wanted.hex()))
            case 0x20 if parameter == _APPLICATION_PIN:
                return self._verify(heard)
            case 0x24 if parameter == _APPLICATION_PIN:
                return self._change_pin(heard)
            case 0x87:  # GENERAL AUTHENTICATE
                return self._sign(parameter, heard)
        return _UNKNOWN

    # --- PIN -------------------------------------------------------------------------------------

    def _verify(self, pin: bytes) -> bytes:
        if not pin and self._is_verified:  # a question only
            return _OK
        if not self.tries_left:
            return _BLOCKED
        self._is_verified = bool(pin) and self._matches(pin)
        return _OK if self._is_verified else self._count()

    def _change_pin(self, both: bytes) -> bytes:
        old, new = both[:_PIN_BYTES], both[_PIN_BYTES:]
        digits = new.rstrip(b"\xff")
        if len(new) != _PIN_BYTES or len(digits) < 6 or not digits.isdigit():
            return _WRONG_VALUE
        if not self.tries_left:
            return _BLOCKED
        if not self._matches(old):
            return self._count()
        self._pin = new
        return _OK

    def _matches(self, pin: bytes) -> bool:
        """Counts a wrong one."""
        self.tries_left = self._tries if pin == self._pin else self.tries_left - 1
        return pin == self._pin

    def _count(self) -> bytes:
        return bytes([0x63, 0xC0 | self.tries_left])

    # --- what it says and signs ------------------------------------------------------------------

    def _selected(self, wanted: bytes) -> bytes:
        # The first nine bytes name PIV, the other two its version.
        if len(wanted) < 9 or not _AID.startswith(wanted[:9]):
            return _NOT_FOUND
        return self._say(_tlv("61", _tlv("4f", _AID[5:]) + _tlv("79", _tlv("4f", _AID[:5]))))

    def _sign(self, place: int, template: bytes) -> bytes:
        if not self._is_verified:
            return _NOT_VERIFIED
        key = self._keys.get(Place(place)) if place in _OBJECTS else None
        (_, parts), *_ = [*_parts(template), (0, b"")]
        challenge = next((value for tag, value in _parts(parts) if tag == 0x81), b"")
        if key is None or not challenge:
            return _WRONG_VALUE
        self._before_signing()
        return self._say(_tlv("7c", _tlv("82", _signature(key, challenge))))

    def _say(self, said: bytes | None) -> bytes:
        if said is None:
            return _NOT_FOUND
        self._unsaid = said
        return self._next_part()

    def _next_part(self) -> bytes:
        part, self._unsaid = self._unsaid[:256], self._unsaid[256:]
        # 61 xx: so many bytes more, 00 for 256 or above.
        more = len(self._unsaid) if len(self._unsaid) < 256 else 0
        return part + (bytes([0x61, more]) if self._unsaid else _OK)


def _signature(key: RSAPrivateKey, padded: bytes) -> bytes:
    """The driver has padded it; the card does the arithmetic."""
    numbers = key.private_numbers()
    signed = pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n)
    return signed.to_bytes(key.key_size // 8)


def _holder_number(guid: bytes) -> bytes:
    """The CHUID: what tells one card from another."""
    dated = _tlv("30", _AGENCY) + _tlv("34", guid) + _tlv("35", b"20351231")
    return dated + _tlv("3e", b"") + _tlv("fe", b"")


def _padded(pin: str) -> bytes:
    return pin.encode("ascii").ljust(_PIN_BYTES, b"\xff")


def _tlv(tag: str, value: bytes) -> bytes:
    size = len(value)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8)
        length = bytes([0x80 | len(octets)]) + octets
    return bytes.fromhex(tag) + length + value


def _parts(template: bytes) -> Iterator[tuple[int, bytes]]:
    """Tags of one byte, and values, as far as they are whole."""
    at = 0
    while at + 2 <= len(template):
        tag, size = template[at], template[at + 1]
        at += 2
        if size & 0x80:
            octets = size & 0x7F
            size = int.from_bytes(template[at : at + octets])
            at += octets
        yield tag, template[at : at + size]
        at += size

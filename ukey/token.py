"""What a plugged key is and says about itself: frozen values, no handle and no pkcs11 types."""

import enum
from dataclasses import dataclass
from datetime import datetime


class PinStanding(enum.Enum):
    """How far the PIN is from being locked. PKCS#11 has no count of tries left, only flags."""

    FULL = "full"
    LOW = "low"  # at least one wrong try since the last right one
    LAST = "last"  # one try left
    LOCKED = "locked"


class Kind(enum.Enum):
    """证书类型: whom a certificate stands for (广东省网上办事大厅数字证书业务办理指引)."""

    PERSONAL = "personal"  # 个人证书: a clerk
    INSTITUTION = "institution"  # 机构证书: an institution's administrator
    BUSINESS = "business"  # 业务证书: signs licences, signs nobody in
    UNMARKED = "unmarked"  # says nothing that we know; taken as personal


@dataclass(frozen=True, slots=True)
class Certificate:
    """证书: whose key it is and how long the key may be used.

    `identity` is what the hall finds its clerk by: the subject's serialNumber (OID 2.5.4.5) or,
    without one, `sha256`. `serial` is the certificate's own number, hex in capitals. `holder` and
    `issuer` are common names, or the whole name of one that has none. Dates are aware, UTC.
    """

    der: bytes
    holder: str
    identity: str
    serial: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    """Hex, over the DER."""
    alg: str
    """`RS256` or `ES256`, by the kind of its key."""
    kind: Kind = Kind.UNMARKED


@dataclass(frozen=True, slots=True)
class Token:
    """KEY: one plugged key as it was when last looked at.

    `id` stays the same when the key is pulled and plugged again. Two keys may well share a label:
    show holder and serial. `family` and `family_name` are empty when nothing tells them. `unusable`
    is why the key cannot be opened at all, as a code: TOKEN_NOT_INITIALIZED, PIN_NOT_SET,
    CERT_MISSING or CERT_UNREADABLE; `certificate` is then None.
    """

    id: str
    driver: str
    family: str
    family_name: str
    label: str
    serial: str
    pin: PinStanding
    certificate: Certificate | None
    pin_min: int = 4
    pin_max: int = 16
    must_change_pin: bool = False
    unusable: str = ""

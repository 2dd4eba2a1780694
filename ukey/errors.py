"""What goes wrong with a key. Each class has a stable code; the words stand in wording.toml."""

from datetime import datetime
from pathlib import Path

from ukey.token import PinStanding


class UKeyError(Exception):
    """Something about a key, its driver or its certificate."""

    code = "KEY_ERROR"


# --- driver --------------------------------------------------------------------------------------


class CatalogBroken(UKeyError):
    """A file that describes a driver, or a folder of such, cannot be used; then `line` is 0."""

    code = "DRIVER_FILE_BROKEN"

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class DriverError(UKeyError):
    """What concerns one driver; `path` is its library."""

    code = "DRIVER_UNUSABLE"

    def __init__(self, path: Path | str, detail: str = "") -> None:
        super().__init__(f"{path}: {detail}" if detail else str(path))
        self.path = str(path)
        self.detail = detail


class DriverMissing(DriverError):
    """The vendor's library is not on this machine."""

    code = "DRIVER_MISSING"


class DriverWrongArchitecture(DriverError):
    """The library is for another processor or bitness; `found` and `needed` as `x86, 32-bit`."""

    code = "DRIVER_WRONG_ARCH"

    def __init__(self, path: Path | str, found: str, needed: str) -> None:
        super().__init__(path, f"{found}, needed {needed}")
        self.found = found
        self.needed = needed


class DriverNotPkcs11(DriverError):
    """The file is no library at all, or one without C_GetFunctionList."""

    code = "DRIVER_NOT_PKCS11"


class DriverDependency(DriverError):
    """The library needs others that are not there; `missing` names them, with commas."""

    code = "DRIVER_DEPENDENCY"

    def __init__(self, path: Path | str, missing: str) -> None:
        super().__init__(path, f"needs {missing}")
        self.missing = missing


class DriverCrashed(DriverError):
    """The driver's process died. After three times it is left alone until somebody asks again.

    `detail` says how it ended: a signal's name or an exit code.
    """

    code = "DRIVER_CRASHED"

    def __init__(self, path: Path | str, detail: str, *, quarantined: bool = False) -> None:
        super().__init__(path, detail)
        self.quarantined = quarantined


class KeyTimeout(DriverError):
    """The driver did not answer before its deadline; its process was killed, or is in use still."""

    code = "DRIVER_HANG"


class DriverFailed(DriverError):
    """The driver says no without a cause that we know.

    `detail` is the driver's own answer, with the hex value of a return code that has no name.
    """

    code = "DRIVER_ERROR"


# --- what the key is plugged into ----------------------------------------------------------------


class KeyNotOnUsb(UKeyError):
    """No key that a driver knows is plugged."""

    code = "USB_ABSENT"


class DriverBlind(UKeyError):
    """A known key is on USB and no driver shows it: wrong version, or none for its family.

    `device` as `096E:0309 ePass2003`; `family` is empty when its number belongs to several.
    """

    code = "DRIVER_BLIND"

    def __init__(self, device: str, family: str = "") -> None:
        super().__init__(device)
        self.device = device
        self.family = family


class SmartCardServiceDown(UKeyError):
    """The operating system's smart card service does not answer; `detail` is its error in hex."""

    code = "SERVICE_DOWN"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NoReader(UKeyError):
    """The smart card service runs and has no reader."""

    code = "NO_READER"


class SeveralTokens(UKeyError):
    """More than one key: the clerk chooses by holder and serial."""

    code = "MULTIPLE_TOKENS"


# --- key and PIN ---------------------------------------------------------------------------------


class NoToken(UKeyError):
    """No such key is plugged or open."""

    code = "NO_TOKEN"


class TokenRemoved(UKeyError):
    """The key was pulled. Never a sign of a wrong PIN."""

    code = "TOKEN_REMOVED"


class TokenNotInitialized(UKeyError):
    """The key was never set up: no certificate, no PIN."""

    code = "TOKEN_NOT_INITIALIZED"


class PinNotSet(UKeyError):
    """The key has no user PIN yet."""

    code = "PIN_NOT_SET"


class PinRefused(UKeyError):
    """The key did not accept the PIN and is still usable."""

    code = "PIN_WRONG"

    def __init__(self, standing: PinStanding) -> None:
        super().__init__(f"PIN refused ({standing.value})")
        self.standing = standing


class PinLocked(UKeyError):
    """The key accepts no PIN any more, not even the right one."""

    code = "PIN_LOCKED"


class PinMustChange(UKeyError):
    """The PIN is one that has to be changed before the key does anything else."""

    code = "PIN_MUST_CHANGE"


class PinLength(UKeyError):
    """No PIN of this key: too short, too long, or other than printable ASCII. No try was used."""

    code = "PIN_LENGTH"

    def __init__(self, shortest: int, longest: int) -> None:
        super().__init__(f"a PIN has {shortest} to {longest} ASCII characters")
        self.shortest = shortest
        self.longest = longest


# --- certificate ---------------------------------------------------------------------------------


class CertificateUnfit(UKeyError):
    """The certificate cannot be used to sign in."""

    code = "CERT_UNFIT"


class CertificateMissing(CertificateUnfit):
    """There is no certificate on the key."""

    code = "CERT_MISSING"


class CertificateExpired(CertificateUnfit):
    """Its last day is over."""

    code = "CERT_EXPIRED"

    def __init__(self, not_after: datetime) -> None:
        super().__init__(f"expired {not_after.isoformat()}")
        self.not_after = not_after


class CertificateNotYetValid(CertificateUnfit):
    """Its first day is still to come, or the clock is wrong."""

    code = "CERT_NOT_YET_VALID"

    def __init__(self, not_before: datetime) -> None:
        super().__init__(f"valid from {not_before.isoformat()}")
        self.not_before = not_before


class ClockWrong(CertificateUnfit):
    """Out of its dates by this station's clock and within them by the hall's."""

    code = "CLOCK_WRONG"

    def __init__(self, station: datetime, hall: datetime) -> None:
        super().__init__(f"station {station.isoformat()}, hall {hall.isoformat()}")
        self.station = station
        self.hall = hall
        self.seconds = str(round(abs((station - hall).total_seconds())))


class CertificateUntrusted(CertificateUnfit):
    """No authority that the hall trusts issued it in a form that is accepted.

    `issued` when one did issue it and the form is what is wrong. `reason` is for IT, in English,
    and names no holder.
    """

    code = "CERT_UNTRUSTED"

    def __init__(self, reason: str, *, issued: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.issued = issued


class CertificateRevoked(CertificateUnfit):
    """Its authority took it back."""

    code = "CERT_REVOKED"

    def __init__(self, revoked_at: datetime) -> None:
        super().__init__(f"revoked {revoked_at.isoformat()}")
        self.revoked_at = revoked_at


class CertificateWrongUse(CertificateUnfit):
    """It was issued for something else: encryption, an authority's own, 业务证书."""

    code = "CERT_WRONG_USE"

    def __init__(self, use: str) -> None:
        super().__init__(f"issued for {use}")
        self.use = use
        """`encryption`, `authority` or `business`; its words stand under CERT_WRONG_USE_…"""


class CertificateUnreadable(CertificateUnfit):
    """Not a certificate, or one of a kind that we cannot read. `token_id` is empty off a key."""

    code = "CERT_UNREADABLE"

    def __init__(self, reason: str, token_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.token_id = token_id


class RevocationUnknown(UKeyError):
    """Whether the certificate was revoked cannot be told. A warning: it keeps nobody out.

    `reason` is `missing`, `outdated`, `unreadable` or `untrusted`; `issued_at` the list's own date.
    """

    code = "REVOCATION_UNKNOWN"

    def __init__(self, reason: str, issued_at: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.issued_at = issued_at

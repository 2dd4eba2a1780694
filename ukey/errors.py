"""What goes wrong with a key. Each class has a stable code; the words stand in wording.toml."""

from datetime import datetime
from pathlib import Path

from ukey.token import PinStanding


class UKeyError(Exception):
    """Something about a key, its driver or its certificate."""

    code = "KEY_ERROR"


# --- driver --------------------------------------------------------------------------------------


class CatalogBroken(UKeyError):
    """A file that describes a driver cannot be used."""

    code = "DRIVER_FILE_BROKEN"

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


class DriverMissing(UKeyError):
    """The vendor's library is not on this machine."""

    code = "DRIVER_MISSING"

    def __init__(self, path: Path) -> None:
        super().__init__(f"no driver library at {path}")
        self.path = path


class DriverFailed(UKeyError):
    """The driver says no without a cause that we know. `detail` is the driver's own answer."""

    code = "DRIVER_ERROR"

    def __init__(self, detail: str) -> None:
        super().__init__(f"driver failed: {detail}")
        self.detail = detail


class KeyTimeout(UKeyError):
    """The driver did not answer before the deadline. It may still be busy with the question."""

    code = "DRIVER_HANG"


# --- key and PIN ---------------------------------------------------------------------------------


class NoToken(UKeyError):
    """No such key is plugged or open."""

    code = "NO_TOKEN"


class TokenRemoved(UKeyError):
    """The key was pulled. Never a sign of a wrong PIN."""

    code = "TOKEN_REMOVED"


class PinRefused(UKeyError):
    """The key did not accept the PIN and is still usable."""

    code = "PIN_WRONG"

    def __init__(self, standing: PinStanding) -> None:
        super().__init__(f"PIN refused ({standing.value})")
        self.standing = standing


class PinLocked(UKeyError):
    """The key accepts no PIN any more, not even the right one."""

    code = "PIN_LOCKED"


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


class CertificateUntrusted(CertificateUnfit):
    """No authority that the hall trusts issued it."""

    code = "CERT_UNTRUSTED"


class CertificateWrongUse(CertificateUnfit):
    """It was issued for something else, encryption for example."""

    code = "CERT_WRONG_USE"


class CertificateUnreadable(CertificateUnfit):
    """Not a certificate, or one of a kind that we cannot read. `token_id` is empty off a key."""

    code = "CERT_UNREADABLE"

    def __init__(self, reason: str, token_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.token_id = token_id

"""What can go wrong between the window and the hall, by what the caller does about it."""

from collections.abc import Mapping


class HallError(Exception):
    """Root of everything the hall's side can raise."""

    code = "HALL_ERROR"


class HallUnavailable(HallError):
    """The hall gave no usable answer: work goes on from what is kept here, and is sent later."""

    code = "HALL_UNREACHABLE"


class HallUnreachable(HallUnavailable):
    """No connection, or no answer in time."""

    code = "HALL_UNREACHABLE"


class HallFailing(HallUnavailable):
    """The hall answered that it failed (5xx)."""

    code = "HALL_FAILING"

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class HallGarbled(HallUnavailable):
    """The answer is not what the contract says: a proxy's page, a cut answer, another service."""

    code = "HALL_GARBLED"


class HallRefused(HallError):
    """The hall understood and said no. `code` is the hall's own, `facts` what it told about it."""

    code = "HALL_REFUSED"

    def __init__(self, status: int, code: str, facts: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.code = code
        self.facts = dict(facts or {})


class HallSessionEnded(HallRefused):
    """The session is over: token run out, clerk locked, signed out elsewhere."""

    code = "HALL_SESSION_ENDED"


class KeyringAbsent(Exception):
    """The operating system offers no keyring, or it is locked: no work with personal data."""

    code = "KEYRING_ABSENT"

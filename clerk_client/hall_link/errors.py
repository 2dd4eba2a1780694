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


class HallCertificateUnfit(HallUnavailable):
    """Whoever answers cannot prove by its TLS certificate to be the hall. Nothing was said to it.

    `reason` is `name`, `dates` or `issuer`, or empty; `detail` is OpenSSL's, for IT. Work goes on
    without the hall as when the cable is out: to stop it would let whoever can put a false hall in
    the way close every window, and nothing of a person was sent.
    """

    code = "HALL_CERTIFICATE"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class HallRefused(HallError):
    """The hall understood and said no. `code` is the hall's own, `facts` what it told about it.

    `pause` is for how many seconds the hall asks to be left alone; 0 when it does not say.
    """

    code = "HALL_REFUSED"

    def __init__(
        self,
        status: int,
        code: str,
        facts: Mapping[str, str] | None = None,
        pause: int = 0,
    ) -> None:
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.code = code
        self.facts = dict(facts or {})
        self.pause = pause


class HallSessionEnded(HallRefused):
    """The session is over: token run out, clerk locked, signed out elsewhere."""

    code = "HALL_SESSION_ENDED"


class RoleChanged(HallSessionEnded):
    """The hall gave the clerk another role: what the window offers is not theirs any more."""

    code = "ROLE_CHANGED"

    def __init__(self) -> None:
        super().__init__(401, "ROLE_CHANGED")


class KeyringAbsent(Exception):
    """The operating system offers no keyring, or it is locked: no work with personal data."""

    code = "KEYRING_ABSENT"


class IdentityNotConfirmed(Exception):
    """统一身份认证 did not confirm the clerk. The key's sign-in stands all the same."""

    code = "IDENTITY_NOT_CONFIRMED"


class IdentityUnreachable(IdentityNotConfirmed):
    """The identity provider does not answer, or answers that it fails."""

    code = "IDENTITY_UNREACHABLE"


class IdentityGarbled(IdentityNotConfirmed):
    """What came back is not what was asked for: another state, a token that does not hold."""

    code = "IDENTITY_GARBLED"


class IdentityRefused(IdentityNotConfirmed):
    """The provider, or the clerk there, said no. `reason` is OAuth's word for it."""

    code = "IDENTITY_REFUSED"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IdentityOther(IdentityNotConfirmed):
    """Somebody else than the key's holder is signed in at the provider."""

    code = "IDENTITY_OTHER"


class IdentityNotAwaited(IdentityNotConfirmed):
    """Nobody finished at the browser in time, or the clerk went on without."""

    code = "IDENTITY_NOT_AWAITED"

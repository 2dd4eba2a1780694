"""What each call may be refused with, by method and path: the contract's table of problem codes."""

from clerk_client.hall import errors as e
from ukey.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateUnfit,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWrongUse,
)

Refusal = type[e.HallError] | type[CertificateUnfit]

ANY_CALL: tuple[Refusal, ...] = (
    e.RequestMalformed,
    e.RequestSlow,
    e.RequestTooLarge,
    e.BodyCoded,
    e.RequestInvalid,
    e.ContractTooOld,
    e.HeadersTooLarge,
    e.HallError,
    e.HallBusy,
    e.DatabaseUnusable,
    e.HallNotLoaded,
)
"""`POST records` alone is never told that its contract is too old."""

SIGNED_IN: tuple[Refusal, ...] = (
    e.TokenExpired,
    e.ProofWrong,
    CertificateRevoked,
    e.ClerkLocked,
    e.ClerkRetired,
    e.RoleUnusable,
    e.StationRetired,
    e.RightMissing,
)
"""Of every call that asks for a session."""

_DIRECTORY = ("clerks", "departments", "windows", "roles")
_ADDING: tuple[Refusal, ...] = (e.DirectoryTaken, e.DirectoryUnknown)
_CHANGING: tuple[Refusal, ...] = (e.DirectoryTaken, e.DirectoryUnknown, e.DirectoryInUse)

OF_CALL: dict[tuple[str, str], tuple[Refusal, ...]] = {
    ("POST", "/auth/token"): (
        e.RateLimited,
        e.NonceUnknown,
        e.ProofWrong,
        e.StatementWrong,
        e.SignatureWrong,
        CertificateExpired,
        CertificateNotYetValid,
        CertificateRevoked,
        CertificateUnreadable,
        CertificateUntrusted,
        CertificateWrongUse,
        e.ClerkUnknown,
        e.ClerkLocked,
        e.ClerkRetired,
        e.RoleUnusable,
        e.StationUnknown,
        e.StationRetired,
        e.StationKeyOther,
    ),
    ("POST", "/stations"): (
        e.RateLimited,
        e.EnrolmentCodeWrong,
        e.StationKeyInvalid,
        e.StationKeyOther,
    ),
    ("GET", "/tickets/{number}"): (e.TicketUnknown,),
    ("GET", "/appointments/{number}"): (e.AppointmentUnknown,),
    ("GET", "/cases/{number}"): (e.CaseUnknown, e.RateLimited),
    ("POST", "/cases/{number}/supplements"): (
        e.CaseUnknown,
        e.CaseNotAwaiting,
        e.SupplementKeyReused,
        e.RateLimited,
    ),
    ("POST", "/number-blocks"): (
        e.JournalOfAnotherStation,
        e.BlockKeyReused,
        e.NumbersExhausted,
    ),
    ("PUT", "/attachments/{sha256}"): (e.AttachmentOther, e.AttachmentKind),
    ("GET", "/attachments/{sha256}"): (e.AttachmentUnknown,),
    ("POST", "/base-lookups"): (e.BaseUnknown, e.CaseUnknown, e.RateLimited),
    ("POST", "/ratings"): (e.WindowUnknown, e.RatingKeyReused),
    ("POST", "/indicators"): (e.IndicatorDepartmentUnknown,),
    **{("POST", f"/{name}"): _ADDING for name in _DIRECTORY},
    **{("PATCH", f"/{name}/{{code}}"): _CHANGING for name in _DIRECTORY},
    ("PATCH", "/clerks/{code}"): (*_CHANGING, e.OwnAccount),
    ("PATCH", "/roles/{code}"): (*_CHANGING, e.RoleFixed),
    ("GET", "/metrics"): (e.MetricsClosed,),
}


def refusals(method: str, path: str, *, needs_session: bool) -> tuple[Refusal, ...]:
    """All that a call may be refused with. `path` as in `rights.RIGHTS`."""
    found = [*ANY_CALL, *OF_CALL.get((method, path), ())]
    if needs_session:
        found += SIGNED_IN
    if "{" in path:
        # A slash or nothing where a code should be is another path.
        found.append(e.RouteUnknown)
    if (method, path) == ("POST", "/records"):
        found.remove(e.ContractTooOld)
    return tuple(dict.fromkeys(found))


def status_of(refusal: Refusal) -> int:
    """HTTP's status; a certificate that is not fit is 401."""
    return refusal.status if issubclass(refusal, e.HallError) else 401

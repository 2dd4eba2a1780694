"""What the hall says no to. `code` is stable and stands in the answer, `status` is HTTP's."""


class HallError(Exception):
    """A call is refused. `facts` go into the answer: never anything of a person."""

    code = "HALL_FAILED"
    status = 500

    def __init__(self, detail: str = "", **facts: str) -> None:
        super().__init__(detail or self.__doc__)
        self.detail = detail
        self.facts = facts


class RequestInvalid(HallError):
    """The request has not the contract's form."""

    code = "REQUEST_INVALID"
    status = 422


class RequestTooLarge(HallError):
    """The body is larger than the hall takes."""

    code = "REQUEST_TOO_LARGE"
    status = 413


class RouteUnknown(HallError):
    """The contract has no such call."""

    code = "NOT_FOUND"
    status = 404


class MethodNotAllowed(HallError):
    """The contract has this call under another method."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class ContractTooOld(HallError):
    """The client speaks another major version of the contract. `supported` is the hall's."""

    code = "CONTRACT_TOO_OLD"
    status = 426


class HallNotLoaded(HallError):
    """The database holds no hall yet: `load` comes first."""

    code = "HALL_NOT_LOADED"
    status = 503


class DatabaseUnusable(HallError):
    """The database does not answer."""

    code = "DATABASE_UNUSABLE"
    status = 503


class DatabaseAddressWrong(HallError):
    """The text after --database names no database that this service can open."""

    code = "DATABASE_ADDRESS_WRONG"


# --- sign-in -------------------------------------------------------------------------------------


class NonceUnknown(HallError):
    """The nonce was never given, was used before, or is older than 60 s."""

    code = "NONCE_UNKNOWN"
    status = 401


class StatementWrong(HallError):
    """What was signed is not what the hall asked to be signed. `field` says where."""

    code = "STATEMENT_WRONG"
    status = 401


class SignatureWrong(HallError):
    """The statement was not signed by the certificate's key."""

    code = "SIGNATURE_WRONG"
    status = 401


class ClerkUnknown(HallError):
    """The certificate is good, but belongs to nobody in this hall."""

    code = "CLERK_UNKNOWN"
    status = 403


class ClerkLocked(HallError):
    """The clerk's account is locked."""

    code = "CLERK_LOCKED"
    status = 403


class RateLimited(HallError):
    """Too many failed attempts in the last minute."""

    code = "RATE_LIMITED"
    status = 429


class ProofWrong(HallError):
    """The DPoP proof is missing, is not this station's, was seen before, or is not of this call."""

    code = "PROOF_WRONG"
    status = 401


class TokenExpired(HallError):
    """There is no session under this token, or not any more."""

    code = "TOKEN_EXPIRED"
    status = 401


class RightMissing(HallError):
    """The clerk's role does not allow this call. `role` is theirs."""

    code = "RIGHT_MISSING"
    status = 403


# --- stations ------------------------------------------------------------------------------------


class StationUnknown(HallError):
    """No station of this name is enrolled."""

    code = "STATION_UNKNOWN"
    status = 403


class StationKeyOther(HallError):
    """The station is enrolled with another key, or this key belongs to another station."""

    code = "STATION_KEY_OTHER"
    status = 409


class StationKeyInvalid(HallError):
    """The public key is not 32 bytes of Ed25519."""

    code = "STATION_KEY_INVALID"
    status = 422


class EnrolmentCodeWrong(HallError):
    """The enrolment code is not this station's, was used for another key, or is a week old."""

    code = "ENROLMENT_CODE_WRONG"
    status = 403


class WindowUnknown(HallError):
    """The hall has no such window."""

    code = "WINDOW_UNKNOWN"
    status = 404


# --- look-ups, numbers ---------------------------------------------------------------------------


class TicketUnknown(HallError):
    """The hall has no such ticket on that day."""

    code = "TICKET_UNKNOWN"
    status = 404


class AppointmentUnknown(HallError):
    """The hall has no such appointment."""

    code = "APPOINTMENT_UNKNOWN"
    status = 404


class JournalOfAnotherStation(HallError):
    """The journal was opened by another station."""

    code = "JOURNAL_OTHER_STATION"
    status = 409


class BlockKeyReused(HallError):
    """The key of this request was used for another lease."""

    code = "BLOCK_KEY_REUSED"
    status = 409


class NumbersExhausted(HallError):
    """All ten million numbers of the year are leased."""

    code = "NUMBERS_EXHAUSTED"
    status = 409

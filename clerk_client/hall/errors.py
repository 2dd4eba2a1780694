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


class RequestMalformed(HallError):
    """What was sent is no HTTP, contradicts itself about its length, or says a thing twice."""

    code = "REQUEST_MALFORMED"
    status = 400


class RequestSlow(HallError):
    """The request did not arrive whole in the time that the hall waits for one."""

    code = "REQUEST_SLOW"
    status = 408


class HeadersTooLarge(HallError):
    """The request's headers are larger than the hall takes."""

    code = "HEADERS_TOO_LARGE"
    status = 431


class BodyCoded(HallError):
    """The body is compressed: the hall takes it plain only."""

    code = "BODY_CODED"
    status = 415


class HallBusy(HallError):
    """More connections are open than the hall takes."""

    code = "HALL_BUSY"
    status = 503


class MetricsClosed(HallError):
    """The figures are for the hall's own machine and for whoever bears the token."""

    code = "METRICS_CLOSED"
    status = 403


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


class DatabaseUnfit(HallError):
    """The hall cannot run on this PostgreSQL: `version` is too old, or `encoding` is not UTF8."""

    code = "DATABASE_UNFIT"
    status = 503


class DatabaseNewer(HallError):
    """The database was made by a newer version of this program. `found` and `known` are schemas."""

    code = "DATABASE_NEWER"
    status = 503


# --- running the service -------------------------------------------------------------------------


class TlsFileUnusable(HallError):
    """The file after --tls-cert or --tls-key cannot be read or is not what it should be."""

    code = "TLS_FILE"


class TlsKeyOther(HallError):
    """The private key is not the certificate's."""

    code = "TLS_KEY_OTHER"


class TlsCertificateDates(HallError):
    """The service's certificate has expired or is not valid yet."""

    code = "TLS_CERTIFICATE_DATES"


class PlainHttpRefused(HallError):
    """Other machines would reach the service without encryption."""

    code = "PLAIN_HTTP_REFUSED"


class WorkersNotHere(HallError):
    """Several workers need a system that hands sockets down to child processes."""

    code = "WORKERS_NOT_HERE"


class DatabaseRestored(HallError):
    """The database is a copy or was put back: numbers leased since then would be leased again."""

    code = "DATABASE_RESTORED"
    status = 503


class DatabaseNotRestored(HallError):
    """Nothing says that the database was put back."""

    code = "DATABASE_NOT_RESTORED"


class LastEpochNeeded(HallError):
    """Nothing beside the database tells which epoch its numbers had last."""

    code = "LAST_EPOCH_NEEDED"


class EpochsUsedUp(HallError):
    """A number has one digit for the epoch, and the ninth was used."""

    code = "EPOCHS_USED_UP"


class BackupExists(HallError):
    """There is a file of that name: a backup never overwrites."""

    code = "BACKUP_EXISTS"


class BackupFailed(HallError):
    """No whole copy of the database could be made."""

    code = "BACKUP_FAILED"


class BackupElsewhere(HallError):
    """PostgreSQL is backed up with its own tools."""

    code = "BACKUP_ELSEWHERE"


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


class ClerkRetired(HallError):
    """The clerk does not work in this hall any more."""

    code = "CLERK_RETIRED"
    status = 403


class RoleUnusable(HallError):
    """The hall does not know the clerk's role any more, or what it allows. `role` is its code."""

    code = "ROLE_UNUSABLE"
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


class StationRetired(HallError):
    """The station was taken out of use."""

    code = "STATION_RETIRED"
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


class CaseUnknown(HallError):
    """The hall has no such case, or it is another applicant's: the answer does not tell which."""

    code = "CASE_UNKNOWN"
    status = 404


class CaseNotAwaiting(HallError):
    """Nothing is to be handed in for the case now. `case_status` is one of the six."""

    code = "CASE_NOT_AWAITING"
    status = 409


class SupplementKeyReused(HallError):
    """The key of this supplement was used for another one."""

    code = "SUPPLEMENT_KEY_REUSED"
    status = 409


class BaseUnknown(HallError):
    """The hall has no copy of such a base database."""

    code = "BASE_UNKNOWN"
    status = 404


class RatingKeyReused(HallError):
    """The key of this rating was used for another one."""

    code = "RATING_KEY_REUSED"
    status = 409


class IndicatorDepartmentUnknown(HallError):
    """The hall has no such department. `department` is the code that was sent."""

    code = "INDICATOR_DEPARTMENT_UNKNOWN"
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


# --- attachments ---------------------------------------------------------------------------------


class AttachmentOther(HallError):
    """The content is not what its SHA-256 in the address says."""

    code = "ATTACHMENT_OTHER"
    status = 422


class AttachmentKind(HallError):
    """The content is no PDF, Word, Excel or JPEG, or it holds macros."""

    code = "ATTACHMENT_KIND"
    status = 415


class AttachmentUnknown(HallError):
    """The hall has no such attachment."""

    code = "ATTACHMENT_UNKNOWN"
    status = 404


# --- directory -----------------------------------------------------------------------------------


class DirectoryUnknown(HallError):
    """The directory has no such entry. `field` says which code it was to be."""

    code = "DIRECTORY_UNKNOWN"
    status = 404


class DirectoryTaken(HallError):
    """Another entry has this code or this certificate identity. `field` says which."""

    code = "DIRECTORY_TAKEN"
    status = 409


class DirectoryInUse(HallError):
    """What others still refer to cannot be retired. `by` says who does."""

    code = "DIRECTORY_IN_USE"
    status = 409


class RoleFixed(HallError):
    """The four roles that a hall begins with keep their rights and stay."""

    code = "ROLE_FIXED"
    status = 409


class OwnAccount(HallError):
    """Nobody locks, retires or re-roles themselves."""

    code = "OWN_ACCOUNT"
    status = 409

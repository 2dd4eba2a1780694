"""The HTTP contract's messages, `/api/v1`. Used by both ends, so that neither guesses.

Unknown fields are refused in what is written to the hall and ignored in what is read from it.
pydantic takes 100 ms to import: never import this module before the login page is shown.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

CONTRACT = "1.1"
"""Sent as `Clerk-Contract` with each request and answer."""

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")
HallCode = Field(pattern=r"^[0-9]{6}$")
Code = Field(min_length=1, max_length=80, pattern=r"^[^|\x00-\x1f\x7f]+$")
Base64 = Field(max_length=16384, pattern=r"^[A-Za-z0-9+/]+={0,2}$")
Uuid = Field(max_length=36, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
# What differs from any other base64 is told by its own code, so only the description is so exact.
PublicKey = Field(
    max_length=16384,
    pattern=r"^[A-Za-z0-9+/]+={0,2}$",
    json_schema_extra={"pattern": "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$"},
)
MOST = 2**53 - 1
"""The largest whole number that every reader of JSON takes for the same one."""


def _as_number(sent: object) -> object:
    # pydantic would read the text "5" and the word true as numbers; 5.0 is 5 in JSON.
    if isinstance(sent, str | bool):
        raise ValueError("a whole number")
    return sent


Whole = Annotated[int, BeforeValidator(_as_number)]


class Request(BaseModel):
    """Written to the hall: a field that the contract does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """Read from the hall: a newer hall may say more than this client knows."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Problem(Answer):
    """RFC 9457. `code` is stable and has its words in wording.toml."""

    type: str = "about:blank"
    title: str = ""
    status: int
    code: str
    detail: str = ""
    facts: dict[str, str] = Field(default_factory=dict)


# --- sign-in -------------------------------------------------------------------------------------


class ChallengeRequest(Request):
    """`POST auth/challenge`."""

    station: str = Code
    cert_sha256: str = Sha256


class Challenge(Answer):
    """Single use, 60 s. `hall_time` also tells the station how far its clock is off."""

    nonce: str
    hall: str
    hall_time: str


class LoginStatement(Request):
    """What the clerk's key signs: JCS of exactly these fields."""

    purpose: str = Field(default="clerk-login", pattern="^clerk-login$")
    hall: str = HallCode
    nonce: str = Field(min_length=16, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")
    hall_time: str = Field(max_length=30)
    cert_sha256: str = Sha256
    station: str = Code


class TokenRequest(Request):
    """`POST auth/token`, with a DPoP proof of the station key (RFC 9449) in the header."""

    statement: LoginStatement
    certificate: str = Base64
    alg: str = Field(pattern="^(RS256|ES256)$")
    signature: str = Base64


class ClerkMessage(Answer):
    """A clerk as the hall knows them."""

    code: str
    name: str
    role: str


class WindowMessage(Answer):
    """The window where a station stands."""

    code: str
    name: str
    phone: str = ""


class SessionAnswer(Answer):
    """`GET auth/session`: who is signed in, where, until when (RFC 3339)."""

    clerk: ClerkMessage
    window: WindowMessage
    station: str
    hall: str
    hall_name: str
    supervision_phone: str = ""
    expires_at: str


class TokenAnswer(SessionAnswer):
    """`POST auth/token`. The token is bound to the station key and lasts 10 minutes."""

    access_token: str
    token_type: str = "DPoP"  # noqa: S105 - a scheme's name


class StationRequest(Request):
    """`POST stations`: enrols a public key with the one-time code that IT made for the window."""

    station: str = Code
    public_key: str = PublicKey
    enrolment_code: str = Field(min_length=8, max_length=100)


class StationAnswer(Answer):
    """A station's published key: 32 bytes of Ed25519 in base64."""

    station: str
    window: str
    public_key: str


# --- catalogue and look-ups ----------------------------------------------------------------------


class DepartmentMessage(Answer):
    """A department; `full_name` heads its papers."""

    code: str
    name: str
    full_name: str


class MaterialMessage(Answer):
    """A material of a matter."""

    name: str
    necessity: str


class MatterMessage(Answer):
    """A matter with its materials. `department` is a code."""

    code: str = Code
    name: str
    department: str
    audience: str
    statutory_days: int
    day_unit: str
    expected_category: str
    is_licence: bool
    materials: list[MaterialMessage] = Field(default_factory=list)
    parent: str = ""
    is_parent: bool = False
    suspended: str = ""


class WorkdayMessage(Answer):
    """A day that is not what its weekday says: a holiday, or a weekend day that is worked."""

    day: date
    is_workday: bool
    note: str = ""


class BaseMessage(Answer):
    """A base database that can be compared with; `fields` as its first entries name them."""

    code: str
    name: str
    fields: list[str]


class CatalogueAnswer(Answer):
    """`GET matters?since=&after=&limit=`: one page. `next` is empty on the last one.

    With `since` only what changed after that version; `version` is the one to ask from next time.
    `bases` are all that the hall has, whatever `since` says, and come with the first page.
    """

    version: int
    departments: list[DepartmentMessage]
    matters: list[MatterMessage]
    workdays: list[WorkdayMessage] = Field(default_factory=list)
    bases: list[BaseMessage] = Field(default_factory=list)
    next: str = ""


class TicketAnswer(Answer):
    """`GET tickets/{number}?day=`."""

    hall: str
    day: date
    number: str
    status: str
    matters: list[str]
    appointment: str = ""
    priority: bool = False


class AppointmentAnswer(Answer):
    """`GET appointments/{number}`."""

    number: str
    day: date
    time: str
    matter: str
    status: str
    applicant_name: str = ""
    outlet: str = ""
    window: str = ""


class AppointmentsAnswer(Answer):
    """`GET appointments?day=&window=&after=&limit=`: a page by number, to be kept for that day.

    `as_of` is the hall's moment of asking. `next` is empty on the last page.
    """

    day: date
    as_of: str
    appointments: list[AppointmentAnswer]
    next: str = ""


# --- numbers, records, tallies -------------------------------------------------------------------


class NumberBlockRequest(Request):
    """`POST number-blocks`. `key` makes a repeated request get the same block."""

    journal: str = Uuid
    key: str = Uuid
    count: Whole = Field(ge=1, le=500)


class NumberBlockAnswer(Answer):
    """Sequences `first` to `last`, both included."""

    hall: str
    year: int
    epoch: int
    first: int
    last: int


class GivenNumber(Request):
    """What the hall gave to a line with a provisional number, as it answered then."""

    key: str = Uuid
    official: str = Field(max_length=19, pattern=r"^[0-9]{18}[0-9X]$")


class RecordsRequest(Request):
    """`POST records`. Lines as `clerk_client.wire.lines` writes them.

    `given`, where there is any, lets a hall that was restored give the same numbers again.
    """

    lines: list[dict[str, Any]] = Field(min_length=1, max_length=100)
    given: list[GivenNumber] = Field(default_factory=list, max_length=100)

    @model_serializer(mode="wrap")
    def _for_older_halls_too(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = write(self)
        if not self.given:
            # Which they do not know, and would refuse.
            del fields["given"]
        return fields


class LineAnswer(Answer):
    """`outcome`: settled, already_settled or refused; the latter with a code.

    `official` is the number that the hall gave to a line with a provisional one.
    """

    key: str
    outcome: str
    code: str = ""
    detail: str = ""
    official: str = ""


class RecordsAnswer(Answer):
    """One answer per line, in order, and the highest seq that the hall holds per journal."""

    answers: list[LineAnswer]
    highest_seq: dict[str, int]


class TallyRowMessage(Answer):
    """One `code` of what was asked by, in one category. `count` is what stands.

    It is accepted - voided + corrected, where `corrected` are those that came by a correction less
    those that left by one. `department` is empty unless the row has one.
    """

    code: str = ""
    name: str = ""
    department: str
    department_name: str
    category: str
    count: int
    accepted: int = 0
    voided: int = 0
    corrected: int = 0


class TallyAnswer(Answer):
    """`GET tallies?from=&to=&by=&after=&limit=`. `next` is empty on the last page."""

    first: date
    last: date
    rows: list[TallyRowMessage]
    next: str = ""


class TrustAnswer(Answer):
    """`GET trust`: certificate authorities as PEM, and the stations' public keys.

    Revocation lists are DER in base64. `recovery_certificate` (PEM, empty without one) is what a
    journal's key is wrapped to.
    """

    authorities: list[str]
    stations: list[StationAnswer]
    revocation_lists: list[str] = Field(default_factory=list)
    recovery_certificate: str = ""


class HealthAnswer(Answer):
    """`GET health`: the database was asked."""

    status: str
    hall: str
    hall_time: str

"""The HTTP contract's messages, `/api/v1`. Used by both ends, so that neither guesses.

Unknown fields are refused in what is written to the hall and ignored in what is read from it.
pydantic takes 100 ms to import: never import this module before the login page is shown.
"""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

CONTRACT = "1.0"
"""Sent as `Clerk-Contract` with each request and answer."""

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")
HallCode = Field(pattern=r"^[0-9]{6}$")
Code = Field(min_length=1, max_length=80, pattern=r"^[^|\x00-\x1f\x7f]+$")
Base64 = Field(max_length=16384, pattern=r"^[A-Za-z0-9+/]+={0,2}$")


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
    nonce: str = Field(min_length=16, max_length=100)
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
    public_key: str = Base64
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


class CatalogueAnswer(Answer):
    """`GET matters?since=&after=&limit=`: one page. `next` is empty on the last one.

    With `since` only what changed after that version; `version` is the one to ask from next time.
    """

    version: int
    departments: list[DepartmentMessage]
    matters: list[MatterMessage]
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


# --- numbers, records, tallies -------------------------------------------------------------------


class NumberBlockRequest(Request):
    """`POST number-blocks`. `key` makes a repeated request get the same block."""

    journal: str = Field(min_length=36, max_length=36)
    key: str = Field(min_length=36, max_length=36)
    count: int = Field(ge=1, le=500)


class NumberBlockAnswer(Answer):
    """Sequences `first` to `last`, both included."""

    hall: str
    year: int
    epoch: int
    first: int
    last: int


class RecordsRequest(Request):
    """`POST records`. Lines as `clerk_client.wire.lines` writes them."""

    lines: list[dict[str, Any]] = Field(min_length=1, max_length=100)


class LineAnswer(Answer):
    """`outcome`: settled, already_settled or refused; the latter with a code."""

    key: str
    outcome: str
    code: str = ""
    detail: str = ""


class RecordsAnswer(Answer):
    """One answer per line, in order, and the highest seq that the hall holds per journal."""

    answers: list[LineAnswer]
    highest_seq: dict[str, int]


class TallyRowMessage(Answer):
    """One department and category."""

    department: str
    department_name: str
    category: str
    count: int


class TallyAnswer(Answer):
    """`GET tallies?from=&to=&by=department`."""

    first: date
    last: date
    rows: list[TallyRowMessage]


class TrustAnswer(Answer):
    """`GET trust`: certificate authorities as PEM, and the stations' public keys."""

    authorities: list[str]
    stations: list[StationAnswer]


class HealthAnswer(Answer):
    """`GET health`: the database was asked."""

    status: str
    hall: str
    hall_time: str

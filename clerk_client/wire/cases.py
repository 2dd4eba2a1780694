"""Messages of `cases`: an applicant's own cases and what is handed in for them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from clerk_client.wire.messages import Answer, Request, Whole

Uuid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)
]
"""A key: in small letters, as every key of the contract."""

CodeText = Annotated[
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^|\x00-\x1f\x7f]+$")
]
"""A code or number of the hall's or a department's."""

Line = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]
"""Text on one line."""


class StepMessage(Answer):
    """步骤: `state` is done, current or waiting. `workdays_left` is negative once it is overdue."""

    name: str
    state: str
    due_on: date | None = None
    workdays_left: int | None = None


class SuppliedMaterial(Answer):
    """A material that was handed in. `form`: original, copy or electronic."""

    name: str
    copies: int
    form: str


class SupplementMessage(Answer):
    """补正 handed in before; `received_at` is RFC 3339."""

    key: str
    received_at: str
    materials: list[SuppliedMaterial]


class CaseAnswer(Answer):
    """`GET cases/{number}?name=`. Only whoever names the applicant gets it.

    `status` is one of the six (other for a word that nobody mapped), `status_word` the department's
    own. `source`: department, or acceptance when the hall knows no more than its own line.
    `is_calendar_known` is false where days were counted by weekdays alone. `void` of an acceptance
    is empty, waiting, approved or declined, `void_request` the key of the line that asked last.
    """

    number: str
    matter: str
    matter_name: str
    applicant_name: str
    document_type: str
    document_masked: str
    status: str
    status_word: str
    source: str
    received_on: date
    due_on: date | None
    workdays_left: int | None
    is_calendar_known: bool
    steps: list[StepMessage]
    opinion: str
    result_ready: bool
    supplements: list[SupplementMessage]
    void: str = ""
    void_request: str = ""


class MaterialHandedIn(Request):
    """A material for a supplement: 原件, 复印件 or 电子件."""

    name: Line
    copies: Whole = Field(ge=1, le=99)
    form: Literal["original", "copy", "electronic"]


class SupplementRequest(Request):
    """`POST cases/{number}/supplements`. `key` makes a repeated request one supplement."""

    key: Uuid
    materials: list[MaterialHandedIn] = Field(min_length=1, max_length=50)


class SupplementAnswer(Answer):
    """What the case is at now, and when the supplement was taken (RFC 3339)."""

    key: str
    number: str
    status: str
    received_at: str

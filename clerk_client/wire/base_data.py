"""Messages of `base-lookups`: query and compare only, never a value out of a base database."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from clerk_client.domain.people import DocumentType
from clerk_client.wire.cases import CodeText, Line, Uuid
from clerk_client.wire.messages import Answer, Request

_FieldName = Annotated[
    str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^|\x00-\x1f\x7f]+$")
]


class CaseReason(Request):
    """For a case that the hall knows."""

    kind: Literal["case"]
    number: CodeText


class AcceptanceReason(Request):
    """For an acceptance of this hall, by its number."""

    kind: Literal["acceptance"]
    number: CodeText


class DraftReason(Request):
    """For a form that is being filled in, by its key."""

    kind: Literal["draft"]
    key: Uuid


class BaseLookupRequest(Request):
    """`POST base-lookups`. `fields`: what was typed at the window, by the base's field names."""

    base: CodeText
    reason: Annotated[CaseReason | AcceptanceReason | DraftReason, Field(discriminator="kind")]
    document_type: DocumentType
    document_number: Line
    fields: dict[_FieldName, Line] = Field(
        min_length=1,
        max_length=20,
        # Which pydantic demands and does not tell.
        json_schema_extra={"additionalProperties": False},
    )


class BaseLookupAnswer(Answer):
    """Per field: matches, differs, or unknown when the base does not say. `is_old`: over 7 days."""

    base: str
    base_name: str
    fields: dict[str, str]
    as_of: date
    age_days: int
    is_old: bool

"""Which field a rule speaks of, and what it says while the clerk is still at the form."""

from datetime import date

from clerk_client.desk.forms import Entries
from clerk_client.domain.errors import (
    CategoryMissing,
    DocumentNumberInvalid,
    DomainError,
    NameInvalid,
    PhoneInvalid,
)
from clerk_client.domain.people import (
    DocumentType,
    checked_document,
    checked_name,
    checked_phone,
    checked_unit_name,
)
from clerk_client.ui.notices import Level
from clerk_client.ui.reception.exchange import Spot
from clerk_client.ui.wording import Words, wording_for


def spot_of(error: DomainError) -> Spot | None:
    """Where the entry stands that `error` refuses."""
    match error:
        case CategoryMissing():
            return Spot.CATEGORY
        case NameInvalid():
            return Spot.NAME
        case DocumentNumberInvalid():
            return Spot.NUMBER
        case PhoneInvalid():
            return Spot.PHONE
    return None


def judged(spot: Spot, entries: Entries, today: date) -> tuple[Words | None, Level]:
    """What to say of one field alone. An empty one is not wrong until the form is checked."""
    try:
        if spot is Spot.NAME and entries.name.strip():
            is_unit = entries.document_type is DocumentType.CREDIT_CODE
            (checked_unit_name if is_unit else checked_name)(entries.name)
        if spot is Spot.PHONE:
            checked_phone(entries.phone)
        if spot is Spot.NUMBER and entries.number.strip():
            document = checked_document(entries.document_type, entries.number, today)
            for doubt in document.doubts:
                return wording_for(doubt.value), Level.WARNING
    except DomainError as error:
        return wording_for(error), Level.ERROR
    return None, Level.INFO

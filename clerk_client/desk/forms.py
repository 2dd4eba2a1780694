"""What passes between the page and the desk during one reception, and the rules on it."""

import enum
import uuid
from dataclasses import dataclass, field, replace
from datetime import date

from clerk_client.domain.appointments import Appointment
from clerk_client.domain.base_data import BaseDatabase, Comparison
from clerk_client.domain.cases import Category, LookUp, checked_department_serial
from clerk_client.domain.errors import CategoryMissing
from clerk_client.domain.matters import Audience, Matter, ensure_acceptable
from clerk_client.domain.people import Applicant, DocumentType, Doubt, checked_applicant
from clerk_client.domain.tickets import QueueTicket


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up led to. Several matters are the clerk's to choose from.

    `notices` are codes to be shown: WALK_IN, PRIORITY, OTHER_OUTLET, NO_SHOW, and what comes of a
    hall that is away: TICKET_NOT_CHECKED, APPOINTMENT_NOT_CHECKED, FROM_KEPT, CATALOGUE_OLD.
    `facts` are what their sentences ask for, by name.
    """

    look_up: LookUp
    matters: tuple[Matter, ...]
    ticket: QueueTicket | None = None
    appointment: Appointment | None = None
    notices: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    def for_ticket_of(self, held: "Found") -> "Found":
        """The matter that was searched for a ticket found before, together with that ticket."""
        return replace(
            self,
            # A parent on the ticket still led here; a ticket without any matter did not.
            look_up=held.look_up if held.matters else self.look_up,
            ticket=held.ticket,
            appointment=held.appointment,
            notices=tuple(dict.fromkeys(held.notices + self.notices)),
            facts=tuple({**dict(held.facts), **dict(self.facts)}.items()),
        )


@dataclass(frozen=True, slots=True)
class Entries:
    """What stands in the fields, as typed."""

    category: Category | None = None
    document_type: DocumentType = DocumentType.RESIDENT_ID
    name: str = ""
    number: str = ""
    phone: str = ""
    department_serial: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing here was entered by the clerk: a document type is set by the matter."""
        typed = (self.name, self.number, self.phone, self.department_serial)
        return self.category is None and not any(text.strip() for text in typed)


def new_key() -> str:
    """Names one form, from its opening to its acceptance: whoever submits it twice, by whatever
    mishap, gets one acceptance."""
    return str(uuid.uuid4())


class Place(enum.Enum):
    """Where a draft stood when it was left."""

    ASIDE = "aside"  # not on the page: left for another client, offered since
    FOUND = "found"
    RECORDING = "recording"
    CONFIRMING = "confirming"


@dataclass(frozen=True, slots=True)
class Draft:
    """暂存: a reception that was left before it was accepted.

    `matter` is None while one of `found`'s is still to be chosen or searched. At FOUND, `entries`
    are those of a form that was left by one step back, and `key` is that form's.
    """

    found: Found
    matter: Matter | None
    entries: Entries = Entries()
    place: Place = Place.ASIDE
    key: str = field(default_factory=new_key, compare=False)

    def __post_init__(self) -> None:
        if self.matter is None and self.place is not Place.FOUND:
            raise ValueError("a form without a matter")


@dataclass(frozen=True, slots=True)
class Form:
    """What the clerk entered, as it stands in the fields."""

    found: Found
    matter: Matter
    category: Category | None
    document_type: DocumentType
    name: str
    number: str
    phone: str = ""
    department_serial: str = ""
    key: str = field(default_factory=new_key, compare=False)
    compared: tuple[Comparison, ...] = ()
    """With which base databases, and what came out: told, recorded, and no reason to refuse."""


@dataclass(frozen=True, slots=True)
class BaseQuestion:
    """比对: what stands in a form, to be compared with one base. `key` is the form's."""

    key: str
    base: BaseDatabase
    document_type: DocumentType
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The form once every rule is met. `category_differs` from the catalogue's: told, recorded."""

    applicant: Applicant
    matter: Matter
    category: Category
    doubts: tuple[Doubt, ...]
    category_differs: bool
    department_serial: str = ""


def summary_of(form: Form, today: date) -> Summary:
    """Checks everything, in the order of the page. Raises the first DomainError."""
    ensure_acceptable(form.matter)
    if form.category is None:
        raise CategoryMissing("no category chosen")
    applicant = checked_applicant(form.document_type, form.name, form.number, form.phone, today)
    return Summary(
        applicant,
        form.matter,
        form.category,
        applicant.document.doubts + _audience_doubts(form),
        form.category is not form.matter.expected_category,
        checked_department_serial(form.department_serial),
    )


def _audience_doubts(form: Form) -> tuple[Doubt, ...]:
    is_unit = form.document_type is DocumentType.CREDIT_CODE
    wrong = Audience.PERSON if is_unit else Audience.UNIT
    return (Doubt.AUDIENCE_DIFFERS,) if form.matter.audience is wrong else ()

"""What the rules say no to. Each class has a stable code; the words stand in wording.toml."""

from clerk_client.domain.harmless import harmless


class DomainError(Exception):
    """A rule of the window is not met."""

    code = "RULE_BROKEN"


class DocumentNumberInvalid(DomainError):
    """The number cannot belong to a document of its type."""

    code = "DOCUMENT_NUMBER_INVALID"


class DocumentNumberLength(DocumentNumberInvalid):
    """Too short or too long for its document type."""

    code = "DOCUMENT_NUMBER_LENGTH"

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"{found} characters where {expected} are expected")
        self.expected = expected
        self.found = found


class DocumentCheckCharacterWrong(DocumentNumberInvalid):
    """The check character does not belong to the characters before it: a digit was mistyped."""

    code = "DOCUMENT_CHECK_CHARACTER"


class BirthDateImpossible(DocumentNumberInvalid):
    """The birth date inside the number is no date, or no living person's."""

    code = "DOCUMENT_BIRTH_DATE"


class NameInvalid(DomainError):
    """A name is empty, too long, or has characters that no name has."""

    code = "NAME_INVALID"


class PhoneInvalid(DomainError):
    """A telephone number has letters or is too long."""

    code = "PHONE_INVALID"


class DepartmentSerialInvalid(DomainError):
    """The department system's own number is too long or has characters that cannot be printed."""

    code = "DEPARTMENT_SERIAL_INVALID"


class AppointmentNumberInvalid(DomainError):
    """The text can be no appointment's number."""

    code = "APPOINTMENT_NUMBER_INVALID"


class NotATicket(DomainError):
    """The text fits no ticket format. `text` is what was read, made harmless to be shown."""

    code = "TICKET_UNREADABLE"

    def __init__(self, text: str) -> None:
        super().__init__("the text is not a queue ticket")
        self.text = harmless(text)


class SlipWithoutTicket(DomainError):
    """申报告知单: the applicant's own slip in place of a ticket. `case` is its number."""

    code = "SLIP_WITHOUT_TICKET"

    def __init__(self, case: str) -> None:
        super().__init__("an applicant's slip in place of a queue ticket")
        self.case = case


class TicketOfAnotherDay(DomainError):
    """The ticket was drawn on another day. `day` is the ticket's, ISO 8601."""

    code = "TICKET_OTHER_DAY"

    def __init__(self, day: str) -> None:
        super().__init__(f"ticket of {day}")
        self.day = day


class TicketOfAnotherHall(DomainError):
    """The ticket was drawn in another hall."""

    code = "TICKET_OTHER_HALL"

    def __init__(self, hall: str) -> None:
        super().__init__(f"ticket of hall {hall}")
        self.hall = hall


class TicketUsed(DomainError):
    """The ticket has been accepted before."""

    code = "TICKET_USED"


class TicketPassed(DomainError):
    """过号: the number was called and nobody came; the client needs a new one."""

    code = "TICKET_PASSED"


class TicketCancelled(DomainError):
    """The ticket was cancelled; the client needs a new one."""

    code = "TICKET_CANCELLED"


class AppointmentCancelled(DomainError):
    """The appointment was cancelled."""

    code = "APPOINTMENT_CANCELLED"


class AppointmentUsed(DomainError):
    """The appointment has been accepted before."""

    code = "APPOINTMENT_USED"


class AppointmentPast(DomainError):
    """The appointment was for a day that is over. `day` is its day, ISO 8601."""

    code = "APPOINTMENT_PAST"

    def __init__(self, day: str) -> None:
        super().__init__(f"appointment on {day}")
        self.day = day


class AppointmentOfAnotherDay(DomainError):
    """The appointment is for a day to come. `day` is its day, ISO 8601."""

    code = "APPOINTMENT_OTHER_DAY"

    def __init__(self, day: str) -> None:
        super().__init__(f"appointment on {day}")
        self.day = day


class MatterSuspended(DomainError):
    """The matter is suspended and cannot be accepted. `name`, `reason` are the hall's."""

    code = "MATTER_SUSPENDED"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__("the matter is suspended")
        self.name = name
        self.reason = reason


class MatterIsParent(DomainError):
    """The matter only groups others: one of its children must be chosen."""

    code = "MATTER_IS_PARENT"


class MatterUnknown(DomainError):
    """The catalogue has no such matter."""

    code = "MATTER_UNKNOWN"


class CategoryMissing(DomainError):
    """No category was chosen. It has no default on purpose."""

    code = "CATEGORY_MISSING"


class StepNotAllowed(DomainError):
    """The reception is not at a stage from which this step leads on."""

    code = "STEP_NOT_ALLOWED"

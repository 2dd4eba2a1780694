"""Why an acceptance is to be void, or is not: one line in whoever signs it's own words."""

from clerk_client.domain.errors import DomainError

LONGEST_REASON = 200


class VoidReasonInvalid(DomainError):
    """No reason, or one that is too long."""

    code = "VOID_REASON"


def checked_reason(typed: str) -> str:
    """On one line, without outer blanks. Raises VoidReasonInvalid."""
    reason = " ".join(typed.split())
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise VoidReasonInvalid(f"{len(reason)} characters")
    return reason

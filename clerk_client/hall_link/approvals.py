"""Voids at the hall: which wait for a supervisor, and what became of one."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from clerk_client.domain.cases import Category
from clerk_client.domain.clock import from_rfc3339
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallGarbled
from clerk_client.wire.approvals import ApprovalMessage, ApprovalsAnswer
from clerk_client.wire.cases import CaseAnswer


@dataclass(frozen=True, slots=True)
class WaitingVoid:
    """A void that waits for a supervisor: what is needed to decide, and nothing of the applicant's.

    `request` is the key of the asking line, `number` the one in the acceptance's signed line,
    `official` what the hall gave to a provisional one. `requested_by` is a clerk's code.
    """

    request: str
    number: str
    official: str
    matter: str
    matter_name: str
    department_name: str
    category: Category
    window_name: str
    clerk_name: str
    accepted_at: datetime
    requested_by: str
    requested_by_name: str
    requested_at: datetime
    reason: str


def waiting_voids(client: HallClient) -> tuple[WaitingVoid, ...]:
    """All that wait, oldest first, following every page. For supervisors. Raises HallError."""
    pages = client.pages("approvals", ApprovalsAnswer, {}, lambda page: page.next)
    try:
        return tuple(_waiting(each) for page in pages for each in page.approvals)
    except ValueError as error:
        raise HallGarbled("approvals") from error


def void_standing(client: HallClient, number: str, applicant_name: str) -> tuple[str, str]:
    """How far a void got, wherever the supervisor sat: waiting, approved or declined, or nothing;
    and the key of the line that asked. Raises HallError."""
    path = "cases/" + quote(number, safe="")
    answer = client.call("GET", path, CaseAnswer, query={"name": applicant_name})
    return answer.void, answer.void_request


def _waiting(message: ApprovalMessage) -> WaitingVoid:
    return WaitingVoid(
        request=message.request,
        number=message.number,
        official=message.official,
        matter=message.matter,
        matter_name=message.matter_name,
        department_name=message.department_name,
        category=Category(message.category),
        window_name=message.window_name,
        clerk_name=message.clerk_name,
        accepted_at=from_rfc3339(message.accepted_at),
        requested_by=message.requested_by,
        requested_by_name=message.requested_by_name,
        requested_at=from_rfc3339(message.requested_at),
        reason=message.reason,
    )

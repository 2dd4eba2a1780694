"""`GET approvals`: what waits for a supervisor."""

from clerk_client.wire.messages import Answer


class ApprovalMessage(Answer):
    """A void that waits, with what is needed to decide it and nothing of the applicant's.

    `request` is the key of its line: an approving or declining line names it in its body.
    `number` is the one in the acceptance's signed line; `official` what the hall gave to a
    provisional one. `category` is the latest. Moments are those in the signed lines.
    """

    request: str
    number: str
    official: str = ""
    matter: str
    matter_name: str
    department: str
    department_name: str
    category: str
    window: str
    window_name: str
    clerk: str
    clerk_name: str
    accepted_at: str
    requested_by: str
    requested_by_name: str
    requested_at: str
    reason: str


class ApprovalsAnswer(Answer):
    """`GET approvals?after=&limit=`: as they arrived, oldest first. `next` is empty at the end."""

    approvals: list[ApprovalMessage]
    next: str = ""

"""Numbers, lines, what waits for a supervisor, captured material."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from clerk_client.hall.calling import Now, SignedIn, TheHall
from clerk_client.hall.lines import approvals, attaching, leasing, records
from clerk_client.hall.lines.media_types import EXTENSIONS
from clerk_client.hall.process import metrics
from clerk_client.wire.approvals import ApprovalsAnswer
from clerk_client.wire.messages import (
    NumberBlockAnswer,
    NumberBlockRequest,
    RecordsAnswer,
    RecordsRequest,
)

router = APIRouter()

_REQUEST = "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"


@router.post("/number-blocks")
def post_number_block(
    body: NumberBlockRequest, hall: TheHall, session: SignedIn, now: Now
) -> NumberBlockAnswer:
    """Lease official numbers."""
    return leasing.lease(hall.engine, body, session.station, now)


@router.post("/records")
def post_records(body: RecordsRequest, hall: TheHall, session: SignedIn, now: Now) -> RecordsAnswer:
    """Take signed lines, one or a batch, and answer each."""
    given = {each.key: each.official for each in body.given}
    answer = records.take_lines(hall.engine, body.lines, session, now, given)
    metrics.lines_answered(answer.answers)
    return answer


@router.get("/approvals")
def get_approvals(
    hall: TheHall,
    after: Annotated[str, Query(max_length=36, pattern=_REQUEST)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ApprovalsAnswer:
    """List the voids that wait for a supervisor."""
    return approvals.waiting(hall.engine, after, limit)


# --- attachments ---------------------------------------------------------------------------------


async def _content(request: Request) -> bytes:
    return await request.body()


_Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_SENT: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": _FILE}}
}
_NAMED: dict[str, Any] = {
    "X-Content-Type-Options": {"required": True, "schema": {"type": "string", "const": "nosniff"}},
    "Content-Disposition": {"required": True, "schema": {"type": "string"}},
}
_GIVEN: dict[int | str, dict[str, Any]] = {
    200: {"content": dict.fromkeys(EXTENSIONS, _FILE), "headers": _NAMED}
}


@router.put("/attachments/{sha256}", status_code=204, openapi_extra=_SENT)
def put_attachment(
    sha256: _Digest,
    content: Annotated[bytes, Depends(_content)],
    hall: TheHall,
    session: SignedIn,
    now: Now,
) -> None:
    """Keep captured material under the SHA-256 of its content."""
    attaching.put(hall.engine, sha256, content, session, now)


@router.get("/attachments/{sha256}", response_class=Response, responses=_GIVEN)
def get_attachment(sha256: _Digest, hall: TheHall, session: SignedIn, now: Now) -> Response:
    """Give captured material; that it was looked at is noted."""
    found = attaching.get(hall.engine, sha256, session, now)
    return Response(
        found.content,
        media_type=found.media_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f"attachment; filename={sha256}.{EXTENSIONS[found.media_type]}",
        },
    )

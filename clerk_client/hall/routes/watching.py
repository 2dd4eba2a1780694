"""Whom to trust, how the service does, who did what."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from clerk_client.domain.clock import rfc3339
from clerk_client.hall.audit_trail import audit_pages
from clerk_client.hall.calling import LARGEST, Address, Day, Now, TheHall
from clerk_client.hall.errors import MetricsClosed
from clerk_client.hall.looking_up import lookups
from clerk_client.hall.process import metrics
from clerk_client.hall.store import reading, this_hall
from clerk_client.wire.audit import AuditAnswer
from clerk_client.wire.messages import HealthAnswer, TrustAnswer

router = APIRouter()


@router.get("/trust")
def get_trust(hall: TheHall, now: Now) -> TrustAnswer:
    """Publish authorities, revocation lists and the stations' keys."""
    lists = hall.revoked.published(now)
    return lookups.trust(hall.engine, hall.authorities, lists, hall.recovery_certificate)


@router.get("/audit")
def get_audit(
    hall: TheHall,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    actor: Annotated[str | None, Query(max_length=80)] = None,
    action: Annotated[str | None, Query(max_length=40)] = None,
) -> AuditAnswer:
    """List who did what, oldest first."""
    return audit_pages.audit_page(
        hall.engine, after, limit, first=first, last=last, actor=actor, action=action
    )


@router.get("/health")
def get_health(hall: TheHall, now: Now) -> HealthAnswer:
    """Tell that the hall and its database answer."""
    with reading(hall.engine) as connection:
        code = this_hall(connection).code
    return HealthAnswer(status="ok", hall=code, hall_time=rfc3339(now))


_FIGURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get("/metrics", response_class=Response, responses=_FIGURES)
def get_metrics(request: Request, hall: TheHall, address: Address) -> Response:
    """Give the figures as Prometheus reads them.

    Without a session: to the machine itself, or to whoever bears the token of --metrics-token-file.
    """
    authorization = request.headers.get("authorization", "")
    token: bytes = getattr(request.app.state, "metrics_token", b"")
    if not metrics.may_read(address, authorization, token, is_behind_proxy=bool(hall.public_url)):
        raise MetricsClosed
    return Response(metrics.exposition(hall.engine), media_type=CONTENT_TYPE_LATEST)

"""The audit as an auditor reads it: page by page, each row with its seal."""

from datetime import date, datetime, time

from sqlalchemy import Engine, select

from clerk_client.domain.clock import HALL_OFFSET, rfc3339
from clerk_client.hall import tables
from clerk_client.hall.store import reading
from clerk_client.wire.audit import AuditAnswer, AuditRowMessage

# Years that every zone can show.
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)


def audit_page(
    engine: Engine,
    after: int,
    limit: int,
    *,
    first: date | None = None,
    last: date | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> AuditAnswer:
    """Rows after that id which fit what is asked; `first` and `last` are days of the hall."""
    audit, seals = tables.audit.c, tables.audit_seals.c
    statement = (
        select(tables.audit, seals.hash)
        .outerjoin_from(tables.audit, tables.audit_seals, audit.seal == seals.seq)
        .where(audit.id > after)
        .order_by(audit.id)
        .limit(limit + 1)
    )
    if first is not None:
        statement = statement.where(audit.at >= _moment(first, time.min))
    if last is not None:
        statement = statement.where(audit.at <= _moment(last, time.max))
    if actor is not None:
        statement = statement.where(audit.actor == actor)
    if action is not None:
        statement = statement.where(audit.action == action)
    with reading(engine) as connection:
        rows = connection.execute(statement).all()
        head = connection.execute(
            select(seals.seq, seals.hash).order_by(seals.seq.desc()).limit(1)
        ).first()
    page = rows[:limit]
    return AuditAnswer(
        rows=[
            AuditRowMessage(
                id=row.id,
                at=row.at,
                actor=row.actor,
                station=row.station,
                action=row.action,
                subject=row.subject,
                facts=row.facts,
                seal=row.seal or 0,
                seal_hash=row.hash or "",
            )
            for row in page
        ],
        head=f"{head.seq}:{head.hash}" if head else "",
        next=str(page[-1].id) if len(rows) > limit else "",
    )


def _moment(day: date, at: time) -> str:
    shown = min(max(day, _EARLIEST), _LATEST)
    return rfc3339(datetime.combine(shown, at, HALL_OFFSET))

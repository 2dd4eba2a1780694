"""Voids that wait for a supervisor: what they must see to decide, and no applicant."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, and_, or_, select

from clerk_client.hall import tables
from clerk_client.hall.errors import RequestInvalid
from clerk_client.hall.store import reading
from clerk_client.wire.approvals import ApprovalMessage, ApprovalsAnswer

_voids, _numbers, _given = tables.voids.c, tables.numbers.c, tables.provisional_numbers.c
_asked, _asking_line = tables.record_keys.alias("asked"), tables.lines.alias("asking_line")
_accepted, _line = tables.record_keys.alias("accepted"), tables.lines.alias("accepting_line")


def waiting(engine: Engine, after: str, limit: int) -> ApprovalsAnswer:
    """A page in the order of arrival. `after`: the `next` of the page before.

    Raises RequestInvalid when that names no request.
    """
    order = (_asking_line.c.received_at, _voids.requested_by)
    query = _QUERY.where(_voids.is_waiting).order_by(*order).limit(limit + 1)
    with reading(engine) as connection:
        if after:
            # Also when it was decided meanwhile.
            end = connection.execute(_QUERY.where(_voids.requested_by == after)).first()
            if end is None:
                raise RequestInvalid(field="after")
            query = query.where(
                or_(
                    order[0] > end.received_at,
                    and_(order[0] == end.received_at, order[1] > after),
                )
            )
        rows = connection.execute(query).all()
        page = rows[:limit]
        messages = _messages(connection, page)
    return ApprovalsAnswer(
        approvals=messages, next=page[-1].requested_by if len(rows) > limit else ""
    )


def _messages(connection: Connection, page: Iterable[Any]) -> list[ApprovalMessage]:
    read = [
        (row, json.loads(row.accepting), json.loads(row.asking), json.loads(row.asking_body))
        for row in page
    ]
    matters = _matters(connection, {head["matter"] for _, head, _, _ in read})
    windows = _names(connection, tables.windows, {head["window"] for _, head, _, _ in read})
    clerks = _names(
        connection, tables.clerks, {head["clerk"] for _, *heads, _ in read for head in heads}
    )
    return [
        ApprovalMessage(
            request=row.requested_by,
            number=row.number,
            official=row.official or "",
            matter=head["matter"],
            matter_name=matters[head["matter"]].name,
            department=matters[head["matter"]].department,
            department_name=matters[head["matter"]].department_name,
            category=row.category or head["category"],
            window=head["window"],
            window_name=windows[head["window"]],
            clerk=head["clerk"],
            clerk_name=clerks[head["clerk"]],
            accepted_at=head["done_at"],
            requested_by=request["clerk"],
            requested_by_name=clerks[request["clerk"]],
            requested_at=request["done_at"],
            reason=body["reason"],
        )
        for row, head, request, body in read
    ]


def _names(connection: Connection, table: Any, codes: set[str]) -> dict[str, str]:
    rows = connection.execute(select(table.c.code, table.c.name).where(table.c.code.in_(codes)))
    return {row.code: row.name for row in rows}


def _matters(connection: Connection, codes: set[str]) -> dict[str, Any]:
    matters, departments = tables.matters.c, tables.departments.c
    rows = connection.execute(
        select(
            matters.code,
            matters.name,
            matters.department,
            departments.name.label("department_name"),
        )
        .join_from(tables.matters, tables.departments, matters.department == departments.code)
        .where(matters.code.in_(codes))
    )
    return {row.code: row for row in rows}


_QUERY = (
    select(
        _voids.number,
        _voids.requested_by,
        _asking_line.c.received_at,
        _asking_line.c.head.label("asking"),
        _asking_line.c.body.label("asking_body"),
        _line.c.head.label("accepting"),
        _given.official,
        select(tables.corrections.c.category)
        .where(tables.corrections.c.number == _voids.number)
        .order_by(tables.corrections.c.position.desc())
        .limit(1)
        .scalar_subquery()
        .label("category"),
    )
    .select_from(tables.voids)
    .join(_asked, _asked.c.key == _voids.requested_by)
    .join(
        _asking_line,
        (_asking_line.c.journal == _asked.c.journal) & (_asking_line.c.seq == _asked.c.seq),
    )
    .join(tables.numbers, _numbers.number == _voids.number)
    .join(_accepted, _accepted.c.key == _numbers.key)
    .join(_line, (_line.c.journal == _accepted.c.journal) & (_line.c.seq == _accepted.c.seq))
    .outerjoin(tables.provisional_numbers, _given.provisional == _voids.number)
)

"""三率一数: figures that are counted elsewhere, kept until the rates are worked out from them."""

from datetime import datetime

from sqlalchemy import Connection, Engine, select

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.errors import IndicatorDepartmentUnknown, RequestInvalid
from clerk_client.hall.store import put, written
from clerk_client.wire.reporting import IndicatorsAnswer, IndicatorsRequest


def take_indicators(
    engine: Engine, request: IndicatorsRequest, session: Session, now: datetime
) -> IndicatorsAnswer:
    """All of them or none; what was sent before for a month, department and name is replaced.

    Raises RequestInvalid for a figure that is sent twice, IndicatorDepartmentUnknown.
    """
    return written(engine, _take, request, session, now)


def _take(
    connection: Connection, request: IndicatorsRequest, session: Session, now: datetime
) -> IndicatorsAnswer:
    rows = {(row.month, row.department, row.name.value): row.amount for row in request.rows}
    if len(rows) != len(request.rows):
        raise RequestInvalid(field="rows")
    wanted = sorted({department for _, department, _ in rows})
    departments = tables.departments.c
    known = set(connection.scalars(select(departments.code).where(departments.code.in_(wanted))))
    for department in wanted:
        if department not in known:
            raise IndicatorDepartmentUnknown(department=department)
    put(
        connection,
        tables.indicators,
        [
            {
                "month": month,
                "department": department,
                "name": name,
                "amount": amount,
                "source": session.clerk,
                "reported_at": rfc3339(now),
            }
            # Sorted: two reports at once take the rows in one order.
            for (month, department, name), amount in sorted(rows.items())
        ],
    )
    note(
        connection,
        now,
        actor=session.clerk,
        station=session.station,
        action="indicators.reported",
        subject=" ".join(sorted({month for month, _, _ in rows}))[:200],
        facts={"rows": len(rows)},
    )
    return IndicatorsAnswer(taken=len(rows))

"""Counts of what was accepted, from the append-only deltas that each acceptance leaves."""

from datetime import date

from sqlalchemy import Engine, func, select

from clerk_client.hall import tables
from clerk_client.hall.errors import RequestInvalid
from clerk_client.hall.store import reading
from clerk_client.wire.messages import TallyAnswer, TallyRowMessage


def tally(engine: Engine, first: date, last: date, by: str) -> TallyAnswer:
    """Departments and categories with at least one acceptance on these days, both included.

    Raises RequestInvalid for days in the wrong order and any `by` but department.
    """
    if by != "department":
        raise RequestInvalid(field="by")
    if first > last:
        raise RequestInvalid(field="from, to")
    deltas, departments = tables.tally_deltas.c, tables.departments.c
    amount = func.sum(deltas.amount)
    with reading(engine) as connection:
        rows = connection.execute(
            select(deltas.department, departments.name, deltas.category, amount.label("amount"))
            .join_from(tables.tally_deltas, tables.departments)
            .where(deltas.day.between(first, last))
            .group_by(deltas.department, departments.name, deltas.category)
            .having(amount != 0)
            .order_by(deltas.department, deltas.category)
        ).all()
    return TallyAnswer(
        first=first,
        last=last,
        rows=[
            TallyRowMessage(
                department=row.department,
                department_name=row.name,
                category=row.category,
                count=row.amount,
            )
            for row in rows
        ],
    )

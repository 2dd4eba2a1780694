"""Counts of what was accepted, voided and corrected, by the latest category.

Each line leaves deltas; `folding` turns them into totals. Whatever became of an acceptance later is
counted where the acceptance was: on its day, at its window, for its clerk.
"""

import enum
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    FromClause,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)

from clerk_client.hall import tables
from clerk_client.hall.errors import RequestInvalid
from clerk_client.hall.store import reading
from clerk_client.wire.lines import Json
from clerk_client.wire.messages import TallyAnswer, TallyRowMessage


class Cause(enum.Enum):
    """Why a count changed. A correction is -1 in one category and +1 in the other."""

    ACCEPTED = "accepted"
    VOIDED = "voided"
    CORRECTED = "corrected"


DIMENSIONS = ("department", "matter", "clerk", "window", "hour")
"""Each has its own small cube in `tally_totals`, a code for each row of it."""


def monthly(dimension: str) -> str:
    """The cube of whole months beside that of days; its `day` is the month's first."""
    return f"{dimension}/month"


_DAY, _LAST_MONTH = timedelta(days=1), date(9999, 11, 30)
# The smallest cube serves what needs no code of its own.
_CUBE_OF = {**{name: name for name in DIMENSIONS}, "category": "hour", "day": "hour"}
_NAMES: dict[str, FromClause] = {
    "department": tables.departments,
    "matter": tables.matters,
    "clerk": tables.clerks,
    "window": tables.windows,
}


# Made once: each acceptance asks for it.
_DELTA = insert(tables.tally_deltas).values(
    department=select(tables.matters.c.department)
    .where(tables.matters.c.code == bindparam("of_matter", type_=String()))
    .scalar_subquery()
)


def count(
    connection: Connection,
    cause: Cause,
    head: Mapping[str, Json],
    day: date,
    hour: int,
    amounts: Mapping[str, int],
    line_key: str,
) -> None:
    """Leaves a delta a category. `head` is the acceptance's, `line_key` what changed it."""
    connection.execute(
        _DELTA,
        [
            {
                "day": day,
                "hour": hour,
                "cause": cause.value,
                "category": category,
                "matter": head["matter"],
                "of_matter": head["matter"],
                "clerk": head["clerk"],
                "window": head["window"],
                "amount": amount,
                "line_key": line_key,
            }
            for category, amount in amounts.items()
        ],
    )


def tally(
    engine: Engine, first: date, last: date, by: str, after: str = "", limit: int = 1000
) -> TallyAnswer:
    """A page of rows with anything accepted on these days, both included, by code and category.

    `by`: one of DIMENSIONS, category or day. `after` is the `next` of the page before. Raises
    RequestInvalid.
    """
    if by not in _CUBE_OF:
        raise RequestInvalid(field="by")
    if first > last:
        raise RequestInvalid(field="from, to")
    found = _counted(first, last, by).subquery()
    query = select(found).order_by(found.c.code, found.c.category).limit(limit + 1)
    if after:
        # A code holds no bar.
        code, _, category = after.rpartition("|")
        query = query.where(
            or_(found.c.code > code, and_(found.c.code == code, found.c.category > category))
        )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
        page = rows[:limit]
        names = _names(connection, by, sorted({row.code for row in page}))
    end = f"{page[-1].code}|{page[-1].category}" if len(rows) > limit else ""
    return TallyAnswer(
        first=first, last=last, rows=[_row(by, row, names) for row in page], next=end
    )


def _counted(first: date, last: date, by: str) -> Any:
    """Totals and what is not folded yet, in one statement: so one moment, so no wrong sum."""
    parts = [_part(tables.tally_deltas, _CUBE_OF[by], first, last, by)]
    for cube, begin, end in _pieces(_CUBE_OF[by], first, last, by):
        total = _part(tables.tally_totals, "code", begin, end, by)
        parts.append(total.where(tables.tally_totals.c.dimension == cube))
    both = union_all(*parts).subquery()

    def sum_of(cause: Cause) -> Any:
        return func.sum(case((both.c.cause == cause.value, both.c.amount), else_=0))

    return (
        select(
            both.c.code,
            both.c.category,
            cast(sum_of(Cause.ACCEPTED), BigInteger).label("accepted"),
            cast(-sum_of(Cause.VOIDED), BigInteger).label("voided"),
            cast(sum_of(Cause.CORRECTED), BigInteger).label("corrected"),
        )
        .group_by(both.c.code, both.c.category)
        .having(
            or_(
                sum_of(Cause.ACCEPTED) != 0,
                sum_of(Cause.VOIDED) != 0,
                sum_of(Cause.CORRECTED) != 0,
            )
        )
    )


def _pieces(cube: str, first: date, last: date, by: str) -> list[tuple[str, date, date]]:
    """The days as few rows as possible: whole months where there are some, days at both ends."""
    begin = first if first.day == 1 else _next_month(first)
    end = (last + _DAY).replace(day=1) if last < date.max else last.replace(day=1)
    if by == "day" or begin >= end:
        return [(cube, first, last)]
    pieces = [(monthly(cube), begin, end - _DAY)]
    if first < begin:
        pieces.append((cube, first, begin - _DAY))
    if end <= last:
        pieces.append((cube, end, last))
    return pieces


def _next_month(day: date) -> date:
    # No month is longer; the last one of the calendar has none after it.
    return date.max if day > _LAST_MONTH else (day.replace(day=1) + timedelta(32)).replace(day=1)


def _part(table: Any, column: str, first: date, last: date, by: str) -> Any:
    code: Any = table.c[column]
    if by == "category":
        code = table.c.category
    elif by == "day":
        code = cast(table.c.day, String)
    elif table is tables.tally_deltas and by == "hour":
        code = _hour_code(table.c.hour)
    return (
        select(
            code.label("code"),
            table.c.category,
            table.c.cause,
            func.sum(table.c.amount).label("amount"),
        )
        .where(table.c.day.between(first, last))
        .group_by(code, table.c.category, table.c.cause)
    )


def _hour_code(hour: Column[int]) -> Any:
    """Two digits, so that they sort."""
    return case((hour < 10, literal("0").concat(cast(hour, String))), else_=cast(hour, String))


def _names(connection: Connection, by: str, codes: list[str]) -> dict[str, Any]:
    table = _NAMES.get(by)
    if table is None or not codes:
        return {}
    if by == "matter":
        matters, departments = tables.matters.c, tables.departments.c
        query = select(
            matters.code,
            matters.name,
            matters.department,
            departments.name.label("department_name"),
        ).join_from(tables.matters, tables.departments, matters.department == departments.code)
    else:
        query = select(table.c.code, table.c.name)
    rows = connection.execute(query.where(table.c.code.in_(codes)))
    return {row.code: row for row in rows}


def _row(by: str, row: Any, names: dict[str, Any]) -> TallyRowMessage:
    named = names.get(row.code)
    name = named.name if named is not None else row.code
    department = department_name = ""
    if by == "department":
        department, department_name = row.code, name
    elif by == "matter" and named is not None:
        department, department_name = named.department, named.department_name
    return TallyRowMessage(
        code=row.code,
        name=name,
        department=department,
        department_name=department_name,
        category=row.category,
        count=row.accepted - row.voided + row.corrected,
        accepted=row.accepted,
        voided=row.voided,
        corrected=row.corrected,
    )

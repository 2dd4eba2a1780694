"""A case as the hall knows it: from the department's file, or from its own line of acceptance."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from clerk_client.domain.cases import CaseStatus, case_status
from clerk_client.domain.clock import from_rfc3339, hall_day
from clerk_client.domain.matters import DayUnit
from clerk_client.domain.workdays import Workdays, due_day
from clerk_client.hall import tables
from clerk_client.wire.lines import Json

_AS_TYPED = 80
_OUR_WORDS = {status.value for status in CaseStatus}
# Of the calendar, for one day of a promise, holidays and months in it.
_LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class _OwnLine:
    """An acceptance. `official` was given to it afterwards, if its own number is provisional.

    `void` is empty, waiting, approved or declined, of the request `void_request`.
    """

    head: Mapping[str, Any]
    body: Mapping[str, Json]
    void: str
    void_request: str
    official: str

    @property
    def is_void(self) -> bool:
        return self.void == "approved"


@dataclass(frozen=True, slots=True)
class KnownCase:
    """`status_word` is the department's own, empty where the hall speaks. `steps`: as stored."""

    number: str
    matter: str
    applicant_name: str
    document_type: str
    document_number: str
    status: CaseStatus
    status_word: str
    source: str
    received_on: date
    due_on: date | None
    steps: list[dict[str, str]]
    opinion: str
    result_ready: bool
    void: str = ""
    void_request: str = ""


def known_case(connection: Connection, typed: str) -> KnownCase | None:
    """The case or acceptance of that number, however carelessly it was typed.

    The department's row goes before the hall's own line: it knows more. But an acceptance that was
    voided here is void, whatever a file says.
    """
    line = _line(connection, typed)
    if line is not None and line.is_void:
        return _from_line(connection, line)
    row = _row(connection, typed)
    if row is None and line is not None:
        # A number without a row of its own may have one under the official number.
        row = _row(connection, line.official) if line.official else None
    if row is None:
        return None if line is None else _from_line(connection, line)
    found = _from_row(row)
    if line is None:
        return found
    return replace(found, void=line.void, void_request=line.void_request)


def is_acceptance(connection: Connection, typed: str) -> bool:
    """Whether a window of this hall accepted something under that number."""
    numbers = tables.numbers.c
    return (
        connection.execute(select(numbers.key).where(numbers.number.in_(_spellings(typed)))).first()
        is not None
    )


def calendar(connection: Connection, *days: date) -> Workdays:
    """The hall's calendar from the first of these days' years to a year after the last."""
    workdays = tables.workdays.c
    first = date(min(day.year for day in days), 1, 1)
    last = date(min(max(day.year for day in days) + 1, 9999), 12, 31)
    rows = connection.execute(
        select(workdays.day, workdays.is_workday).where(workdays.day.between(first, last))
    )
    return Workdays({row.day: row.is_workday for row in rows})


def _spellings(typed: str) -> set[str]:
    """As a department may have written it: numbers are opaque, so as typed, and folded."""
    plain = unicodedata.normalize("NFC", typed).strip()
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", typed)).upper()
    return {each for each in (plain, folded) if len(each) <= _AS_TYPED}


def _row(connection: Connection, typed: str) -> Row[*tuple[Any, ...]] | None:
    cases = tables.cases
    rows = connection.execute(select(cases).where(cases.c.number.in_(_spellings(typed)))).all()
    # Two only where a department has one number in small and in capital letters.
    exact = [row for row in rows if row.number == typed.strip()]
    return next(iter(exact or rows), None)


def _from_row(row: Row[*tuple[Any, ...]]) -> KnownCase:
    named = row._mapping
    return KnownCase(
        **{name: named[name] for name in named if name not in ("status", "steps")},
        status=case_status(named["status"]),
        # Our own values stand there once a supplement was handed in, and are no department's word.
        status_word="" if named["status"] in _OUR_WORDS else named["status"],
        source="department",
        steps=json.loads(named["steps"]),
    )


def _line(connection: Connection, typed: str) -> _OwnLine | None:
    numbers, keys, lines = tables.numbers.c, tables.record_keys.c, tables.lines.c
    found = connection.execute(
        select(lines.head, lines.body)
        .join_from(tables.numbers, tables.record_keys, numbers.key == keys.key)
        .join(tables.lines, and_(lines.journal == keys.journal, lines.seq == keys.seq))
        .where(numbers.number.in_(_spellings(typed)))
    ).first()
    if found is None:
        return None
    head = json.loads(found.head)
    voids, given = tables.voids.c, tables.provisional_numbers.c
    asked = connection.execute(
        select(voids.requested_by, voids.approved_by, voids.is_waiting)
        .where(voids.number == head["number"])
        .order_by(voids.position.desc())
        .limit(1)
    ).first()
    void = ""
    if asked is not None:
        void = "waiting" if asked.is_waiting else "approved" if asked.approved_by else "declined"
    official = connection.scalar(select(given.official).where(given.provisional == head["number"]))
    # A body that was erased when its time was over is empty.
    request = asked.requested_by if asked is not None else ""
    return _OwnLine(head, json.loads(found.body or "{}"), void, request, official or "")


def _from_line(connection: Connection, line: _OwnLine) -> KnownCase | None:
    """What follows from the acceptance alone. None when the body does not say whose it is."""
    applicant = line.body.get("applicant")
    if not isinstance(applicant, Mapping):
        return None
    matters = tables.matters
    matter = connection.execute(
        select(matters.c.statutory_days, matters.c.day_unit).where(
            matters.c.code == line.head["matter"]
        )
    ).one()
    unit, days = DayUnit(matter.day_unit), matter.statutory_days
    received = hall_day(from_rfc3339(line.head["done_at"]))
    if line.is_void:
        status = CaseStatus.OTHER
    elif unit is DayUnit.IMMEDIATE:
        status = CaseStatus.FINISHED
    else:
        status = CaseStatus.IN_REVIEW
    due = _due(connection, received, days, unit) if status is CaseStatus.IN_REVIEW else None
    return KnownCase(
        number=line.official or line.head["number"],
        matter=line.head["matter"],
        applicant_name=_text(applicant, "name"),
        document_type=_text(applicant, "document_type"),
        document_number=_text(applicant, "document_number"),
        status=status,
        status_word="void" if line.is_void else "",
        source="acceptance",
        received_on=received,
        due_on=due,
        steps=[],
        opinion="",
        result_ready=False,
        void=line.void,
        void_request=line.void_request,
    )


def _due(connection: Connection, received: date, days: int, unit: DayUnit) -> date | None:
    try:
        last = received + days * _LONGEST
        return due_day(calendar(connection, received, last), received, days, unit)
    except (OverflowError, ValueError):
        # A station whose clock stood at the end of all calendars.
        return None


def _text(fields: Mapping[str, Json], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""

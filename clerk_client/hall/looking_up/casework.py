"""办件 at the window: what applicants may know of their own case, and what they hand in for it."""

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from clerk_client.domain.cases import CaseStatus
from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.domain.people import mask
from clerk_client.domain.workdays import Workdays
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.access.guesses import counted_guess
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.errors import CaseNotAwaiting, CaseUnknown, SupplementKeyReused
from clerk_client.hall.looking_up.known_cases import KnownCase, calendar, known_case
from clerk_client.hall.looking_up.sameness import says_the_same
from clerk_client.hall.store import added, reading, written
from clerk_client.wire.cases import (
    CaseAnswer,
    StepMessage,
    SupplementAnswer,
    SupplementMessage,
    SupplementRequest,
)
from clerk_client.wire.lines import canonical


def own_case(engine: Engine, number: str, name: str, session: Session, now: datetime) -> CaseAnswer:
    """The case of that number, for whoever knows the applicant's name.

    Raises CaseUnknown for a wrong name as for a wrong number, RateLimited after five of them.
    """
    with counted_guess(engine, session, now), reading(engine) as connection:
        found = known_case(connection, number)
        if found is None or not says_the_same(found.applicant_name, name):
            raise CaseUnknown
        return _answer(connection, found, hall_day(now))


def hand_in(
    engine: Engine, number: str, request: SupplementRequest, session: Session, now: datetime
) -> SupplementAnswer:
    """Takes a supplement; the case is under review from then on.

    Raises CaseUnknown, CaseNotAwaiting, SupplementKeyReused, RateLimited.
    """
    with counted_guess(engine, session, now):
        return written(engine, _hand_in, number, request, session, now)


def _hand_in(
    connection: Connection, typed: str, request: SupplementRequest, session: Session, now: datetime
) -> SupplementAnswer:
    found = known_case(connection, typed)
    if found is None:
        raise CaseUnknown
    materials = canonical([each.model_dump() for each in request.materials]).decode()
    supplements = tables.supplements
    before = connection.execute(select(supplements).where(supplements.c.key == request.key)).first()
    if before is not None:
        return _handed_in_before(before, found.number, found.status, materials)
    if found.source != "department" or found.status is not CaseStatus.TO_SUPPLEMENT:
        raise CaseNotAwaiting(case_status=found.status.value)
    cases = tables.cases
    moved = connection.execute(
        update(cases)
        # Decided here and not by what was read: another window may have been quicker.
        .where(cases.c.number == found.number, cases.c.status == _word(found))
        .values(status=CaseStatus.IN_REVIEW.value)
    )
    if moved.rowcount != 1:
        again = connection.execute(
            select(supplements).where(supplements.c.key == request.key)
        ).first()
        if again is not None:
            return _handed_in_before(again, found.number, CaseStatus.IN_REVIEW, materials)
        raise CaseNotAwaiting(case_status=CaseStatus.IN_REVIEW.value)
    supplement = {
        "key": request.key,
        "case": found.number,
        "received_at": rfc3339(now),
        "clerk": session.clerk,
        "station": session.station,
        "materials": materials,
    }
    if not added(connection, supplements, supplement):
        # At the same moment, for another case.
        raise SupplementKeyReused
    note(
        connection,
        now,
        actor=session.clerk,
        station=session.station,
        action="case.supplemented",
        subject=found.number,
        facts={"key": request.key, "materials": len(request.materials)},
    )
    return _taken(request.key, found.number, CaseStatus.IN_REVIEW, supplement["received_at"])


def _word(found: KnownCase) -> str:
    return found.status_word or found.status.value


def _handed_in_before(
    row: Row[Any], number: str, status: CaseStatus, materials: str
) -> SupplementAnswer:
    if (row.case, row.materials) != (number, materials):
        raise SupplementKeyReused
    return _taken(row.key, number, status, row.received_at)


def _taken(key: str, number: str, status: CaseStatus, received_at: str) -> SupplementAnswer:
    return SupplementAnswer(key=key, number=number, status=status.value, received_at=received_at)


def _answer(connection: Connection, found: KnownCase, today: date) -> CaseAnswer:
    steps = [(step, _day(step["due_on"])) for step in found.steps]
    days = [day for day in (found.due_on, *(due for _, due in steps)) if day is not None]
    workdays = calendar(connection, today, *days)
    matter = connection.scalar(
        select(tables.matters.c.name).where(tables.matters.c.code == found.matter)
    )
    is_open = found.status not in (CaseStatus.FINISHED, CaseStatus.TO_RATE)
    return CaseAnswer(
        number=found.number,
        matter=found.matter,
        matter_name=matter or "",
        applicant_name=found.applicant_name,
        document_type=found.document_type,
        document_masked=mask(found.document_number),
        status=found.status.value,
        status_word=found.status_word,
        source=found.source,
        void=found.void,
        void_request=found.void_request,
        received_on=found.received_on,
        due_on=found.due_on,
        workdays_left=_left(workdays, today, found.due_on) if is_open else None,
        is_calendar_known=all(workdays.knows_all(today, day) for day in days),
        steps=[
            StepMessage(
                name=step["name"],
                state=step["state"],
                due_on=due,
                workdays_left=None if step["state"] == "done" else _left(workdays, today, due),
            )
            for step, due in steps
        ],
        opinion=found.opinion,
        result_ready=found.result_ready,
        supplements=_supplements(connection, found.number),
    )


def _left(workdays: Workdays, today: date, due: date | None) -> int | None:
    return None if due is None else workdays.workdays_until(today, due)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _supplements(connection: Connection, number: str) -> list[SupplementMessage]:
    supplements = tables.supplements
    rows = connection.execute(
        select(supplements)
        .where(supplements.c.case == number)
        .order_by(supplements.c.received_at, supplements.c.key)
    )
    return [
        SupplementMessage(
            key=row.key, received_at=row.received_at, materials=json.loads(row.materials)
        )
        for row in rows
    ]

"""Taking lines: each is checked and stored in a transaction of its own.

A line that cannot be trusted (form, signature, chain) is refused and not stored: the right one may
still come. A line that is genuine but against a rule of the hall is refused and stored, because the
lines after it are chained to it and must not be held up. Between the two is a line that only comes
too early: refused and not stored, and taken once what it needs has come.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update
from sqlalchemy.exc import DataError

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import origin, tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.errors import JournalOfAnotherStation, NumbersExhausted
from clerk_client.hall.lines import attaching
from clerk_client.hall.lines.arrivals import Arrival, arrival_of, key_of
from clerk_client.hall.lines.at_once import stored_at_once
from clerk_client.hall.lines.leasing import open_journal
from clerk_client.hall.lines.rules import rule_broken, take_effect
from clerk_client.hall.lines.standing import Case, Standing, signer_of, standing_of
from clerk_client.hall.store import added, asking, written
from clerk_client.wire.attachments import named_in
from clerk_client.wire.lines import FIRST_PREV, Json, LineError, body_sha256
from clerk_client.wire.messages import LineAnswer, RecordsAnswer
from clerk_client.wire.verify import line_fault

log = logging.getLogger(__name__)

_SETTLED, _ALREADY_SETTLED, _REFUSED = "settled", "already_settled", "refused"

# What an auditor asks about: somebody signed what was not theirs to sign.
_SUSPICIOUS = frozenset(
    {"LINE_SIGNER_WRONG", "LINE_CLERK_OTHER", "LINE_RIGHT_MISSING", "VOID_SAME_PERSON"}
)
# What another journal's line may put right, in a restored hall (see `_is_sent_again`).
_OUT_OF_ORDER = frozenset({"NUMBER_UNKNOWN", "VOID_NOT_REQUESTED", "VOID_WAITING", "CATEGORY_SAME"})
# Over a weekend every window has come back.
_AWAITED = timedelta(days=3)
# A line is taken whatever its clock said; beyond these the answer and the audit tell.
_AHEAD, _LONG_AGO = timedelta(minutes=5), timedelta(days=31)


# Made once: they are asked for with each line.
_LINE = insert(tables.lines)
_MOVE_ON = update(tables.journals).where(
    tables.journals.c.journal == bindparam("of"),
    tables.journals.c.highest_seq == bindparam("before"),
    tables.journals.c.highest_hash == bindparam("prev"),
)


class _TooEarly(Exception):
    """Nothing of the line is kept. `code`: what it waits for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def take_lines(
    engine: Engine,
    lines: list[dict[str, Json]],
    session: Session,
    now: datetime,
    given: Mapping[str, str] = MappingProxyType({}),
) -> RecordsAnswer:
    """One answer per line, in order. Never raises for what a line says.

    `given`: official numbers by lines' keys, as they were answered before (see provisional.py).
    """
    answers: list[LineAnswer] = []
    journals: set[str] = set()
    for fields in lines:
        try:
            arrival = arrival_of(fields)
        except (LineError, RecursionError) as error:
            # Whatever was sent may stand in the reason, half a surrogate pair too.
            reason = str(error)[:200].encode("ascii", "backslashreplace").decode()
            answers.append(_refused(key_of(fields), "LINE_FORMAT", reason))
            continue
        journals.add(arrival.head.journal)
        told = given.get(arrival.head.key, "")
        try:
            answer = _taken_at_once(engine, arrival, session, now) or written(
                engine, _take, arrival, session, now, told
            )
        except (_TooEarly, NumbersExhausted, JournalOfAnotherStation) as early:
            answer = _refused(arrival.head.key, early.code)
        except DataError as error:
            # What the forms above let through and a column does not hold: no reason to keep the
            # lines beside it waiting.
            log.error("a line does not fit the database: %s", getattr(error.orig, "sqlstate", ""))
            answer = _refused(arrival.head.key, "LINE_FORMAT")
        answers.append(answer)
    if any(answer.official for answer in answers):
        # Also for those given before: whoever gave them may have ended before this.
        origin.bear_witness(engine)
    table = tables.journals.c
    with asking(engine) as connection:
        rows = connection.execute(
            select(table.journal, table.highest_seq).where(
                table.journal.in_(journals), table.station == session.station
            )
        ).all()
    return RecordsAnswer(
        answers=answers, highest_seq={row.journal: row.highest_seq for row in rows}
    )


def _taken_at_once(
    engine: Engine, arrival: Arrival, session: Session, now: datetime
) -> LineAnswer | None:
    """As `_take` for what is simple; None when nothing is decided and nothing has changed."""
    if engine.dialect.name != "postgresql":
        return None
    with asking(engine) as connection:
        standing = standing_of(connection, arrival)
        answer = _known(arrival, standing, session) or _untrusted(arrival, standing, session)
        if answer is not None:
            return answer
        case = Case(arrival, standing, session, now)
        if (
            standing.station
            and not rule_broken(case)
            and not named_in(arrival.line.body)
            and not _clock_told(case)
            and stored_at_once(connection, case)
        ):
            return LineAnswer(key=arrival.head.key, outcome=_SETTLED)
    return None


def _take(
    connection: Connection, arrival: Arrival, session: Session, now: datetime, told: str
) -> LineAnswer:
    head = arrival.head
    # Twice: the same line may be on its way in another call, and is there once that has ended.
    for _ in range(2):
        standing = standing_of(connection, arrival)
        answer = _known(arrival, standing, session) or _untrusted(arrival, standing, session)
        if answer is not None:
            return answer
        if not standing.station:
            open_journal(connection, head.journal, session.station, now)
        if _moved_on(connection, arrival):
            return _stored(connection, Case(arrival, standing, session, now, told))
    return _refused(head.key, "LINE_CHAIN_BROKEN")


def _known(arrival: Arrival, standing: Standing, session: Session) -> LineAnswer | None:
    """The answer to a line that the hall holds, or another one in its place."""
    key, line = arrival.head.key, arrival.line
    if standing.station not in ("", session.station):
        return _refused(key, JournalOfAnotherStation.code)
    if not standing.stored_hash:
        return None
    # The hash covers head and signature, and the head its body.
    if standing.stored_hash == arrival.hash and body_sha256(line.body) == line.head.body_sha256:
        if standing.stored_outcome == _REFUSED:
            return _refused(key, standing.stored_code)
        return LineAnswer(key=key, outcome=_ALREADY_SETTLED, official=_official(arrival, standing))
    return _refused(key, "KEY_REUSED") if standing.is_key_known else None


def _official(arrival: Arrival, standing: Standing) -> str:
    return standing.official if arrival.head.kind == "accepted" else ""


def _untrusted(arrival: Arrival, standing: Standing, session: Session) -> LineAnswer | None:
    """The answer to a line whose form, signature or place is wrong."""
    head = arrival.head
    fault = line_fault(arrival.line, signer_of(arrival, standing, session))
    if fault is not None:
        return _refused(head.key, fault.code)
    end = (standing.highest_seq, standing.highest_hash or FIRST_PREV)
    if (head.seq - 1, head.prev) == end:
        return None
    return _refused(head.key, "KEY_REUSED" if standing.is_key_known else "LINE_CHAIN_BROKEN")


def _moved_on(connection: Connection, arrival: Arrival) -> bool:
    """The journal's end is this line now; False when another one came first."""
    head = arrival.head
    place = {"of": head.journal, "before": head.seq - 1, "prev": head.prev}
    new = {"highest_seq": head.seq, "highest_hash": arrival.hash}
    return connection.execute(_MOVE_ON, place | new).rowcount == 1


def _stored(connection: Connection, case: Case) -> LineAnswer:
    """Raises _TooEarly."""
    arrival, head = case.arrival, case.arrival.head
    place = {"key": head.key, "journal": head.journal, "seq": head.seq}
    code = rule_broken(case)
    named = [] if code else named_in(arrival.line.body) or []
    if named and attaching.absent(connection, named):
        raise _TooEarly("ATTACHMENT_MISSING")
    if not added(connection, tables.record_keys, place):
        code = "KEY_REUSED"
    code = code or take_effect(connection, case)
    if code in _OUT_OF_ORDER and _is_sent_again(connection, case):
        raise _TooEarly("LINE_AWAITS_OTHER")
    row = {
        **place,
        "kind": head.kind,
        "hash": arrival.hash,
        "head": arrival.head_text,
        "body": arrival.body_text,
        "signature": arrival.line.signature,
        "outcome": _REFUSED if code else _SETTLED,
        "code": code,
        "received_at": rfc3339(case.now),
    }
    connection.execute(_LINE, row)
    if code in _SUSPICIOUS:
        _note(connection, case, "line.refused", code)
    if code:
        return _refused(head.key, code)
    if named:
        attaching.link(connection, head.key, named)
    told = _clock_told(case)
    if told:
        _note(connection, case, "line.clock", told)
    return LineAnswer(key=head.key, outcome=_SETTLED, detail=told, official=case.official)


def _is_sent_again(connection: Connection, case: Case) -> bool:
    """Probably settled before the hall was restored, and what it follows is still to come again.

    Each journal comes back in its own order, but a request and its approval may stand in two. To
    wait cannot go in a circle: what a line follows was done before it. For all that is newer than
    the first lease of this epoch, or a few days old, the answer is final.
    """
    if case.standing.epoch == 1 or case.now - case.arrival.done_at > _AWAITED:
        return False
    leases = tables.leases.c
    began = connection.scalar(
        select(func.min(leases.leased_at)).where(leases.epoch == case.standing.epoch)
    )
    return began is None or case.arrival.head.done_at < began


def _clock_told(case: Case) -> str:
    late = case.now - case.arrival.done_at
    if late < -_AHEAD:
        return "DONE_AT_AHEAD"
    return "DONE_AT_LONG_AGO" if late > _LONG_AGO else ""


def _note(connection: Connection, case: Case, action: str, code: str) -> None:
    head = case.arrival.head
    note(
        connection,
        case.now,
        actor=case.session.clerk,
        station=case.session.station,
        action=action,
        subject=head.key,
        facts={
            "code": code,
            "kind": head.kind,
            "done_at": head.done_at,
            "certificate": head.cert_sha256,
        },
    )


def _refused(key: str, code: str, detail: str = "") -> LineAnswer:
    return LineAnswer(key=key, outcome=_REFUSED, code=code, detail=detail)

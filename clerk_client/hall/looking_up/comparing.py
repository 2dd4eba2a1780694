"""基础库比对: query and compare only (R8 of the documents: 数据库共享).

What was typed at the window is compared with the hall's copy of a base database, and the answer
says of each field whether it matches; a value of the base never leaves. Every look-up leaves a row
of who, from where, why, which fields and what came of it, durable before the answer goes out.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select

from clerk_client.domain.clock import hall_day, rfc3339
from clerk_client.domain.people import folded_number
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.access.guesses import counted_guess
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.errors import BaseUnknown, CaseUnknown, RateLimited
from clerk_client.hall.looking_up.known_cases import is_acceptance, known_case
from clerk_client.hall.looking_up.sameness import folded, says_the_same
from clerk_client.hall.store import added, written
from clerk_client.wire.base_data import BaseLookupAnswer, BaseLookupRequest, DraftReason
from clerk_client.wire.lines import canonical

_MATCHES, _DIFFERS, _UNKNOWN = "matches", "differs", "unknown"
_OLD_AFTER = 7
_MOST_A_MINUTE = 60
_MINUTE = timedelta(minutes=1)
_SECRET = "base_lookups"  # noqa: S105 - the row's name


def compare(
    engine: Engine, request: BaseLookupRequest, session: Session, now: datetime
) -> BaseLookupAnswer:
    """Of each field: matches, differs, or unknown when the base has no such person or field.

    Raises BaseUnknown, CaseUnknown for a reason that the hall does not know, RateLimited.
    """
    with counted_guess(engine, session, now):
        return written(engine, _compare, request, session, now)


def _compare(
    connection: Connection, request: BaseLookupRequest, session: Session, now: datetime
) -> BaseLookupAnswer:
    _ensure_not_too_many(connection, session, now)
    bases, entries = tables.base_databases, tables.base_entries
    base = connection.execute(select(bases).where(bases.c.code == request.base)).first()
    if base is None:
        raise BaseUnknown
    reason = _reason(connection, request)
    number = folded_number(request.document_number)
    stored = connection.scalar(
        select(entries.c.fields).where(
            entries.c.base == request.base,
            entries.c.document_type == request.document_type.value,
            entries.c.document_number == number,
        )
    )
    found = _compared(request.fields, json.loads(stored) if stored else {})
    connection.execute(
        insert(tables.base_lookups).values(
            at=rfc3339(now),
            clerk=session.clerk,
            station=session.station,
            base=request.base,
            reason_kind=request.reason.kind,
            reason=reason,
            subject_sha256=_subject(connection, request.document_type.value, number),
            fields=canonical(sorted(request.fields)).decode(),
            outcome=_outcome(found),
        )
    )
    note(
        connection,
        now,
        actor=session.clerk,
        station=session.station,
        action="base.looked_up",
        subject=request.base,
        facts={"reason": request.reason.kind, "fields": len(found), "outcome": _outcome(found)},
    )
    age = max(0, (hall_day(now) - base.as_of).days)
    return BaseLookupAnswer(
        base=base.code,
        base_name=base.name,
        fields=found,
        as_of=base.as_of,
        age_days=age,
        is_old=age > _OLD_AFTER,
    )


def _ensure_not_too_many(connection: Connection, session: Session, now: datetime) -> None:
    clerks, lookups = tables.clerks.c, tables.base_lookups.c
    # One look-up of a clerk at a time, so that many at once are counted too.
    connection.execute(
        select(clerks.code).where(clerks.code == session.clerk).with_for_update(key_share=True)
    )
    recent = connection.scalar(
        select(func.count()).where(
            lookups.clerk == session.clerk, lookups.at > rfc3339(now - _MINUTE)
        )
    )
    if recent is not None and recent >= _MOST_A_MINUTE:
        raise RateLimited(seconds="60")


def _reason(connection: Connection, request: BaseLookupRequest) -> str:
    """The number or key that stands in the log. Raises CaseUnknown."""
    reason = request.reason
    if isinstance(reason, DraftReason):
        # Drafts stay at their station: the hall can only keep the key, to be asked about later.
        return reason.key
    if reason.kind == "acceptance":
        if not is_acceptance(connection, reason.number):
            raise CaseUnknown
        return reason.number
    case = known_case(connection, reason.number)
    if case is None:
        raise CaseUnknown
    return case.number


def _compared(typed: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    """By field names as the base writes them, but for blanks, width and case."""
    values = {folded(name): value for name, value in base.items()}

    def outcome(name: str, text: str) -> str:
        value = values.get(folded(name))
        if value is None:
            return _UNKNOWN
        return _MATCHES if says_the_same(text, value) else _DIFFERS

    return {name: outcome(name, text) for name, text in typed.items()}


def _outcome(found: Mapping[str, str]) -> str:
    """One word for the log: the worst that came out, and unknown only if nothing was compared."""
    for each in (_DIFFERS, _MATCHES):
        if each in found.values():
            return each
    return _UNKNOWN


def _subject(connection: Connection, kind: str, number: str) -> str:
    """Whom it was about, so that look-ups about one person are found together and nobody is named.

    Keyed: all document numbers could be hashed in a day, and the log be read backwards.
    """
    message = canonical([kind, number])
    return hmac.new(_secret(connection), message, hashlib.sha256).hexdigest()


def _secret(connection: Connection) -> bytes:
    base_secrets = tables.base_secrets
    stored = select(base_secrets.c.secret).where(base_secrets.c.name == _SECRET)
    secret = connection.scalar(stored)
    if secret is None:
        added(connection, base_secrets, {"name": _SECRET, "secret": secrets.token_hex(32)})
        secret = connection.scalars(stored).one()
    return bytes.fromhex(secret)

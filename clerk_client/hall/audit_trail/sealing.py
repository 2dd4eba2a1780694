"""Chaining the audit: whatever was noted and committed is sealed soon after, and checked at will.

A seal is hash = SHA-256(JCS{seq, prev, sealed_at, rows}), its rows in the order of their ids; the
first prev is 64 zeros. After commit, because one chain that every call had to lengthen would make
all windows wait for each other. Whoever can write to the database can make a whole new chain: only
a head that was printed or kept elsewhere shows that.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, Row, func, insert, select, text, update

from clerk_client.domain.clock import Clock, rfc3339
from clerk_client.hall import tables
from clerk_client.hall.process.rounds import Rounds
from clerk_client.hall.store import reading, writing
from clerk_client.wire.lines import LineError, canonical

log = logging.getLogger(__name__)

FIRST_PREV = "0" * 64

Found: TypeAlias = Row[*tuple[Any, ...]]

_ROWS_A_SEAL = 1000
_SEALS_AT_ONCE = 200
# Any number will do that nothing else in this database locks.
_SEALING = 442_005_433

_AUDIT, _SEALS = tables.audit.c, tables.audit_seals.c
_IN_HASH = (
    _AUDIT.id,
    _AUDIT.at,
    _AUDIT.actor,
    _AUDIT.station,
    _AUDIT.action,
    _AUDIT.subject,
    _AUDIT.facts,
)


class Sealer(Rounds):
    """Seals every second. One at a time does, however many there are.

    What is not sealed now is sealed when the database answers again; what the last calls noted is
    sealed when it is stopped.
    """

    def __init__(self, engine: Engine, clock: Clock, every: float = 1.0) -> None:
        def seal_all() -> None:
            while seal(engine, clock.now()) == _ROWS_A_SEAL:
                pass

        super().__init__("sealer", every, seal_all, "the audit cannot be sealed", last=True)


def seal(engine: Engine, now: datetime) -> int:
    """Puts the next seal on rows that have none; answers how many.

    A row that was committed late, with a lower id, comes into a later seal.
    """
    with reading(engine) as connection:
        if connection.execute(select(_AUDIT.id).where(_AUDIT.seal.is_(None)).limit(1)).first() is (
            None
        ):
            return 0
    with writing(engine) as connection:
        if not _is_alone(connection):
            return 0
        rows = connection.execute(
            select(*_IN_HASH).where(_AUDIT.seal.is_(None)).order_by(_AUDIT.id).limit(_ROWS_A_SEAL)
        ).all()
        if not rows:
            return 0
        last = connection.execute(
            select(_SEALS.seq, _SEALS.hash).order_by(_SEALS.seq.desc()).limit(1)
        ).first()
        seq, prev = (last.seq + 1, last.hash) if last else (1, FIRST_PREV)
        sealed_at = rfc3339(now)
        connection.execute(
            insert(tables.audit_seals).values(
                seq=seq,
                prev=prev,
                sealed_at=sealed_at,
                count=len(rows),
                hash=seal_hash(seq, prev, sealed_at, rows),
            )
        )
        # By their ids, not by a span: a row between them may be committed at this moment.
        ids = [row.id for row in rows]
        connection.execute(update(tables.audit).where(_AUDIT.id.in_(ids)).values(seal=seq))
    return len(rows)


def seal_hash(seq: int, prev: str, sealed_at: str, rows: Sequence[Found]) -> str:
    """Of the rows with their columns but `seal`; `facts` is the text that is stored."""
    fields = {
        "seq": seq,
        "prev": prev,
        "sealed_at": sealed_at,
        "rows": [{column.name: getattr(row, column.name) for column in _IN_HASH} for row in rows],
    }
    return hashlib.sha256(canonical(fields)).hexdigest()


def _is_alone(connection: Connection) -> bool:
    """Until the transaction ends. SQLite's writer is alone anyhow."""
    if connection.dialect.name != "postgresql":
        return True
    # Of its own hall: others may have their schemas in the same database.
    statement = text("SELECT pg_try_advisory_xact_lock(:key, hashtext(current_schema()))")
    return bool(connection.scalar(statement, {"key": _SEALING}))


# --- checking ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What is wrong with the chain at one seal. The words of `code` are in wording.toml.

    `AUDIT_SEAL_MISSING`, `AUDIT_PREV_OTHER`, `AUDIT_ROWS_CHANGED` (a row was changed, taken out or
    put in, or the seal was), `AUDIT_SEAL_UNKNOWN` (rows name a seal that is not there),
    `AUDIT_TAIL_CUT` (the chain ends before the head that was kept), `AUDIT_HEAD_OTHER`.
    """

    code: str
    seal: int


@dataclass(frozen=True, slots=True)
class AuditStanding:
    """What a check of the whole audit came to. `head` is to be printed or kept elsewhere."""

    rows: int
    unsealed: int
    head: str
    findings: tuple[AuditFinding, ...]


def verify_audit(engine: Engine, kept_head: str = "") -> AuditStanding:
    """Every row against its seal, every seal against the one before.

    `kept_head` is the `head` of an earlier check, `seq:hash`: without one a tail that was cut off
    and a chain that was made anew do not show. Raises ValueError for one of another form.
    """
    kept_seq, kept_hash = _parsed(kept_head)
    findings: list[AuditFinding] = []
    rows, seq, head = 0, 0, FIRST_PREV
    with reading(engine) as connection:
        for each, sealed in _seals(connection):
            rows += len(sealed)
            if each.seq != seq + 1:
                findings.append(AuditFinding("AUDIT_SEAL_MISSING", seq + 1))
            elif each.prev != head:
                findings.append(AuditFinding("AUDIT_PREV_OTHER", each.seq))
            if len(sealed) != each.size or not _is_hash_of(each, sealed):
                findings.append(AuditFinding("AUDIT_ROWS_CHANGED", each.seq))
            seq, head = each.seq, each.hash
            if seq == kept_seq and head != kept_hash:
                findings.append(AuditFinding("AUDIT_HEAD_OTHER", seq))
        if seq < kept_seq:
            findings.append(AuditFinding("AUDIT_TAIL_CUT", seq + 1))
        known = select(_SEALS.seq)
        strays = connection.scalars(
            select(_AUDIT.seal)
            .where(_AUDIT.seal.is_not(None), _AUDIT.seal.not_in(known))
            .distinct()
            .order_by(_AUDIT.seal)
        ).all()
        findings += [AuditFinding("AUDIT_SEAL_UNKNOWN", stray or 0) for stray in strays]
        unsealed = connection.scalar(
            select(func.count()).select_from(tables.audit).where(_AUDIT.seal.is_(None))
        )
    return AuditStanding(rows, unsealed or 0, f"{seq}:{head}", tuple(findings))


def _seals(connection: Connection) -> Iterator[tuple[Found, list[Found]]]:
    """Each seal with its rows; never all of them in memory."""
    after: int | None = None
    while True:
        # Not `count`: a row is a tuple, and has that as a method.
        columns = (_SEALS.seq, _SEALS.prev, _SEALS.sealed_at, _SEALS["count"].label("size"))
        statement = select(*columns, _SEALS.hash).order_by(_SEALS.seq).limit(_SEALS_AT_ONCE)
        if after is not None:
            statement = statement.where(_SEALS.seq > after)
        seals = connection.execute(statement).all()
        if not seals:
            return
        found = connection.execute(
            select(*_IN_HASH, _AUDIT.seal)
            .where(_AUDIT.seal.between(seals[0].seq, seals[-1].seq))
            .order_by(_AUDIT.seal, _AUDIT.id)
        )
        rows = {seq: list(group) for seq, group in groupby(found, lambda row: row.seal)}
        for each in seals:
            yield each, rows.get(each.seq, [])
        after = seals[-1].seq


def _is_hash_of(each: Found, rows: list[Found]) -> bool:
    try:
        return bool(each.hash == seal_hash(each.seq, each.prev, each.sealed_at, rows))
    except LineError:
        # Something that no call of ours would have noted.
        return False


def _parsed(head: str) -> tuple[int, str]:
    if not head:
        return 0, ""
    seq, colon, told = head.strip().lower().partition(":")
    is_hash = len(told) == 64 and not set(told) - set("0123456789abcdef")
    if not (colon and seq.isascii() and seq.isdigit() and is_hash):
        raise ValueError("a head is written as 17:9f86d0…, a number and 64 hexadecimal digits")
    return int(seq), told

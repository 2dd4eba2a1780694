"""What the hall demands of each kind of line, and what the line does there."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from clerk_client.domain.cases import Category
from clerk_client.domain.clerks import Role
from clerk_client.domain.numbers import (
    is_official_number,
    is_provisional_number,
    provisional_prefix,
)
from clerk_client.hall import tables
from clerk_client.hall.counting.tallying import Cause, count
from clerk_client.hall.lines.adopting import adopt
from clerk_client.hall.lines.correcting import correct_category
from clerk_client.hall.lines.marking import mark_used
from clerk_client.hall.lines.provisional import give_official
from clerk_client.hall.lines.standing import Case, is_station_key
from clerk_client.hall.lines.voiding import approve_void, decline_void, request_void
from clerk_client.hall.store import added
from clerk_client.wire.attachments import named_in
from clerk_client.wire.lines import Kind

Check = Callable[[Case], str]
"""The code of what is wrong, or nothing."""
Effect = Callable[[Connection, Case], str]
"""Does its work and answers nothing, or changes nothing and answers why not."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one kind: what must be right besides the signature, and what follows once it is."""

    checks: tuple[Check, ...] = ()
    effect: Effect | None = None


def rule_broken(case: Case) -> str:
    """The code of the first rule of the hall that a genuine line breaks, or nothing."""
    head, standing = case.arrival.head, case.standing
    if head.kind not in _KINDS:
        return "LINE_KIND_UNKNOWN"
    if head.hall != standing.hall:
        return "LINE_OTHER_HALL"
    is_act = Kind(head.kind).is_act
    if is_act is is_station_key(head.cert_sha256, case.session):
        return "LINE_SIGNER_WRONG"
    if not standing.is_window:
        return "WINDOW_UNKNOWN"
    if is_act and not standing.rights:
        return "LINE_CLERK_OTHER"
    if is_act and not case.has_rights(Role.CLERK, Role.SUPERVISOR):
        return "LINE_RIGHT_MISSING"
    if named_in(case.arrival.line.body) is None:
        return "ATTACHMENT_FORM"
    return next(filter(None, (check(case) for check in _KINDS[head.kind].checks)), "")


def take_effect(connection: Connection, case: Case) -> str:
    """Of a line that breaks no rule: the code when what it asks for cannot be, or nothing."""
    effect = _KINDS[case.arrival.head.kind].effect
    return effect(connection, case) if effect is not None else ""


# --- checks --------------------------------------------------------------------------------------


def _category(case: Case) -> str:
    known = case.arrival.head.category in {each.value for each in Category}
    return "" if known else "CATEGORY_UNKNOWN"


def _category_if_named(case: Case) -> str:
    return _category(case) if case.arrival.head.category is not None else ""


def _matter(case: Case) -> str:
    return "" if case.standing.department is not None else "MATTER_UNKNOWN"


def _matter_if_named(case: Case) -> str:
    return _matter(case) if case.arrival.head.matter is not None else ""


def _number(case: Case) -> str:
    head = case.arrival.head
    if head.number is not None and is_official_number(head.number):
        return "" if case.standing.is_leased else "NUMBER_NOT_LEASED"
    if head.number is None or not is_provisional_number(head.number):
        return "NUMBER_FORM"
    prefix = provisional_prefix(head.window, case.arrival.day, head.journal)
    return "" if head.number[:-5] == prefix else "PROVISIONAL_OTHER"


# --- effects -------------------------------------------------------------------------------------


def _accept(connection: Connection, case: Case) -> str:
    arrival = case.arrival
    head, category = arrival.head, arrival.head.category
    assert head.number is not None
    assert category is not None
    if not added(connection, tables.numbers, {"number": head.number, "key": head.key}):
        return "NUMBER_TAKEN"
    if not is_official_number(head.number):
        give_official(connection, case)
    mark_used(connection, arrival.line)
    counted = {category: 1}
    count(connection, Cause.ACCEPTED, head.fields(), arrival.day, arrival.hour, counted, head.key)
    return ""


_OUTCOME = Rules((_matter_if_named, _category_if_named))

_KINDS: dict[str, Rules] = {
    kind.value: rules
    for kind, rules in {
        Kind.ACCEPTED: Rules((_category, _matter, _number), _accept),
        Kind.DEPOSITED: _OUTCOME,
        Kind.NOTICED: _OUTCOME,
        Kind.REFUSED: _OUTCOME,
        Kind.TRANSFERRED: _OUTCOME,
        Kind.CONSULTED: _OUTCOME,
        Kind.SUPPLEMENTED: _OUTCOME,
        Kind.COLLECTED: _OUTCOME,
        Kind.WITHDRAWN: _OUTCOME,
        Kind.NO_SHOW: _OUTCOME,
        Kind.CATEGORY_CORRECTED: Rules(effect=correct_category),
        Kind.VOID_REQUESTED: Rules(effect=request_void),
        Kind.VOID_APPROVED: Rules(effect=approve_void),
        Kind.VOID_DECLINED: Rules(effect=decline_void),
        Kind.SHIFT_CLOSED: Rules(),
        Kind.LEASED: Rules(effect=adopt),
        Kind.PRINTED: Rules(),
        Kind.REPRINTED: Rules(),
        Kind.HANDED_OVER: Rules(),
        Kind.RECOVERED: Rules(),
    }.items()
}

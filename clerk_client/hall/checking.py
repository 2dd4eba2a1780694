"""Each cell of the hall's files by its own rule: text in, value out, or what is wrong with it."""

import enum
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from clerk_client.domain.appointments import AppointmentStatus, folded_appointment_number
from clerk_client.domain.cases import Category
from clerk_client.domain.clerks import Role
from clerk_client.domain.errors import DomainError
from clerk_client.domain.matters import Audience, DayUnit, Necessity
from clerk_client.domain.tickets import TicketStatus, folded_ticket_number
from clerk_client.hall.findings import Finding, Findings
from clerk_client.hall.rows import FileRow

_MOST_DAYS = 3650

Values = dict[str, Any]


class _CellWrong(Exception):
    """A cell's text is not what its column demands."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


Rule = Callable[[str], Any]


def _text(most: int, may_be_empty: bool = False) -> Rule:
    def rule(cell: str) -> str:
        if not cell and not may_be_empty:
            raise _CellWrong("EMPTY")
        if len(cell) > most:
            raise _CellWrong("TOO_LONG", most=str(most))
        # A bar separates the fields of a receipt's code.
        if "|" in cell or any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in cell):
            raise _CellWrong("CHARACTER")
        return cell

    return rule


def _one_of(words: type[enum.Enum]) -> Rule:
    allowed = [str(word.value) for word in words]
    return _word({value: value for value in allowed})


def _word(meanings: Mapping[str, Any]) -> Rule:
    def rule(cell: str) -> Any:
        if cell not in meanings:
            raise _CellWrong("NOT_ONE_OF", value=cell[:40], allowed="、".join(meanings))
        return meanings[cell]

    return rule


def _day(cell: str) -> date:
    try:
        day = date.fromisoformat(cell)
    except ValueError as error:
        raise _CellWrong("NOT_A_DAY", value=cell[:40]) from error
    # fromisoformat takes 20261121 and week days too; a file should have one form.
    if day.isoformat() != cell:
        raise _CellWrong("NOT_A_DAY", value=cell[:40])
    return day


def _count(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 6 and int(cell) <= _MOST_DAYS):
        raise _CellWrong("NOT_A_COUNT", value=cell[:40])
    return int(cell)


def _ticket_number(cell: str) -> str:
    try:
        number = folded_ticket_number(cell)
    except DomainError as error:
        raise _CellWrong("TICKET_NUMBER", value=cell[:40]) from error
    if number != cell:
        raise _CellWrong("TICKET_NUMBER", value=cell[:40])
    return cell


def _codes(cell: str) -> list[str]:
    parts = [part.strip() for part in cell.replace("；", ";").split(";")]
    codes: list[str] = [_CODE(part) for part in parts if part]
    if not codes:
        raise _CellWrong("EMPTY")
    return codes


def _hall_code(cell: str) -> str:
    if not (len(cell) == 6 and cell.isascii() and cell.isdigit()):
        raise _CellWrong("HALL_CODE", value=cell[:40])
    return cell


def _appointment_number(cell: str) -> str:
    if not cell:
        raise _CellWrong("EMPTY")
    try:
        return folded_appointment_number(cell)
    except DomainError as error:
        raise _CellWrong("APPOINTMENT_NUMBER", value=cell[:40]) from error


def _appointment_or_none(cell: str) -> str:
    return _appointment_number(cell) if cell else ""


_CODE = _text(80)
_NAME = _text(200)
_OPTIONAL_CODE = _text(80, may_be_empty=True)
_OPTIONAL_NAME = _text(200, may_be_empty=True)
_YES_NO = _word({"yes": True, "no": False})

RULES: dict[str, dict[str, Rule]] = {
    "departments": {"code": _CODE, "name": _NAME, "full_name": _NAME},
    "matters": {
        "code": _CODE,
        "name": _NAME,
        "department": _CODE,
        "audience": _one_of(Audience),
        "days": _count,
        "day_unit": _one_of(DayUnit),
        "category": _one_of(Category),
        "is_licence": _YES_NO,
        "parent": _OPTIONAL_CODE,
        "is_parent": _YES_NO,
        "suspended": _text(500, may_be_empty=True),
    },
    "materials": {"matter": _CODE, "name": _NAME, "necessity": _one_of(Necessity)},
    "windows": {"code": _CODE, "name": _NAME, "phone": _OPTIONAL_CODE},
    "clerks": {"code": _CODE, "name": _NAME, "role": _one_of(Role), "identity": _NAME},
    "appointments": {
        "number": _appointment_number,
        "day": _day,
        "time": _CODE,
        "matter": _CODE,
        "status": _one_of(AppointmentStatus),
        "applicant_name": _OPTIONAL_NAME,
        "outlet": _OPTIONAL_NAME,
    },
    "tickets": {
        "number": _ticket_number,
        "day": _day,
        "status": _one_of(TicketStatus),
        "matters": _codes,
        "appointment": _appointment_or_none,
        "priority": _YES_NO,
    },
    "hall": {"code": _hall_code, "name": _NAME, "supervision_phone": _OPTIONAL_CODE},
}

_KEYS: dict[str, list[tuple[str, ...]]] = {
    "departments": [("code",)],
    "matters": [("code",)],
    "materials": [("matter", "name")],
    "windows": [("code",)],
    "clerks": [("code",), ("identity",)],
    "appointments": [("number",)],
    "tickets": [("day", "number")],
    "hall": [()],
}


def checked(
    table: str, rows: Sequence[FileRow], findings: Findings
) -> list[tuple[FileRow, Values]]:
    """The rows whose cells are right, each beside its values; duplicates are told and left out."""
    right = []
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        values = _values(table, row, findings)
        if values is None:
            continue
        twice = False
        for key in _KEYS[table]:
            cells = tuple(str(values[column]) for column in key)
            first = seen.setdefault((*key, *cells), row.line)
            if first != row.line:
                twice = True
                findings.add(_duplicate(table, row, first, cells))
        if not twice:
            right.append((row, values))
    return right


def _duplicate(table: str, row: FileRow, first: int, cells: tuple[str, ...]) -> Finding:
    if table == "hall":
        return Finding(row.file, row.line, "HALL_ONE")
    facts = {"line": str(first), "value": " ".join(cells)[:40]}
    return Finding(row.file, row.line, "DUPLICATE", facts)


def _values(table: str, row: FileRow, findings: Findings) -> Values | None:
    values: Values = {}
    for column, rule in RULES[table].items():
        cell = unicodedata.normalize("NFC", row.fields[column]).strip()
        try:
            values[column] = rule(cell)
        except _CellWrong as wrong:
            facts = {"column": column, **wrong.facts}
            findings.add(Finding(row.file, row.line, wrong.code, facts))
    return values if len(values) == len(RULES[table]) else None

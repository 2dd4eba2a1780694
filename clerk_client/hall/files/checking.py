"""Each cell of the hall's files by its column's rule: text in, values out, duplicates told."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from clerk_client.domain.appointments import AppointmentStatus
from clerk_client.domain.cases import Category
from clerk_client.domain.clerks import Role
from clerk_client.domain.matters import Audience, DayUnit, Necessity
from clerk_client.domain.people import DocumentType
from clerk_client.domain.tickets import TicketStatus
from clerk_client.hall.files import cells
from clerk_client.hall.files.cells import CODE, CellWrong, Rule, text
from clerk_client.hall.files.findings import Finding, Findings
from clerk_client.hall.files.rows import BASE_PREFIX, FORMS, FileRow

Values = dict[str, Any]

_NAME = text(200)
_OPTIONAL_CODE = text(80, may_be_empty=True)
_OPTIONAL_NAME = text(200, may_be_empty=True)
_YES_NO = cells.word({"yes": True, "no": False})
_DOCUMENT_TYPE = cells.one_of(DocumentType)

RULES: dict[str, dict[str, Rule]] = {
    "departments": {"code": CODE, "name": _NAME, "full_name": _NAME},
    "matters": {
        "code": CODE,
        "name": _NAME,
        "department": CODE,
        "audience": cells.one_of(Audience),
        "days": cells.count,
        "day_unit": cells.one_of(DayUnit),
        "category": cells.one_of(Category),
        "is_licence": _YES_NO,
        "parent": _OPTIONAL_CODE,
        "is_parent": _YES_NO,
        "suspended": text(500, may_be_empty=True),
    },
    "materials": {"matter": CODE, "name": _NAME, "necessity": cells.one_of(Necessity)},
    "windows": {"code": CODE, "name": _NAME, "phone": _OPTIONAL_CODE},
    "clerks": {"code": CODE, "name": _NAME, "role": cells.one_of(Role), "identity": _NAME},
    "appointments": {
        "number": cells.appointment_number,
        "day": cells.day,
        "time": CODE,
        "matter": CODE,
        "status": cells.one_of(AppointmentStatus),
        "applicant_name": _OPTIONAL_NAME,
        "outlet": _OPTIONAL_NAME,
        "window": _OPTIONAL_CODE,
    },
    "tickets": {
        "number": cells.ticket_number,
        "day": cells.day,
        "status": cells.one_of(TicketStatus),
        "matters": cells.codes,
        "appointment": cells.appointment_or_none,
        "priority": _YES_NO,
    },
    "workdays": {
        "day": cells.day,
        "kind": cells.word({"holiday": "holiday", "workday": "workday"}),
        "note": _OPTIONAL_CODE,
    },
    "cases": {
        "number": cells.case_number,
        "matter": CODE,
        "applicant_name": _NAME,
        "document_type": _DOCUMENT_TYPE,
        "document_number": cells.document_number,
        "status": text(20),
        "steps": cells.steps,
        "received_on": cells.day,
        "due_on": cells.day_or_none,
        "opinion": text(2000, may_be_empty=True),
        "result_ready": _YES_NO,
    },
    "base_databases": {"code": cells.base_code, "name": _NAME, "as_of": cells.day},
    "hall": {"code": cells.hall_code, "name": _NAME, "supervision_phone": _OPTIONAL_CODE},
}

_BASE_RULES: dict[str, Rule] = {
    "document_type": _DOCUMENT_TYPE,
    "document_number": cells.document_number,
}
_BASE_FIELD = _OPTIONAL_NAME

_KEYS: dict[str, list[tuple[str, ...]]] = {
    "departments": [("code",)],
    "matters": [("code",)],
    "materials": [("matter", "name")],
    "windows": [("code",)],
    "clerks": [("code",), ("identity",)],
    "appointments": [("number",)],
    "tickets": [("day", "number")],
    "workdays": [("day",)],
    "cases": [("number",)],
    "base_databases": [("code",)],
    "hall": [()],
}
_BASE_KEYS: list[tuple[str, ...]] = [("document_type", "document_number")]


def is_base(table: str) -> bool:
    """Whether these are the entries of a base database."""
    return table.startswith(BASE_PREFIX) and table not in FORMS


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
        for key in _KEYS.get(table, _BASE_KEYS):
            own = tuple(str(values[column]) for column in key)
            first = seen.setdefault((*key, *own), row.line)
            if first != row.line:
                twice = True
                findings.add(_duplicate(table, row, first, own))
        if not twice:
            right.append((row, values))
    return right


def _duplicate(table: str, row: FileRow, first: int, key: tuple[str, ...]) -> Finding:
    if table == "hall":
        return Finding(row.file, row.line, "HALL_ONE")
    # Whose entry it is stands in the line that is named, and is nobody else's business.
    value = key[0] if is_base(table) else " ".join(key)[:40]
    return Finding(row.file, row.line, "DUPLICATE", {"line": str(first), "value": value})


def _values(table: str, row: FileRow, findings: Findings) -> Values | None:
    values: Values = {}
    rules: Mapping[str, Rule] = _BASE_RULES if is_base(table) else RULES[table]
    for column, typed in row.fields.items():
        cell = unicodedata.normalize("NFC", typed).strip()
        try:
            values[column] = rules.get(column, _BASE_FIELD)(cell)
        except CellWrong as wrong:
            facts = {"column": column, **wrong.facts}
            findings.add(Finding(row.file, row.line, wrong.code, facts))
    return values if len(values) == len(row.fields) else None

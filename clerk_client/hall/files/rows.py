"""The hall's folder as rows: CSV as Excel writes it, or JSON with the same fields."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clerk_client.hall.files.findings import Finding, Findings

BASE_PREFIX = "base_"
"""base_hukou.csv holds the entries of the base database `hukou`."""


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of a file. A file may leave out an `optional` one: then what is stored stays.

    With `has_free` every other column is a field that the hall's IT named.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    has_free: bool = False


FORMS = {
    "departments": Form(("code", "name", "full_name")),
    "matters": Form(
        (
            "code",
            "name",
            "department",
            "audience",
            "days",
            "day_unit",
            "category",
            "is_licence",
            "parent",
            "is_parent",
            "suspended",
        )
    ),
    "materials": Form(("matter", "name", "necessity")),
    "workdays": Form(("day", "kind", "note")),
    "windows": Form(("code", "name", "phone")),
    "clerks": Form(("code", "name", "role", "identity")),
    "appointments": Form(
        ("number", "day", "time", "matter", "status", "applicant_name", "outlet"), ("window",)
    ),
    "tickets": Form(("number", "day", "status", "matters", "appointment", "priority")),
    "cases": Form(
        (
            "number",
            "matter",
            "applicant_name",
            "document_type",
            "document_number",
            "status",
            "steps",
            "received_on",
            "due_on",
            "opinion",
            "result_ready",
        )
    ),
    "base_databases": Form(("code", "name", "as_of")),
    "hall": Form(("code", "name", "supervision_phone")),
}
BASE_FORM = Form(("document_type", "document_number"), has_free=True)
_MOST_FREE = 40
_FREE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row as text. `line` is the row's last line in a CSV file, its number in a JSON list."""

    file: str
    line: int
    fields: dict[str, str]


def rows_of(folder: Path, findings: Findings) -> dict[str, list[FileRow]]:
    """The tables that the folder has; a table without a file is not in the answer."""
    tables = {}
    for table, form in {**FORMS, **_base_forms(folder)}.items():
        paths = [folder / f"{table}{end}" for end in _READERS]
        present = [path for path in paths if path.is_file()]
        if len(present) > 1:
            findings.add(Finding(present[1].name, 1, "FILE_TWICE"))
        elif present:
            text = _text(present[0], findings)
            if text is not None:
                read = _READERS[present[0].suffix]
                tables[table] = list(read(present[0].name, text, form, findings))
    return tables


def _base_forms(folder: Path) -> dict[str, Form]:
    names = {path.stem for path in folder.glob(f"{BASE_PREFIX}*") if path.suffix in _READERS}
    return {name: BASE_FORM for name in sorted(names) if name not in FORMS}


def _text(path: Path, findings: Findings) -> str | None:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    findings.add(Finding(path.name, 1, "ENCODING"))
    return None


def _csv_rows(file: str, text: str, form: Form, findings: Findings) -> Iterator[FileRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _are_columns_right(file, header, form, findings):
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                facts = {"found": str(len(cells)), "expected": str(len(header))}
                findings.add(Finding(file, reader.line_num, "ROW_LENGTH", facts))
                continue
            yield FileRow(file, reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error:
        findings.add(Finding(file, reader.line_num, "SYNTAX"))


def _json_rows(file: str, text: str, form: Form, findings: Findings) -> Iterator[FileRow]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        findings.add(Finding(file, error.lineno, "SYNTAX"))
        return
    except (ValueError, RecursionError):
        findings.add(Finding(file, 1, "SYNTAX"))
        return
    entries = [content] if isinstance(content, dict) else content
    if not isinstance(entries, list):
        findings.add(Finding(file, 1, "SYNTAX"))
        return
    right = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            findings.add(Finding(file, number, "NOT_AN_OBJECT"))
        elif _are_columns_right(file, list(entry), form, findings, number):
            right.append((number, {name: _cell(value) for name, value in entry.items()}))
    # All rows of a file have the same columns, as in a CSV.
    columns = dict.fromkeys(name for _, fields in right for name in fields)
    for number, fields in right:
        yield FileRow(file, number, {**dict.fromkeys(columns, ""), **fields})


_READERS = {".csv": _csv_rows, ".json": _json_rows}


def _cell(value: object) -> str:
    """As it would stand in the CSV."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(map(str, value))
    return "" if value is None else str(value)


def _are_columns_right(
    file: str, header: list[str], form: Form, findings: Findings, line: int = 1
) -> bool:
    wrong = [
        Finding(file, line, "COLUMN_MISSING", {"column": column})
        for column in form.required
        if column not in header
    ]
    known = (*form.required, *form.optional)
    free = [column for column in header if column not in known]
    for position, column in enumerate(header):
        if column in header[:position]:
            wrong.append(Finding(file, line, "COLUMN_TWICE", {"column": column[:40]}))
        elif column in free and not (form.has_free and _is_field_name(column)):
            wrong.append(Finding(file, line, "COLUMN_UNKNOWN", {"column": column[:40]}))
    if len(free) > _MOST_FREE:
        wrong.append(Finding(file, line, "COLUMNS_MANY", {"most": str(_MOST_FREE)}))
    for finding in wrong:
        findings.add(finding)
    return not wrong


def _is_field_name(column: str) -> bool:
    return column.isprintable() and "|" not in column and 0 < len(column) <= _FREE_LENGTH

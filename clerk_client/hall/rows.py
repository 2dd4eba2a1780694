"""The hall's folder as rows: CSV as Excel writes it, or JSON with the same fields."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clerk_client.hall.findings import Finding, Findings

COLUMNS = {
    "departments": ("code", "name", "full_name"),
    "matters": (
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
    ),
    "materials": ("matter", "name", "necessity"),
    "windows": ("code", "name", "phone"),
    "clerks": ("code", "name", "role", "identity"),
    "appointments": ("number", "day", "time", "matter", "status", "applicant_name", "outlet"),
    "tickets": ("number", "day", "status", "matters", "appointment", "priority"),
    "hall": ("code", "name", "supervision_phone"),
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row as text. `line` is the row's last line in a CSV file, its number in a JSON list."""

    file: str
    line: int
    fields: dict[str, str]


def rows_of(folder: Path, findings: Findings) -> dict[str, list[FileRow]]:
    """The tables that the folder has; a table without a file is not in the answer."""
    tables = {}
    for table, columns in COLUMNS.items():
        paths = [folder / f"{table}{end}" for end in (".csv", ".json")]
        present = [path for path in paths if path.is_file()]
        if len(present) > 1:
            findings.add(Finding(present[1].name, 1, "FILE_TWICE"))
        elif present:
            text = _text(present[0], findings)
            if text is not None:
                read = _csv_rows if present[0].suffix == ".csv" else _json_rows
                tables[table] = list(read(present[0].name, text, columns, findings))
    return tables


def _text(path: Path, findings: Findings) -> str | None:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    findings.add(Finding(path.name, 1, "ENCODING"))
    return None


def _csv_rows(
    file: str, text: str, columns: tuple[str, ...], findings: Findings
) -> Iterator[FileRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _are_columns_right(file, header, columns, findings):
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


def _json_rows(
    file: str, text: str, columns: tuple[str, ...], findings: Findings
) -> Iterator[FileRow]:
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
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            findings.add(Finding(file, number, "NOT_AN_OBJECT"))
        elif _are_columns_right(file, list(entry), columns, findings, number):
            yield FileRow(file, number, {name: _cell(value) for name, value in entry.items()})


def _cell(value: object) -> str:
    """As it would stand in the CSV."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(map(str, value))
    return "" if value is None else str(value)


def _are_columns_right(
    file: str, header: list[str], columns: tuple[str, ...], findings: Findings, line: int = 1
) -> bool:
    wrong = [
        Finding(file, line, "COLUMN_MISSING", {"column": c}) for c in columns if c not in header
    ]
    for position, column in enumerate(header):
        if column not in columns:
            wrong.append(Finding(file, line, "COLUMN_UNKNOWN", {"column": column[:40]}))
        elif column in header[:position]:
            wrong.append(Finding(file, line, "COLUMN_TWICE", {"column": column}))
    for finding in wrong:
        findings.add(finding)
    return not wrong

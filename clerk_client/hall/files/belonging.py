"""What the rows of the hall's files point to must be there, in a file or in the database."""

import logging
from collections.abc import Collection

from sqlalchemy import Connection, select

from clerk_client.domain.cases import is_status_word
from clerk_client.hall import tables
from clerk_client.hall.files import cells
from clerk_client.hall.files.checking import Values, is_base
from clerk_client.hall.files.findings import Finding, Findings
from clerk_client.hall.files.rows import BASE_PREFIX, FileRow

log = logging.getLogger(__name__)

Checked = dict[str, list[tuple[FileRow, Values]]]


def check_belonging(
    connection: Connection, files: dict[str, list[FileRow]], rows: Checked, findings: Findings
) -> None:
    """Tells all that points to nothing. `files` has the rows that are wrong in themselves too."""
    _check_hall(connection, rows, findings)
    _check_references(connection, files, rows, findings)
    _check_bases(connection, rows, findings)
    for row, values in rows.get("cases", []):
        if not is_status_word(values["status"]):
            # No mistake: an applicant is told "other" and the department's own word.
            log.warning("%s:%d: status counts as other: %s", row.file, row.line, values["status"])


def _check_hall(connection: Connection, rows: Checked, findings: Findings) -> None:
    known = connection.scalar(select(tables.hall.c.code))
    if known is None and "hall" not in rows:
        findings.add(Finding("hall.json", 1, "HALL_MISSING"))
    for row, values in rows.get("hall", []):
        if known not in (None, values["code"]):
            facts = {"known": str(known), "value": values["code"]}
            findings.add(Finding(row.file, row.line, "HALL_OTHER", facts))


def _check_references(
    connection: Connection, files: dict[str, list[FileRow]], rows: Checked, findings: Findings
) -> None:
    def known(table: str, column: str = "code") -> set[str]:
        stored = connection.scalars(select(tables.metadata.tables[table].c[column]))
        # Wrong rows count too: what points to them is not wrong as well.
        in_file = (row.fields[column].strip() for row in files.get(table, []))
        return {*stored, *in_file, *(values[column] for _, values in rows.get(table, []))}

    def ensure(table: str, column: str, allowed: Collection[str]) -> None:
        for row, values in rows.get(table, []):
            cell = values.get(column, "")
            for code in cell if isinstance(cell, list) else [cell]:
                if code and code not in allowed:
                    facts = {"column": column, "value": code[:40]}
                    findings.add(Finding(row.file, row.line, "UNKNOWN", facts))

    matters = known("matters")
    ensure("matters", "department", known("departments"))
    ensure("matters", "parent", matters)
    ensure("materials", "matter", matters)
    ensure("appointments", "matter", matters)
    ensure("appointments", "window", known("windows"))
    ensure("cases", "matter", matters)
    ensure("tickets", "matters", matters)
    ensure("tickets", "appointment", known("appointments", "number"))
    _check_parents(connection, rows, findings)
    _check_identities(connection, rows, findings)


def _check_parents(connection: Connection, rows: Checked, findings: Findings) -> None:
    matters = tables.matters.c
    groups = {
        row.code: row.is_parent
        for row in connection.execute(select(matters.code, matters.is_parent))
    }
    groups |= {values["code"]: values["is_parent"] for _, values in rows.get("matters", [])}
    for row, values in rows.get("matters", []):
        if groups.get(values["parent"]) is False:
            findings.add(Finding(row.file, row.line, "NOT_A_PARENT", {"value": values["parent"]}))


def _check_identities(connection: Connection, rows: Checked, findings: Findings) -> None:
    clerks = tables.clerks.c
    owners = {
        row.identity: row.code for row in connection.execute(select(clerks.identity, clerks.code))
    }
    in_file = {values["code"] for _, values in rows.get("clerks", [])}
    for row, values in rows.get("clerks", []):
        owner = owners.get(values["identity"])
        if owner is not None and owner not in in_file:
            facts = {"value": values["identity"], "known": owner}
            findings.add(Finding(row.file, row.line, "IDENTITY_TAKEN", facts))


def _check_bases(connection: Connection, rows: Checked, findings: Findings) -> None:
    known = set(connection.scalars(select(tables.base_databases.c.code)))
    known |= {values["code"] for _, values in rows.get("base_databases", [])}
    for table, found in rows.items():
        code = table.removeprefix(BASE_PREFIX)
        if not is_base(table) or code in known:
            continue
        file = found[0][0].file if found else f"{table}.csv"
        try:
            cells.base_code(code)
        except cells.CellWrong as wrong:
            findings.add(Finding(file, 1, wrong.code, wrong.facts))
        else:
            findings.add(Finding(file, 1, "BASE_WITHOUT_ENTRY", {"value": code}))

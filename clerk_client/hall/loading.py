"""Taking over the hall's files: all of a folder, or nothing of it.

What is loaded again is updated; a row that is no longer in a file stays. A ticket or appointment
that an acceptance used stays used, whatever the file says.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from clerk_client.domain.appointments import AppointmentStatus
from clerk_client.domain.tickets import TicketStatus
from clerk_client.hall import tables
from clerk_client.hall.checking import Values, checked
from clerk_client.hall.findings import Finding, Findings, LoadRefused
from clerk_client.hall.rows import FileRow, rows_of
from clerk_client.hall.store import put, writing

Checked = dict[str, list[tuple[FileRow, Values]]]


def load(engine: Engine, folder: Path) -> dict[str, int]:
    """Rows taken over, by table. Raises LoadRefused with every finding; then nothing is changed."""
    findings = Findings()
    files = rows_of(folder, findings)
    if not files and not findings.sorted():
        raise LoadRefused((Finding(folder.name, 1, "NO_FILES"),))
    rows = {table: checked(table, found, findings) for table, found in files.items()}
    with writing(engine) as connection:
        _check_hall(connection, rows, findings)
        _check_references(connection, files, rows, findings)
        if findings.sorted():
            raise LoadRefused(findings.sorted())
        for table, take in _IN_ORDER.items():
            if table in rows:
                take(connection, [values for _, values in rows[table]])
        _take_catalogue(connection, rows)
        for table, take in _AFTER_CATALOGUE.items():
            if table in rows:
                take(connection, [values for _, values in rows[table]])
    return {table: len(found) for table, found in rows.items()}


# --- what belongs together -----------------------------------------------------------------------


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
            cell = values[column]
            for code in cell if isinstance(cell, list) else [cell]:
                if code and code not in allowed:
                    facts = {"column": column, "value": code[:40]}
                    findings.add(Finding(row.file, row.line, "UNKNOWN", facts))

    matters = known("matters")
    ensure("matters", "department", known("departments"))
    ensure("matters", "parent", matters)
    ensure("materials", "matter", matters)
    ensure("appointments", "matter", matters)
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


# --- taking over ---------------------------------------------------------------------------------


def _take_hall(connection: Connection, rows: list[Values]) -> None:
    new = {"epoch": 1, "catalogue_version": 0}
    put(connection, tables.hall, [{**row, **new} for row in rows], kept=tuple(new))


def _take_windows(connection: Connection, rows: list[Values]) -> None:
    put(connection, tables.windows, rows)


def _take_clerks(connection: Connection, rows: list[Values]) -> None:
    clerks = tables.clerks
    if rows:
        # Two clerks may have changed identities: clear the way before the new ones are written.
        connection.execute(
            update(clerks)
            .where(clerks.c.code == bindparam("clerk"))
            .values(identity=bindparam("own")),
            [{"clerk": row["code"], "own": str(uuid.uuid4())} for row in rows],
        )
    put(connection, clerks, [{**row, "locked": False} for row in rows], kept=("locked",))


def _take_appointments(connection: Connection, rows: list[Values]) -> None:
    appointments = tables.appointments
    used = set(
        connection.scalars(select(appointments.c.number).where(appointments.c.used_by != ""))
    )
    for row in rows:
        row["used_by"] = ""
        if row["number"] in used:
            row["status"] = AppointmentStatus.USED.value
    put(connection, appointments, rows, kept=("used_by",))


def _take_tickets(connection: Connection, rows: list[Values]) -> None:
    tickets, booked = tables.tickets, tables.ticket_matters
    found = connection.execute(
        select(tickets.c.day, tickets.c.number).where(tickets.c.used_by != "")
    )
    used = {(row.day, row.number) for row in found}
    done = {
        (row.day, row.number, row.matter): row.used_by
        for row in connection.execute(select(booked).where(booked.c.used_by != ""))
    }
    links = []
    for row in rows:
        codes, row["used_by"] = row.pop("matters"), ""
        if (row["day"], row["number"]) in used:
            row["status"] = TicketStatus.USED.value
        links += [
            {
                "day": row["day"],
                "number": row["number"],
                "position": position,
                "matter": code,
                "used_by": done.get((row["day"], row["number"], code), ""),
            }
            for position, code in enumerate(codes)
        ]
    put(connection, tickets, rows, kept=("used_by",))
    if rows:
        connection.execute(
            delete(booked).where(booked.c.day == bindparam("d"), booked.c.number == bindparam("n")),
            [{"d": row["day"], "n": row["number"]} for row in rows],
        )
        connection.execute(insert(booked), links)


_IN_ORDER: dict[str, Callable[[Connection, list[Values]], None]] = {
    "hall": _take_hall,
    "windows": _take_windows,
    "clerks": _take_clerks,
}
_AFTER_CATALOGUE: dict[str, Callable[[Connection, list[Values]], None]] = {
    "appointments": _take_appointments,
    "tickets": _take_tickets,
}


# --- catalogue -----------------------------------------------------------------------------------

# Short in the hall's file, said in full everywhere else.
_COLUMN_NAMES = {"days": "statutory_days", "category": "expected_category"}


def _take_catalogue(connection: Connection, rows: Checked) -> None:
    """Writes what differs, under the next version; no difference, no new version."""
    hall = tables.hall
    version = connection.scalars(select(hall.c.catalogue_version)).one() + 1
    departments = [values for _, values in rows.get("departments", [])]
    stored = _stored(connection, tables.departments)
    changed = [row for row in departments if stored.get(row["code"]) != row]
    put(connection, tables.departments, [{**row, "changed_in": version} for row in changed])
    matters = _changed_matters(connection, rows)
    lists = {code: row.pop("materials") for code, row in matters.items()}
    put(connection, tables.matters, [{**row, "changed_in": version} for row in matters.values()])
    _replace_materials(connection, lists)
    if changed or matters:
        connection.execute(update(hall).values(catalogue_version=version))


def _changed_matters(connection: Connection, rows: Checked) -> dict[str, Values]:
    """Each matter that a file makes different from what is stored, with its materials."""
    listed = _stored_materials(connection)
    stored = {
        code: {**row, "materials": listed[code]}
        for code, row in _stored(connection, tables.matters).items()
    }
    wanted: dict[str, Values] = {}
    for _, values in rows.get("matters", []):
        row = {_COLUMN_NAMES.get(name, name): value for name, value in values.items()}
        kept = [] if "materials" in rows else listed[row["code"]]
        wanted[row["code"]] = {**row, "materials": kept}
    in_files: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for _, values in rows.get("materials", []):
        in_files[values["matter"]].append((values["name"], values["necessity"]))
    for code, materials in in_files.items():
        wanted[code] = {**wanted.get(code, stored.get(code, {})), "materials": materials}
    return {code: row for code, row in wanted.items() if stored.get(code) != row}


def _stored(connection: Connection, table: Any) -> dict[str, Values]:
    columns = [column for column in table.c if column.name != "changed_in"]
    return {row.code: dict(row._mapping) for row in connection.execute(select(*columns))}


def _stored_materials(connection: Connection) -> dict[str, list[tuple[str, str]]]:
    materials = tables.materials.c
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(
        select(tables.materials).order_by(materials.matter, materials.position)
    ):
        found[row.matter].append((row.name, row.necessity))
    return found


def _replace_materials(connection: Connection, lists: dict[str, list[tuple[str, str]]]) -> None:
    materials = tables.materials
    rows = [
        {"matter": code, "position": position, "name": name, "necessity": necessity}
        for code, each in lists.items()
        for position, (name, necessity) in enumerate(each)
    ]
    if lists:
        connection.execute(
            delete(materials).where(materials.c.matter == bindparam("code")),
            [{"code": code} for code in lists],
        )
    if rows:
        connection.execute(insert(materials), rows)

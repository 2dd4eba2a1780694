"""Taking over the hall's files: all of a folder, or nothing of it.

What is loaded again is updated; a row that is no longer in a file stays, but for the entries of a
base database. A ticket or appointment that an acceptance used stays used, and what the directory
locked or retired stays so, whatever the file says.
"""

import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, bindparam, update

from clerk_client.hall import tables
from clerk_client.hall.files.bases import take_bases
from clerk_client.hall.files.belonging import Checked, check_belonging
from clerk_client.hall.files.catalogue import take_catalogue
from clerk_client.hall.files.checking import Values, checked
from clerk_client.hall.files.findings import Finding, Findings, LoadRefused
from clerk_client.hall.files.rows import FileRow, rows_of
from clerk_client.hall.files.visits import take_appointments, take_cases, take_tickets
from clerk_client.hall.store import put, written


def load(engine: Engine, folder: Path) -> dict[str, int]:
    """Rows taken over, by table. Raises LoadRefused with every finding; then nothing is changed."""
    findings = Findings()
    files = rows_of(folder, findings)
    if not files and not findings.sorted():
        raise LoadRefused((Finding(folder.name, 1, "NO_FILES"),))
    rows = {table: checked(table, found, findings) for table, found in files.items()}
    written(engine, _load, files, rows, findings)
    return {table: len(found) for table, found in rows.items()}


def _load(
    connection: Connection, files: dict[str, list[FileRow]], right: Checked, known: Findings
) -> None:
    findings = known.copy()
    # Copies, because what takes the rows over changes them, and this may be tried again.
    rows = {table: [(row, dict(values)) for row, values in each] for table, each in right.items()}
    check_belonging(connection, files, rows, findings)
    if findings.sorted():
        raise LoadRefused(findings.sorted())
    for table, take in _BEFORE_CATALOGUE.items():
        if table in rows:
            take(connection, [values for _, values in rows[table]])
    take_catalogue(connection, rows)
    for table, take in _AFTER_CATALOGUE.items():
        if table in rows:
            take(connection, [values for _, values in rows[table]])
    take_bases(connection, rows)


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


_BEFORE_CATALOGUE: dict[str, Callable[[Connection, list[Values]], None]] = {
    "hall": _take_hall,
    "windows": _take_windows,
    "clerks": _take_clerks,
}
_AFTER_CATALOGUE: dict[str, Callable[[Connection, list[Values]], None]] = {
    "appointments": take_appointments,
    "tickets": take_tickets,
    "cases": take_cases,
}

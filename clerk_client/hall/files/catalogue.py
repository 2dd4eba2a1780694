"""Taking over the catalogue: what differs is written under the next version."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from clerk_client.hall import tables
from clerk_client.hall.files.belonging import Checked
from clerk_client.hall.files.checking import Values
from clerk_client.hall.store import put

# Short in the hall's file, said in full everywhere else.
_COLUMN_NAMES = {"days": "statutory_days", "category": "expected_category"}


def take_catalogue(connection: Connection, rows: Checked) -> None:
    """Departments, matters with materials, workdays. No difference, no new version."""
    hall = tables.hall
    # Held until the end, so that no other load or the directory takes the same version.
    version = connection.scalars(select(hall.c.catalogue_version).with_for_update()).one() + 1
    departments = [values for _, values in rows.get("departments", [])]
    changed = _changed(departments, _stored(connection, tables.departments), "code")
    put(connection, tables.departments, [{**row, "changed_in": version} for row in changed])
    matters = _changed_matters(connection, rows)
    lists = {code: row.pop("materials") for code, row in matters.items()}
    put(connection, tables.matters, [{**row, "changed_in": version} for row in matters.values()])
    _replace_materials(connection, lists)
    days = _changed(_workdays(rows), _stored(connection, tables.workdays, "day"), "day")
    put(connection, tables.workdays, [{**row, "changed_in": version} for row in days])
    if changed or matters or days:
        connection.execute(update(hall).values(catalogue_version=version))


def _workdays(rows: Checked) -> list[Values]:
    return [
        {
            "day": values["day"],
            "is_workday": values["kind"] == "workday",
            "note": values["note"],
        }
        for _, values in rows.get("workdays", [])
    ]


def _changed(wanted: Sequence[Values], stored: dict[Any, Values], key: str) -> list[Values]:
    """The rows that say something else than what is stored, as far as they say anything."""
    return [row for row in wanted if not _is_stored(row, stored.get(row[key]))]


def _is_stored(row: Values, stored: Values | None) -> bool:
    # Only the file's columns: what the directory keeps beside them is no difference.
    return stored is not None and all(stored[name] == value for name, value in row.items())


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
    return {code: row for code, row in wanted.items() if not _is_stored(row, stored.get(code))}


def _stored(connection: Connection, table: Any, key: str = "code") -> dict[Any, Values]:
    columns = [column for column in table.c if column.name != "changed_in"]
    rows = connection.execute(select(*columns))
    return {row._mapping[key]: dict(row._mapping) for row in rows}


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

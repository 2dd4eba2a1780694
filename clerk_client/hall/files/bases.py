"""Taking over copies of base databases: each is replaced whole, as the copy that it is."""

from typing import Any

from sqlalchemy import Connection, delete, insert

from clerk_client.hall import tables
from clerk_client.hall.files.belonging import Checked
from clerk_client.hall.files.checking import Values, is_base
from clerk_client.hall.files.rows import BASE_PREFIX
from clerk_client.hall.store import put
from clerk_client.wire.lines import canonical

_AT_ONCE = 5000


def take_bases(connection: Connection, rows: Checked) -> None:
    """Who is no longer in the file is no longer in the copy."""
    put(connection, tables.base_databases, [values for _, values in rows.get("base_databases", [])])
    entries = tables.base_entries
    for table in filter(is_base, rows):
        code = table.removeprefix(BASE_PREFIX)
        connection.execute(delete(entries).where(entries.c.base == code))
        found = [_entry(code, values) for _, values in rows[table]]
        for first in range(0, len(found), _AT_ONCE):
            connection.execute(insert(entries), found[first : first + _AT_ONCE])


def _entry(code: str, values: Values) -> dict[str, Any]:
    kind, number = values.pop("document_type"), values.pop("document_number")
    # An empty cell says nothing, and nothing is compared with it.
    said = {name: value for name, value in values.items() if value}
    return {
        "base": code,
        "document_type": kind,
        "document_number": number,
        "fields": canonical(said).decode(),
    }

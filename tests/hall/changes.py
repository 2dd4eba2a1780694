"""What an administrator changes in the hall's database while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, insert, select, update

from clerk_client.hall import tables
from clerk_client.hall.store import writing
from tests.hall.conftest import Town
from tests.hall.desk import ClerkKey, clerk_key


@contextmanager
def changed(town: Town, table: Table, code: str, **values: Any) -> Iterator[None]:
    """The row of that code with other values, and as it was again afterwards."""
    with writing(town.engine) as connection:
        row = connection.execute(select(table).where(table.c.code == code)).one()
        connection.execute(update(table).where(table.c.code == code).values(values))
    try:
        yield
    finally:
        before = {name: row._mapping[name] for name in values}
        with writing(town.engine) as connection:
            connection.execute(update(table).where(table.c.code == code).values(before))


def employ(town: Town, code: str, role: str) -> ClerkKey:
    """A further clerk of the hall, with a key."""
    row = {"code": code, "name": "新来的", "role": role, "identity": f"ZS-{code}", "locked": False}
    with writing(town.engine) as connection:
        connection.execute(insert(tables.clerks).values(row))
    return clerk_key(town.authority, "新来的", f"ZS-{code}")

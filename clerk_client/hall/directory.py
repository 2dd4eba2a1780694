"""目录: clerks, departments, windows and roles, added and changed by IT, never deleted.

Each change is one transaction with its audit row. Whoever is locked or retired is signed out in it.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, String, Table, delete, select, update

from clerk_client.domain.clerks import Role
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.audit_trail import audit
from clerk_client.hall.errors import (
    DirectoryInUse,
    DirectoryTaken,
    DirectoryUnknown,
    OwnAccount,
    RequestInvalid,
    RoleFixed,
)
from clerk_client.hall.store import added, reading, written

Values = Mapping[str, Any]
Check = Callable[[Connection, str, Values, Session], None]

_FIXED = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Book:
    """One list of the directory. `check` refuses what the values may not be; raises HallError."""

    name: str
    table: Table
    check: Check
    is_in_catalogue: bool = False


def page(engine: Engine, book: Book, after: str, limit: int) -> tuple[Sequence[Row[Any]], str]:
    """Rows by code, and the code to go on after, empty on the last page."""
    code = book.table.c.code
    with reading(engine) as connection:
        rows = connection.execute(
            select(book.table).where(code > after).order_by(code).limit(limit + 1)
        ).all()
    return rows[:limit], rows[limit - 1].code if len(rows) > limit else ""


def add(engine: Engine, book: Book, values: Values, session: Session, now: datetime) -> Row[Any]:
    """The new row; the same row again for the same values. Raises DirectoryTaken and `check`'s."""
    return written(engine, _add, book, _normalised(book, values), session, now)


def _add(
    connection: Connection, book: Book, values: Values, session: Session, now: datetime
) -> Row[Any]:
    code: str = values["code"]
    stored = _found(connection, book, code)
    if stored is None:
        book.check(connection, code, values, session)
        row = {**_whole(book, values), **_versioned(connection, book)}
        if added(connection, book.table, row):
            _note(connection, book, "added", code, sorted(values), session, now)
            return _stored(connection, book, code)
        # Somebody else was quicker, with the same code or only with the same identity.
        stored = _found(connection, book, code)
        if stored is None:
            raise DirectoryTaken(field="identity")
    if any(stored._mapping[name] != value for name, value in values.items()):
        raise DirectoryTaken(field="code")
    return stored


def change(
    engine: Engine, book: Book, code: str, values: Values, session: Session, now: datetime
) -> Row[Any]:
    """The row as it is now. What is None is left. Raises DirectoryUnknown and `check`'s."""
    given = {name: value for name, value in values.items() if value is not None}
    return written(engine, _change, book, code, _normalised(book, given), session, now)


def _change(
    connection: Connection, book: Book, code: str, given: Values, session: Session, now: datetime
) -> Row[Any]:
    # Locked: of two changes at once the second is compared with what the first one left.
    stored = _stored(connection, book, code, is_locked=True)
    news = {name: value for name, value in given.items() if stored._mapping[name] != value}
    if not news:
        return stored
    book.check(connection, code, news, session)
    connection.execute(
        update(book.table)
        .where(book.table.c.code == code)
        .values(**news, **_versioned(connection, book))
    )
    if book.table is tables.clerks and (news.get("locked") or news.get("retired")):
        connection.execute(delete(tables.tokens).where(tables.tokens.c.clerk == code))
    _note(connection, book, "changed", code, sorted(news), session, now)
    return _stored(connection, book, code)


# --- what each list refuses ----------------------------------------------------------------------


def _check_clerk(connection: Connection, code: str, values: Values, session: Session) -> None:
    if code == session.clerk and {"role", "locked", "retired", "identity"} & values.keys():
        # Else a hall could be left without anybody who may let others in again.
        raise OwnAccount
    if "role" in values:
        roles = tables.roles.c
        role = connection.execute(
            # Not retired by somebody else before this one has it.
            select(roles.retired).where(roles.code == values["role"]).with_for_update(read=True)
        ).scalar_one_or_none()
        if role is None or role:
            raise DirectoryUnknown(field="role")
    if values.get("department"):
        _stored(connection, DEPARTMENTS, values["department"], field="department")
    if "identity" in values:
        clerks = tables.clerks.c
        other = connection.scalar(
            select(clerks.code).where(clerks.identity == values["identity"], clerks.code != code)
        )
        if other is not None:
            raise DirectoryTaken(field="identity")


def _check_department(connection: Connection, code: str, values: Values, _: Session) -> None:
    matters = tables.matters.c
    used = select(matters.code).where(matters.department == code).limit(1)
    if values.get("retired") and connection.scalar(used) is not None:
        raise DirectoryInUse(by="matters")


def _check_window(connection: Connection, code: str, values: Values, _: Session) -> None:
    stations = tables.stations.c
    used = (
        select(stations.code).where(stations.window == code, stations.retired.is_(False)).limit(1)
    )
    if values.get("retired") and connection.scalar(used) is not None:
        raise DirectoryInUse(by="stations")


def _check_role(connection: Connection, code: str, values: Values, _: Session) -> None:
    if code in _FIXED and {"rights", "retired"} & values.keys():
        raise RoleFixed
    clerks = tables.clerks.c
    used = select(clerks.code).where(clerks.role == code, clerks.retired.is_(False)).limit(1)
    if values.get("retired") and connection.scalar(used) is not None:
        raise DirectoryInUse(by="clerks")


CLERKS = Book("clerk", tables.clerks, _check_clerk)
DEPARTMENTS = Book("department", tables.departments, _check_department, is_in_catalogue=True)
WINDOWS = Book("window", tables.windows, _check_window)
ROLES = Book("role", tables.roles, _check_role)


# --- inside --------------------------------------------------------------------------------------


def _found(
    connection: Connection, book: Book, code: str, *, is_locked: bool = False
) -> Row[Any] | None:
    statement = select(book.table).where(book.table.c.code == code)
    if is_locked:
        statement = statement.with_for_update(key_share=True)
    return connection.execute(statement).first()


def _stored(
    connection: Connection, book: Book, code: str, field: str = "code", *, is_locked: bool = False
) -> Row[Any]:
    row = _found(connection, book, code, is_locked=is_locked)
    if row is None:
        raise DirectoryUnknown(field=field)
    return row


def _whole(book: Book, values: Values) -> dict[str, Any]:
    off = {name: False for name in ("locked", "retired") if name in book.table.c}
    return {**off, **values}


def _versioned(connection: Connection, book: Book) -> dict[str, int]:
    """Windows fetch what changed in the catalogue: a change takes its next version."""
    if not book.is_in_catalogue:
        return {}
    hall = tables.hall
    version = connection.execute(
        update(hall)
        .values(catalogue_version=hall.c.catalogue_version + 1)
        .returning(hall.c.catalogue_version)
    ).scalar_one()
    return {"changed_in": version}


def _normalised(book: Book, values: Values) -> dict[str, Any]:
    found = {
        name: unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value
        for name, value in values.items()
    }
    for name in ("code", "name", "full_name", "identity"):
        if found.get(name) == "":
            raise RequestInvalid(field=name)
    for name, value in found.items():
        kind = book.table.c[name].type
        # NFC makes some texts longer than they were sent, and PostgreSQL counts.
        if isinstance(kind, String) and len(value) > (kind.length or 0):
            raise RequestInvalid(field=name)
    return found


def _note(
    connection: Connection,
    book: Book,
    what: str,
    code: str,
    names: list[str],
    session: Session,
    now: datetime,
) -> None:
    audit.note(
        connection,
        now,
        actor=session.clerk,
        station=session.station,
        action=f"{book.name}.{what}",
        subject=code,
        facts={"fields": list(names)},
    )

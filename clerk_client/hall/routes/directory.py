"""Clerks, departments, windows and roles."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from sqlalchemy import Row

from clerk_client.hall import directory
from clerk_client.hall.calling import Now, SignedIn, TheHall
from clerk_client.hall.directory import CLERKS, DEPARTMENTS, ROLES, WINDOWS
from clerk_client.wire import directory as m

router = APIRouter()

After = Annotated[str, Query(max_length=80)]
Limit = Annotated[int, Query(ge=1, le=500)]
TheCode = Annotated[str, Path(max_length=80)]


def _fields(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)


def _news(body: BaseModel) -> dict[str, Any]:
    return body.model_dump()


@router.get("/clerks")
def get_clerks(hall: TheHall, after: After = "", limit: Limit = 200) -> m.ClerksAnswer:
    """List the clerks by code."""
    rows, onward = directory.page(hall.engine, CLERKS, after, limit)
    return m.ClerksAnswer(rows=[m.ClerkEntry(**_fields(row)) for row in rows], next=onward)


@router.post("/clerks")
def post_clerk(body: m.NewClerk, hall: TheHall, session: SignedIn, now: Now) -> m.ClerkEntry:
    """Add a clerk."""
    return m.ClerkEntry(**_fields(directory.add(hall.engine, CLERKS, _news(body), session, now)))


@router.patch("/clerks/{code}")
def patch_clerk(
    code: TheCode, body: m.ClerkChange, hall: TheHall, session: SignedIn, now: Now
) -> m.ClerkEntry:
    """Change a clerk, lock or retire included."""
    row = directory.change(hall.engine, CLERKS, code, _news(body), session, now)
    return m.ClerkEntry(**_fields(row))


@router.get("/departments")
def get_departments(hall: TheHall, after: After = "", limit: Limit = 200) -> m.DepartmentsAnswer:
    """List the departments by code."""
    rows, onward = directory.page(hall.engine, DEPARTMENTS, after, limit)
    entries = [m.DepartmentEntry(**_fields(row)) for row in rows]
    return m.DepartmentsAnswer(rows=entries, next=onward)


@router.post("/departments")
def post_department(
    body: m.NewDepartment, hall: TheHall, session: SignedIn, now: Now
) -> m.DepartmentEntry:
    """Add a department."""
    row = directory.add(hall.engine, DEPARTMENTS, _news(body), session, now)
    return m.DepartmentEntry(**_fields(row))


@router.patch("/departments/{code}")
def patch_department(
    code: TheCode, body: m.DepartmentChange, hall: TheHall, session: SignedIn, now: Now
) -> m.DepartmentEntry:
    """Change or retire a department."""
    row = directory.change(hall.engine, DEPARTMENTS, code, _news(body), session, now)
    return m.DepartmentEntry(**_fields(row))


@router.get("/windows")
def get_windows(hall: TheHall, after: After = "", limit: Limit = 200) -> m.WindowsAnswer:
    """List the windows by code."""
    rows, onward = directory.page(hall.engine, WINDOWS, after, limit)
    return m.WindowsAnswer(rows=[m.WindowEntry(**_fields(row)) for row in rows], next=onward)


@router.post("/windows")
def post_window(body: m.NewWindow, hall: TheHall, session: SignedIn, now: Now) -> m.WindowEntry:
    """Add a window."""
    return m.WindowEntry(**_fields(directory.add(hall.engine, WINDOWS, _news(body), session, now)))


@router.patch("/windows/{code}")
def patch_window(
    code: TheCode, body: m.WindowChange, hall: TheHall, session: SignedIn, now: Now
) -> m.WindowEntry:
    """Change or retire a window."""
    row = directory.change(hall.engine, WINDOWS, code, _news(body), session, now)
    return m.WindowEntry(**_fields(row))


@router.get("/roles")
def get_roles(hall: TheHall, after: After = "", limit: Limit = 200) -> m.RolesAnswer:
    """List the roles by code."""
    rows, onward = directory.page(hall.engine, ROLES, after, limit)
    return m.RolesAnswer(rows=[m.RoleEntry(**_fields(row)) for row in rows], next=onward)


@router.post("/roles")
def post_role(body: m.NewRole, hall: TheHall, session: SignedIn, now: Now) -> m.RoleEntry:
    """Add a role."""
    return m.RoleEntry(**_fields(directory.add(hall.engine, ROLES, _news(body), session, now)))


@router.patch("/roles/{code}")
def patch_role(
    code: TheCode, body: m.RoleChange, hall: TheHall, session: SignedIn, now: Now
) -> m.RoleEntry:
    """Change or retire a role."""
    row = directory.change(hall.engine, ROLES, code, _news(body), session, now)
    return m.RoleEntry(**_fields(row))

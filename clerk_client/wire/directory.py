"""The contract's messages about people and places: `clerks`, `departments`, `windows`, `roles`.

`POST` adds, `PATCH` changes what it names and leaves the rest. Nothing is deleted: what was used
stands in signed lines, so it is retired.
"""

from typing import Any

from pydantic import Field

from clerk_client.wire.messages import Answer, Code, Request

# As the loader demands of its cells: no bars, no control characters.
_TEXT = r"^[^|\x00-\x1f\x7f]+$"
_TEXT_OR_NONE = r"^[^|\x00-\x1f\x7f]*$"

Name: Any = Field(min_length=1, max_length=200, pattern=_TEXT)
ShortText: Any = Field(default="", max_length=80, pattern=_TEXT_OR_NONE)
OptionalName: Any = Field(default=None, min_length=1, max_length=200, pattern=_TEXT)
OptionalCode: Any = Field(default=None, min_length=1, max_length=80, pattern=_TEXT)
OptionalText: Any = Field(default=None, max_length=80, pattern=_TEXT_OR_NONE)
RoleCode: Any = Field(min_length=1, max_length=20, pattern=r"^[a-z0-9_-]+$")
Flag: Any = Field(default=None, strict=True)
Rights: Any = Field(pattern=r"^(clerk|supervisor|it|auditor)$")


class ClerkEntry(Answer):
    """Somebody who may sign in. `identity` is the serialNumber in their certificate's subject."""

    code: str
    name: str
    role: str
    identity: str
    department: str = ""
    locked: bool = False
    retired: bool = False


class NewClerk(Request):
    """`POST clerks`."""

    code: str = Code
    name: str = Name
    role: str = RoleCode
    identity: str = Name
    department: str = ShortText


class ClerkChange(Request):
    """`PATCH clerks/{code}`. A lock, a retirement, another role take effect at the next call."""

    name: str | None = OptionalName
    role: str | None = Field(default=None, min_length=1, max_length=20, pattern=r"^[a-z0-9_-]+$")
    identity: str | None = OptionalName
    department: str | None = OptionalText
    locked: bool | None = Flag
    retired: bool | None = Flag


class DepartmentEntry(Answer):
    """A department; `full_name` heads its papers."""

    code: str
    name: str
    full_name: str
    retired: bool = False


class NewDepartment(Request):
    """`POST departments`."""

    code: str = Code
    name: str = Name
    full_name: str = Name


class DepartmentChange(Request):
    """`PATCH departments/{code}`. Retired only when no matter is its own."""

    name: str | None = OptionalName
    full_name: str | None = OptionalName
    retired: bool | None = Flag


class WindowEntry(Answer):
    """A place where clerks sit."""

    code: str
    name: str
    phone: str = ""
    retired: bool = False


class NewWindow(Request):
    """`POST windows`."""

    code: str = Code
    name: str = Name
    phone: str = ShortText


class WindowChange(Request):
    """`PATCH windows/{code}`. Retired only when no station in use stands there."""

    name: str | None = OptionalName
    phone: str | None = OptionalText
    retired: bool | None = Flag


class RoleEntry(Answer):
    """What the hall calls a set of rights. `rights` is clerk, supervisor, it or auditor."""

    code: str
    name: str
    rights: str
    retired: bool = False


class NewRole(Request):
    """`POST roles`."""

    code: str = RoleCode
    name: str = Field(min_length=1, max_length=80, pattern=_TEXT)
    rights: str = Rights


class RoleChange(Request):
    """`PATCH roles/{code}`. The four that a hall begins with keep their rights and stay."""

    name: str | None = OptionalCode
    rights: str | None = Field(default=None, pattern=r"^(clerk|supervisor|it|auditor)$")
    retired: bool | None = Flag


class ClerksAnswer(Answer):
    """A page by code; `next` is the `after` of the next one, empty on the last."""

    rows: list[ClerkEntry]
    next: str = ""


class DepartmentsAnswer(Answer):
    """A page by code; see ClerksAnswer."""

    rows: list[DepartmentEntry]
    next: str = ""


class WindowsAnswer(Answer):
    """A page by code; see ClerksAnswer."""

    rows: list[WindowEntry]
    next: str = ""


class RolesAnswer(Answer):
    """A page by code; see ClerksAnswer."""

    rows: list[RoleEntry]
    next: str = ""

"""Who works in the hall."""

import enum
from dataclasses import dataclass


class Role(enum.Enum):
    """What a person may do in the hall. Deny by default: a right not named is not given."""

    CLERK = "clerk"  # 窗口人员
    SUPERVISOR = "supervisor"  # 主管
    IT = "it"  # 信息员
    AUDITOR = "auditor"  # 审计员


@dataclass(frozen=True, slots=True)
class Clerk:
    """窗口人员: `code` is the staff number, `identity` what their certificate says of them."""

    code: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Window:
    """窗口: a place in the hall, like 2楼B区12号."""

    code: str
    name: str
    phone: str = ""

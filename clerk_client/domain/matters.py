"""What the hall offers: departments and their matters."""

import enum
from dataclasses import dataclass

from clerk_client.domain.cases import Category
from clerk_client.domain.errors import MatterIsParent, MatterSuspended


class Necessity(enum.Enum):
    """How badly a material is needed: 必要, 容缺后补, 非必要."""

    REQUIRED = "required"
    DEFERRABLE = "deferrable"
    OPTIONAL = "optional"


class Audience(enum.Enum):
    """受理对象: for whom the matter is."""

    PERSON = "person"
    UNIT = "unit"
    BOTH = "both"


class DayUnit(enum.Enum):
    """In what the promised time is counted: 工作日, 自然日, 当场 (即办件)."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    CALENDAR_MONTHS = "calendar_months"
    IMMEDIATE = "immediate"


@dataclass(frozen=True, slots=True)
class Department:
    """部门. `full_name` heads its papers."""

    code: str
    name: str
    full_name: str


@dataclass(frozen=True, slots=True)
class Material:
    """材料: one thing to be handed in."""

    name: str
    necessity: Necessity


@dataclass(frozen=True, slots=True)
class Matter:
    """事项: something a department does for the public.

    `code` is the hall's, opaque. `expected_category` says whether it stands in the hall's catalogue
    (进驻); it is a hint and never preselects. `is_licence` decides the receipt's wording. A matter
    with `is_parent` only groups the matters whose `parent` is its code. `suspended` holds the
    hall's reason, empty while the matter is open.
    """

    code: str
    name: str
    department: Department
    audience: Audience
    statutory_days: int
    day_unit: DayUnit
    expected_category: Category
    is_licence: bool
    materials: tuple[Material, ...] = ()
    parent: str = ""
    is_parent: bool = False
    suspended: str = ""


def ensure_acceptable(matter: Matter) -> None:
    """Raises MatterSuspended or MatterIsParent when nothing can be accepted for it."""
    if matter.suspended:
        raise MatterSuspended(matter.name, matter.suspended)
    if matter.is_parent:
        raise MatterIsParent(matter.code)

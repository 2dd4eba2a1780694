"""基础库比对: what a window may know of a base database, which is never one of its values."""

import enum
from dataclasses import dataclass
from datetime import date

from clerk_client.domain.people import DocumentType

# By what name registers keep whoever has the document. Words of IT's files, as loading.md says.
_OF_A_PERSON = ("姓名", "持证人")
_OF_A_UNIT = ("名称", "单位名称", "企业名称", "持证人")


class Agreement(enum.Enum):
    """What the hall says of one field."""

    MATCHES = "matches"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    """The base has no such person, or leaves the field empty."""


@dataclass(frozen=True, slots=True)
class BaseDatabase:
    """基础库: the hall's copy of somebody's register. `fields` are called as it calls them."""

    code: str
    name: str
    fields: tuple[str, ...]

    def names_of(self, kind: DocumentType) -> tuple[str, ...]:
        """The fields that an applicant's name is compared with; none where it has no such."""
        known = _OF_A_UNIT if kind is DocumentType.CREDIT_CODE else _OF_A_PERSON
        return tuple(name for name in self.fields if name.strip() in known)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One look-up's answer. `is_old`: the copy is older than the hall allows without a warning."""

    base: str
    base_name: str
    fields: tuple[tuple[str, Agreement], ...]
    as_of: date
    age_days: int
    is_old: bool

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields that say something else than what was typed."""
        return tuple(name for name, found in self.fields if found is Agreement.DIFFERS)

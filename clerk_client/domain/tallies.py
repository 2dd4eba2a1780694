"""Counts of what was accepted."""

from dataclasses import dataclass
from datetime import date

from clerk_client.domain.cases import Category


@dataclass(frozen=True, slots=True)
class TallyRow:
    """One department's acceptances of one category."""

    department_code: str
    department_name: str
    category: Category
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The hall's count for the days from `first` to `last`, both included."""

    first: date
    last: date
    rows: tuple[TallyRow, ...]

    def of(self, category: Category) -> int:
        """All departments together."""
        return sum(row.count for row in self.rows if row.category is category)

    @property
    def total(self) -> int:
        """Both categories together."""
        return sum(row.count for row in self.rows)

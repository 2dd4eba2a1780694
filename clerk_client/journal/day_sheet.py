"""What this journal tells of one hall day's acceptances, and of a line's way to the hall."""

import enum
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from clerk_client.domain.cases import Category
from clerk_client.journal.database import Database
from clerk_client.journal.papers import PAPER_KINDS, Papers
from clerk_client.journal.rows import COLUMNS, line_of
from clerk_client.wire.lines import Kind, Line

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher


class Delivered(enum.Enum):
    """How far a line got on its way to the hall."""

    WAITING = "waiting"  # 待上报
    SETTLED = "settled"  # 已上报
    REFUSED = "refused"  # 大厅不收


class Paper(enum.Enum):
    """What is known of an acceptance's receipt."""

    UNPRINTED = "unprinted"  # 未打印
    AT_PRINTER = "at_printer"  # 正在打印
    DOUBTFUL = "doubtful"  # 存疑: nobody knows whether paper came out
    PRINTED = "printed"  # 已打印


class VoidState(enum.Enum):
    """How far a void got, by this journal's own lines that the hall did not refuse."""

    NONE = "none"
    REQUESTED = "requested"  # 已申请作废
    APPROVED = "approved"  # 已作废
    DECLINED = "declined"  # 主管不同意


@dataclass(frozen=True, slots=True)
class LineStanding:
    """The hall's answer to one line.

    `code` says why it was refused. `official` is the number that the hall gave to a provisional
    one; empty when there is none, or none yet.
    """

    state: Delivered
    code: str = ""
    official: str = ""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that the hall does not take, and why."""

    line: Line
    code: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """One acceptance of a day, with all that came after it in this journal.

    `corrected` is the category that the last correction gave it, None without one. `reprints`
    counts the papers after the original. Void, correction and papers are those of lines that bear
    the same `number` as the acceptance itself, which for a provisional one stays the provisional.
    """

    line: Line
    standing: LineStanding
    void: VoidState
    corrected: Category | None
    paper: Paper
    reprints: int

    @property
    def number(self) -> str:
        """The one inside the signed line, official or provisional: what papers and voids bear."""
        return self.line.head.number or ""

    @property
    def category(self) -> Category:
        """The one that counts now."""
        return self.corrected or Category(self.line.head.category)


def standing_from(state: str | None, code: str | None, official: str | None) -> LineStanding:
    """From the columns of a line's delivery; they are NULL as long as it waits."""
    if state is None:
        return LineStanding(Delivered.WAITING)
    return LineStanding(Delivered(state), code or "", official or "")


class DaySheet:
    """The acceptances of a hall day."""

    def __init__(self, database: Database, papers: Papers) -> None:
        self._database = database
        self._papers = papers

    def rows(self, day: date) -> tuple[DayRow, ...]:
        """In the order they were accepted. The day is that of `done_at` on the hall's calendar."""
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT {COLUMNS}, state, code, official "  # noqa: S608
                "FROM days JOIN lines ON lines.seq >= days.first AND lines.seq < coalesce("
                "(SELECT min(later.first) FROM days AS later WHERE later.first > days.first), "
                "9223372036854775807) LEFT JOIN deliveries USING (seq) "
                "WHERE day = ? AND kind = 'accepted' ORDER BY lines.seq",
                (day.isoformat(),),
            ).fetchall()
            doubtful = {paper.number for paper in self._papers.in_doubt()}
            return tuple(
                self._row(connection, line_of(row[:3]), standing_from(*row[3:]), doubtful)
                for row in found
            )

    def _row(
        self,
        connection: "sqlcipher.Connection",
        line: Line,
        standing: LineStanding,
        doubtful: Container[str],
    ) -> DayRow:
        number = line.head.number or ""
        void, corrected, papers = VoidState.NONE, None, Counter[str]()
        later = connection.execute(
            "SELECT kind, json_extract(head, '$.category'), coalesce(state, '') FROM lines "
            "LEFT JOIN deliveries USING (seq) WHERE number = ? AND kind <> 'accepted' ORDER BY seq",
            (number,),
        )
        for kind, category, state in later:
            papers[kind] += 1
            if state == Delivered.REFUSED.value:
                continue
            if kind in _VOIDS:
                void = _VOIDS[kind]
            elif kind == Kind.CATEGORY_CORRECTED.value and category:
                corrected = Category(category)
        return DayRow(
            line=line,
            standing=standing,
            void=void,
            corrected=corrected,
            paper=self._paper(number, papers, doubtful),
            reprints=papers[Kind.REPRINTED.value],
        )

    def _paper(self, number: str, papers: Counter[str], doubtful: Container[str]) -> Paper:
        if self._papers.is_at_printer(number):
            return Paper.AT_PRINTER
        if number in doubtful:
            return Paper.DOUBTFUL
        printed = any(papers[kind.value] for kind in PAPER_KINDS)
        return Paper.PRINTED if printed else Paper.UNPRINTED


_VOIDS = {
    Kind.VOID_REQUESTED.value: VoidState.REQUESTED,
    Kind.VOID_APPROVED.value: VoidState.APPROVED,
    Kind.VOID_DECLINED.value: VoidState.DECLINED,
}

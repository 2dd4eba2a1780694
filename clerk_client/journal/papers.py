"""Which receipts went to the printer: a durable mark from before the printer until the line stands.

A crash in between leaves the mark, and then nobody knows whether paper came out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from clerk_client.domain.clock import from_rfc3339, rfc3339
from clerk_client.journal.database import Database
from clerk_client.wire.lines import Kind

PAPER_KINDS = (Kind.PRINTED, Kind.REPRINTED)


@dataclass(frozen=True, slots=True)
class DoubtfulPaper:
    """存疑: nobody knows whether this receipt came out. `reprint` is 0 for the original."""

    number: str
    reprint: int
    since: datetime


class Papers:
    """Marks of one open journal. Those that the opening found are in doubt.

    A line of one of PAPER_KINDS clears all marks of its number, in its own transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # What this process has at a printer just now is not in doubt.
        self._at_printer: set[tuple[str, int]] = set()

    def next_reprint(self, number: str) -> int:
        """0 for the original, then the count of the reprint; one in doubt counts as printed."""
        with self._database.reading() as connection:
            last = connection.execute(
                "SELECT max(reprint) FROM ("
                "SELECT json_extract(body, '$.reprint') AS reprint FROM lines "
                "WHERE number = ? AND kind <> 'accepted' AND kind IN ('printed', 'reprinted') "
                "UNION ALL SELECT reprint FROM printing WHERE number = ?)",
                (number, number),
            ).fetchone()[0]
        return 0 if last is None else int(last) + 1

    @contextmanager
    def at_printer(self, number: str, reprint: int, moment: datetime) -> Iterator[None]:
        """While the printer is asked. The mark is durable before; one left after it is in doubt."""
        paper = (number, reprint)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO printing VALUES (?, ?, ?)", (*paper, rfc3339(moment))
            )
        self._at_printer.add(paper)
        try:
            yield
        finally:
            self._at_printer.discard(paper)

    def came_to_nothing(self, number: str, reprint: int) -> None:
        """The printer did not take that paper. An earlier one in doubt stays so."""
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM printing WHERE number = ? AND reprint = ?", (number, reprint)
            )

    def in_doubt(self) -> tuple[DoubtfulPaper, ...]:
        """Oldest first; of several papers of one number the last."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, reprint, since FROM printing ORDER BY number, reprint"
            ).fetchall()
        found = {
            number: DoubtfulPaper(number, reprint, from_rfc3339(since))
            for number, reprint, since in rows
            if (number, reprint) not in self._at_printer
        }
        return tuple(sorted(found.values(), key=lambda paper: (paper.since, paper.number)))

    def is_at_printer(self, number: str) -> bool:
        """This process has handed it to the printer and waits for the answer."""
        return any(at == number for at, _ in self._at_printer.copy())

"""What a start found of the run before, said in codes; wording.toml has the words."""

from dataclasses import dataclass
from datetime import datetime

from clerk_client.domain.clock import hall_day
from clerk_client.journal.day_sheet import Delivered, Paper
from clerk_client.journal.entries import Entry, Writer
from clerk_client.journal.store import Journal
from clerk_client.wire.lines import Kind, Line, Signer


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing that was found. `count` is of papers or lines, as the code says; 0 where none."""

    code: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an opening found.

    `doubtful` and `unprinted` are acceptance numbers, the unprinted ones of today only; `waiting`
    counts lines without the hall's answer. `set_aside` is the id of the journal in whose place this
    one came, until the hall knows. `damage` is the code of what keeps it from being written.
    """

    not_closed: bool
    doubtful: tuple[str, ...]
    unprinted: tuple[str, ...]
    waiting: int
    set_aside: str = ""
    damage: str = ""

    @property
    def notices(self) -> tuple[Noticed, ...]:
        """The gravest first; empty after an ordinary end with nothing left to do."""
        told = [
            (bool(self.damage), Noticed(self.damage)),
            (bool(self.set_aside), Noticed("RECOVERED_SET_ASIDE")),
            (bool(self.doubtful), Noticed("RECOVERED_DOUBTFUL", len(self.doubtful))),
            (self.not_closed, Noticed("RECOVERED_NOT_CLOSED")),
            (bool(self.unprinted), Noticed("RECOVERED_UNPRINTED", len(self.unprinted))),
            (bool(self.waiting), Noticed("RECOVERED_WAITING", self.waiting)),
        ]
        return tuple(noticed for is_so, noticed in told if is_so)


def found_at_start(journal: Journal, moment: datetime) -> Recovery:
    """Asked once, right after the opening and before anything is printed or accepted."""
    rows = journal.acceptances(hall_day(moment))
    # Told until the hall has the first line, which says it.
    is_new = journal.standing_of(1).state is Delivered.WAITING
    return Recovery(
        not_closed=not journal.was_closed,
        doubtful=tuple(paper.number for paper in journal.papers_in_doubt()),
        unprinted=tuple(row.number for row in rows if row.paper is Paper.UNPRINTED),
        waiting=journal.undelivered()[0],
        set_aside=(journal.mark(SET_ASIDE) or "") if is_new else "",
        damage=journal.fault.code if journal.fault else "",
    )


SET_ASIDE = "set-aside"
"""The mark with the id of the journal in whose place this one came."""


def write_down(
    journal: Journal, found: Recovery, moment: datetime, writer: Writer, station: Signer
) -> Line | None:
    """A `recovered` line of the station's own, when the run before did not end by itself.

    The opening has finished what was begun: every whole transaction is there, none in part. After
    an ordinary end there is nothing to write down. Raises JournalError.
    """
    if not found.not_closed:
        return None
    body = {
        "not_closed": True,
        "doubtful": list(found.doubtful),
        "unprinted": list(found.unprinted),
        "waiting": found.waiting,
    }
    return journal.append(Entry(Kind.RECOVERED, moment, body), writer, station)

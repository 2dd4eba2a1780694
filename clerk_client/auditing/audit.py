"""An exported journal, row by row: everything that is wrong with it, in the order of the file."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clerk_client.auditing.heads import Heads, PrintedHead
from clerk_client.auditing.rows import Row
from clerk_client.auditing.seen import Seen
from clerk_client.auditing.signers import Signers
from clerk_client.domain.clock import rfc3339
from clerk_client.domain.numbers import is_official_number, is_provisional_number
from clerk_client.wire.export import ExportedLine, read_exported
from clerk_client.wire.lines import Head, Kind, LineError
from clerk_client.wire.verify import Chain

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KINDS = frozenset(kind.value for kind in Kind)
# Each further journal among the rows is told; so many of them are followed too.
_JOURNALS_FOLLOWED = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `row` counts lines of the file from 1, 0 is the file as a whole;
    `seq` is what the line says of itself. Nothing of a person is among the facts."""

    code: str
    row: int = 0
    seq: int | None = None
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(slots=True)
class Checked:
    """What was looked at. `head` is the hash of the last line, times are `done_at` as they stand.

    `erased` lines have no body any more; head, signature and chain of theirs were checked.
    """

    journal: str = ""
    lines: int = 0
    erased: int = 0
    first_at: str = ""
    last_at: str = ""
    head: str = ""
    findings: Counter[str] = field(default_factory=Counter)


class Audit:
    """Of one file, once. To be closed."""

    def __init__(self, signers: Signers, printed: Iterable[PrintedHead] = ()) -> None:
        self.checked = Checked()
        self._signers = signers
        self._heads = Heads(printed)
        self._seen = Seen()
        self._chains: dict[str, Chain] = {}
        self._last_journal = ""
        self._unread = 0

    def close(self) -> None:
        """Lets go of what was remembered."""
        self._seen.close()

    def findings(self, rows: Iterable[Row]) -> Iterator[Finding]:
        """In order, those of the file as a whole last. Raises AuditNoRoom."""
        for finding in self._all(rows):
            self.checked.findings[finding.code] += 1
            yield finding

    def _all(self, rows: Iterable[Row]) -> Iterator[Finding]:
        is_empty = True
        for row in rows:
            is_empty = False
            for code in row.faults:
                yield Finding(code, row.number)
            if row.text is not None:
                yield from self._row(row.number, row.text)
            elif "EXPORT_LINE_TOO_LONG" in row.faults:
                self._pass_unread()
        if is_empty:
            yield Finding("EXPORT_EMPTY")
        for line_hash in self._heads.missing():
            yield Finding("HEAD_MISSING", facts={"head": line_hash})

    def _row(self, row: int, text: bytes) -> Iterator[Finding]:
        try:
            line = read_exported(text)
            done_at = _moment(line.head)
        except LineError as error:
            self._pass_unread()
            yield Finding(error.code, row)
            return
        self._count(line)
        for code, facts in self._line(row, line, done_at):
            yield Finding(code, row, line.head.seq, facts)

    def _line(
        self, row: int, line: ExportedLine, done_at: datetime
    ) -> Iterator[tuple[str, Mapping[str, int | str]]]:
        head, line_hash = line.head, line.hash
        yield from self._place(row, head, line_hash)
        if not line.body_is_right:
            yield "LINE_BODY_CHANGED", {}
        for code in self._signers.faults(line, done_at):
            yield code, {"certificate": head.cert_sha256[:16]}
        if head.kind not in _KINDS:
            yield "LINE_KIND_NEWER", {}
        if head.kind == Kind.ACCEPTED.value:
            yield from self._number(row, head.number)
        if not self._heads.meet(line_hash, head.number):
            yield "HEAD_OTHER_NUMBER", {"head": line_hash}

    def _place(
        self, row: int, head: Head, line_hash: str
    ) -> Iterator[tuple[str, Mapping[str, int | str]]]:
        """Journal, order and chain."""
        home = self.checked.journal
        if head.journal not in (home, self._last_journal):
            yield "LINE_OTHER_JOURNAL", {}
        self._last_journal = head.journal
        chain = self._chains.get(head.journal)
        if chain is None:
            if len(self._chains) >= _JOURNALS_FOLLOWED:
                return
            chain = self._chains[head.journal] = Chain()
            while self._unread:
                chain.pass_unread()
                self._unread -= 1
        before = self._seen.line(head.seq, line_hash, row) if head.journal == home else None
        if before is not None and before[1]:
            yield "LINE_REPEATED", {"other": before[0]}
            return
        fault = chain.fault(head, line_hash)
        if before is not None:
            yield "LINE_SEQ_TWICE", {"other": before[0]}
        elif fault is not None:
            yield fault.code, fault.facts

    def _number(
        self, row: int, number: str | None
    ) -> Iterator[tuple[str, Mapping[str, int | str]]]:
        """An acceptance has a number of its own, with the right check character."""
        if number is None:
            yield "LINE_WITHOUT_NUMBER", {}
            return
        if not (is_official_number(number) or is_provisional_number(number)):
            yield "LINE_NUMBER_WRONG", {}
        if other := self._seen.number(number, row):
            yield "LINE_NUMBER_TWICE", {"other": other}

    def _pass_unread(self) -> None:
        """It counts as one of the journal that it stands in; in front of all, of the first one."""
        if chain := self._chains.get(self._last_journal):
            chain.pass_unread()
        elif not self._chains:
            self._unread += 1

    def _count(self, line: ExportedLine) -> None:
        checked, head = self.checked, line.head
        checked.journal = checked.journal or head.journal
        checked.lines += 1
        checked.erased += line.body is None
        checked.first_at = min(checked.first_at or head.done_at, head.done_at)
        checked.last_at = max(checked.last_at, head.done_at)
        if head.journal == checked.journal:
            checked.head = line.hash


def _moment(head: Head) -> datetime:
    """When it was done. Raises LineError for that and the other forms that every line keeps to."""
    try:
        # Ten times as fast as strptime; that it is the one form is seen from writing it again.
        moment = datetime.fromisoformat(head.done_at)
        if moment.tzinfo is None or rfc3339(moment) != head.done_at:
            raise LineError("head.done_at")
    except (ValueError, OverflowError) as error:
        raise LineError("head.done_at") from error
    if head.seq < 1 or not (_UUID.fullmatch(head.journal) and _UUID.fullmatch(head.key)):
        raise LineError("head.seq, head.journal or head.key")
    return moment

"""Waiting lines to the hall, oldest first, each settled by its own answer; before a line what it
names of captured material.

A line is given up only by the hall's final word about that line. Whatever is said of a whole
request (too large, of the wrong form) is no word about a line: the request is made smaller, down to
one line, and what is then still not taken waits and is told.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from clerk_client.domain.clock import Clock
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallGarbled, HallRefused
from clerk_client.journal.attachments import Attachments
from clerk_client.journal.day_sheet import Delivered
from clerk_client.journal.store import Journal
from clerk_client.wire.attachments import named_in
from clerk_client.wire.lines import Kind, Line
from clerk_client.wire.messages import LineAnswer, RecordsAnswer

log = logging.getLogger(__name__)

_BATCH = 50
# Each time the hall turns out to hold less than it did, what it lost is sent again: it may lose it
# once more while that goes on, but a hall that never keeps anything must not keep this busy.
_MOST_REWINDS = 3
# The hall stored nothing for these, whatever it holds in their place; it may take the same bytes
# later, and the lines after wait too.
_NOT_FINAL = frozenset(
    {
        "LINE_FORMAT",
        "LINE_BODY_CHANGED",
        "LINE_SIGNER_UNKNOWN",
        "LINE_SIGNATURE_WRONG",
        "LINE_CHAIN_BROKEN",
        "JOURNAL_OTHER_STATION",
    }
)
_SETTLED = ("settled", "already_settled")
# Of the request as a whole, which a smaller one may pass.
_TOO_LARGE, _WRONG_FORM = 413, 422
_NO_ATTACHMENT = "ATTACHMENT_MISSING"
_ASKED_AGAIN_AFTER = timedelta(minutes=5)
# No session just now, too many calls: no word about what was sent.
_PASSING = (401, 429)


class Sending:
    """One journal's lines through one client; for one thread.

    `blocked_code` says why the oldest waiting line is not taken. `held_beyond` is the highest seq
    that the hall holds, when this journal lacks it or has another line there: it is an older copy.
    `settled_acceptances` counts those that waited and were settled in this pass.
    """

    def __init__(self, journal: Journal, client: HallClient, clock: Clock) -> None:
        self._journal = journal
        self._client = client
        self._clock = clock
        self._attachments = Attachments(journal)
        # Lines whose attachments the hall asked for again in this pass.
        self._asked_again: set[int] = set()
        # Why and when the hall did not take one: no 10 MB at each pass.
        self._not_taken: dict[str, tuple[str, datetime]] = {}
        self._batch = _BATCH
        self._rewinds = 0
        self.blocked_code = ""
        self.held_beyond = 0
        self.settled_acceptances = 0

    def begin_pass(self) -> None:
        """Counts anew, and hopes anew for large requests."""
        self._batch = _BATCH
        self._rewinds = 0
        self._asked_again.clear()
        self.settled_acceptances = 0

    def send_waiting(self) -> bool:
        """Sends until nothing waits or the oldest is not taken. False when nothing waited.

        Raises HallError kinds; what was answered before is settled.
        """
        lines = self._journal.waiting(self._batch)
        if not lines:
            self.blocked_code = ""
            return False
        while lines and self._went_on(lines):
            lines = self._journal.waiting(self._batch)
        return True

    def compare(self) -> None:
        """Asks, by the last line that was answered, whether the hall still holds what it held.

        What it lost is sent again.
        """
        last = self._last_answered()
        if last is None:
            return
        count = self.settled_acceptances
        if not self._sent([last]):
            self.send_waiting()
        self.settled_acceptances = count

    # --- one request ---

    def _went_on(self, lines: Sequence[Line]) -> bool:
        """False when the oldest of what waits now is not taken."""
        lines = self._with_attachments(lines)
        if not lines:
            return False
        try:
            self._sent(lines)
        except HallRefused as error:
            if error.status not in (_TOO_LARGE, _WRONG_FORM):
                if error.status not in _PASSING:
                    self._held_up(lines[0], error.code)
                raise
            if len(lines) == 1:
                return self._held_up(lines[0], error.code)
            is_size = error.status == _TOO_LARGE
            self._batch = max(1, len(lines) // 2) if is_size else 1
            log.warning("%d lines refused at once: %s", len(lines), error.code)
            return True
        return not self.blocked_code

    def _with_attachments(self, lines: Sequence[Line]) -> Sequence[Line]:
        """The first of these lines whose attachments the hall has now."""
        for at, line in enumerate(lines):
            code = self._sent_before(line)
            if code:
                if not at:
                    self._held_up(line, code)
                return lines[:at]
        return lines

    def _sent_before(self, line: Line) -> str:
        """The code of why the hall does not take something that the line names; empty for done."""
        named = named_in(line.body)
        for sha256 in self._attachments.unsent(named) if named else ():
            now = self._clock.now()
            code, told_at = self._not_taken.get(sha256, ("", now))
            if code and abs(now - told_at) < _ASKED_AGAIN_AFTER:
                return code
            try:
                self._client.put_attachment(sha256, self._attachments.content(sha256) or b"")
            except HallRefused as error:
                if error.status in _PASSING:
                    raise
                self._not_taken[sha256] = (error.code, now)
                return error.code
            self._not_taken.pop(sha256, None)
            self._attachments.note_sent(sha256, now)
        return ""

    def _sent(self, lines: Sequence[Line]) -> bool:
        """Sends them and settles each by its answer. False when the hall holds less than it did."""
        given = self._journal.given(lines[0].head.seq, lines[-1].head.seq)
        keys = {line.head.key: given[line.head.seq] for line in lines if line.head.seq in given}
        answer = self._client.send(lines, keys)
        held = answer.highest_seq.get(self._journal.id)
        for line, said in zip(lines, _in_order(lines, answer), strict=True):
            if said.outcome == "refused" and _is_not_final(line, said.code, held):
                return self._not_stored(line, said.code, answer)
            self._settle(line, said)
        self.blocked_code = ""
        if held is None:
            return True
        if self._journal.is_behind(held):
            self.held_beyond = held
        elif held < lines[-1].head.seq:
            return self._rewound(held, lines[-1])
        return True

    def _settle(self, line: Line, said: LineAnswer) -> None:
        if said.outcome == "refused":
            log.warning("line %d refused: %s", line.head.seq, said.code)
            self._journal.settle(line.head.seq, said.code or "HALL_REFUSED")
            return
        if said.outcome not in _SETTLED:
            raise HallGarbled("unknown outcome")
        seq = line.head.seq
        # Told once, it stays, also where the hall leaves it out of a later answer.
        official = said.official or self._journal.given(seq, seq).get(seq, "")
        self._journal.settle(seq, official=official)
        if line.head.kind == Kind.ACCEPTED.value:
            self.settled_acceptances += 1

    def _not_stored(self, line: Line, code: str, answer: RecordsAnswer) -> bool:
        held = answer.highest_seq.get(self._journal.id, 0)
        if code == "LINE_CHAIN_BROKEN" and held >= line.head.seq:
            # It has another line in this place.
            self.held_beyond = held
        if code == "LINE_CHAIN_BROKEN" and held < line.head.seq - 1:
            return self._rewound(held, line)
        seq = line.head.seq
        if held < seq and self._journal.standing_of(seq).state is not Delivered.WAITING:
            # It had been answered before the hall was restored.
            return self._rewound(held, line)
        if code == _NO_ATTACHMENT and seq not in self._asked_again:
            self._asked_again.add(seq)
            if self._attachments.send_again(named_in(line.body) or ()):
                self.blocked_code = ""
                return False
        return self._held_up(line, code)

    def _rewound(self, held: int, line: Line) -> bool:
        """A hall restored from an older copy: it gets again what it lost."""
        # Whatever was answered before: what the hall does not hold waits again.
        self._journal.send_again(held)
        if self._rewinds >= _MOST_REWINDS:
            log.error("the hall lost lines %d times in one pass", self._rewinds + 1)
            self.blocked_code = "LINE_CHAIN_BROKEN"
            return False
        self._rewinds += 1
        self.blocked_code = ""
        log.warning("the hall holds %d lines, %d were sent", held, line.head.seq)
        return False

    def _held_up(self, line: Line, code: str) -> bool:
        if code != self.blocked_code:
            log.error("line %d not taken: %s", line.head.seq, code)
        self.blocked_code = code
        return False

    def _last_answered(self) -> Line | None:
        with self._journal.changing() as connection:
            row = connection.execute("SELECT max(seq) FROM deliveries").fetchone()
        return self._journal.line(row[0]) if row[0] else None


def _is_not_final(line: Line, code: str, held: int | None) -> bool:
    """The hall did not store it, whatever its reason: one that this client does not know, too."""
    return code in _NOT_FINAL or held is None or held < line.head.seq


def _in_order(lines: Sequence[Line], answer: RecordsAnswer) -> Sequence[LineAnswer]:
    """The answers, when they are one for each line. Else none of them can be believed: the same
    lines are sent again, which changes nothing at a hall that has them."""
    if [each.key for each in answer.answers] != [line.head.key for line in lines]:
        raise HallGarbled("answers do not belong to the lines")
    return answer.answers

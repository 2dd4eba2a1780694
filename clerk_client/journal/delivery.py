"""Takes waiting lines to the hall. A line stays as it is; the hall's answer stands beside it.

Safe to repeat after any crash: the hall knows a line by its key and answers "already settled".
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.errors import HallError, HallGarbled, HallUnavailable
from clerk_client.journal.store import Journal
from clerk_client.wire.lines import Line
from clerk_client.wire.messages import RecordsAnswer

log = logging.getLogger(__name__)
_BATCH = 50
# The hall stored nothing for these and may take the same bytes later; the lines after wait too.
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


@dataclass(frozen=True, slots=True)
class Standing:
    """What the status strip shows: lines waiting, lines refused, and whether the hall answers.

    `waiting_acceptances` of the waiting lines are acceptances: what a clerk counts. `blocked_code`
    says why the oldest waiting line is not taken, and all behind it with it.
    """

    waiting: int
    refused: int
    hall_reachable: bool
    blocked_code: str = ""
    waiting_acceptances: int = 0


class Delivery:
    """One pass at a time; for one thread with a client of its own.

    `top_up` is called with the client in a pass that finds somebody signed in.
    """

    def __init__(
        self,
        journal: Journal,
        client: HallClient,
        credentials: Credentials,
        top_up: Callable[[HallClient], None],
    ) -> None:
        self._journal = journal
        self._client = client
        self._credentials = credentials
        self._top_up = top_up
        self._blocked_code = ""

    def deliver(self) -> Standing:
        """Sends what waits, oldest first. Never raises a HallError: the standing tells.

        Without a session nothing is sent and only the hall's health is asked.
        """
        reachable = self._client.is_reachable()
        if reachable and self._credentials.token:
            try:
                while self._send_batch():
                    pass
                self._top_up(self._client)
            except HallUnavailable as error:
                log.warning("delivery stopped: %s", error.code)
                reachable = False
            except HallError as error:
                # The session ended meanwhile: the lines wait for the next one.
                log.info("delivery not possible now: %s", error.code)
        waiting, acceptances, refused = self._journal.undelivered()
        blocked = self._blocked_code if waiting else ""
        return Standing(waiting, refused, reachable, blocked, acceptances)

    def close(self) -> None:
        """Drops the connections."""
        self._client.close()

    def _send_batch(self) -> bool:
        """True when there is more to send."""
        lines = self._journal.waiting(_BATCH)
        if not lines:
            return False
        answer = self._client.send(lines)
        if [a.key for a in answer.answers] != [line.head.key for line in lines]:
            raise HallGarbled("answers do not belong to the lines")
        for line, said in zip(lines, answer.answers, strict=True):
            if said.outcome == "refused" and said.code in _NOT_FINAL:
                return self._held_up(line, said.code, answer)
            if said.outcome == "refused":
                log.warning("line %d refused: %s", line.head.seq, said.code)
                self._journal.settle(line.head.seq, said.code or "HALL_REFUSED")
            elif said.outcome in ("settled", "already_settled"):
                self._journal.settle(line.head.seq)
            else:
                raise HallGarbled("unknown outcome")
        self._blocked_code = ""
        return len(lines) == _BATCH

    def _held_up(self, line: Line, code: str, answer: RecordsAnswer) -> bool:
        held = answer.highest_seq.get(self._journal.id, 0)
        if code == "LINE_CHAIN_BROKEN" and held < line.head.seq - 1:
            # A hall restored from an older copy: it gets again what it lost.
            log.warning("the hall holds %d lines, %d were settled", held, line.head.seq - 1)
            self._journal.send_again(held)
            return True
        if code != self._blocked_code:
            log.error("line %d not taken: %s", line.head.seq, code)
        self._blocked_code = code
        return False

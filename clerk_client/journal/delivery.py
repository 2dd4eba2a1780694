"""Takes waiting lines to the hall. A line stays as it is; the hall's answer stands beside it.

Safe to repeat after any crash: the hall knows a line by its key and answers "already settled".
"""

import logging
from dataclasses import dataclass

from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallError, HallGarbled, HallUnavailable
from clerk_client.journal.store import Journal

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
    """What the status strip shows: lines waiting, lines refused, and whether the hall answers."""

    waiting: int
    refused: int
    hall_reachable: bool


class Delivery:
    """One pass at a time; for one thread with a client of its own."""

    def __init__(self, journal: Journal, client: HallClient) -> None:
        self._journal = journal
        self._client = client

    def deliver(self) -> Standing:
        """Sends what waits, oldest first. Never raises a HallError: the standing tells.

        Without a session nothing is sent and only the hall's health is asked.
        """
        reachable = self._client.is_reachable()
        if reachable:
            try:
                while self._send_batch():
                    pass
            except HallUnavailable as error:
                log.warning("delivery stopped: %s", error.code)
                reachable = False
            except HallError as error:
                # Not signed in, or signed out meanwhile: the lines wait for the next session.
                log.info("delivery not possible now: %s", error.code)
        waiting, refused = self._journal.undelivered()
        return Standing(waiting, refused, reachable)

    def close(self) -> None:
        """Drops the connections."""
        self._client.close()

    def _send_batch(self) -> bool:
        lines = self._journal.waiting(_BATCH)
        if not lines:
            return False
        answer = self._client.send(lines)
        if [a.key for a in answer.answers] != [line.head.key for line in lines]:
            raise HallGarbled("answers do not belong to the lines")
        for line, said in zip(lines, answer.answers, strict=True):
            if said.outcome == "refused" and said.code in _NOT_FINAL:
                log.error("line %d not taken: %s", line.head.seq, said.code)
                return False
            if said.outcome == "refused":
                log.warning("line %d refused: %s", line.head.seq, said.code)
                self._journal.settle(line.head.seq, said.code or "HALL_REFUSED")
            elif said.outcome in ("settled", "already_settled"):
                self._journal.settle(line.head.seq)
            else:
                raise HallGarbled("unknown outcome")
        return len(lines) == _BATCH

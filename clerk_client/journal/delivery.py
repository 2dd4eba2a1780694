"""One pass between this window and the hall: waiting lines up, then what changed down.

A line stays as it is; the hall's answer stands beside it. Safe to repeat after any crash: the hall
knows a line by its key and answers "already settled". Neither way holds up the other.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerk_client.domain.clock import Clock
from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.errors import HallError, HallRefused, HallUnavailable
from clerk_client.journal.attachments import Attachments
from clerk_client.journal.falling_behind import is_behind, note_behind
from clerk_client.journal.sending import Sending
from clerk_client.journal.store import Journal, Writer

log = logging.getLogger(__name__)

_COMPARE_EACH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """What strip and bar show after a pass: lines waiting, lines refused, and whether the hall
    answers.

    `waiting_acceptances` of the waiting lines are acceptances: what a clerk counts. `blocked_code`
    says why the oldest waiting line is not taken, and all behind it with it. While the hall is away
    `away_code` says how, `away_since` since when. `made_up` counts the acceptances that were handed
    in after it was away; told once, when none waits any more. For `pause` seconds the hall asks to
    be left alone.
    """

    waiting: int
    refused: int
    hall_reachable: bool
    blocked_code: str = ""
    waiting_acceptances: int = 0
    away_code: str = ""
    away_since: datetime | None = None
    made_up: int = 0
    pause: int = 0


class Delivery:
    """One pass at a time; for one thread with a client of its own.

    In a pass that finds somebody signed in, `top_up` and then `report` are called with the client,
    and `writer` says who it is. `report` raises no HallError.
    """

    def __init__(
        self,
        journal: Journal,
        client: HallClient,
        credentials: Credentials,
        top_up: Callable[[HallClient], None],
        writer: Callable[[], Writer],
        clock: Clock,
        report: Callable[[HallClient], None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._client = client
        self._report = report
        self._credentials = credentials
        self._top_up = top_up
        self._writer = writer
        self._clock = clock
        self._sending = Sending(journal, client, clock)
        self._attachments = Attachments(journal)
        self._compared_at: datetime | None = None
        self._away_since: datetime | None = None
        self._made_up = 0

    def deliver(self) -> Standing:
        """Sends what waits, oldest first, then fetches what changed. Never raises a HallError: the
        standing tells.

        Without a session nothing is sent and only the hall's health is asked.
        """
        away = self._client.away()
        pause = 0
        if away is None and self._credentials.token:
            for part in (self._send, self._fetch):
                try:
                    part()
                except HallUnavailable as error:
                    log.warning("delivery: %s: %s", part.__name__.strip("_"), error.code)
                    away = error
                except HallRefused as error:
                    # The session ended, too many calls: the lines wait, none is given up.
                    log.info("delivery: %s refused: %s", part.__name__.strip("_"), error.code)
                    pause = max(pause, error.pause)
                except HallError as error:
                    log.warning("delivery: %s: %s", part.__name__.strip("_"), error.code)
            if away is None:
                self._report(self._client)
        return self._standing(away, pause)

    def close(self) -> None:
        """Drops the connections."""
        self._client.close()

    def _send(self) -> None:
        if is_behind(self._journal):
            return
        self._sending.begin_pass()
        try:
            if not self._sending.send_waiting() and self._is_due():
                # Nothing waited, so nothing was answered: asked by the last line, which it holds.
                self._sending.compare()
        finally:
            self._made_up += self._sending.settled_acceptances
        self._compared_at = self._clock.now()
        if self._sending.held_beyond:
            note_behind(self._journal, self._sending.held_beyond, self._writer())
        self._attachments.destroy_done(self._clock.now())

    def _fetch(self) -> None:
        self._top_up(self._client)

    def _is_due(self) -> bool:
        now, before = self._clock.now(), self._compared_at
        return before is None or abs(now - before) >= _COMPARE_EACH

    def _standing(self, away: HallUnavailable | None, pause: int) -> Standing:
        waiting, acceptances, refused = self._journal.undelivered()
        made_up = 0
        if away is not None:
            if self._away_since is None:
                self._away_since, self._made_up = self._clock.now(), 0
            # Whatever the hall holds now may be an older copy of what it was.
            self._compared_at = None
        elif acceptances == 0:
            if self._away_since is not None:
                made_up = self._made_up
            self._away_since, self._made_up = None, 0
        blocked = self._sending.blocked_code if waiting else ""
        if is_behind(self._journal):
            blocked = "JOURNAL_BEHIND"
        return Standing(
            waiting,
            refused,
            away is None,
            blocked,
            acceptances,
            away_code="" if away is None else away.code,
            away_since=self._away_since,
            made_up=made_up,
            pause=pause,
        )


def compare(journal: Journal, clock: Clock, client: HallClient, writer: Writer) -> None:
    """Before anybody accepts: does the hall hold lines that this journal lacks?

    Raises HallUnavailable, JournalError.
    """
    sending = Sending(journal, client, clock)
    try:
        sending.compare()
    except HallRefused as error:
        # The same will be told of the lines that wait.
        log.info("journal not compared: %s", error.code)
    if sending.held_beyond:
        note_behind(journal, sending.held_beyond, writer)

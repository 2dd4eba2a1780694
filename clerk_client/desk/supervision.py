"""What a supervisor looks at and decides: counts and voids, from the hall and never from this
window alone.

A decision is this station's own line, effective at the hall with its arrival. So it is taken also
while the hall is away: it names the very request that was shown, and the hall refuses it, visibly,
where another supervisor was first. To wait for the hall would lose what the supervisor has read and
made up their mind about, and save nothing.
"""

from collections.abc import Callable

from clerk_client.desk.keys import ApprovalOwnKey
from clerk_client.desk.session import Session
from clerk_client.desk.void_reasons import checked_reason
from clerk_client.domain.clock import Clock, hall_day
from clerk_client.domain.errors import DomainError
from clerk_client.domain.tallies import Tally
from clerk_client.hall_link.approvals import WaitingVoid, waiting_voids
from clerk_client.hall_link.client import HallClient
from clerk_client.journal.falling_behind import ensure_not_behind
from clerk_client.journal.store import Entry, Journal
from clerk_client.wire.lines import Kind, Signer


class VoidDecided(DomainError):
    """This supervisor has decided on that request; the line stands in this journal."""

    code = "VOID_DECIDED"


class Supervision:
    """Asks the hall."""

    def __init__(self, client: HallClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def today(self) -> Tally:
        """Today's acceptances by department and category. Raises HallError."""
        day = hall_day(self._clock.now())
        return self._client.tally(day, day)


class Approvals:
    """The signed-in supervisor's word on voids, at their own station."""

    def __init__(
        self,
        *,
        journal: Journal,
        client: HallClient,
        session: Callable[[], Session],
        signer: Callable[[], Signer],
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._client = client
        self._session = session
        self._signer = signer
        self._clock = clock

    def waiting(self) -> tuple[WaitingVoid, ...]:
        """Without those that were decided here and are still on their way. Raises HallError."""
        found = waiting_voids(self._client)
        return tuple(each for each in found if not self._journal.has_subject(_decision(each)))

    def decide(self, waiting: WaitingVoid, *, is_approved: bool, reason: str = "") -> None:
        """同意作废, or 不同意 with a reason. Durable when it returns; the hall may be away.

        Raises DomainError, UKeyError, JournalError.
        """
        body = {"request": waiting.request}
        if not is_approved:
            body["reason"] = checked_reason(reason)
        session = self._session()
        if waiting.requested_by == session.clerk.code:
            raise ApprovalOwnKey
        if self._journal.has_subject(_decision(waiting)):
            raise VoidDecided(waiting.request)
        ensure_not_behind(self._journal)
        entry = Entry(
            Kind.VOID_APPROVED if is_approved else Kind.VOID_DECLINED,
            self._clock.now(),
            body,
            decided_offline=not self._client.is_reachable(),
            category=waiting.category,
            matter=waiting.matter,
            number=waiting.number,
            subjects=(_decision(waiting),),
        )
        self._journal.append(entry, session.writer, self._signer())


def _decision(waiting: WaitingVoid) -> str:
    return f"void-decided:{waiting.request}"

"""A mistaken acceptance: asking for its void, correcting its category, and the supervisor's word.

Nothing is deleted. Each step is a signed line of this journal, durable before it is shown; the
delivery hands it to the hall, which has the last word and says it for each line.
"""

import logging
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from clerk_client.desk.keys import ApprovalOwnKey
from clerk_client.desk.session import Session
from clerk_client.desk.sign_in import token_for
from clerk_client.desk.void_reasons import checked_reason
from clerk_client.domain.cases import Category
from clerk_client.domain.clerks import Role
from clerk_client.domain.clock import Clock, from_rfc3339, hall_day
from clerk_client.domain.errors import DomainError
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallError, HallUnavailable
from clerk_client.journal.day_sheet import DayRow, Delivered, VoidState
from clerk_client.journal.falling_behind import ensure_not_behind
from clerk_client.journal.kept import Kept
from clerk_client.journal.store import Entry, Journal
from clerk_client.wire.lines import Kind, Line, Signer
from clerk_client.wire.messages import TokenAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ukey.opened_key import OpenedKey
    from ukey.trust import Trust

log = logging.getLogger(__name__)


class AcceptanceUnknown(DomainError):
    """This window's journal has no acceptance under that number."""

    code = "ACCEPTANCE_UNKNOWN"


class AcceptanceNotTaken(DomainError):
    """The hall did not take the acceptance, so there is nothing to void or to correct there."""

    code = "ACCEPTANCE_NOT_TAKEN"


class AcceptanceVoid(DomainError):
    """It is void already."""

    code = "NUMBER_VOID"


class VoidWaiting(DomainError):
    """A supervisor has been asked already."""

    code = "VOID_WAITING"


class VoidNotRequested(DomainError):
    """No request waits for a supervisor's word."""

    code = "VOID_NOT_REQUESTED"


class CategorySame(DomainError):
    """It is of that category already."""

    code = "CATEGORY_SAME"


class ApprovalNotSupervisor(DomainError):
    """The key beside the clerk's is another clerk's, not a supervisor's."""

    code = "APPROVAL_NOT_SUPERVISOR"


class ApprovalHallAway(DomainError):
    """Without the hall nobody can tell whether the key beside is a supervisor's."""

    code = "APPROVAL_HALL_AWAY"


def last_request(journal: Journal, number: str) -> Line | None:
    """The newest asking line for that acceptance number."""
    with journal.changing() as connection:
        row = connection.execute(
            "SELECT max(seq) FROM lines WHERE number = ? AND kind = ? AND kind <> 'accepted'",
            (number, Kind.VOID_REQUESTED.value),
        ).fetchone()
    return journal.line(row[0]) if row[0] is not None else None


def decided_at_hall(request: str) -> str:
    """The journal's mark of a decision at another station, which the hall told, by the request's
    key: `approved` or `declined`."""
    return f"void-decided:{request}"


def void_of(journal: Journal, row: DayRow) -> VoidState:
    """How far the row's void got, by this journal's lines and by what the hall told."""
    if row.void is not VoidState.REQUESTED:
        return row.void
    request = last_request(journal, row.number)
    said = journal.mark(decided_at_hall(request.head.key)) if request else None
    return VoidState(said) if said else row.void


class Voiding:
    """The signed-in clerk's. `second_client` gives one that shares no token with theirs."""

    def __init__(
        self,
        *,
        journal: Journal,
        client: HallClient,
        second_client: Callable[[], HallClient],
        session: Callable[[], Session],
        signer: Callable[[], Signer],
        trust: "Callable[[], Trust]",
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._client = client
        self._second_client = second_client
        self._session = session
        self._signer = signer
        self._trust = trust
        self._clock = clock

    def request(self, number: str, reason: str) -> None:
        """申请作废. Durable when it returns. Raises DomainError, UKeyError, JournalError."""
        told = checked_reason(reason)
        row = self._standing_row(number)
        self._append(self._entry(Kind.VOID_REQUESTED, row, {"reason": told}))

    def correct(self, number: str, category: Category) -> None:
        """更正分类. The flow, the paper and the number stay. Raises as `request`."""
        row = self._standing_row(number)
        if row.category is category:
            raise CategorySame(category.value)
        body = {"before": row.category.value}
        self._append(replace(self._entry(Kind.CATEGORY_CORRECTED, row, body), category=category))

    def approve_beside(self, number: str, key: "OpenedKey") -> None:
        """同意作废 by the supervisor whose key was opened beside the clerk's.

        They are signed in for this alone, by a token that the clerk's session never sees, and out
        again at once. Without the hall nothing is signed. Raises CertificateUnfit, DomainError,
        HallRefused, UKeyError, JournalError.
        """
        row = self._row(number)
        request = last_request(self._journal, number)
        if row.void is not VoidState.REQUESTED or request is None:
            raise VoidNotRequested(number)
        ensure_not_behind(self._journal)
        self._trust().ensure_fit(key.certificate)
        with self._signed_in_beside(key) as supervisor:
            if supervisor.clerk.role != Role.SUPERVISOR.value:
                raise ApprovalNotSupervisor(supervisor.clerk.role)
            if supervisor.clerk.code in (request.head.clerk, self._session().clerk.code):
                raise ApprovalOwnKey
            body = {"request": request.head.key}
            writer = replace(self._session().writer, clerk=supervisor.clerk.code)
            # Before their line: an export brings along who signed it.
            Kept(self._journal).keep_signer(key.certificate)
            self._journal.append(self._entry(Kind.VOID_APPROVED, row, body), writer, key)

    # --- inside ---

    @contextmanager
    def _signed_in_beside(self, key: "OpenedKey") -> "Iterator[TokenAnswer]":
        client = self._second_client()
        try:
            answer = token_for(client, self._session().station, key)
            try:
                yield answer
            finally:
                _sign_out(client, answer.access_token)
        except HallUnavailable as error:
            raise ApprovalHallAway(error.code) from error
        finally:
            client.close()

    def _row(self, number: str) -> DayRow:
        accepted = self._journal.accepted(number)
        if accepted is None:
            raise AcceptanceUnknown(number)
        rows = self._journal.acceptances(hall_day(from_rfc3339(accepted.head.done_at)))
        return next(row for row in rows if row.number == number)

    def _standing_row(self, number: str) -> DayRow:
        """Of an acceptance that nobody has asked to void."""
        row = self._row(number)
        if row.standing.state is Delivered.REFUSED:
            raise AcceptanceNotTaken(number)
        void = void_of(self._journal, row)
        if void is VoidState.APPROVED:
            raise AcceptanceVoid(number)
        if void is VoidState.REQUESTED:
            raise VoidWaiting(number)
        return row

    def _entry(self, kind: Kind, row: DayRow, body: dict[str, str]) -> Entry:
        return Entry(
            kind,
            self._clock.now(),
            body,
            category=row.category,
            matter=row.line.head.matter,
            number=row.number,
        )

    def _append(self, entry: Entry) -> None:
        ensure_not_behind(self._journal)
        entry = replace(entry, decided_offline=not self._client.is_reachable())
        self._journal.append(entry, self._session().writer, self._signer())


def _sign_out(client: HallClient, token: str) -> None:
    """The token ends by itself in ten minutes: what was decided stands either way."""
    try:
        client.sign_out(token)
    except HallError as error:
        log.warning("second session not ended at the hall: %s", error.code)

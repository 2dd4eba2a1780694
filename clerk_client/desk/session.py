"""Who sits at this window, from sign-in to sign-out, and whether the hall still agrees."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from clerk_client.domain.clerks import Clerk, Window
from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.errors import HallRefused, HallUnavailable, RoleChanged
from clerk_client.journal.store import Writer
from ukey.token import Certificate

log = logging.getLogger(__name__)

_ENDS = (401, 403)
# Said of one request, by a clock that was set or an answer that was lost: the next one is judged
# anew.
_OF_THE_REQUEST = frozenset(("PROOF_WRONG", "NONCE_UNKNOWN", "STATEMENT_WRONG"))


@dataclass(frozen=True, slots=True)
class Session:
    """A clerk whom the hall knows, at a window, with their key in.

    `clock_offset_ms`: the hall's clock less this station's, when they signed in.
    """

    clerk: Clerk
    window: Window
    hall: str
    hall_name: str
    station: str
    supervision_phone: str
    certificate: Certificate
    token_id: str
    clock_offset_ms: int

    @property
    def writer(self) -> Writer:
        """What each line's head says of place and person."""
        return Writer(self.hall, self.window.code, self.clerk.code, self.clock_offset_ms)


class SessionWatch:
    """Asks the hall, every 20 s say, whether the clerk is still who may work here.

    For one thread, with a client of its own.
    """

    def __init__(
        self, client: HallClient, credentials: Credentials, session: Callable[[], Session]
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._session = session

    def look(self) -> HallRefused | None:
        """Why the session is over: locked, retired, revoked, another role. None while it goes on,
        while nobody is signed in, and while the hall does not answer: that ends nothing."""
        if not self._credentials.token:
            return None
        try:
            asked_for = self._session()
        except HallRefused:
            # On their way in or out.
            return None
        try:
            answer = self._client.session()
        except HallUnavailable as error:
            log.info("session not asked: %s", error.code)
            return None
        except HallRefused as error:
            is_over = self._is_over(error) and not self._has_changed(asked_for)
            return error if is_over else None
        if answer.clerk.role == asked_for.clerk.role.value or self._has_changed(asked_for):
            return None
        return RoleChanged()

    def close(self) -> None:
        """Drops the connections."""
        self._client.close()

    def _has_changed(self, asked_for: Session) -> bool:
        """Meanwhile they left, or another clerk came, of whom the answer speaks."""
        try:
            return self._session() is not asked_for
        except HallRefused:
            return True

    def _is_over(self, error: HallRefused) -> bool:
        log.warning("session refused: %s", error.code)
        # Empty: the clerk signed out while the hall was asked.
        is_signed_in = bool(self._credentials.token)
        return is_signed_in and error.status in _ENDS and error.code not in _OF_THE_REQUEST

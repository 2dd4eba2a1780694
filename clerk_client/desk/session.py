"""Who sits at this window, from sign-in to sign-out."""

from dataclasses import dataclass

from clerk_client.domain.clerks import Clerk, Window
from clerk_client.journal.store import Writer
from ukey.token import Certificate


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

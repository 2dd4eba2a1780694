"""What a supervisor looks at: counts, from the hall and never from this window alone."""

from clerk_client.domain.clock import Clock, hall_day
from clerk_client.domain.tallies import Tally
from clerk_client.hall_link.client import HallClient


class Supervision:
    """Asks the hall."""

    def __init__(self, client: HallClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def today(self) -> Tally:
        """Today's acceptances by department and category. Raises HallError."""
        day = hall_day(self._clock.now())
        return self._client.tally(day, day)

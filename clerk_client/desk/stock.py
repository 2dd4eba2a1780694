"""What a window keeps in hand so that it can go on without the hall.

Numbers, the catalogue with its calendar, today's appointments, whom to trust.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from clerk_client.domain.clock import Clock, hall_day
from clerk_client.domain.numbers import NumberBlock
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.errors import HallError, HallRefused, HallSessionEnded, HallUnreachable
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.kept import Kept
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.lines import Kind
from clerk_client.wire.messages import TrustAnswer

log = logging.getLogger(__name__)
_CATALOGUE_AGE = timedelta(minutes=5)
_APPOINTMENTS_AGE = timedelta(minutes=3)
_TRUST_AGE = timedelta(minutes=30)


class Stock:
    """Topped up at sign-in and by every delivery pass; may be called from any thread.

    `learn_trust` is told what the hall answered of whom to trust, once it is kept.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        catalogue: Catalogue,
        kept: Kept,
        station_key: StationKey,
        clock: Clock,
        lease_size: int,
        learn_trust: Callable[[TrustAnswer], None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._kept = kept
        self._station_key = station_key
        self._clock = clock
        self._lease_size = lease_size
        self._learn_trust = learn_trust
        self._asked_at: dict[str, datetime] = {}
        # By the year of this station's clock.
        self._year_at_hall: dict[int, int] = {}

    def top_up(self, client: HallClient, writer: Writer) -> None:
        """Leases when half is used, and renews what is old; what one part lacks, stops no other.

        Raises the first HallError when all was tried, HallUnreachable and HallSessionEnded at once;
        JournalError.
        """
        failed: list[HallError] = []

        def attempt(part: Callable[[], None]) -> None:
            try:
                part()
            except (HallUnreachable, HallSessionEnded):
                raise
            except HallError as error:
                failed.append(error)

        if self._numbers_left() * 2 < self._lease_size:
            attempt(lambda: self.lease(client, writer))
        window = writer.window
        parts: list[tuple[str, timedelta, Callable[[], None]]] = [
            ("catalogue", _CATALOGUE_AGE, lambda: self._renew_catalogue(client)),
            (
                f"appointments {self._today()} {window}",
                _APPOINTMENTS_AGE,
                lambda: self._renew_appointments(client, window),
            ),
            ("trust", _TRUST_AGE, lambda: self.renew_trust(client)),
        ]
        for name, age, renew in parts:
            if self._is_due(name, age):
                attempt(partial(self._renewed, name, renew))
        if failed:
            raise failed[0]

    def lease(self, client: HallClient, writer: Writer) -> None:
        """One more block of numbers. Raises HallError, JournalError."""
        here, journal = self._today().year, self._journal
        # The same key until the block is kept: an answer that was lost burns no numbers.
        key = uuid.uuid5(uuid.UUID(journal.id), f"lease {journal.leases()} {self._lease_size}")
        block = client.lease(journal.id, str(key), self._lease_size)
        entry = Entry(Kind.LEASED, self._clock.now(), _told(block))
        journal.add_block(block, entry, writer, self._station_key)
        self._year_at_hall[here] = block.year

    def _numbers_left(self) -> int:
        """Of the year that the hall leases for: with a clock of another year here, leasing on and
        on would burn its numbers."""
        year = self._today().year
        return self._journal.numbers_left(self._year_at_hall.get(year, year))

    def _renewed(self, name: str, renew: Callable[[], None]) -> None:
        """A no of the hall's is an answer: what is kept is all there is, and nobody is kept out."""
        try:
            renew()
        except HallSessionEnded:
            raise
        except HallRefused as error:
            log.warning("%s not renewed: %s", name.split()[0], error.code)
        self._asked_at[name] = self._clock.now()

    def _renew_catalogue(self, client: HallClient) -> None:
        count = self._catalogue.renew(client, self._clock.now())
        log.info("catalogue: %d matters changed", count)

    def _renew_appointments(self, client: HallClient, window: str) -> None:
        day, moment = self._today(), self._clock.now()
        self._kept.keep_appointments(day, client.appointments_of(day, window), moment)

    def renew_trust(self, client: HallClient) -> None:
        """Also without a session. Raises HallError, JournalError."""
        answer = client.trust()
        self._kept.keep_trust(answer, self._clock.now())
        self._learn_trust(answer)

    def _is_due(self, what: str, age: timedelta) -> bool:
        asked_at = self._asked_at.get(what)
        # A clock that was set back must not let it rest for as long.
        return asked_at is None or abs(self._clock.now() - asked_at) >= age

    def _today(self) -> date:
        return hall_day(self._clock.now())


def _told(block: NumberBlock) -> dict[str, int | str]:
    return {
        "hall": block.hall,
        "year": block.year,
        "epoch": block.epoch,
        "first": block.next,
        "last": block.last,
    }

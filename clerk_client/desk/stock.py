"""What a window keeps in hand so that it can go on without the hall: numbers and the catalogue."""

import logging
import uuid
from datetime import datetime, timedelta

from clerk_client.domain.clock import Clock, hall_day
from clerk_client.domain.numbers import NumberBlock
from clerk_client.hall_link.client import HallClient
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.catalogue import Catalogue
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.lines import Kind

log = logging.getLogger(__name__)
_CATALOGUE_AGE = timedelta(minutes=5)


class Stock:
    """Topped up at sign-in and by every delivery pass; may be called from any thread."""

    def __init__(
        self,
        *,
        journal: Journal,
        catalogue: Catalogue,
        station_key: StationKey,
        clock: Clock,
        lease_size: int,
    ) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._station_key = station_key
        self._clock = clock
        self._lease_size = lease_size
        self._renewed_at: datetime | None = None

    def top_up(self, client: HallClient, writer: Writer) -> None:
        """Leases when half is used, renews the catalogue when it is old.

        Raises HallError, JournalError.
        """
        if self._journal.numbers_left(self._year()) * 2 < self._lease_size:
            self.lease(client, writer)
        now = self._clock.now()
        if self._renewed_at is None or now - self._renewed_at >= _CATALOGUE_AGE:
            count = self._catalogue.renew(client)
            self._renewed_at = now
            log.info("catalogue: %d matters changed", count)

    def lease(self, client: HallClient, writer: Writer) -> None:
        """One more block of numbers. Raises HallError, JournalError."""
        block = client.lease(self._journal.id, str(uuid.uuid4()), self._lease_size)
        entry = Entry(Kind.LEASED, self._clock.now(), _told(block))
        self._journal.add_block(block, entry, writer, self._station_key)

    def _year(self) -> int:
        return hall_day(self._clock.now()).year


def _told(block: NumberBlock) -> dict[str, int | str]:
    return {
        "hall": block.hall,
        "year": block.year,
        "epoch": block.epoch,
        "first": block.next,
        "last": block.last,
    }

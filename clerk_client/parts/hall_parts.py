"""Journal, what is kept of the hall, and the ways to it."""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from clerk_client.domain.clock import Clock
from clerk_client.journal.errors import JournalError
from clerk_client.parts.device_parts import DeviceParts
from clerk_client.settings import Settings

if TYPE_CHECKING:
    from clerk_client.desk.hall_trust import HallTrust
    from clerk_client.desk.stock import Stock
    from clerk_client.hall_link.client import Credentials, HallClient
    from clerk_client.hall_link.station_key import StationKey
    from clerk_client.journal.catalogue import Catalogue
    from clerk_client.journal.kept import Kept
    from clerk_client.journal.recovery import Recovery
    from clerk_client.journal.store import Journal


class HallParts(DeviceParts):
    """May be asked from any thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, clock)
        # The keyring may prompt and wait under this one; what the window asks for has its own.
        self._lock = threading.RLock()
        self._journal: Journal | None = None
        self._found_at_start: Recovery | None = None
        self._catalogue: Catalogue | None = None
        self._station_key: StationKey | None = None
        self._stock: Stock | None = None

    # --- what is kept ---

    def journal(self) -> "Journal":
        """Raises JournalError, KeyringAbsent."""
        from clerk_client.journal.falling_behind import up_to_date
        from clerk_client.journal.opening import open_journal
        from clerk_client.journal.recovery import found_at_start

        with self._lock:
            self._use_own_keyring()
            if self._journal is None:
                path, station = self.settings.journal, self.settings.station
                journal = up_to_date(
                    open_journal(path, station), path, station, self.clock, self.station_key
                )
                try:
                    self._found_at_start = found_at_start(journal, self.clock.now())
                except BaseException:
                    journal.close()
                    raise
                self._journal = journal
                with suppress(JournalError):
                    self.hall_trust().use_kept()
            return self._journal

    def found_at_start(self) -> "Recovery":
        """What the opening of the journal found. Raises what `journal` raises."""
        self.journal()
        assert self._found_at_start is not None
        return self._found_at_start

    def catalogue(self) -> "Catalogue":
        """Raises JournalError, KeyringAbsent."""
        from clerk_client.journal.catalogue import Catalogue

        with self._lock:
            if self._catalogue is None:
                self._catalogue = Catalogue(self.journal())
            return self._catalogue

    def kept(self) -> "Kept":
        """What is kept of the hall. Raises JournalError, KeyringAbsent."""
        from clerk_client.journal.kept import Kept

        return Kept(self.journal())

    def station_key(self) -> "StationKey":
        """Raises KeyringAbsent."""
        from clerk_client.hall_link.station_key import station_key

        with self._lock:
            self._use_own_keyring()
            if self._station_key is None:
                self._station_key = station_key(self.settings.station)
            return self._station_key

    # --- what talks to the hall ---

    def credentials(self) -> "Credentials":
        """One for all threads: a token renewed by one serves the others."""
        from clerk_client.hall_link.client import Credentials

        with self._lock:
            if self._credentials is None:
                self._credentials = Credentials()
            return self._credentials

    def client(self) -> "HallClient":
        """A new one for each thread that asks. Raises SettingsBroken, KeyringAbsent."""
        return self._client_of(self.credentials())

    def second_client(self) -> "HallClient":
        """For another person beside the clerk: it shares no token with the others."""
        from clerk_client.hall_link.client import Credentials

        return self._client_of(Credentials())

    def _client_of(self, credentials: "Credentials") -> "HallClient":
        from clerk_client.hall_link.client import HallClient
        from clerk_client.hall_link.transport import checked_ca_file

        return HallClient(
            self.settings.hall_url,
            self.station_key(),
            credentials,
            self.clock,
            ca_file=checked_ca_file(self.settings.hall_ca_file),
        )

    def stock(self) -> "Stock":
        """Raises what `journal` and `station_key` raise."""
        from clerk_client.desk.stock import Stock

        with self._lock:
            if self._stock is None:
                self._stock = Stock(
                    journal=self.journal(),
                    catalogue=self.catalogue(),
                    kept=self.kept(),
                    station_key=self.station_key(),
                    clock=self.clock,
                    lease_size=self.settings.lease_size,
                    learn_trust=self.hall_trust().learn,
                )
            return self._stock

    def hall_trust(self) -> "HallTrust":
        """What the hall says of whom to trust, as far as this station's authorities bear it out."""
        from clerk_client.desk.hall_trust import HallTrust

        return HallTrust(self.kept(), self.authorities, self.revocations, self.clock, self.settings)

    def _use_own_keyring(self) -> None:
        """The demonstration's, on a machine whose desktop offers none."""
        demo = self.settings.demo
        if demo is None or demo.keyring_folder is None:
            return
        from clerk_client.hall_link import secret_store

        secret_store.use_folder(demo.keyring_folder)

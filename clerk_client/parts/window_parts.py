"""All that a window needs."""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from clerk_client.domain.clock import Clock, hall_day
from clerk_client.journal.errors import JournalError
from clerk_client.parts.hall_parts import HallParts
from clerk_client.settings import Settings

if TYPE_CHECKING:
    from clerk_client.desk.desk import Desk
    from clerk_client.desk.diagnosis import Check, Diagnosis
    from clerk_client.desk.drafts import Drafts
    from clerk_client.desk.paperwork import Paperwork
    from clerk_client.desk.session import SessionWatch
    from clerk_client.desk.station_reports import StationReports
    from clerk_client.hall_link.client import HallClient
    from clerk_client.hall_link.unified_identity import Confirmation
    from clerk_client.journal.delivery import Delivery


class Parts(HallParts):
    """May be asked from any thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._desk: Desk | None = None
        self._paperwork: Paperwork | None = None

    # --- for the thread that synchronises ---

    def session_watch(self) -> "SessionWatch":
        """For the thread that synchronises."""
        from clerk_client.desk.session import SessionWatch

        return SessionWatch(self.client(), self.credentials(), lambda: self.desk().session)

    def delivery(self) -> "Delivery":
        """For the thread that synchronises."""
        from clerk_client.journal.delivery import Delivery

        return Delivery(
            self.journal(),
            self.client(),
            self.credentials(),
            self._top_up,
            lambda: self.desk().session.writer,
            self.clock,
            self.station_reports().report,
        )

    def station_reports(self) -> "StationReports":
        """What this station tells of itself."""
        from clerk_client.desk.station_reports import StationReports

        return StationReports(
            journal=self.journal(),
            credentials=self.credentials(),
            session=lambda: self.desk().session,
            devices=self.devices,
            drivers=lambda: (driver.name for driver in self.hub().installed),
            clock=self.clock,
        )

    def _top_up(self, client: "HallClient") -> None:
        self.stock().top_up(client, self.desk().session.writer)

    # --- what a clerk does ---

    def paperwork(self) -> "Paperwork":
        """For the thread that prints, and the desk's own."""
        from clerk_client.desk.paperwork import Paperwork

        with self._lock:
            if self._paperwork is None:
                self._paperwork = Paperwork(
                    journal=self.journal(),
                    catalogue=self.catalogue(),
                    station_key=self.station_key(),
                    printer=self.printer,
                    session=lambda: self.desk().session,
                    clock=self.clock,
                    query_address=self.settings.query_address,
                    demonstration=self.settings.demo is not None,
                )
            return self._paperwork

    def desk(self) -> "Desk":
        """For the desk's thread. Raises what `journal` and `station_key` raise."""
        from clerk_client.desk.desk import Desk
        from clerk_client.desk.reception import Reception
        from clerk_client.desk.sign_in import SignIn
        from clerk_client.desk.supervision import Supervision
        from clerk_client.desk.suspension import Suspended
        from clerk_client.journal.delivery import compare

        with self._lock:
            if self._desk is not None:
                return self._desk
            formats = self.ticket_formats()
            client = self.client()
            # Those of earlier days that cannot be destroyed now are passed over when asked for.
            with suppress(JournalError):
                self.kept().forget_appointments_before(hall_day(self.clock.now()))
            sign_in = SignIn(
                client=client,
                renewal_client=self.client(),
                credentials=self.credentials(),
                stock=self.stock(),
                station=self.settings.station,
                station_key=self.station_key(),
                enrolment_code=self.settings.enrolment_code,
                trust=self.trust,
                suspended=Suspended(self.clock),
                compare_journal=partial(compare, self.journal(), self.clock),
                keep_signer=self.kept().keep_signer,
            )
            self._desk = Desk(
                sign_in=sign_in,
                reception=lambda session, signer: Reception(
                    session,
                    signer,
                    client,
                    self.journal(),
                    self.catalogue(),
                    self.kept(),
                    self.stock(),
                    self.clock,
                    formats,
                ),
                paperwork=self.paperwork(),
                supervision=Supervision(client, self.clock),
                drafts=self.drafts(),
            )
            return self._desk

    def drafts(self) -> "Drafts":
        """For any thread. Raises what `journal` raises."""
        from clerk_client.desk.drafts import Drafts

        return Drafts(self.journal(), self.clock)

    def diagnosis(self) -> "Diagnosis":
        """Works without a journal, a session or the hall: it is for when these fail."""
        from clerk_client.desk.diagnosis import Diagnosis

        return Diagnosis(
            hub=self.hub,
            catalog=self.drivers,
            trust=self.trust,
            cameras=self.cameras,
            camera_is_busy=lambda: self.camera_is_busy,
            printer=self.printer,
            client=self.client,
            clock=self.clock,
            offline=self._offline_checks,
        )

    def _offline_checks(self) -> "list[Check]":
        from clerk_client.desk.offline_stock import offline_checks

        return offline_checks(self.journal(), self.kept(), self.clock)

    def identity(self) -> "Confirmation":
        """A confirmation at the configured identity provider; a new one each time."""
        from clerk_client.hall_link.unified_identity import Confirmation, Provider

        asked = self.settings.identity
        assert asked is not None, "nobody asks without [identity]"
        authority = str(asked.ca_file) if asked.ca_file else ""
        provider = Provider(asked.issuer, asked.client_id, asked.claim, authority)
        return Confirmation(provider, self.clock)

    def close(self) -> None:
        """Lets the journal and the keys go. After the threads have ended."""
        with self._lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None
        with self._hub_lock:
            if self._hub is not None:
                self._hub.stop()
                self._hub = None

"""What the window's threads share: each thing built once, when it is first asked for.

No Qt, and nothing slow at import: the login page stands before requests, pydantic, SQLCipher or
reportlab are loaded. A whole reception runs on these parts without a window.
"""

import threading
from functools import partial
from typing import TYPE_CHECKING

from clerk_client.domain.clock import Clock, hall_day
from clerk_client.domain.errors import DomainError
from clerk_client.hall_link.errors import HallError, KeyringAbsent
from clerk_client.journal.errors import JournalError
from clerk_client.key_parts import KeyParts
from clerk_client.settings import Settings, SettingsBroken
from printing.errors import PrintingError
from scanner.errors import ScannerError
from ukey.errors import UKeyError

if TYPE_CHECKING:
    from clerk_client.desk.cameras import Cameras
    from clerk_client.desk.desk import Desk
    from clerk_client.desk.diagnosis import Diagnosis
    from clerk_client.desk.drafts import Drafts
    from clerk_client.desk.hall_trust import HallTrust
    from clerk_client.desk.paperwork import Paperwork
    from clerk_client.desk.session import SessionWatch
    from clerk_client.desk.stock import Stock
    from clerk_client.domain.ticket_formats import TicketFormat
    from clerk_client.domain.tickets import Reference
    from clerk_client.hall_link.client import Credentials, HallClient
    from clerk_client.hall_link.station_key import StationKey
    from clerk_client.hall_link.unified_identity import Confirmation
    from clerk_client.journal.catalogue import Catalogue
    from clerk_client.journal.delivery import Delivery
    from clerk_client.journal.kept import Kept
    from clerk_client.journal.recovery import Recovery
    from clerk_client.journal.store import Journal
    from printing.spool import Printer
    from scanner.reading import Kind

FAILURES: tuple[type[Exception], ...] = (
    DomainError,
    HallError,
    JournalError,
    KeyringAbsent,
    PrintingError,
    ScannerError,
    SettingsBroken,
    UKeyError,
)
"""What a clerk is told about. Any other exception is a bug and reaches the crash page."""


class Parts(KeyParts):
    """May be asked from any thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self.camera_is_busy = False
        """The preview has the camera: set by whoever runs it."""
        # The keyring may prompt and wait under this one; what the window asks for has its own.
        self._lock = threading.RLock()
        self._cameras_lock = threading.Lock()
        self._cameras: Cameras | None = None
        self._desk: Desk | None = None
        self._paperwork: Paperwork | None = None
        self._ticket_formats: tuple[TicketFormat, ...] | None = None
        self._journal: Journal | None = None
        self._found_at_start: Recovery | None = None
        self._catalogue: Catalogue | None = None
        self._station_key: StationKey | None = None
        self._stock: Stock | None = None

    # --- camera, tickets, printer ---

    def cameras(self) -> "Cameras":
        """Which camera this window looks through. One for all threads."""
        from clerk_client.desk.cameras import Cameras

        with self._cameras_lock:
            if self._cameras is None:
                beside_journal = self.settings.journal.with_name("cameras.json")
                kept = self.settings.cameras_kept or beside_journal
                self._cameras = Cameras(self.settings.camera, kept)
            return self._cameras

    def ticket_named(self, text: str) -> "Reference | None":
        """What a code names, of whichever hall and day; None for no ticket."""
        from clerk_client.domain.ticket_formats import reference_in

        today = hall_day(self.clock.now())
        return reference_in(text, self.ticket_formats(), self.settings.hall, today)

    def ticket_formats(self) -> "tuple[TicketFormat, ...]":
        """How the hall's machines write, tried on their examples. Raises SettingsBroken."""
        from clerk_client.domain.ticket_formats import formats_of

        if self._ticket_formats is None:
            # Made twice by two threads at once, they are the same.
            self._ticket_formats = formats_of(self.settings.path, self.settings.tickets)
        return self._ticket_formats

    def kinds_of_codes(self) -> "tuple[Kind, ...]":
        """What the hall's tickets bear."""
        from clerk_client.domain.ticket_formats import kinds_of
        from scanner.reading import Kind

        try:
            return tuple(Kind(kind) for kind in kinds_of(self.ticket_formats()))
        except SettingsBroken:
            # Told by the desk, which reads no ticket then.
            return (Kind.QR,)

    def printer(self) -> "Printer":
        """The configured printer. Raises PrinterAbsent."""
        from printing.spool import printer_for

        return printer_for(self.settings.printer, self.settings.printer_folder)

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
                self._journal = up_to_date(
                    open_journal(path, station), path, station, self.clock, self.station_key
                )
                self._found_at_start = found_at_start(self._journal, self.clock.now())
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

    def _top_up(self, client: "HallClient") -> None:
        self.stock().top_up(client, self.desk().session.writer)

    def hall_trust(self) -> "HallTrust":
        """What the hall says of whom to trust, as far as this station's authorities bear it out."""
        from clerk_client.desk.hall_trust import HallTrust

        return HallTrust(self.kept(), self.authorities, self.clock, self.settings)

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
                revoked_at=self.hall_trust().revoked_at,
                compare_journal=partial(compare, self.journal()),
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
        )

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

    def _use_own_keyring(self) -> None:
        """The demonstration's, on a machine whose desktop offers none."""
        demo = self.settings.demo
        if demo is None or demo.keyring_folder is None:
            return
        from clerk_client.hall_link import secret_store

        secret_store.use_folder(demo.keyring_folder)

"""Camera, tickets and printer."""

import threading
from typing import TYPE_CHECKING

from clerk_client.desk.devices import Devices
from clerk_client.domain.clock import Clock, hall_day
from clerk_client.key_parts import KeyParts
from clerk_client.settings import Settings, SettingsBroken

if TYPE_CHECKING:
    from clerk_client.desk.cameras import Cameras
    from clerk_client.domain.ticket_formats import TicketFormat
    from clerk_client.domain.tickets import Reference
    from printing.spool import Printer
    from scanner.reading import Kind


class DeviceParts(KeyParts):
    """May be asked from any thread."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self.devices = Devices()
        """What is known of them: noted by whoever uses them."""
        self.camera_is_busy = False
        """The preview has the camera: set by whoever runs it."""
        self._cameras_lock = threading.Lock()
        self._cameras: Cameras | None = None
        self._ticket_formats: tuple[TicketFormat, ...] | None = None

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

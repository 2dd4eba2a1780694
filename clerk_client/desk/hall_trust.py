"""What the hall says of whom to trust, held against what this station trusts by itself."""

import logging
from collections.abc import Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.domain.clock import Clock
from clerk_client.hall_link.errors import KeyringAbsent
from clerk_client.journal.errors import JournalError
from clerk_client.journal.kept import Kept
from clerk_client.journal.key_copy import keep_recoverable
from clerk_client.settings import Settings, SettingsBroken
from clerk_client.wire.messages import TrustAnswer
from ukey.revocation import Revocations

log = logging.getLogger(__name__)


class HallTrust:
    """May be asked from any thread. `authorities` are the station's own: the hall adds none."""

    def __init__(
        self,
        kept: Kept,
        authorities: Callable[[], Sequence[x509.Certificate]],
        revocations: Callable[[], Revocations],
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._kept = kept
        self._authorities = authorities
        self._revocations = revocations
        self._clock = clock
        self._settings = settings

    def use_kept(self) -> None:
        """From now on the lists that the hall gave out last count before a PIN, with it or without.

        Raises JournalError. A station whose own authorities cannot be read trusts nobody, and says
        so elsewhere.
        """
        try:
            self._revocations().learn(self._kept.revocation_lists(self._authorities()))
        except SettingsBroken as error:
            log.warning("the hall's revocation lists: %s", error.code)

    def learn(self, answer: TrustAnswer) -> None:
        """Of what was kept just now: uses its lists, and wraps the journal's key to the hall's
        recovery certificate.

        Raises JournalError. That the key is not wrapped is only told in the log: it hinders nobody
        today.
        """
        self.use_kept()
        if not answer.recovery_certificate:
            return
        try:
            found = x509.load_pem_x509_certificate(answer.recovery_certificate.encode())
            keep_recoverable(
                self._settings.journal,
                self._settings.station,
                found.public_bytes(Encoding.DER),
                self._authorities(),
                self._clock.now(),
            )
        except (ValueError, JournalError, KeyringAbsent, SettingsBroken) as error:
            log.warning("the journal's key is not wrapped for the hall: %s", error)

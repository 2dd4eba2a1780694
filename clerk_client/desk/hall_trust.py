"""What the hall says of whom to trust, held against what this station trusts by itself."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.domain.clock import Clock
from clerk_client.journal.errors import RecoveryCertificateUnfit
from clerk_client.journal.kept import Kept
from clerk_client.journal.key_copy import keep_recoverable
from clerk_client.settings import Settings
from clerk_client.wire.messages import TrustAnswer
from ukey.token import Certificate

log = logging.getLogger(__name__)


class HallTrust:
    """May be asked from any thread. `authorities` are the station's own: the hall adds none."""

    def __init__(
        self,
        kept: Kept,
        authorities: Callable[[], Sequence[x509.Certificate]],
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._kept = kept
        self._authorities = authorities
        self._clock = clock
        self._settings = settings

    def learn(self, answer: TrustAnswer) -> None:
        """Wraps the journal's key to the hall's recovery certificate, once that is known.

        Raises JournalError, KeyringAbsent, SettingsBroken; a certificate that is not fit for it is
        only told in the log.
        """
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
        except (ValueError, RecoveryCertificateUnfit) as error:
            log.warning("the hall's recovery certificate: %s", error)

    def revoked_at(self, certificate: Certificate) -> datetime | None:
        """When it was taken back, by the lists that the hall gave out last."""
        return self._kept.trust(self._authorities()).revoked_at(certificate)

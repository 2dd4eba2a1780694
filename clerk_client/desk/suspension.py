"""Sessions of clerks whose key was pulled: what the same key resumes while the hall is away."""

import secrets
from dataclasses import replace
from datetime import date

from cryptography import x509

from clerk_client.desk.session import Session
from clerk_client.domain.clock import Clock, hall_day
from ukey.algorithms import is_signature_of
from ukey.opened_key import OpenedKey


class Suspended:
    """In memory, for the rest of the hall's day; for the very certificate, nobody else's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, tuple[date, Session]] = {}

    def keep(self, session: Session) -> None:
        """Until it is resumed or ended."""
        self._sessions[session.certificate.sha256] = (self._today(), session)

    def end(self, cert_sha256: str) -> None:
        """It cannot be resumed any more."""
        self._sessions.pop(cert_sha256, None)

    def resumed(self, key: OpenedKey) -> Session | None:
        """The session of this key's certificate, which is not kept any longer; None without one.

        Raises UKeyError when the key cannot sign; then it is still kept.
        """
        day, session = self._sessions.get(key.cert_sha256, (None, None))
        if session is None or day != self._today() or not _holds_private_key(key):
            return None
        self.end(key.cert_sha256)
        return replace(session, token_id=key.token.id)

    def _today(self) -> date:
        return hall_day(self._clock.now())


def _holds_private_key(key: OpenedKey) -> bool:
    """What the hall asks of every key, asked here in its place: a certificate can be copied."""
    public = x509.load_der_x509_certificate(key.certificate.der).public_key()
    message = b"clerk_client resumes " + secrets.token_bytes(32)
    return is_signature_of(public, key.alg, key.sign(message), message)

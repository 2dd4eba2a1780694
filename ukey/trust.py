"""What a certificate is held against at one station and one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from ukey.certificates import days_left, ensure_fit, expiry_notice
from ukey.errors import CertificateUnfit
from ukey.revocation import Revocations
from ukey.token import Certificate


@dataclass(frozen=True, slots=True)
class Trust:
    """`moment` by this station's clock, `hall_moment` by the hall's once known; both aware."""

    authorities: Sequence[x509.Certificate]
    moment: datetime
    hall_moment: datetime | None = None
    revoked: Revocations | None = None

    def unfit(self, certificate: Certificate) -> CertificateUnfit | None:
        """Why it cannot sign in, or None."""
        try:
            self.ensure_fit(certificate)
        except CertificateUnfit as error:
            return error
        return None

    def ensure_fit(self, certificate: Certificate) -> None:
        """Raises the CertificateUnfit that keeps it from signing in."""
        ensure_fit(
            certificate,
            self.authorities,
            self.moment,
            hall_moment=self.hall_moment,
            revoked=self.revoked,
        )

    def notices(self, certificate: Certificate) -> list[tuple[str, Mapping[str, str]]]:
        """What its holder is told although it is fit: codes with their facts."""
        moment = self.hall_moment or self.moment
        told: list[tuple[str, Mapping[str, str]]] = []
        if code := expiry_notice(certificate, moment):
            facts = {
                "days": str(days_left(certificate, moment)),
                "not_after": certificate.not_after.isoformat(),
            }
            told.append((code, facts))
        unknown = self.revoked.unknown(certificate, moment) if self.revoked else None
        if unknown is not None:
            issued = unknown.issued_at.isoformat() if unknown.issued_at else ""
            told.append((unknown.code, {"reason": unknown.reason, "issued_at": issued}))
        return told

"""Who signed a line, and was this certificate fit to sign with at that time?"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from clerk_client.auditing.trust import Trust
from clerk_client.wire.export import ExportedLine
from clerk_client.wire.lines import Kind
from clerk_client.wire.verify import is_signed
from ukey.certificates import ensure_fit, read_certificate
from ukey.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnfit,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWrongUse,
)
from ukey.revocation_list import RevocationList
from ukey.token import Certificate

_CODES: dict[type[CertificateUnfit], str] = {
    CertificateExpired: "SIGNER_EXPIRED",
    CertificateNotYetValid: "SIGNER_NOT_YET_VALID",
    CertificateUntrusted: "SIGNER_UNTRUSTED",
    CertificateWrongUse: "SIGNER_WRONG_USE",
}
_KINDS = {kind.value: kind for kind in Kind}


class Signers:
    """What is known of all signers. Asked a million times, so what is found out is kept.

    What an authority vouches for changes only where a certificate begins or ends: between two
    such moments one answer stands for all.
    """

    def __init__(self, trust: Trust) -> None:
        self._authorities = trust.authorities
        self._lists = _newest(trust.lists)
        self._stations = {station.sha256: station.key for station in trust.stations}
        self._certificates: dict[str, Certificate] = {}
        self._keys: dict[str, PublicKeyTypes] = dict(self._stations)
        for der in trust.certificates:
            self._add(der)
        held = [*self._certificates.values()]
        self._turns = sorted(
            {
                *(each.not_before for each in held),
                *(each.not_after for each in held),
                *(each.not_valid_before_utc for each in self._authorities),
                *(each.not_valid_after_utc for each in self._authorities),
            }
        )
        self._fitness: dict[tuple[str, int, int], str] = {}
        self._revoked: dict[str, datetime | None] = {}

    def faults(self, line: ExportedLine, done_at: datetime) -> Iterator[str]:
        """Codes: signer unknown, signature wrong, the wrong kind of signer, unfit at that time."""
        head = line.head
        key = self._keys.get(head.cert_sha256)
        if key is None:
            yield "SIGNER_UNKNOWN"
            return
        if not is_signed(head.alg, line.signature, line.head_bytes, key):
            yield "LINE_SIGNATURE_WRONG"
        kind = _KINDS.get(head.kind)
        is_station = head.cert_sha256 in self._stations
        if kind is not None and kind.is_act is is_station:
            yield "LINE_SIGNER_WRONG"
        elif not is_station:
            yield from self._unfit(self._certificates[head.cert_sha256], done_at)

    def _add(self, der: bytes) -> None:
        try:
            certificate = read_certificate(der)
        except CertificateUnreadable:
            return
        self._certificates[certificate.sha256] = certificate
        self._keys[certificate.sha256] = x509.load_der_x509_certificate(der).public_key()

    def _unfit(self, certificate: Certificate, done_at: datetime) -> Iterator[str]:
        # Certificates count whole seconds.
        moment = done_at.replace(microsecond=0)
        turns = self._turns
        place = (certificate.sha256, bisect_left(turns, moment), bisect_right(turns, moment))
        if place not in self._fitness:
            self._fitness[place] = self._unfit_for(certificate, moment)
        if code := self._fitness[place]:
            yield code
        revoked_at = self._revoked_at(certificate)
        if revoked_at is not None and moment >= revoked_at:
            yield "SIGNER_REVOKED"

    def _unfit_for(self, certificate: Certificate, moment: datetime) -> str:
        try:
            ensure_fit(certificate, self._authorities, moment)
        except CertificateUnfit as error:
            return _CODES.get(type(error), "SIGNER_UNTRUSTED")
        return ""

    def _revoked_at(self, certificate: Certificate) -> datetime | None:
        if certificate.sha256 not in self._revoked:
            parsed = x509.load_der_x509_certificate(certificate.der)
            dates = [
                date
                for each in self._lists
                if each.covers(parsed) and (date := each.revoked_at(parsed.serial_number))
            ]
            self._revoked[certificate.sha256] = min(dates, default=None)
        return self._revoked[certificate.sha256]


def _newest(lists: tuple[RevocationList, ...]) -> list[RevocationList]:
    """A newer list of the same authority replaces the older one."""
    newest: dict[object, RevocationList] = {}
    for each in sorted(lists, key=lambda each: each.issued_at):
        newest[each.series] = each
    return list(newest.values())

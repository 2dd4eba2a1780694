"""One list of certificates taken back (CRL, RFC 5280): whose it is, what about, whom it names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_PEM = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)

MALFORMED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""All that cryptography says of bytes that are no certificate or list as it should be."""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list whose signature was checked. `signed_by` is empty when no authority made it."""

    crl: x509.CertificateRevocationList
    signed_by: bytes
    scope: x509.IssuingDistributionPoint | None

    @property
    def issued_at(self) -> datetime:
        return self.crl.last_update_utc

    @property
    def series(self) -> tuple[x509.Name, bytes, x509.IssuingDistributionPoint | None]:
        """What a newer list of the same authority, key and part replaces."""
        return self.crl.issuer, self.signed_by, self.scope

    def covers(self, certificate: x509.Certificate) -> bool:
        """It is of the certificate's issuer, and about the part that the certificate is in."""
        if self.crl.issuer != certificate.issuer:
            return False
        if self.scope is None:
            return True
        if self.scope.only_contains_ca_certs or self.scope.only_contains_attribute_certs:
            return False
        wanted = _distribution_points(certificate)
        # Either names no address: then nothing says that they do not belong together.
        return not self.scope.full_name or not wanted or not wanted.isdisjoint(self.scope.full_name)

    def revoked_at(self, serial: int) -> datetime | None:
        """When the certificate of this number was taken back, or None when it is not named."""
        if serial < 0:
            # RFC 5280 has none, some authorities do; the quick way refuses it.
            entry = next((each for each in self.crl if each.serial_number == serial), None)
        else:
            entry = self.crl.get_revoked_certificate_by_serial_number(serial)
        if entry is None:
            return None
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        except (x509.ExtensionNotFound, *MALFORMED):
            reason = x509.ReasonFlags.unspecified
        # On hold (certificateHold) is taken back for as long as the list says so.
        return None if reason is x509.ReasonFlags.remove_from_crl else entry.revocation_date_utc


def lists_in(raw: bytes) -> list[bytes]:
    """The lists in a file's bytes, each still unread: PEM, also several, or DER."""
    return _PEM.findall(raw) if b"-----BEGIN" in raw else [raw]


def read_list(block: bytes, authorities: Sequence[x509.Certificate]) -> RevocationList:
    """Raises one of MALFORMED; all that is read later without a net is read here first."""
    load = x509.load_pem_x509_crl if block.startswith(b"-----") else x509.load_der_x509_crl
    crl = load(block)
    _ = crl.issuer, crl.last_update_utc, crl.next_update_utc
    scope = _scope(crl)
    return RevocationList(crl, _signed_by(crl, authorities), scope)


def _signed_by(
    crl: x509.CertificateRevocationList, authorities: Sequence[x509.Certificate]
) -> bytes:
    """The key of the authority that made it, or nothing."""
    for authority in authorities:
        try:
            key = authority.public_key()
            if (
                authority.subject == crl.issuer
                and crl.is_signature_valid(key)  # type: ignore[arg-type] # others: TypeError
                and _may_sign_lists(authority)
            ):
                return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except MALFORMED:
            continue
    return b""


def _may_sign_lists(authority: x509.Certificate) -> bool:
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _scope(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    """Which part of the certificates it is about. Raises ValueError for a kind we cannot use."""
    scope = None
    for extension in crl.extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            raise ValueError("a delta list: only complete ones are used")
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            scope = extension.value
        elif extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise ValueError(f"critical extension {extension.oid.dotted_string}")
    if scope is not None and scope.indirect_crl:
        raise ValueError("an indirect list: it names certificates of other authorities")
    if scope is not None and scope.only_some_reasons is not None:
        raise ValueError("a list for some reasons only: only complete ones are used")
    return scope


def _distribution_points(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *MALFORMED):
        return set()
    return {name for point in points for name in point.full_name or ()}

"""Is this certificate fit to sign in with, and whose is it? Needs no key: the hall asks as well."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from ukey.algorithms import alg_of
from ukey.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWrongUse,
)
from ukey.token import Certificate

# All that cryptography says of bytes that are not a certificate as it should be.
_MALFORMED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def read_certificate(der: bytes) -> Certificate:
    """What the certificate says. Raises CertificateUnreadable, for an SM2 key among others."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        alg = alg_of(parsed.public_key())
        if alg is None:
            raise CertificateUnreadable("its key is neither RSA nor on the curve P-256")
        sha256 = hashlib.sha256(der).hexdigest()
        return Certificate(
            der=der,
            holder=_common_name(parsed.subject),
            identity=_first(parsed.subject, NameOID.SERIAL_NUMBER) or sha256,
            serial=f"{parsed.serial_number:X}",
            issuer=_common_name(parsed.issuer),
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            sha256=sha256,
            alg=alg,
        )
    except _MALFORMED as error:
        raise CertificateUnreadable(str(error)) from error


def load_authorities(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The authorities in a PEM file, one or more. Raises CertificateUnreadable."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except _MALFORMED as error:
        raise CertificateUnreadable(str(error)) from error


def ensure_fit(
    certificate: Certificate, authorities: Sequence[x509.Certificate], moment: datetime
) -> None:
    """Raises the CertificateUnfit that keeps it from signing in at `moment` (aware).

    The nearest cause comes first: dates, then who issued it, then what for. Every authority counts
    as trusted by itself, whether it is a root or issued by one. Revocation is not asked.
    """
    # The chain builder has one word for both, so the dates are compared before it is asked.
    if moment > certificate.not_after:
        raise CertificateExpired(certificate.not_after)
    if moment < certificate.not_before:
        raise CertificateNotYetValid(certificate.not_before)
    parsed = _parsed(certificate)
    if not authorities:
        raise CertificateUntrusted("no authority is known")
    verifier = (
        PolicyBuilder()
        .store(Store(list(authorities)))
        .time(moment)
        .extension_policies(ca_policy=_authority_policy(), ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(parsed, [])
    except VerificationError as error:
        raise CertificateUntrusted(str(error)) from error
    if not is_for_signing(certificate):
        raise CertificateWrongUse("not issued for digital signatures")


def is_for_signing(certificate: Certificate) -> bool:
    """Digital signatures are among its uses, or it names no use; an authority's own never is.

    Keys often hold a second certificate for encryption (双证书), and their authority's.
    """
    try:
        extensions = _parsed(certificate).extensions
    except _MALFORMED:
        return False
    for extension in extensions:
        if isinstance(extension.value, x509.KeyUsage) and not extension.value.digital_signature:
            return False
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            return False
    return True


def best_for_signing(certificates: Iterable[Certificate]) -> Certificate | None:
    """The one to sign in with: issued for signing first, then the one that lasts longest.

    A certificate for something else is still better than none: the clerk is told what is wrong.
    """
    return max(certificates, key=lambda c: (is_for_signing(c), c.not_after), default=None)


def _parsed(certificate: Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.der)


def _authority_policy() -> ExtensionPolicy:
    """RFC 5280 without the browsers' rules, which many a government authority does not meet."""
    return (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _may_be_authority)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_issue)
    )


def _may_be_authority(_: Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("not an authority")


def _may_issue(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an authority that may not issue")


def _common_name(name: x509.Name) -> str:
    return _first(name, NameOID.COMMON_NAME) or name.rfc4514_string()


def _first(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    for attribute in name.get_attributes_for_oid(kind):
        if isinstance(attribute.value, str) and attribute.value.strip():
            return attribute.value.strip()
    return ""

"""Is this certificate fit to sign in with, and whose is it? Needs no key: the hall asks as well."""

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
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
    CertificateRevoked,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWrongUse,
    ClockWrong,
)
from ukey.hall_day import hall_day
from ukey.kinds import Kinds, load_kinds
from ukey.revocation import Revocations
from ukey.revocation_list import MALFORMED
from ukey.token import Certificate, Kind

_CLOCKS_MAY_DIFFER = timedelta(seconds=60)
_NAME_LENGTH = 64
_IDENTITY_LENGTH = 128

# RFC 5280 writes "no end" as the last second of 9999, which no zone east of Greenwich can show.
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)

_ALGORITHM = re.compile(r"AlgorithmIdentifier \{.*params: (\w+).*\}")
"""How cryptography names the algorithm of a signature that it does not accept."""

_SM2_CURVE = bytes.fromhex("06082a811ccf5501822d")
"""1.2.156.10197.1.301 in DER."""


def read_certificate(der: bytes, kinds: Kinds | None = None) -> Certificate:
    """What the certificate says; `kinds` are the marks shipped when left out.

    Names are safe to show: one line, without control or direction characters, 64 characters at
    most. Raises CertificateUnreadable, for an SM2 key among others.
    """
    try:
        parsed = x509.load_der_x509_certificate(der)
        alg = alg_of(parsed.public_key())
        if alg is None:
            raise CertificateUnreadable("its key is neither RSA nor on the curve P-256")
        sha256 = hashlib.sha256(der).hexdigest()
        return Certificate(
            der=der,
            holder=_common_name(parsed.subject),
            identity=_identity(parsed.subject) or sha256,
            serial=f"{parsed.serial_number:X}",
            issuer=_common_name(parsed.issuer),
            not_before=min(max(parsed.not_valid_before_utc, _EARLIEST), _LATEST),
            not_after=min(max(parsed.not_valid_after_utc, _EARLIEST), _LATEST),
            sha256=sha256,
            alg=alg,
            kind=(kinds or load_kinds()).kind_of(parsed),
        )
    except MALFORMED as error:
        # It parses SM2 certificates (国密), and neither reads nor checks with their keys.
        raise CertificateUnreadable("SM2 key" if _SM2_CURVE in der else str(error)) from error


def load_authorities(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The authorities in a PEM file, one or more. Raises CertificateUnreadable."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except MALFORMED as error:
        raise CertificateUnreadable(str(error)) from error


def ensure_fit(
    certificate: Certificate,
    authorities: Sequence[x509.Certificate],
    moment: datetime,
    *,
    hall_moment: datetime | None = None,
    revoked: Revocations | None = None,
) -> None:
    """Raises the CertificateUnfit that keeps it from signing in at `moment` (aware).

    The nearest cause comes first: dates, a business certificate, who issued it, what for, taken
    back. With `hall_moment`, the hall's clock at the same time, that one decides about the dates.
    Every authority counts as trusted by itself, whether it is a root or issued by one.
    """
    counted = moment if hall_moment is None else hall_moment
    # The chain builder has one word for both, so the dates are compared before it is asked.
    if counted > certificate.not_after:
        raise CertificateExpired(certificate.not_after)
    if counted < certificate.not_before:
        raise CertificateNotYetValid(certificate.not_before)
    if (
        not certificate.not_before <= moment <= certificate.not_after
        and abs(moment - counted) > _CLOCKS_MAY_DIFFER
    ):
        raise ClockWrong(moment, counted)
    # Before the chain: another authority would not make it fit, another key does.
    if certificate.kind is Kind.BUSINESS:
        raise CertificateWrongUse("business")
    parsed = _parsed(certificate)
    _ensure_trusted(parsed, authorities, counted)
    if use := _other_use(parsed):
        raise CertificateWrongUse(use)
    if revoked is not None and (revoked_at := revoked.revoked_at(certificate)) is not None:
        raise CertificateRevoked(revoked_at)


def days_left(certificate: Certificate, moment: datetime) -> int:
    """Days of the hall from today to the certificate's last day: 0 on that day, then negative."""
    return (hall_day(certificate.not_after) - hall_day(moment)).days


def expiry_notice(certificate: Certificate, moment: datetime) -> str:
    """The code of the reminder that is due at `moment` (aware), or nothing.

    Nothing as well for one that has expired: ensure_fit says that.
    """
    if moment > certificate.not_after:
        return ""
    left = days_left(certificate, moment)
    return next((f"CERT_EXPIRES_{days}" for days in (7, 30, 90) if left <= days), "")


def is_for_signing(certificate: Certificate) -> bool:
    """Digital signatures are among its uses, or it names no use; an authority's own never is.

    Keys often hold a second certificate for encryption (双证书), and their authority's.
    """
    return not _other_use(_parsed(certificate))


def best_for_signing(
    certificates: Iterable[Certificate], with_key: Container[str] = ()
) -> Certificate | None:
    """The one to sign in with: issued for signing, then with its key beside it, then lasts longest.

    `with_key` are the sha256 of those whose key is on the token. A certificate for something else
    is still better than none: the clerk is told what is wrong.
    """
    return max(
        certificates,
        key=lambda c: (
            is_for_signing(c),
            c.kind is not Kind.BUSINESS,
            c.sha256 in with_key,
            c.not_after,
        ),
        default=None,
    )


def _parsed(certificate: Certificate) -> x509.Certificate:
    try:
        parsed = x509.load_der_x509_certificate(certificate.der)
        _ = parsed.extensions
        return parsed
    except MALFORMED as error:
        raise CertificateUnreadable(str(error)) from error


def _other_use(parsed: x509.Certificate) -> str:
    """What it was issued for when that is not signing, or nothing.

    A key usage without digital signatures is that of the second certificate, for encryption.
    """
    use = ""
    for extension in parsed.extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            return "authority"
        if isinstance(extension.value, x509.KeyUsage) and not extension.value.digital_signature:
            use = "encryption"
    return use


def _ensure_trusted(
    parsed: x509.Certificate, authorities: Sequence[x509.Certificate], moment: datetime
) -> None:
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
        is_issued = any(_has_issued(authority, parsed) for authority in authorities)
        raise CertificateUntrusted(_reason(error), issued=is_issued) from error


def _reason(error: VerificationError) -> str:
    """The cause alone. What follows it is the whole subject: a person's name, for no log."""
    told, _, _ = str(error).partition(" (encountered processing ")
    told = told.removeprefix("validation failed: ").split("candidates exhausted: ")[-1]
    return _ALGORITHM.sub(r"\1", told)


def _has_issued(authority: x509.Certificate, parsed: x509.Certificate) -> bool:
    """The signature is right. Not that it is trusted: this only chooses the words.

    By hand, because cryptography's own check knows no SHA-1.
    """
    try:
        if authority.subject != parsed.issuer or not _can_issue(authority):
            return False
        key, form = authority.public_key(), parsed.signature_algorithm_parameters
        signature, signed = parsed.signature, parsed.tbs_certificate_bytes
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, form, parsed.signature_hash_algorithm)  # type: ignore[arg-type] # others: TypeError
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, form)  # type: ignore[arg-type] # others: TypeError
        else:
            return False
    except (InvalidSignature, *MALFORMED):
        return False
    return True


def _can_issue(certificate: x509.Certificate) -> bool:
    extensions = [extension.value for extension in certificate.extensions]
    return any(isinstance(e, x509.BasicConstraints) and e.ca for e in extensions) and all(
        e.key_cert_sign for e in extensions if isinstance(e, x509.KeyUsage)
    )


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


def _identity(subject: x509.Name) -> str:
    """The subject's serialNumber, or nothing when it is not one that can be written down.

    Unlike a name it is not cleaned: two that differ must not become one.
    """
    number = next(_texts(subject, NameOID.SERIAL_NUMBER), "")
    return number if len(number) <= _IDENTITY_LENGTH and number.isprintable() else ""


def _common_name(name: x509.Name) -> str:
    shown = (_harmless(text) for text in _texts(name, NameOID.COMMON_NAME))
    return next(filter(None, shown), "") or _harmless(name.rfc4514_string())


def _texts(name: x509.Name, oid: x509.ObjectIdentifier) -> Iterator[str]:
    for attribute in name.get_attributes_for_oid(oid):
        if isinstance(attribute.value, str) and attribute.value.strip():
            yield attribute.value.strip()


def _harmless(text: str) -> str:
    """One line that stays in its place: characters that steer a screen or turn the text go."""
    line = " ".join(text.split())
    shown = "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).strip()
    return shown if len(shown) <= _NAME_LENGTH else shown[: _NAME_LENGTH - 1] + "…"

"""A certificate authority of its own: for the demo's keys, and for tests what none should issue."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ukey.token import Kind

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2035, 1, 1, tzinfo=UTC)

_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


_UNITS = {
    Kind.PERSONAL: "个人证书",
    Kind.INSTITUTION: "机构证书",
    Kind.BUSINESS: "业务证书",
    Kind.UNMARKED: "",
}
"""The marks of resources/certificate_kinds.toml."""


class Authority:
    """Issues certificates for keys. `parent` makes it one that another authority issued."""

    def __init__(
        self, name: str = "示例电子认证中心（演示）", parent: "Authority | None" = None
    ) -> None:
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._serials = count(0x1000)
        issuer = parent or self
        self.certificate = issuer._signed(
            subject=_name(name),
            public_key=self.key.public_key(),
            not_before=BEGINNING - timedelta(days=1),
            not_after=END + timedelta(days=1),
            uses=("key_cert_sign", "crl_sign"),
            ca=True,
        )

    @property
    def pem(self) -> bytes:
        """Its own certificate, as it stands in a file of trusted authorities."""
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(
        self,
        cn: str,
        serial_number: str | None,
        key: PrivateKey,
        *,
        not_before: datetime = BEGINNING,
        not_after: datetime = END,
        uses: tuple[str, ...] | None = ("digital_signature", "content_commitment"),
        ca: bool = False,
        kind: Kind = Kind.UNMARKED,
        more: Iterable[x509.Extension[x509.ExtensionType]] = (),
    ) -> x509.Certificate:
        """`serial_number` names the person in the subject; `uses=None` leaves the extension out.

        `more` are extensions beside those that every certificate has.
        """
        subject = _name(cn, serial_number, _UNITS[kind])
        return self._signed(subject, key.public_key(), not_before, not_after, uses, ca, more)

    def revocation_list(
        self,
        revoked: Iterable[x509.Certificate] = (),
        *,
        revoked_at: datetime = BEGINNING,
        issued_at: datetime = BEGINNING,
        next_at: datetime = END,
        reason: x509.ReasonFlags | None = None,
        more: Iterable[x509.Extension[x509.ExtensionType]] = (),
    ) -> x509.CertificateRevocationList:
        """What it took back, all at `revoked_at` and for the same `reason`."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(_name(self.name))
            .last_update(issued_at)
            .next_update(next_at)
        )
        for extension in more:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        for certificate in revoked:
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(revoked_at)
            )
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, SHA256())

    def _signed(
        self,
        subject: x509.Name,
        public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        not_before: datetime,
        not_after: datetime,
        uses: tuple[str, ...] | None,
        ca: bool,
        more: Iterable[x509.Extension[x509.ExtensionType]] = (),
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name(self.name))
            .public_key(public_key)
            .serial_number(next(self._serials))
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if uses is not None:
            usage = x509.KeyUsage(**{use: use in uses for use in _USES})
            builder = builder.add_extension(usage, critical=True)
        for extension in more:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        return builder.sign(self.key, SHA256())


def rsa_key() -> rsa.RSAPrivateKey:
    """2048 bits, as the keys of clerks have."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    """On P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def _name(cn: str, serial_number: str | None = None, unit: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, cn)]
    if unit:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    if serial_number is not None:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number))
    return x509.Name(attributes)

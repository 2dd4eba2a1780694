"""A certificate authority of its own: for the demo's keys, and for tests what none should issue."""

from datetime import UTC, datetime, timedelta
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

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
    ) -> x509.Certificate:
        """`serial_number` names the person in the subject; `uses=None` leaves the extension out."""
        return self._signed(
            _name(cn, serial_number), key.public_key(), not_before, not_after, uses, ca
        )

    def _signed(
        self,
        subject: x509.Name,
        public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        not_before: datetime,
        not_after: datetime,
        uses: tuple[str, ...] | None,
        ca: bool,
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
        return builder.sign(self.key, SHA256())


def rsa_key() -> rsa.RSAPrivateKey:
    """2048 bits, as the keys of clerks have."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    """On P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def _name(cn: str, serial_number: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, cn)]
    if serial_number is not None:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number))
    return x509.Name(attributes)

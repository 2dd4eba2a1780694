"""A clerk's key in software, where the opened USB key stands: nothing else differs."""

from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.hall.desk import ClerkKey
from ukey.certificates import read_certificate


class _Token(NamedTuple):
    id: str


class SoftKey:
    """Keeps to what the desk asks of a `ukey.opened_key.OpenedKey`."""

    def __init__(self, file: Path) -> None:
        pem = file.read_bytes()
        parsed = x509.load_pem_x509_certificate(pem)
        self._inner = ClerkKey(load_pem_private_key(pem, None), parsed)
        self.certificate = read_certificate(self._inner.der)
        self.cert_sha256 = self._inner.cert_sha256
        self.alg = self._inner.alg
        self.token = _Token(self.cert_sha256)
        self.loss = None

    def sign(self, message: bytes) -> bytes:
        return self._inner.sign(message)


def write_key(file: Path, key: ClerkKey) -> Path:
    """Private key and certificate in one PEM."""
    private = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + key.certificate.public_bytes(Encoding.PEM))
    return file

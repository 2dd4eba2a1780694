"""TLS of the service: certificate and key are looked through before anything starts."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from clerk_client.hall.errors import TlsCertificateDates, TlsFileUnusable, TlsKeyOther

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the certificate first and then its chain, and the certificate's private key."""

    certificate: Path
    key: Path

    def ensure_usable(self, now: datetime) -> None:
        """Raises TlsFileUnusable, TlsKeyOther, TlsCertificateDates."""
        certificate = self._read(self.certificate, x509.load_pem_x509_certificates)[0]
        # A key with a password would make the service ask for it at every start.
        key = self._read(self.key, lambda pem: load_pem_private_key(pem, None))
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if certificate.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
            raise TlsKeyOther(str(self.key))
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not first <= now <= last:
            raise TlsCertificateDates(f"{self.certificate}: {first:%Y-%m-%d} - {last:%Y-%m-%d}")

    def context(self, now: datetime) -> ssl.SSLContext:
        """For TLS 1.2 and later. Raises what `ensure_usable` does."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self.take_into(context, now)
        return context

    def take_into(self, context: ssl.SSLContext, now: datetime) -> None:
        """Connections made from here on see the files as they are now.

        Raises what `ensure_usable` does, and then nothing has changed.
        """
        self.ensure_usable(now)
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (ssl.SSLError, OSError) as error:
            raise TlsFileUnusable(f"{self.certificate}: {error}") from error

    def _read(self, path: Path, parse: Callable[[bytes], _Parsed]) -> _Parsed:
        try:
            return parse(path.read_bytes())
        except OSError as error:
            raise TlsFileUnusable(f"{path}: {error.strerror}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise TlsFileUnusable(f"{path}: {type(error).__name__}") from error

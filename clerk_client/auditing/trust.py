"""What an auditor goes by: authorities, stations' keys and revocation lists out of their files.

Only what is given as trust is trusted. Certificates that come with an export merely say whose
signature a line bears; an authority among them counts for nothing.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.auditing.errors import FileAbsent, TrustEmpty, TrustUnusable
from ukey.revocation_list import MALFORMED, RevocationList, lists_in, read_list

_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der", ".crl", ".json"})
_LARGEST = 64 * 1024 * 1024
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class StationKey:
    """A station's published key."""

    station: str
    window: str
    key: Ed25519PublicKey

    @property
    def sha256(self) -> str:
        """As a line's `cert_sha256` names it."""
        return hashlib.sha256(self.key.public_bytes_raw()).hexdigest()


@dataclass(frozen=True, slots=True)
class Trust:
    """`certificates` are of clerks, in DER; they count only as far as an authority issued them."""

    authorities: tuple[x509.Certificate, ...]
    stations: tuple[StationKey, ...]
    lists: tuple[RevocationList, ...]
    certificates: tuple[bytes, ...]


class _Gathered:
    """What the files hold, before lists are held against the authorities."""

    def __init__(self) -> None:
        self.authorities: list[x509.Certificate] = []
        self.stations: list[StationKey] = []
        self.blocks: list[tuple[Path, bytes]] = []
        self.certificates: list[bytes] = []

    def take(self, path: Path) -> None:
        """Raises TrustUnusable for a file that holds nothing of use."""
        raw = _content(path)
        try:
            if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                self._take_answer(path, json.loads(raw.decode("utf-8-sig")))
            elif b"-----BEGIN" in raw:
                self._take_pem(path, raw)
            else:
                self._take_der(path, raw)
        except (*MALFORMED, AttributeError, KeyError, RecursionError) as error:
            raise TrustUnusable(path, type(error).__name__) from error

    def _take_answer(self, path: Path, answer: Any) -> None:
        """What `GET trust` answers. A newer hall may say more."""
        for text in answer["authorities"]:
            self._take_pem(path, text.encode())
        for fields in answer["stations"]:
            raw = base64.b64decode(fields["public_key"], validate=True)
            key = Ed25519PublicKey.from_public_bytes(raw)
            self.stations.append(StationKey(str(fields["station"]), str(fields["window"]), key))
        for text in answer.get("revocation_lists", ()):
            self.blocks.append((path, base64.b64decode(text, validate=True)))

    def _take_pem(self, path: Path, raw: bytes) -> None:
        certificates, lists = _CERTIFICATE.findall(raw), lists_in(raw)
        if not certificates and not lists:
            raise ValueError("neither certificate nor list")
        for block in certificates:
            self._take_certificate(x509.load_pem_x509_certificate(block))
        self.blocks += [(path, block) for block in lists]

    def _take_der(self, path: Path, raw: bytes) -> None:
        try:
            certificate = x509.load_der_x509_certificate(raw)
        except MALFORMED:
            x509.load_der_x509_crl(raw)
            self.blocks.append((path, raw))
        else:
            self._take_certificate(certificate)

    def _take_certificate(self, certificate: x509.Certificate) -> None:
        constraints = [e.value for e in certificate.extensions]
        if any(isinstance(e, x509.BasicConstraints) and e.ca for e in constraints):
            self.authorities.append(certificate)
        else:
            self.certificates.append(certificate.public_bytes(Encoding.DER))

    def lists(self) -> Iterator[RevocationList]:
        for path, block in self.blocks:
            try:
                found = read_list(block, self.authorities)
            except MALFORMED as error:
                raise TrustUnusable(path, type(error).__name__) from error
            if not found.signed_by:
                raise TrustUnusable(path, "a revocation list of no known authority")
            yield found


def load_trust(places: Sequence[Path], certificates: Iterable[Path] = ()) -> Trust:
    """From files and folders: PEM, DER, and the hall's answer to `GET trust` as JSON.

    In a folder *.pem, *.crt, *.cer, *.der, *.crl and *.json count. Of `certificates`, the export's
    own, none becomes an authority. Raises FileAbsent, TrustUnusable, TrustEmpty.
    """
    gathered = _Gathered()
    for place in places:
        for path in _files(place):
            gathered.take(path)
    if not gathered.authorities and not gathered.stations:
        raise TrustEmpty
    beside = [der for path in certificates for der in _certificates(path)]
    return Trust(
        authorities=tuple(gathered.authorities),
        stations=tuple(gathered.stations),
        lists=tuple(gathered.lists()),
        certificates=(*gathered.certificates, *beside),
    )


def _files(place: Path) -> list[Path]:
    try:
        if not place.is_dir():
            return [place]
        return sorted(path for path in place.iterdir() if path.suffix.lower() in _SUFFIXES)
    except (OSError, ValueError) as error:
        raise TrustUnusable(place, type(error).__name__) from error


def _certificates(path: Path) -> Iterator[bytes]:
    """In DER. One that cannot be read names no signer: its lines have none then."""
    raw = _content(path)
    blocks = _CERTIFICATE.findall(raw) if b"-----BEGIN" in raw else [raw]
    for block in blocks:
        try:
            is_pem = block.startswith(b"-----")
            load = x509.load_pem_x509_certificate if is_pem else x509.load_der_x509_certificate
            yield load(block).public_bytes(Encoding.DER)
        except MALFORMED:
            continue


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise FileAbsent(path) from error
    except (OSError, ValueError) as error:
        raise TrustUnusable(path, type(error).__name__) from error
    if len(raw) > _LARGEST:
        raise TrustUnusable(path, "too large")
    return raw

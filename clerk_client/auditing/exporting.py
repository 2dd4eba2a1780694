"""Taking a journal out: its lines and its signers' certificates in a new folder.

What is written here is checked with keys that come from elsewhere, so nothing in it is trusted.
"""

import base64
import binascii
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.auditing.errors import ExportNotWritten, ExportThere
from clerk_client.wire.export import CERTIFICATES, LINES, certificate_mark, exported
from clerk_client.wire.lines import FIRST_PREV, Line
from ukey.revocation_list import MALFORMED

_STATION_ALG = "Ed25519"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `missing` signers' certificates are not known to this station."""

    lines: int
    head: str
    certificates: int
    missing: int


def ensure_new(folder: Path) -> None:
    """Raises ExportThere, ExportNotWritten."""
    try:
        if folder.exists() or folder.is_symlink():
            raise ExportThere(folder)
        if not folder.absolute().parent.is_dir():
            raise ExportNotWritten(folder, "no such folder")
    except (OSError, ValueError) as error:
        raise ExportNotWritten(folder, type(error).__name__) from error


def write_export(
    folder: Path, lines: Iterable[Line], mark: Callable[[str], str | None]
) -> Exported:
    """Whole or not at all, and durable; readable by this account alone.

    `mark` gives what the journal keeps beside its lines. Raises ExportThere, ExportNotWritten and
    whatever reading the lines raises.
    """
    ensure_new(folder)
    with _made(folder) as unfinished:
        signers: dict[str, None] = {}
        count, head = 0, FIRST_PREV
        with _durable(unfinished / LINES) as write:
            for line in lines:
                write(exported(line) + b"\n")
                count, head = count + 1, line.hash
                if line.head.alg != _STATION_ALG:
                    signers[line.head.cert_sha256] = None
        known = [pem for sha256 in signers if (pem := _certificate(sha256, mark))]
        if known:
            with _durable(unfinished / CERTIFICATES) as write:
                write(b"".join(known))
    return Exported(count, head, len(known), len(signers) - len(known))


def _certificate(sha256: str, mark: Callable[[str], str | None]) -> bytes:
    """In PEM; empty when the station does not have it, or has something else there."""
    try:
        der = base64.b64decode(mark(certificate_mark(sha256)) or "", validate=True)
        if hashlib.sha256(der).hexdigest() != sha256:
            return b""
        return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    except (binascii.Error, *MALFORMED):
        return b""


@contextmanager
def _made(folder: Path) -> Iterator[Path]:
    """A folder beside, which takes the name when all went well and is gone otherwise."""
    parent = folder.absolute().parent
    unfinished = None
    try:
        unfinished = Path(tempfile.mkdtemp(prefix=".export-", dir=parent))
        yield unfinished
        _settle(unfinished)
        # Whoever made a folder of that name meanwhile keeps it.
        ensure_new(folder)
        unfinished.rename(folder)
        _settle(parent)
    except BaseException as error:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
            raise ExportNotWritten(folder, reason) from error
        raise


@contextmanager
def _durable(file: Path) -> Iterator[Callable[[bytes], object]]:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        yield out.write
        out.flush()
        os.fsync(out.fileno())


def _settle(folder: Path) -> None:
    """Makes the names in it durable. Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""The journal's key, wrapped to the hall's recovery certificate, in a small file beside it.

The keyring of a station can be lost: an account made anew, a password reset. The file is of use
only to whoever has the hall's private recovery key, so it may lie beside the journal and in its
backups.

    {"v": 1, "alg": "RSA-OAEP-256", "certificate": SHA-256 of the DER, "key": SHA-256 of the key,
     "wrapped": base64}
"""

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from clerk_client.hall_link import secret_store
from clerk_client.journal.errors import (
    JournalKeyLost,
    JournalNotWritable,
    RecoveryCertificateUnfit,
    RecoveryCopyAbsent,
    RecoveryCopyBroken,
    RecoveryKeyWrong,
)
from clerk_client.journal.opening import journal_with_key, key_name
from ukey.certificates import ensure_fit, read_certificate
from ukey.errors import CertificateUnfit, CertificateUnreadable, CertificateWrongUse

_ALG = "RSA-OAEP-256"
_LEAST_BITS = 2048
_KEY_BYTES = 32


def copy_of(path: Path) -> Path:
    """Where the wrapped key of the journal at `path` lies."""
    return path.with_name(path.name + ".recovery")


def keep_recoverable(
    path: Path,
    station: str,
    certificate_der: bytes,
    authorities: Sequence[x509.Certificate],
    moment: datetime,
) -> bool:
    """Wraps the key of the journal at `path`. False when the file says so already.

    Raises RecoveryCertificateUnfit, and then leaves what is there; JournalKeyLost,
    JournalNotWritable, KeyringAbsent.
    """
    public = _wrapping_key(certificate_der, authorities, moment)
    key = secret_store.read(key_name(station))
    if key is None:
        raise JournalKeyLost("the keyring holds no key for it")
    names = {
        "v": 1,
        "alg": _ALG,
        "certificate": hashlib.sha256(certificate_der).hexdigest(),
        "key": hashlib.sha256(key).hexdigest(),
    }
    with contextlib.suppress(RecoveryCopyAbsent, RecoveryCopyBroken):
        if {**_kept(path), **names} == _kept(path):
            return False
    wrapped = base64.b64encode(public.encrypt(key, _oaep())).decode("ascii")
    _write(copy_of(path), json.dumps({**names, "wrapped": wrapped}, indent=1) + "\n")
    return True


def recovered_key(path: Path, private_key: rsa.RSAPrivateKey) -> bytes:
    """The key of the journal at `path`, unwrapped.

    Raises RecoveryCopyAbsent, RecoveryCopyBroken, RecoveryKeyWrong.
    """
    kept = _kept(path)
    try:
        key = private_key.decrypt(base64.b64decode(kept["wrapped"]), _oaep())
    except ValueError as error:
        raise RecoveryKeyWrong("not wrapped to this key") from error
    if len(key) != _KEY_BYTES or hashlib.sha256(key).hexdigest() != kept["key"]:
        raise RecoveryCopyBroken("another key is wrapped than the file says")
    return key


def give_back(path: Path, station: str, private_key: rsa.RSAPrivateKey) -> None:
    """Puts the key back into the keyring, once the journal has opened with it.

    Raises what `recovered_key` raises, JournalError kinds, KeyringAbsent.
    """
    key = recovered_key(path, private_key)
    if not path.exists():
        # Opening would make an empty one, and any key fits that.
        raise JournalNotWritable("the journal is not there")
    journal_with_key(path, key).close()
    secret_store.store(key_name(station), key)


def _wrapping_key(
    der: bytes, authorities: Sequence[x509.Certificate], moment: datetime
) -> rsa.RSAPublicKey:
    try:
        ensure_fit(read_certificate(der), authorities, moment)
    except CertificateWrongUse as error:
        # Said last, after dates and issuer: only what it is for is not signing, and need not be.
        if error.use != "encryption":
            raise RecoveryCertificateUnfit(f"its use is {error.use}") from error
    except (CertificateUnfit, CertificateUnreadable) as error:
        raise RecoveryCertificateUnfit(str(error)) from error
    parsed = x509.load_der_x509_certificate(der)
    for extension in parsed.extensions:
        if isinstance(extension.value, x509.KeyUsage) and not extension.value.key_encipherment:
            raise RecoveryCertificateUnfit("its key is not for wrapping keys")
    public = parsed.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < _LEAST_BITS:
        raise RecoveryCertificateUnfit(f"its key is not RSA of {_LEAST_BITS} bits or more")
    return public


def _kept(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(copy_of(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecoveryCopyAbsent from error
    except (OSError, ValueError) as error:
        raise RecoveryCopyBroken(type(error).__name__) from error
    texts = ("certificate", "key", "wrapped")
    if not isinstance(kept, dict) or not all(isinstance(kept.get(name), str) for name in texts):
        raise RecoveryCopyBroken("not the fields of a wrapped key")
    if (kept.get("v"), kept.get("alg")) != (1, _ALG):
        raise RecoveryCopyBroken("a form that is not known here")
    try:
        base64.b64decode(kept["wrapped"], validate=True)
    except ValueError as error:
        raise RecoveryCopyBroken("the wrapped key is no base64") from error
    return kept


def _oaep() -> padding.OAEP:
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and durable."""
    beside = file.with_name(file.name + ".new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise JournalNotWritable(type(error).__name__) from error

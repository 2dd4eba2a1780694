"""What lies on a token: certificates, public and private keys. For the driver's process only."""

import contextlib
import itertools
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from ukey.driver_words import GONE, STRANGE
from ukey.errors import CertificateMissing
from ukey.protocol import RawCertificate

_MOST_OBJECTS = 64
_LONGEST_CERTIFICATE = 64 * 1024


def certificates_on(plugged: Any) -> tuple[RawCertificate, ...]:
    """In a session of its own: needs no PIN."""
    session = plugged.open()
    try:
        return _certificates(session)
    finally:
        close_session(session)


def private_key(session: Any, wanted: tuple[bytes, ...]) -> tuple[bytes, Any]:
    """The first of the CKA_IDs `wanted` that has a private key, and that key.

    Keys often hold other people's certificates as well. Raises CertificateMissing.
    """
    found: dict[bytes, list[Any]] = {}
    for key in _objects(session, ObjectClass.PRIVATE_KEY):
        found.setdefault(bytes(key[Attribute.ID]), []).append(key)
    for key_id in wanted:
        if len(found.get(key_id, ())) == 1:
            return key_id, found[key_id][0]
    raise CertificateMissing("no private key belongs to a certificate on this key")


def signing_mechanism(
    key: Any, offered: frozenset[Mechanism], preferred: tuple[str, ...]
) -> Mechanism:
    """EC signs a digest; RSA by the first preferred mechanism that the key has. ValueError else."""
    if key.key_type is KeyType.EC:
        return Mechanism.ECDSA
    if key.key_type is not KeyType.RSA:
        raise ValueError(f"a private key of type {key.key_type}")
    for name in preferred:
        if Mechanism[name] in offered:
            return Mechanism[name]
    raise ValueError("no mechanism for RSA signatures")


def close_session(session: Any) -> None:
    """Quiet: a pulled key, or a driver started afresh, closed it already."""
    with contextlib.suppress(pkcs11.PKCS11Error):
        session.close()


def _certificates(session: Any) -> tuple[RawCertificate, ...]:
    """All that can be read. Raises what the driver says when there are some and none can."""
    found = _objects(session, ObjectClass.CERTIFICATE)
    with_key = _public_key_ids(session) if found else frozenset()
    readable: list[RawCertificate] = []
    failure: Exception | None = None
    for each in found:
        try:
            key_id = bytes(each[Attribute.ID])
            raw = RawCertificate(key_id, bytes(each[Attribute.VALUE]), key_id in with_key)
        except GONE:
            raise
        except (pkcs11.PKCS11Error, *STRANGE) as error:
            failure = error
            continue
        if len(raw.der) <= _LONGEST_CERTIFICATE:
            readable.append(raw)
    if failure is not None and not readable:
        raise failure
    return tuple(readable)


def _objects(session: Any, kind: ObjectClass) -> list[Any]:
    """As many as a key may reasonably hold: some drivers find another one without end."""
    search = session.get_objects({Attribute.CLASS: kind})
    found = list(itertools.islice(search, _MOST_OBJECTS))
    # A search left half way stays open in the driver, and no other can be begun.
    search.close()
    return found


def _public_key_ids(session: Any) -> frozenset[bytes]:
    """Only a hint, so a driver that cannot tell is not asked twice."""
    try:
        keys = _objects(session, ObjectClass.PUBLIC_KEY)
        return frozenset(bytes(key[Attribute.ID]) for key in keys)
    except GONE:
        raise
    except (pkcs11.PKCS11Error, *STRANGE):
        return frozenset()

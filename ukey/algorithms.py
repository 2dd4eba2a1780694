"""Is a signature right? Shared with the hall and with every check of a journal: no key needed."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

RS256 = "RS256"
"""RSA, PKCS#1 v1.5, SHA-256."""

ES256 = "ES256"
"""ECDSA on P-256, SHA-256; the signature is r and s, 32 bytes each, as PKCS#11 and JWS have it."""

_HALF = 32


def alg_of(key: object) -> str | None:
    """What a key of this kind signs with, or None when we cannot check what it signs."""
    if isinstance(key, RSAPublicKey):
        return RS256
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return ES256
    return None


def is_signature_of(key: PublicKeyTypes, alg: str, signature: bytes, message: bytes) -> bool:
    """`signature` was made over `message` with the private half of `key`.

    False as well for an unknown `alg`, a key of another kind and bytes that are no signature.
    """
    if alg_of(key) != alg:
        return False
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, message, PKCS1v15(), SHA256())
        elif isinstance(key, EllipticCurvePublicKey) and len(signature) == 2 * _HALF:
            r = int.from_bytes(signature[:_HALF], "big")
            s = int.from_bytes(signature[_HALF:], "big")
            key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True

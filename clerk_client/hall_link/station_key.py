"""The station's own key: Ed25519, kept in the operating system's keyring, enrolled once.

It binds tokens to this station (DPoP, RFC 9449), signs what the station does by itself, and seals
the code on each receipt.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from clerk_client.hall_link import secret_store


@dataclass(frozen=True, slots=True)
class StationKey:
    """A `wire.lines.Signer`. `cert_sha256`, the SHA-256 of the 32 public bytes, names the key in a
    line's head."""

    private: Ed25519PrivateKey
    alg: str = "Ed25519"
    cert_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        # Worked out once: each line asks for it.
        object.__setattr__(self, "cert_sha256", hashlib.sha256(self.public_bytes).hexdigest())

    @property
    def public(self) -> Ed25519PublicKey:
        """What is published."""
        return self.private.public_key()

    @property
    def public_bytes(self) -> bytes:
        """32 bytes."""
        return self.public.public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519."""
        return self.private.sign(message)

    def proof(self, method: str, url: str, moment: datetime, token: str = "") -> str:
        """A DPoP proof for one request. `url` without query and fragment; `moment` in hall time."""
        claims: dict[str, str | int] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": int(moment.timestamp()),
        }
        if token:
            claims["ath"] = _base64(hashlib.sha256(token.encode()).digest())
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": _base64(self.public_bytes)}
        headers = {"typ": "dpop+jwt", "jwk": jwk}
        return jwt.encode(claims, self.private, algorithm="EdDSA", headers=headers)


def station_key(station: str) -> StationKey:
    """This station's key, made on its first start. Raises KeyringAbsent."""
    name = f"station-key:{station}"
    raw = secret_store.read(name)
    if raw is None:
        raw = secret_store.store(name, Ed25519PrivateKey.generate().private_bytes_raw())
    return StationKey(Ed25519PrivateKey.from_private_bytes(raw))


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")

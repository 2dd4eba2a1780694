"""DPoP, RFC 9449: each call carries a fresh proof that it comes from the station that signed in."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, delete

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.errors import ProofWrong
from clerk_client.hall.store import added

_FRESH = timedelta(seconds=60)
# Times are compared with the moment handed in; PyJWT would ask a clock of its own.
_OPTIONS: Any = {
    "require": ["jti", "htm", "htu", "iat"],
    **dict.fromkeys(("verify_iat", "verify_exp", "verify_nbf", "verify_aud", "verify_iss"), False),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose signature, call, age and token are right. `key_sha256` is the station key's."""

    key_sha256: str
    jti: str
    iat: datetime


def checked_proof(header: str, method: str, url: str, now: datetime, token: str = "") -> Proof:
    """Everything about a proof that needs no database. Raises ProofWrong.

    `url` is without query; with `token` the proof must name it in `ath`.
    """
    try:
        public = _public_key(jwt.get_unverified_header(header))
        claims = jwt.decode(
            header,
            Ed25519PublicKey.from_public_bytes(public),
            algorithms=["EdDSA"],
            options=_OPTIONS,
        )
        iat = datetime.fromtimestamp(claims["iat"], tz=now.tzinfo)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ProofWrong(type(error).__name__, field="proof") from error
    for name, expected in (("htm", method), ("htu", url), ("ath", ath(token) if token else None)):
        if expected is not None and claims.get(name) != expected:
            raise ProofWrong(field=name)
    if abs(now - iat) > _FRESH:
        raise ProofWrong(field="iat")
    jti = claims["jti"]
    if not isinstance(jti, str) or not (
        jti.isascii() and jti.isprintable() and 8 <= len(jti) <= 100
    ):
        raise ProofWrong(field="jti")
    return Proof(hashlib.sha256(public).hexdigest(), jti, iat)


def spend(connection: Connection, proof: Proof, now: datetime) -> None:
    """A proof is good for one call. Raises ProofWrong when it was seen before."""
    connection.execute(delete(tables.proofs).where(tables.proofs.c.expires_at < rfc3339(now)))
    row = {
        "key_sha256": proof.key_sha256,
        "jti": proof.jti,
        "expires_at": rfc3339(proof.iat + 2 * _FRESH),
    }
    if not added(connection, tables.proofs, row):
        raise ProofWrong(field="jti")


def ath(token: str) -> str:
    """The claim that binds a proof to an access token."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


def _public_key(header: dict[str, Any]) -> bytes:
    key = header.get("jwk")
    if header.get("typ") != "dpop+jwt" or not isinstance(key, dict):
        raise ValueError("no DPoP proof")
    if key.get("kty") != "OKP" or key.get("crv") != "Ed25519" or "d" in key:
        raise ValueError("no public Ed25519 key")
    try:
        return base64.b64decode(f"{key.get('x')}=", altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("x is not base64url") from error

"""DPoP, RFC 9449: each call carries a fresh proof that it comes from the station that signed in."""

import base64
import binascii
import hashlib
import logging
import re
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, text

from clerk_client.domain.clock import rfc3339
from clerk_client.hall.errors import DatabaseUnusable, ProofWrong

log = logging.getLogger(__name__)

_FRESH = timedelta(seconds=60)
# Few enough that a call does not feel them.
_FORGOTTEN_AT_ONCE = 500
_WAIT_FOR_WRITER = 5.0
_PORTS = {"http": 80, "https": 443}
_QUOTED = re.compile("%([0-9A-Fa-f]{2})")
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
    if claims["htm"] != method:
        raise ProofWrong(field="htm")
    if claims["htu"] != url and _folded(claims["htu"]) != _folded(url):
        raise ProofWrong(field="htu")
    if token and claims.get("ath") != ath(token):
        raise ProofWrong(field="ath")
    if abs(now - iat) > _FRESH:
        raise ProofWrong(field="iat")
    jti = claims["jti"]
    if not isinstance(jti, str) or not (
        jti.isascii() and jti.isprintable() and 8 <= len(jti) <= 100
    ):
        raise ProofWrong(field="jti")
    return Proof(hashlib.sha256(public).hexdigest(), jti, iat)


def ath(token: str) -> str:
    """The claim that binds a proof to an access token."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


def _folded(url: object) -> str:
    """What RFC 9449 4.3 compares: without query and fragment, spelled in one way (RFC 3986 6.2).

    Empty, which fits no call, for what is no address.
    """
    try:
        parts = urlsplit(str(url))
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    tail = "" if port in (None, _PORTS.get(scheme)) else f":{port}"
    return f"{scheme}://{shown}{tail}{_QUOTED.sub(_respelled, parts.path or '/')}"


def _respelled(quoted: re.Match[str]) -> str:
    character = chr(int(quoted[1], 16))
    is_plain = character.isascii() and (character.isalnum() or character in "-._~")
    return character if is_plain else quoted[0].upper()


def _public_key(header: dict[str, Any]) -> bytes:
    key = header.get("jwk")
    # `crit` names what a reader must understand, and there is nothing that this one does.
    if header.get("typ") != "dpop+jwt" or "crit" in header or not isinstance(key, dict):
        raise ValueError("no DPoP proof")
    if key.get("kty") != "OKP" or key.get("crv") != "Ed25519" or "d" in key:
        raise ValueError("no public Ed25519 key")
    try:
        return base64.b64decode(f"{key.get('x')}=", altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("x is not base64url") from error


# --- spent proofs --------------------------------------------------------------------------------


class SpentProofs(Protocol):
    """Which proofs were used, shared by all processes of the service. From any thread.

    A process that is killed forgets none. Every call spends one, so none waits for the disk: when
    the machine loses its power the last moment's may be forgotten, and their 60 s are mostly over
    before it serves again.
    """

    def spend(self, proof: Proof, now: datetime) -> None:
        """A proof is good for one call. Raises ProofWrong when it was seen before."""
        ...

    def forget(self, now: datetime) -> None:
        """Those that are too old to be sent again."""
        ...

    def close(self) -> None:
        """Nothing is spent any more."""
        ...


def spent_proofs(engine: Engine) -> SpentProofs:
    """A table of PostgreSQL; beside a SQLite file a file of its own, `hall.sqlite.proofs`."""
    if engine.dialect.name == "postgresql":
        return _InTable(engine)
    return _InFile(Path(f"{engine.url.database}.proofs"))


# One round trip: the setting holds for this statement's own transaction.
_SPEND = text(
    "WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)) "
    "INSERT INTO proofs (key_sha256, jti, expires_at) "
    "SELECT :key_sha256, :jti, :expires_at FROM quick "
    "ON CONFLICT DO NOTHING RETURNING jti"
)
_OLD = (
    "DELETE FROM proofs WHERE (key_sha256, jti) IN "
    "(SELECT key_sha256, jti FROM proofs WHERE expires_at < :now LIMIT :most{more})"
)
# What another process is at is passed over: nobody waits for anybody.
_FORGET = text(_OLD.format(more=" FOR UPDATE SKIP LOCKED"))


class _InTable:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    def spend(self, proof: Proof, now: datetime) -> None:
        with self._engine.connect() as connection:
            if connection.execute(_SPEND, _row(proof)).first() is None:
                raise ProofWrong(field="jti")

    def forget(self, now: datetime) -> None:
        given = {"now": rfc3339(now), "most": _FORGOTTEN_AT_ONCE}
        with self._engine.connect() as connection:
            while connection.execute(_FORGET, given).rowcount == _FORGOTTEN_AT_ONCE:
                pass

    def close(self) -> None:
        """The engine's owner disposes of it."""


class _InFile:
    """One connection a process: an insert takes less time than the quarrel about who may write.

    Apart from the hall's own file, whose writer a mere look-up must never wait for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def spend(self, proof: Proof, now: datetime) -> None:
        statement = (
            "INSERT INTO proofs VALUES (:key_sha256, :jti, :expires_at) ON CONFLICT DO NOTHING"
        )
        if self._changed(statement, _row(proof)) != 1:
            raise ProofWrong(field="jti")

    def forget(self, now: datetime) -> None:
        given: dict[str, str | int] = {"now": rfc3339(now), "most": _FORGOTTEN_AT_ONCE}
        while self._changed(_OLD.format(more=""), given) == _FORGOTTEN_AT_ONCE:
            pass

    def _changed(self, statement: str, given: Mapping[str, str | int]) -> int:
        try:
            with self._lock:
                if self._connection is None:
                    self._connection = _opened(self._path)
                return self._connection.execute(statement, given).rowcount
        except sqlite3.Error as error:
            log.error("%s: %s", self._path.name, getattr(error, "sqlite_errorname", error))
            raise DatabaseUnusable from error

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_WAIT_FOR_WRITER, isolation_level=None, check_same_thread=False
    )
    try:
        # NORMAL: the disk is waited for once in a thousand pages, and the file is never torn.
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=NORMAL",
            "CREATE TABLE IF NOT EXISTS proofs (key_sha256 TEXT, jti TEXT, expires_at TEXT, "
            "PRIMARY KEY (key_sha256, jti)) WITHOUT ROWID",
            "CREATE INDEX IF NOT EXISTS ix_proofs_expires_at ON proofs (expires_at)",
        ):
            connection.execute(statement)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _row(proof: Proof) -> dict[str, str]:
    return {
        "key_sha256": proof.key_sha256,
        "jti": proof.jti,
        "expires_at": rfc3339(proof.iat + 2 * _FRESH),
    }

"""Signing in: the clerk's key answers a challenge, the station's key binds the session."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from sqlalchemy import Connection, Engine, Row, delete, insert, select

from clerk_client.domain.clerks import Role
from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.errors import (
    ClerkLocked,
    ClerkUnknown,
    HallError,
    NonceUnknown,
    ProofWrong,
    RightMissing,
    SignatureWrong,
    StatementWrong,
    StationKeyOther,
    StationUnknown,
    TokenExpired,
)
from clerk_client.hall.limits import ensure_not_limited, note_failure
from clerk_client.hall.proofs import Proof, spend
from clerk_client.hall.store import added, reading, this_hall, writing
from clerk_client.wire.lines import canonical
from clerk_client.wire.messages import (
    Challenge,
    ChallengeRequest,
    ClerkMessage,
    LoginStatement,
    SessionAnswer,
    TokenAnswer,
    TokenRequest,
    WindowMessage,
)
from ukey.algorithms import is_signature_of
from ukey.certificates import ensure_fit, read_certificate
from ukey.errors import CertificateUnfit
from ukey.token import Certificate

_NONCE_LASTS = timedelta(seconds=60)
_TOKEN_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Session:
    """Who calls from where, as the database says at this moment."""

    clerk: str
    clerk_name: str
    role: Role
    station: str
    station_key: bytes
    window: str
    expires_at: str

    def ensure(self, *roles: Role) -> None:
        """Raises RightMissing for a role that is not named."""
        if self.role not in roles:
            raise RightMissing(role=self.role.value)


def challenge(engine: Engine, request: ChallengeRequest, now: datetime) -> Challenge:
    """A nonce for one sign-in of this station with this certificate."""
    nonces = tables.nonces
    nonce, moment = secrets.token_urlsafe(32), rfc3339(now)
    with writing(engine) as connection:
        hall = this_hall(connection)
        connection.execute(delete(nonces).where(nonces.c.expires_at < moment))
        connection.execute(
            insert(nonces).values(
                nonce=nonce,
                station=request.station,
                cert_sha256=request.cert_sha256,
                hall_time=moment,
                expires_at=rfc3339(now + _NONCE_LASTS),
            )
        )
    return Challenge(nonce=nonce, hall=hall.code, hall_time=moment)


def sign_in(
    engine: Engine,
    authorities: Sequence[x509.Certificate],
    request: TokenRequest,
    proof: Proof,
    address: str,
    now: datetime,
) -> TokenAnswer:
    """A session for the clerk whose key signed the statement.

    Raises RateLimited, NonceUnknown, StatementWrong, SignatureWrong, a CertificateUnfit of ukey,
    ClerkUnknown, ClerkLocked, StationUnknown, StationKeyOther, ProofWrong.
    """
    subject = request.statement.cert_sha256
    with reading(engine) as connection:
        ensure_not_limited(connection, address, subject, now)
    try:
        # The nonce is used up by a failed sign-in too, so it goes in a transaction of its own.
        with writing(engine) as connection:
            spend(connection, proof, now)
            nonce = _take_nonce(connection, request.statement.nonce)
        certificate = _checked_certificate(request, nonce, authorities, now)
        with writing(engine) as connection:
            return _open_session(connection, request.statement, certificate, proof, now)
    except StationUnknown:
        # A station that is still to be enrolled is no guess at a key.
        raise
    except (HallError, CertificateUnfit):
        with writing(engine) as connection:
            note_failure(connection, address, subject, now)
        raise


def session_of(engine: Engine, token: str, proof: Proof, now: datetime) -> Session:
    """The session behind a token, its rights read now.

    Raises TokenExpired, ClerkLocked, ProofWrong.
    """
    # A stranger's call must not wait for the writer's lock, nor make others wait for it.
    with reading(engine) as connection:
        _live_session(connection, token, proof, now)
    with writing(engine) as connection:
        spend(connection, proof, now)
        # Again: whoever held the lock may have ended the session or locked the clerk.
        row = _live_session(connection, token, proof, now)
        return Session(
            clerk=row.clerk,
            clerk_name=row.name,
            role=Role(row.role),
            station=row.station,
            station_key=row.public_key,
            window=row.window,
            expires_at=row.expires_at,
        )


def session_answer(engine: Engine, session: Session) -> SessionAnswer:
    """What the window shows of a session."""
    with reading(engine) as connection:
        return SessionAnswer(**_session_facts(connection, session))


def end_session(engine: Engine, token: str) -> None:
    """The token is worth nothing from here on."""
    with writing(engine) as connection:
        connection.execute(
            delete(tables.tokens).where(tables.tokens.c.token_sha256 == _token_sha256(token))
        )


def _take_nonce(connection: Connection, nonce: str) -> Row[Any] | None:
    nonces = tables.nonces
    return connection.execute(
        delete(nonces).where(nonces.c.nonce == nonce).returning(*nonces.c)
    ).first()


def _checked_certificate(
    request: TokenRequest,
    nonce: Row[Any] | None,
    authorities: Sequence[x509.Certificate],
    now: datetime,
) -> Certificate:
    statement = request.statement
    if nonce is None or nonce.expires_at <= rfc3339(now):
        raise NonceUnknown
    for field in ("station", "cert_sha256", "hall_time"):
        if getattr(statement, field) != getattr(nonce, field):
            raise StatementWrong(field=field)
    certificate = read_certificate(_bytes(request.certificate))
    if certificate.sha256 != statement.cert_sha256:
        raise StatementWrong(field="certificate")
    ensure_fit(certificate, authorities, now)
    key = x509.load_der_x509_certificate(certificate.der).public_key()
    message = canonical(statement.model_dump())
    if not is_signature_of(key, request.alg, _bytes(request.signature), message):
        raise SignatureWrong
    return certificate


def _open_session(
    connection: Connection,
    statement: LoginStatement,
    certificate: Certificate,
    proof: Proof,
    now: datetime,
) -> TokenAnswer:
    clerks, stations, tokens = tables.clerks.c, tables.stations.c, tables.tokens
    if statement.hall != this_hall(connection).code:
        raise StatementWrong(field="hall")
    clerk = connection.execute(
        select(tables.clerks).where(clerks.identity == certificate.identity)
    ).first()
    if clerk is None:
        raise ClerkUnknown
    if clerk.locked:
        raise ClerkLocked
    station = connection.execute(
        select(tables.stations).where(stations.code == statement.station)
    ).first()
    if station is None:
        raise StationUnknown(station=statement.station)
    if station.key_sha256 != proof.key_sha256:
        raise StationKeyOther
    token = secrets.token_urlsafe(32)
    expires_at = rfc3339(now + _TOKEN_LASTS)
    connection.execute(delete(tokens).where(tokens.c.expires_at < rfc3339(now)))
    connection.execute(
        insert(tokens).values(
            token_sha256=_token_sha256(token),
            clerk=clerk.code,
            station=station.code,
            key_sha256=station.key_sha256,
            expires_at=expires_at,
        )
    )
    used = {
        "sha256": certificate.sha256,
        "clerk": clerk.code,
        "der": certificate.der,
        "first_used_at": rfc3339(now),
    }
    added(connection, tables.certificates, used)
    session = Session(
        clerk=clerk.code,
        clerk_name=clerk.name,
        role=Role(clerk.role),
        station=station.code,
        station_key=station.public_key,
        window=station.window,
        expires_at=expires_at,
    )
    return TokenAnswer(access_token=token, **_session_facts(connection, session))


def _live_session(
    connection: Connection, token: str, proof: Proof, now: datetime
) -> Row[*tuple[Any, ...]]:
    tokens, clerks, stations = tables.tokens.c, tables.clerks.c, tables.stations.c
    row = connection.execute(
        select(
            *tokens,
            clerks.name,
            clerks.role,
            clerks.locked,
            stations.public_key,
            stations.window,
        )
        .join_from(tables.tokens, tables.clerks)
        .join(tables.stations, tokens.station == stations.code)
        .where(tokens.token_sha256 == _token_sha256(token))
    ).first()
    if row is None or row.expires_at <= rfc3339(now):
        raise TokenExpired
    if row.key_sha256 != proof.key_sha256:
        raise ProofWrong(field="jwk")
    if row.locked:
        raise ClerkLocked
    return row


def _session_facts(connection: Connection, session: Session) -> dict[str, Any]:
    hall = this_hall(connection)
    windows = tables.windows
    window = connection.execute(select(windows).where(windows.c.code == session.window)).one()
    return {
        "clerk": ClerkMessage(code=session.clerk, name=session.clerk_name, role=session.role.value),
        "window": WindowMessage(code=window.code, name=window.name, phone=window.phone),
        "station": session.station,
        "hall": hall.code,
        "hall_name": hall.name,
        "supervision_phone": hall.supervision_phone,
        "expires_at": session.expires_at,
    }


def _token_sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SignatureWrong("not base64") from error

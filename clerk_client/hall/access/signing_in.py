"""Signing in: the clerk's key answers a challenge, the station's key binds the session."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from sqlalchemy import Connection, Engine, Row, delete, insert, select

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.auth import STANDING, Session, rights_of, session_facts, token_sha256
from clerk_client.hall.access.limits import ensure_not_limited, may_be_noted, note_failure
from clerk_client.hall.access.proofs import Proof
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.calling import Hall
from clerk_client.hall.errors import (
    ClerkUnknown,
    HallError,
    NonceUnknown,
    SignatureWrong,
    StatementWrong,
    StationKeyOther,
    StationRetired,
    StationUnknown,
)
from clerk_client.hall.store import added, reading, this_hall, writing, written
from clerk_client.wire.lines import canonical
from clerk_client.wire.messages import (
    Challenge,
    ChallengeRequest,
    LoginStatement,
    TokenAnswer,
    TokenRequest,
)
from ukey.algorithms import is_signature_of
from ukey.certificates import ensure_fit, read_certificate
from ukey.errors import CertificateUnfit
from ukey.token import Certificate

_NONCE_LASTS = timedelta(seconds=60)
_TOKEN_LASTS = timedelta(minutes=10)


def challenge(engine: Engine, request: ChallengeRequest, now: datetime) -> Challenge:
    """A nonce for one sign-in of this station with this certificate."""
    nonces = tables.nonces
    nonce, moment = secrets.token_urlsafe(32), rfc3339(now)
    with writing(engine) as connection:
        hall = this_hall(connection)
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
    hall: Hall, request: TokenRequest, proof: Proof, address: str, now: datetime
) -> TokenAnswer:
    """A session for the clerk whose key signed the statement.

    Raises RateLimited, NonceUnknown, ProofWrong, StatementWrong, SignatureWrong, a CertificateUnfit
    of ukey, ClerkUnknown, ClerkRetired, ClerkLocked, RoleUnusable, StationUnknown, StationRetired,
    StationKeyOther.
    """
    with reading(hall.engine) as connection:
        ensure_not_limited(connection, address, request.statement.cert_sha256, now)
    try:
        # Used up by a failed sign-in too, so it goes in a transaction of its own; and before the
        # proof, so that nobody fills the hall with proofs of keys that they made up.
        nonce = _taken_nonce(hall.engine, request.statement.nonce)
        hall.spent.spend(proof, now)
        certificate = _checked_certificate(request, nonce, hall.authorities, now)
        hall.revoked.ensure_not_revoked(certificate.sha256, lambda: certificate.der, now)
        return written(
            hall.engine, _open_session, request.statement, certificate, proof, address, now
        )
    except (HallError, CertificateUnfit) as error:
        if not isinstance(error, HallError) or error.status < 500:
            _note_refusal(hall.engine, request.statement, error, address, now)
        raise


def _note_refusal(
    engine: Engine,
    statement: LoginStatement,
    error: HallError | CertificateUnfit,
    address: str,
    now: datetime,
) -> None:
    with writing(engine) as connection:
        # A station that is still to be enrolled is no guess at a key.
        if not isinstance(error, StationUnknown):
            note_failure(connection, address, statement.cert_sha256, now)
        if may_be_noted(connection, address, now):
            note(
                connection,
                now,
                actor="",
                station=statement.station,
                action="session.refused",
                subject=statement.cert_sha256,
                facts={"code": error.code, "address": address},
            )


def _taken_nonce(engine: Engine, nonce: str) -> Row[Any] | None:
    nonces = tables.nonces
    with writing(engine) as connection:
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
    address: str,
    now: datetime,
) -> TokenAnswer:
    clerks, stations, tokens = tables.clerks, tables.stations, tables.tokens
    if statement.hall != this_hall(connection).code:
        raise StatementWrong(field="hall")
    clerk = connection.execute(
        select(clerks.c.code, clerks.c.name, *STANDING)
        .outerjoin_from(clerks, tables.roles, clerks.c.role == tables.roles.c.code)
        .where(clerks.c.identity == certificate.identity)
    ).first()
    if clerk is None:
        raise ClerkUnknown
    role = rights_of(clerk)
    station = connection.execute(
        select(stations).where(stations.c.code == statement.station)
    ).first()
    if station is None:
        raise StationUnknown(station=statement.station)
    if station.retired:
        raise StationRetired(station=statement.station)
    if station.key_sha256 != proof.key_sha256:
        raise StationKeyOther
    token = secrets.token_urlsafe(32)
    session = Session(
        clerk=clerk.code,
        clerk_name=clerk.name,
        role=role,
        station=station.code,
        station_key=station.public_key,
        window=station.window,
        expires_at=rfc3339(min(now + _TOKEN_LASTS, certificate.not_after)),
        cert_sha256=certificate.sha256,
    )
    connection.execute(
        insert(tokens).values(
            token_sha256=token_sha256(token),
            clerk=session.clerk,
            station=session.station,
            key_sha256=station.key_sha256,
            cert_sha256=session.cert_sha256,
            expires_at=session.expires_at,
        )
    )
    used = {
        "sha256": certificate.sha256,
        "clerk": session.clerk,
        "der": certificate.der,
        "first_used_at": rfc3339(now),
    }
    added(connection, tables.certificates, used)
    note(
        connection,
        now,
        actor=session.clerk,
        station=session.station,
        action="session.opened",
        subject=session.cert_sha256,
        facts={"address": address},
    )
    return TokenAnswer(access_token=token, **session_facts(connection, session))


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SignatureWrong("not base64") from error

"""Sessions: who calls from where and with which rights, as the database says at that moment."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, delete, select

from clerk_client.domain.clerks import Role
from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.proofs import Proof, SpentProofs
from clerk_client.hall.access.revoking import RevocationLists
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.errors import (
    ClerkLocked,
    ClerkRetired,
    ProofWrong,
    RightMissing,
    RoleUnusable,
    StationRetired,
    TokenExpired,
)
from clerk_client.hall.store import asking, reading, this_hall, writing
from clerk_client.wire.messages import ClerkMessage, SessionAnswer, WindowMessage


@dataclass(frozen=True, slots=True)
class Session:
    """Who calls from where. `role` is the set of rights that the clerk's role has in this hall."""

    clerk: str
    clerk_name: str
    role: Role
    station: str
    station_key: bytes
    window: str
    expires_at: str
    cert_sha256: str

    def ensure(self, *roles: Role) -> None:
        """Raises RightMissing for a role that is not named."""
        if self.role not in roles:
            raise RightMissing(role=self.role.value)


_CLERKS, _ROLES, _STATIONS = tables.clerks.c, tables.roles.c, tables.stations.c

STANDING = (
    _CLERKS.role,
    _CLERKS.locked,
    _CLERKS.retired.label("clerk_retired"),
    _ROLES.rights,
    _ROLES.retired.label("role_retired"),
)
"""What `rights_of` asks of a clerk beside their role, which may be unknown to the hall."""

# Made once: it is asked at each call.
_SESSION = (
    select(
        tables.tokens,
        _CLERKS.name,
        *STANDING,
        _STATIONS.public_key,
        _STATIONS.window,
        _STATIONS.retired.label("station_retired"),
    )
    .join_from(tables.tokens, tables.clerks)
    .join(tables.stations, tables.tokens.c.station == _STATIONS.code)
    .outerjoin(tables.roles, _CLERKS.role == _ROLES.code)
    .where(tables.tokens.c.token_sha256 == bindparam("token"))
)


def session_of(
    engine: Engine,
    spent: SpentProofs,
    revoked: RevocationLists,
    token: str,
    proof: Proof,
    now: datetime,
) -> Session:
    """The session behind a token; the proof is spent for it.

    Raises TokenExpired, ProofWrong, ClerkRetired, ClerkLocked, RoleUnusable, StationRetired,
    CertificateRevoked.
    """
    with asking(engine) as connection:
        row = connection.execute(_SESSION, {"token": token_sha256(token)}).first()
        if row is None or row.expires_at <= rfc3339(now):
            raise TokenExpired
        if row.key_sha256 != proof.key_sha256:
            raise ProofWrong(field="jwk")
        role = rights_of(row)
        if row.station_retired:
            raise StationRetired(station=row.station)
        revoked.ensure_not_revoked(row.cert_sha256, _der_of(connection, row.cert_sha256), now)
    # Last, so that a stranger writes nothing.
    spent.spend(proof, now)
    return Session(
        clerk=row.clerk,
        clerk_name=row.name,
        role=role,
        station=row.station,
        station_key=row.public_key,
        window=row.window,
        expires_at=row.expires_at,
        cert_sha256=row.cert_sha256,
    )


def session_answer(engine: Engine, session: Session) -> SessionAnswer:
    """What the window shows of a session."""
    with reading(engine) as connection:
        return SessionAnswer(**session_facts(connection, session))


def end_session(engine: Engine, session: Session, token: str, now: datetime) -> None:
    """The token is worth nothing from here on."""
    with writing(engine) as connection:
        connection.execute(
            delete(tables.tokens).where(tables.tokens.c.token_sha256 == token_sha256(token))
        )
        note(
            connection,
            now,
            actor=session.clerk,
            station=session.station,
            action="session.closed",
            subject=session.cert_sha256,
        )


def rights_of(row: Row[*tuple[Any, ...]]) -> Role:
    """The rights of a clerk read with STANDING. Raises ClerkRetired, ClerkLocked, RoleUnusable."""
    if row.clerk_retired:
        raise ClerkRetired
    if row.locked:
        raise ClerkLocked
    if row.rights is None or row.role_retired:
        raise RoleUnusable(role=row.role)
    try:
        return Role(row.rights)
    except ValueError as error:
        raise RoleUnusable(role=row.role) from error


def session_facts(connection: Connection, session: Session) -> dict[str, Any]:
    """The fields of a SessionAnswer."""
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


def token_sha256(token: str) -> str:
    """Under which a token is stored: who reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _der_of(connection: Connection, cert_sha256: str) -> Callable[[], bytes]:
    def der() -> bytes:
        certificates = tables.certificates.c
        found = connection.scalar(
            select(certificates.der).where(certificates.sha256 == cert_sha256).limit(1)
        )
        if found is None:
            # Nothing says whose session it is: it begins anew.
            raise TokenExpired
        return bytes(found)

    return der

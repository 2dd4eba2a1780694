"""What the database says of a line before it is taken: one statement, whatever the rules ask."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from sqlalchemy import BindParameter, Connection, Integer, String, bindparam, exists, func, select

from clerk_client.domain.clerks import Role
from clerk_client.domain.numbers import is_official_number, sequence_of
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.errors import HallNotLoaded
from clerk_client.hall.lines.arrivals import Arrival
from clerk_client.hall.lines.leasing import HALLS_OWN


@dataclass(frozen=True, slots=True)
class Standing:
    """`station` is empty for a journal that the hall does not know yet; so is `stored_hash`.

    `rights` is empty unless the certificate is the clerk's whom the head names; `department` is
    the matter's. `official` is what was given to the head's number, if it is a provisional one.
    """

    hall: str
    epoch: int
    station: str
    highest_seq: int
    highest_hash: str
    stored_hash: str
    stored_outcome: str
    stored_code: str
    is_key_known: bool
    certificate: bytes | None
    rights: str
    is_window: bool
    department: str | None
    is_leased: bool
    official: str


@dataclass(slots=True)
class Case:
    """A genuine line on its way in. An effect notes in `official` what the answer must tell.

    `told`: the official number that the window says it had of this hall before; empty without one.
    """

    arrival: Arrival
    standing: Standing
    session: Session
    now: datetime
    told: str = ""
    official: str = ""

    def has_rights(self, *roles: Role) -> bool:
        """The clerk who signed has one of these rights now."""
        return self.standing.rights in {role.value for role in roles}


def standing_of(connection: Connection, arrival: Arrival) -> Standing:
    """Raises HallNotLoaded."""
    head = arrival.head
    hall, year, epoch, sequence = "", 0, 0, 0
    if head.number is not None and is_official_number(head.number):
        hall, year, epoch, sequence = sequence_of(head.number)
    row = connection.execute(
        _STANDING,
        {
            "journal": head.journal,
            "seq": head.seq,
            "key": head.key,
            "cert": head.cert_sha256,
            "clerk": head.clerk,
            "window": head.window,
            "matter": head.matter,
            "number": head.number,
            "year": year,
            "epoch": epoch,
            "sequence": sequence,
        },
    ).first()
    if row is None:
        raise HallNotLoaded
    return Standing(
        hall=row.hall,
        epoch=row.epoch,
        station=row.station or "",
        highest_seq=row.highest_seq or 0,
        highest_hash=row.highest_hash or "",
        stored_hash=row.stored_hash or "",
        stored_outcome=row.stored_outcome or "",
        stored_code=row.stored_code or "",
        is_key_known=row.is_key_known,
        certificate=row.certificate,
        rights=row.rights or "",
        is_window=row.is_window,
        department=row.department,
        is_leased=row.is_leased and hall == row.hall,
        official=row.official or "",
    )


def is_station_key(cert_sha256: str, session: Session) -> bool:
    """The head names the key of the station that sends it."""
    return hashlib.sha256(session.station_key).hexdigest() == cert_sha256


def signer_of(arrival: Arrival, standing: Standing, session: Session) -> PublicKeyTypes | None:
    """The key that the head names: this station's, or that of a certificate that signed in."""
    if is_station_key(arrival.head.cert_sha256, session):
        return Ed25519PublicKey.from_public_bytes(session.station_key)
    return None if standing.certificate is None else _public_key(standing.certificate)


@lru_cache(1024)
def _public_key(der: bytes) -> PublicKeyTypes:
    return x509.load_der_x509_certificate(der).public_key()


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=String())


def _whole(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer())


_hall, _journals, _lines = tables.hall.c, tables.journals.c, tables.lines.c
_keys, _certificates, _clerks = tables.record_keys.c, tables.certificates.c, tables.clerks.c
_roles, _leases, _given = tables.roles.c, tables.leases.c, tables.provisional_numbers.c

_STANDING = (
    select(
        _hall.code.label("hall"),
        _hall.epoch,
        _journals.station,
        _journals.highest_seq,
        _journals.highest_hash,
        _lines.hash.label("stored_hash"),
        _lines.outcome.label("stored_outcome"),
        _lines.code.label("stored_code"),
        exists().where(_keys.key == _text("key")).label("is_key_known"),
        select(_certificates.der)
        .where(_certificates.sha256 == _text("cert"))
        .limit(1)
        .scalar_subquery()
        .label("certificate"),
        select(func.coalesce(_roles.rights, _clerks.role))
        .join_from(tables.certificates, tables.clerks)
        .outerjoin(tables.roles, _roles.code == _clerks.role)
        .where(_certificates.sha256 == _text("cert"), _certificates.clerk == _text("clerk"))
        .scalar_subquery()
        .label("rights"),
        exists().where(tables.windows.c.code == _text("window")).label("is_window"),
        select(tables.matters.c.department)
        .where(tables.matters.c.code == _text("matter"))
        .scalar_subquery()
        .label("department"),
        exists()
        .where(
            _leases.journal == _text("journal"),
            _leases.year == _whole("year"),
            _leases.epoch == _whole("epoch"),
            _leases.first <= _whole("sequence"),
            _leases.last >= _whole("sequence"),
            _leases.key.not_like(f"{HALLS_OWN}%"),
        )
        .label("is_leased"),
        select(_given.official)
        .where(_given.provisional == _text("number"))
        .scalar_subquery()
        .label("official"),
    )
    .select_from(tables.hall)
    .outerjoin(tables.journals, _journals.journal == _text("journal"))
    .outerjoin(
        tables.lines,
        (_lines.journal == _text("journal"))
        & (_lines.seq == bindparam("seq", type_=_lines.seq.type)),
    )
)

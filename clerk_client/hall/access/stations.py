"""Enrolling stations: IT makes a one-time code for a window, the station sends it with its key."""

import base64
import binascii
import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.limits import ensure_not_limited, may_be_noted, note_failure
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.errors import (
    EnrolmentCodeWrong,
    HallError,
    RequestInvalid,
    StationKeyInvalid,
    StationKeyOther,
    WindowUnknown,
)
from clerk_client.hall.store import reading, this_hall, writing, written
from clerk_client.wire.messages import Code, StationAnswer, StationRequest

# Without the letters and digits that are taken for each other when they are read out.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LASTS = timedelta(days=7)
_NAME = TypeAdapter(Annotated[str, Code])


def new_enrolment_code(engine: Engine, station: str, window: str, now: datetime) -> str:
    """A code that enrols one key under this name within 7 days; an unused older code ends.

    Raises RequestInvalid for a name that no station could send, HallNotLoaded, WindowUnknown.
    """
    try:
        _NAME.validate_python(station)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise RequestInvalid(f"station: {reason}", field="station") from error
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    enrolments = tables.enrolments.c
    with writing(engine) as connection:
        this_hall(connection)
        _ensure_window(connection, window)
        connection.execute(
            delete(tables.enrolments).where(
                enrolments.station == station, enrolments.key_sha256 == ""
            )
        )
        connection.execute(
            insert(tables.enrolments).values(
                code_sha256=_code_sha256(code),
                station=station,
                window=window,
                made_at=rfc3339(now),
                key_sha256="",
            )
        )
        _note(connection, now, station, "station.code_made", window=window)
    return code


def enrol(engine: Engine, request: StationRequest, address: str, now: datetime) -> StationAnswer:
    """Enrols the key, or answers the same again for the same key.

    Raises RateLimited, EnrolmentCodeWrong, StationKeyInvalid, StationKeyOther.
    """
    public_key = _public_key(request.public_key)
    subject = f"station {request.station}"
    with reading(engine) as connection:
        ensure_not_limited(connection, address, subject, now)
    try:
        return written(engine, _enrol, request, public_key, now)
    except HallError as error:
        with writing(engine) as connection:
            note_failure(connection, address, subject, now)
            if may_be_noted(connection, address, now):
                _note(connection, now, request.station, "station.refused", code=error.code)
        raise


def _enrol(
    connection: Connection, request: StationRequest, public_key: bytes, now: datetime
) -> StationAnswer:
    key_sha256 = hashlib.sha256(public_key).hexdigest()
    stations, enrolments = tables.stations.c, tables.enrolments.c
    enrolment = connection.execute(
        select(tables.enrolments).where(
            enrolments.code_sha256 == _code_sha256(request.enrolment_code),
            enrolments.station == request.station,
        )
    ).first()
    if enrolment is None or enrolment.key_sha256 not in ("", key_sha256):
        raise EnrolmentCodeWrong
    # One that was used with this key only has its answer repeated, at any time.
    if enrolment.key_sha256 == "" and enrolment.made_at < rfc3339(now - _CODE_LASTS):
        raise EnrolmentCodeWrong
    known = connection.execute(
        select(tables.stations).where(
            (stations.code == request.station) | (stations.key_sha256 == key_sha256)
        )
    ).all()
    if any(row.code != request.station or row.key_sha256 != key_sha256 for row in known):
        raise StationKeyOther
    if enrolment.key_sha256 == "":
        connection.execute(
            update(tables.enrolments)
            .where(enrolments.code_sha256 == enrolment.code_sha256)
            .values(key_sha256=key_sha256)
        )
        if known:
            # A new code for another window: the station was moved.
            connection.execute(
                update(tables.stations)
                .where(stations.code == request.station)
                .values(window=enrolment.window)
            )
    if not known:
        connection.execute(
            insert(tables.stations).values(
                code=request.station,
                window=enrolment.window,
                public_key=public_key,
                key_sha256=key_sha256,
                enrolled_at=rfc3339(now),
            )
        )
    if enrolment.key_sha256 == "" or not known:
        facts = {"window": enrolment.window, "key_sha256": key_sha256}
        _note(connection, now, request.station, "station.enrolled", **facts)
    row = connection.execute(select(tables.stations).where(stations.code == request.station)).one()
    return station_answer(row)


def station_answer(row: Row[tuple[object, ...]]) -> StationAnswer:
    """A station as it is published."""
    return StationAnswer(
        station=row.code,
        window=row.window,
        public_key=base64.b64encode(row.public_key).decode("ascii"),
    )


def _note(connection: Connection, now: datetime, station: str, action: str, **facts: str) -> None:
    # Nobody is signed in: the code stands for whoever of IT made it.
    note(connection, now, actor="", station=station, action=action, subject=station, facts=facts)


def _ensure_window(connection: Connection, window: str) -> None:
    windows = tables.windows.c
    known = select(windows.code).where(windows.code == window, windows.retired.is_(False))
    if connection.execute(known).first() is None:
        raise WindowUnknown(window=window)


def _code_sha256(code: str) -> str:
    """As typed by a person: case, blanks and dashes say nothing."""
    folded = unicodedata.normalize("NFKC", code).upper()
    kept = "".join(c for c in folded if c in _ALPHABET)
    return hashlib.sha256(kept.encode()).hexdigest()


def _public_key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise StationKeyInvalid from error
    if len(raw) != 32:
        raise StationKeyInvalid
    return raw

"""Captured material: known by its content's SHA-256, sent before the record that names it."""

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, select

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.audit_trail.audit import note
from clerk_client.hall.bodies import ATTACHMENT_LIMIT
from clerk_client.hall.errors import (
    AttachmentKind,
    AttachmentOther,
    AttachmentUnknown,
    RequestTooLarge,
)
from clerk_client.hall.lines.media_types import media_type_of
from clerk_client.hall.store import added, reading, writing


class Attachment(NamedTuple):
    """What was sent, and what it was found to be."""

    media_type: str
    content: bytes


def put(engine: Engine, sha256: str, content: bytes, session: Session, now: datetime) -> None:
    """Keeps it; again is harmless. Raises RequestTooLarge, AttachmentOther, AttachmentKind."""
    if len(content) > ATTACHMENT_LIMIT:
        raise RequestTooLarge(bytes=str(ATTACHMENT_LIMIT))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise AttachmentOther
    media_type = media_type_of(content)
    if not media_type:
        raise AttachmentKind
    with reading(engine) as connection:
        if not absent(connection, [sha256]):
            return
    row = {
        "sha256": sha256,
        "media_type": media_type,
        "size": len(content),
        "content": content,
        "station": session.station,
        "received_at": rfc3339(now),
    }
    with writing(engine) as connection:
        added(connection, tables.attachments, row)


def get(engine: Engine, sha256: str, session: Session, now: datetime) -> Attachment:
    """The attachment; that it was looked at is noted. Raises AttachmentUnknown."""
    attachments = tables.attachments.c
    with reading(engine) as connection:
        row = connection.execute(
            select(attachments.media_type, attachments.content).where(attachments.sha256 == sha256)
        ).first()
    if row is None:
        raise AttachmentUnknown
    with writing(engine) as connection:
        note(
            connection,
            now,
            actor=session.clerk,
            station=session.station,
            action="attachment.read",
            subject=sha256,
        )
    return Attachment(row.media_type, row.content)


def absent(connection: Connection, named: list[str]) -> set[str]:
    """Those that the hall does not have."""
    attachments = tables.attachments.c
    there = connection.scalars(select(attachments.sha256).where(attachments.sha256.in_(named)))
    return set(named) - set(there)


def link(connection: Connection, key: str, named: list[str]) -> None:
    """Ties them to the line that names them."""
    rows = [{"sha256": each, "key": key} for each in named]
    connection.execute(insert(tables.line_attachments), rows)

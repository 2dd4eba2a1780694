"""Who did what: rows as they happen, chained by a sealer after commit."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from clerk_client.hall.tables.base import metadata

# `facts` is canonical JSON without anything of a person. `seal` is empty until it is chained.
audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", String(24), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("station", String(80), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("facts", Text, nullable=False),
    Column("seal", ForeignKey("audit_seals.seq")),
    Index("ix_audit_seal", "seal", "id"),
    Index("ix_audit_at", "at", "id"),
)

# hash = SHA-256(JCS{seq, prev, sealed_at, rows}), rows in the order of their ids.
audit_seals = Table(
    "audit_seals",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("prev", String(64), nullable=False),
    Column("sealed_at", String(24), nullable=False),
    Column("count", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

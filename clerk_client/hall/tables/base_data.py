"""Copies of base databases, to be compared with and never shown whole."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from clerk_client.hall.tables.base import metadata

base_databases = Table(
    "base_databases",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    # The day that its data is of.
    Column("as_of", Date, nullable=False),
)

# `fields` is a JSON object of texts.
base_entries = Table(
    "base_entries",
    metadata,
    Column("base", ForeignKey("base_databases.code"), primary_key=True),
    Column("document_type", String(40), primary_key=True),
    Column("document_number", String(80), primary_key=True),
    Column("fields", Text, nullable=False),
)

# Each look-up: who, from where, why, which fields, what came of it.
base_lookups = Table(
    "base_lookups",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", String(24), nullable=False),
    Column("clerk", String(80), nullable=False),
    Column("station", String(80), nullable=False),
    Column("base", String(80), nullable=False),
    # A case's or acceptance's number, or the key of a draft.
    Column("reason_kind", String(20), nullable=False),
    Column("reason", String(80), nullable=False),
    Column("subject_sha256", String(64), nullable=False),
    Column("fields", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Index("ix_base_lookups_at", "at", "id"),
    Index("ix_base_lookups_clerk", "clerk", "at"),
)

# One row, made by the first look-up: keys the hash of whom a look-up was about, so that the log
# alone does not tell.
base_secrets = Table(
    "base_secrets",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("secret", String(64), nullable=False),
)

"""Journals, their lines and numbers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from clerk_client.hall.tables.base import metadata

# A row of its own, so that leasing locks nothing but the series.
number_series = Table(
    "number_series",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("next", BigInteger, nullable=False),
)

journals = Table(
    "journals",
    metadata,
    Column("journal", String(36), primary_key=True),
    Column("station", ForeignKey("stations.code"), nullable=False, index=True),
    Column("opened_at", String(24), nullable=False),
    Column("highest_seq", BigInteger, nullable=False),
    Column("highest_hash", String(64), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("key", String(36), primary_key=True),
    Column("journal", ForeignKey("journals.journal"), nullable=False),
    Column("year", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("leased_at", String(24), nullable=False),
    UniqueConstraint("year", "epoch", "first"),
    Index("ix_leases_journal", "journal", "year", "epoch"),
)

# Settled and refused lines alike, so that the next line finds its prev. `head`, `body`: JCS text.
lines = Table(
    "lines",
    metadata,
    Column("journal", ForeignKey("journals.journal"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(36), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("head", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("code", String(40), nullable=False),
    Column("received_at", String(24), nullable=False),
)

record_keys = Table(
    "record_keys",
    metadata,
    Column("key", String(36), primary_key=True),
    Column("journal", String(36), nullable=False),
    Column("seq", BigInteger, nullable=False),
)

# Official and provisional ones alike: each stands here once, whoever sends it.
numbers = Table(
    "numbers",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("key", ForeignKey("record_keys.key"), nullable=False),
)

# L… -> the official number that the hall gave to an acceptance decided without it.
provisional_numbers = Table(
    "provisional_numbers",
    metadata,
    Column("provisional", ForeignKey("numbers.number"), primary_key=True),
    Column("official", ForeignKey("numbers.number"), nullable=False, unique=True),
    Column("given_at", String(24), nullable=False),
)

# One request a number at a time: `declined_by` frees the number for another (its row goes to
# `position` + 1). Keys are those of the lines.
voids = Table(
    "voids",
    metadata,
    Column("number", ForeignKey("numbers.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("requested_by", ForeignKey("record_keys.key"), nullable=False, unique=True),
    Column("approved_by", String(36), nullable=False, server_default=""),
    Column("declined_by", String(36), nullable=False, server_default=""),
    Column("is_waiting", Boolean, nullable=False),
    Index("ix_voids_is_waiting", "is_waiting"),
)

# 更正分类: the latest position of a number is its category.
corrections = Table(
    "corrections",
    metadata,
    Column("number", ForeignKey("numbers.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line_key", ForeignKey("record_keys.key"), nullable=False, unique=True),
    Column("category", String(20), nullable=False),
)

# Captured material, known by its content; sent before the record that names it.
attachments = Table(
    "attachments",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(80), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("station", String(80), nullable=False),
    Column("received_at", String(24), nullable=False),
)

line_attachments = Table(
    "line_attachments",
    metadata,
    Column("sha256", ForeignKey("attachments.sha256"), primary_key=True),
    Column("key", ForeignKey("record_keys.key"), primary_key=True),
)

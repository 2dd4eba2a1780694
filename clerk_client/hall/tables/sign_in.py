"""Sign-in: what lives for a minute, and sessions."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from clerk_client.hall.tables.base import metadata

nonces = Table(
    "nonces",
    metadata,
    Column("nonce", String(100), primary_key=True),
    Column("station", String(80), nullable=False),
    Column("cert_sha256", String(64), nullable=False),
    Column("hall_time", String(24), nullable=False),
    Column("expires_at", String(24), nullable=False, index=True),
)

# `subject` is what failed: a certificate's SHA-256, or a station that was to be enrolled.
failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("address", String(100), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("failed_at", String(24), nullable=False),
    Index("ix_failures_subject", "subject", "address", "failed_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("clerk", ForeignKey("clerks.code"), nullable=False),
    Column("station", ForeignKey("stations.code"), nullable=False),
    Column("key_sha256", String(64), nullable=False),
    # Of the certificate that signed in: its revocation ends the session.
    Column("cert_sha256", String(64), nullable=False, server_default=""),
    Column("expires_at", String(24), nullable=False, index=True),
)

proofs = Table(
    "proofs",
    metadata,
    Column("key_sha256", String(64), primary_key=True),
    Column("jti", String(100), primary_key=True),
    Column("expires_at", String(24), nullable=False, index=True),
)

"""Counts: deltas as they come, folded into totals, and what others report."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from clerk_client.hall.tables.base import metadata

# Append-only until they are folded into `tally_totals`: never one total that every window would
# lock. `cause`: accepted, voided or corrected; a correction is a row of -1 and one of +1.
tally_deltas = Table(
    "tally_deltas",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("hour", Integer, nullable=False, server_default="0"),
    Column("cause", String(20), nullable=False, server_default="accepted"),
    Column("department", ForeignKey("departments.code"), nullable=False),
    Column("category", String(20), nullable=False),
    Column("matter", ForeignKey("matters.code"), nullable=False),
    Column("clerk", ForeignKey("clerks.code"), nullable=False),
    Column("window", ForeignKey("windows.code"), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("line_key", ForeignKey("record_keys.key"), nullable=False),
    Index("ix_tally_deltas_day", "day", "department", "category"),
)

# Folded deltas, two small cubes a dimension (department, matter, clerk, window, hour): of days, and
# of whole months under `hour/month`, whose `day` is the month's first.
tally_totals = Table(
    "tally_totals",
    metadata,
    Column("dimension", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("code", String(80), primary_key=True),
    Column("category", String(20), primary_key=True),
    Column("cause", String(20), primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

# Online counts from elsewhere, for 三率一数. Sent again they replace what was sent before.
indicators = Table(
    "indicators",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("department", ForeignKey("departments.code"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("source", String(80), nullable=False),
    Column("reported_at", String(24), nullable=False),
)

"""What a client comes with: tickets, bookings, cases. `used_by` is the line that used it."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from clerk_client.hall.tables.base import metadata

appointments = Table(
    "appointments",
    metadata,
    Column("number", String(80), primary_key=True),
    Column("day", Date, nullable=False),
    Column("time", String(80), nullable=False),
    Column("matter", ForeignKey("matters.code"), nullable=False),
    Column("status", String(20), nullable=False),
    Column("applicant_name", String(200), nullable=False),
    Column("outlet", String(200), nullable=False),
    # Empty for any window of the matter.
    Column("window", String(80), nullable=False, server_default=""),
    Column("used_by", String(36), nullable=False),
    Index("ix_appointments_day", "day", "number"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("day", Date, primary_key=True),
    Column("number", String(80), primary_key=True),
    Column("status", String(20), nullable=False),
    Column("appointment", String(80), nullable=False),
    Column("priority", Boolean, nullable=False),
    Column("used_by", String(36), nullable=False),
)

ticket_matters = Table(
    "ticket_matters",
    metadata,
    Column("day", Date, primary_key=True),
    Column("number", String(80), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("matter", ForeignKey("matters.code"), nullable=False),
    Column("used_by", String(36), nullable=False),
    ForeignKeyConstraint(["day", "number"], ["tickets.day", "tickets.number"]),
)

# 办件 known to the hall. `steps` is a JSON list of {name, state, due_on}.
cases = Table(
    "cases",
    metadata,
    Column("number", String(80), primary_key=True),
    Column("matter", ForeignKey("matters.code"), nullable=False),
    Column("applicant_name", String(200), nullable=False),
    Column("document_type", String(40), nullable=False),
    Column("document_number", String(80), nullable=False),
    Column("status", String(20), nullable=False),
    Column("steps", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("due_on", Date),
    # What is to be corrected, in the authority's words.
    Column("opinion", String(2000), nullable=False),
    Column("result_ready", Boolean, nullable=False),
)

# 补正: what was handed in for a case. `key` makes a repeated request one supplement.
supplements = Table(
    "supplements",
    metadata,
    Column("key", String(36), primary_key=True),
    Column("case", ForeignKey("cases.number"), nullable=False, index=True),
    Column("received_at", String(24), nullable=False),
    Column("clerk", String(80), nullable=False),
    Column("station", String(80), nullable=False),
    Column("materials", Text, nullable=False),
)

ratings = Table(
    "ratings",
    metadata,
    Column("key", String(36), primary_key=True),
    Column("rated_at", String(24), nullable=False),
    Column("window", String(80), nullable=False),
    # Both empty for an anonymous one.
    Column("number", String(40), nullable=False),
    Column("clerk", String(80), nullable=False),
    Column("stars", Integer, nullable=False),
    Column("comment", String(500), nullable=False),
)

"""Catalogue: `changed_in` is the catalogue version that last changed a row."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    false,
)

from clerk_client.hall.tables.base import metadata

# One row. `epoch` is raised by every restore, `catalogue_version` by every change of the catalogue.
hall = Table(
    "hall",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("supervision_phone", String(80), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("catalogue_version", BigInteger, nullable=False),
    # Where the database lives: another place means a restored copy. Empty until it was served.
    Column("origin", String(200), nullable=False, server_default=""),
)

departments = Table(
    "departments",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("full_name", String(200), nullable=False),
    Column("retired", Boolean, nullable=False, server_default=false()),
    Column("changed_in", BigInteger, nullable=False),
)

matters = Table(
    "matters",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("department", ForeignKey("departments.code"), nullable=False),
    Column("audience", String(20), nullable=False),
    Column("statutory_days", Integer, nullable=False),
    Column("day_unit", String(20), nullable=False),
    Column("expected_category", String(20), nullable=False),
    Column("is_licence", Boolean, nullable=False),
    Column("parent", String(80), nullable=False),
    Column("is_parent", Boolean, nullable=False),
    Column("suspended", String(500), nullable=False),
    Column("changed_in", BigInteger, nullable=False),
    Index("ix_matters_changed_in", "changed_in", "code"),
)

materials = Table(
    "materials",
    metadata,
    Column("matter", ForeignKey("matters.code"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("necessity", String(20), nullable=False),
)

# The hall's calendar: days that are not what their weekday says.
workdays = Table(
    "workdays",
    metadata,
    Column("day", Date, primary_key=True),
    Column("is_workday", Boolean, nullable=False),
    Column("note", String(80), nullable=False),
    Column("changed_in", BigInteger, nullable=False),
)

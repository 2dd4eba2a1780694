"""Who works in the hall, where, and at which station."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from clerk_client.hall.tables.base import metadata

# `rights` is one of the four sets of rights that routes know; a hall names roles as it likes.
roles = Table(
    "roles",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("rights", String(20), nullable=False),
    Column("retired", Boolean, nullable=False, server_default=false()),
)

windows = Table(
    "windows",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("phone", String(80), nullable=False),
    Column("retired", Boolean, nullable=False, server_default=false()),
)

clerks = Table(
    "clerks",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    # Of `roles`; a database of the first version has only the four names of rights.
    Column("role", String(20), nullable=False),
    Column("department", String(80), nullable=False, server_default=""),
    Column("identity", String(200), nullable=False, unique=True),
    Column("locked", Boolean, nullable=False),
    Column("retired", Boolean, nullable=False, server_default=false()),
)

# Every certificate that signed in, and for whom: lines are checked with it long after.
certificates = Table(
    "certificates",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("clerk", ForeignKey("clerks.code"), primary_key=True),
    Column("der", LargeBinary, nullable=False),
    Column("first_used_at", String(24), nullable=False),
)

stations = Table(
    "stations",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("window", ForeignKey("windows.code"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("key_sha256", String(64), nullable=False, unique=True),
    Column("enrolled_at", String(24), nullable=False),
    Column("retired", Boolean, nullable=False, server_default=false()),
)

# `key_sha256` is the key that the code was used for, empty while it is unused.
enrolments = Table(
    "enrolments",
    metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("station", String(80), nullable=False, index=True),
    Column("window", ForeignKey("windows.code"), nullable=False),
    Column("made_at", String(24), nullable=False),
    Column("key_sha256", String(64), nullable=False),
)

# The last report of each station. `content` is the report as sent, canonical JSON.
station_reports = Table(
    "station_reports",
    metadata,
    Column("station", ForeignKey("stations.code"), primary_key=True),
    Column("reported_at", String(24), nullable=False),
    Column("clerk", String(80), nullable=False),
    Column("content", Text, nullable=False),
)

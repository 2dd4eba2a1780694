"""The hall's tables. Moments are RFC 3339 text (they sort), days are dates of the hall's calendar.

What decides is a constraint: `record_keys` and `numbers` say that a line and a number exist once.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row. `epoch` is raised by every restore, `catalogue_version` by every change of the catalogue.
hall = Table(
    "hall",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("supervision_phone", String(80), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("catalogue_version", BigInteger, nullable=False),
)

# --- catalogue: `changed_in` is the catalogue version that last changed the row -------------------

departments = Table(
    "departments",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("full_name", String(200), nullable=False),
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

# --- people and places ---------------------------------------------------------------------------

windows = Table(
    "windows",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("phone", String(80), nullable=False),
)

clerks = Table(
    "clerks",
    metadata,
    Column("code", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("identity", String(200), nullable=False, unique=True),
    Column("locked", Boolean, nullable=False),
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

# --- sign-in -------------------------------------------------------------------------------------

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
    Column("expires_at", String(24), nullable=False, index=True),
)

proofs = Table(
    "proofs",
    metadata,
    Column("key_sha256", String(64), primary_key=True),
    Column("jti", String(100), primary_key=True),
    Column("expires_at", String(24), nullable=False, index=True),
)

# --- tickets and appointments: `used_by` is the key of the line that used it, empty until then ----

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
    Column("used_by", String(36), nullable=False),
    Index("ix_appointments_day", "day"),
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

# --- journals ------------------------------------------------------------------------------------

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

numbers = Table(
    "numbers",
    metadata,
    Column("number", String(19), primary_key=True),
    Column("key", ForeignKey("record_keys.key"), nullable=False),
)

# Append-only: a correction is another row. Never one total that every window would lock.
tally_deltas = Table(
    "tally_deltas",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("department", ForeignKey("departments.code"), nullable=False),
    Column("category", String(20), nullable=False),
    Column("matter", ForeignKey("matters.code"), nullable=False),
    Column("clerk", ForeignKey("clerks.code"), nullable=False),
    Column("window", ForeignKey("windows.code"), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("line_key", ForeignKey("record_keys.key"), nullable=False),
    Index("ix_tally_deltas_day", "day", "department", "category"),
)

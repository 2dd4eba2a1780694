"""Roles, audit, voids, corrections, provisional numbers, attachments, cases, counts, base data."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROLES = (("clerk", "窗口人员"), ("supervisor", "主管"), ("it", "信息员"), ("auditor", "审计员"))


def upgrade() -> None:
    # Provisional numbers are longer. First, while nothing refers to it: SQLite makes it anew.
    with op.batch_alter_table("numbers") as numbers:
        numbers.alter_column(
            "number",
            existing_type=sa.String(length=19),
            type_=sa.String(length=40),
            existing_nullable=False,
        )
    op.create_table(
        "attachments",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("received_at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_attachments"),
    )
    op.create_table(
        "audit_seals",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.String(length=24), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_seals"),
    )
    op.create_table(
        "base_databases",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_base_databases"),
    )
    op.create_table(
        "base_lookups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.String(length=24), nullable=False),
        sa.Column("clerk", sa.String(length=80), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("base", sa.String(length=80), nullable=False),
        sa.Column("reason_kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("subject_sha256", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_base_lookups"),
    )
    op.create_index("ix_base_lookups_at", "base_lookups", ["at", "id"], unique=False)
    op.create_index("ix_base_lookups_clerk", "base_lookups", ["clerk", "at"], unique=False)
    op.create_table(
        "base_secrets",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_base_secrets"),
    )

    op.create_table(
        "ratings",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("rated_at", sa.String(length=24), nullable=False),
        sa.Column("window", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("clerk", sa.String(length=80), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_ratings"),
    )
    op.create_table(
        "roles",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("rights", sa.String(length=20), nullable=False),
        sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_roles"),
    )
    op.create_table(
        "tally_totals",
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "dimension", "day", "code", "category", "cause", name="pk_tally_totals"
        ),
    )
    op.create_table(
        "workdays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=80), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_workdays"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.String(length=24), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("seal", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["seal"], ["audit_seals.seq"], name="fk_audit_seal"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at", "id"], unique=False)
    op.create_index("ix_audit_seal", "audit", ["seal", "id"], unique=False)

    op.create_table(
        "base_entries",
        sa.Column("base", sa.String(length=80), nullable=False),
        sa.Column("document_type", sa.String(length=40), nullable=False),
        sa.Column("document_number", sa.String(length=80), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["base"], ["base_databases.code"], name="fk_base_entries_base"),
        sa.PrimaryKeyConstraint("base", "document_type", "document_number", name="pk_base_entries"),
    )
    op.create_table(
        "indicators",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("reported_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name="fk_indicators_department"
        ),
        sa.PrimaryKeyConstraint("month", "department", "name", name="pk_indicators"),
    )
    op.create_table(
        "line_attachments",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["record_keys.key"], name="fk_line_attachments_key"),
        sa.ForeignKeyConstraint(
            ["sha256"], ["attachments.sha256"], name="fk_line_attachments_sha256"
        ),
        sa.PrimaryKeyConstraint("sha256", "key", name="pk_line_attachments"),
    )
    op.create_table(
        "cases",
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("applicant_name", sa.String(length=200), nullable=False),
        sa.Column("document_type", sa.String(length=40), nullable=False),
        sa.Column("document_number", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("opinion", sa.String(length=2000), nullable=False),
        sa.Column("result_ready", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["matter"], ["matters.code"], name="fk_cases_matter"),
        sa.PrimaryKeyConstraint("number", name="pk_cases"),
    )
    op.create_table(
        "corrections",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_key", sa.String(length=36), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["line_key"], ["record_keys.key"], name="fk_corrections_line_key"),
        sa.ForeignKeyConstraint(["number"], ["numbers.number"], name="fk_corrections_number"),
        sa.PrimaryKeyConstraint("number", "position", name="pk_corrections"),
        sa.UniqueConstraint("line_key", name="uq_corrections_line_key"),
    )
    op.create_table(
        "provisional_numbers",
        sa.Column("provisional", sa.String(length=40), nullable=False),
        sa.Column("official", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["official"], ["numbers.number"], name="fk_provisional_numbers_official"
        ),
        sa.ForeignKeyConstraint(
            ["provisional"], ["numbers.number"], name="fk_provisional_numbers_provisional"
        ),
        sa.PrimaryKeyConstraint("provisional", name="pk_provisional_numbers"),
        sa.UniqueConstraint("official", name="uq_provisional_numbers_official"),
    )
    op.create_table(
        "station_reports",
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("reported_at", sa.String(length=24), nullable=False),
        sa.Column("clerk", sa.String(length=80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station"], ["stations.code"], name="fk_station_reports_station"),
        sa.PrimaryKeyConstraint("station", name="pk_station_reports"),
    )
    op.create_table(
        "voids",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=36), nullable=False),
        sa.Column("approved_by", sa.String(length=36), server_default="", nullable=False),
        sa.Column("declined_by", sa.String(length=36), server_default="", nullable=False),
        sa.Column("is_waiting", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["numbers.number"], name="fk_voids_number"),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["record_keys.key"], name="fk_voids_requested_by"
        ),
        sa.PrimaryKeyConstraint("number", "position", name="pk_voids"),
        sa.UniqueConstraint("requested_by", name="uq_voids_requested_by"),
    )
    op.create_index("ix_voids_is_waiting", "voids", ["is_waiting"], unique=False)

    op.create_table(
        "supplements",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("case", sa.String(length=80), nullable=False),
        sa.Column("received_at", sa.String(length=24), nullable=False),
        sa.Column("clerk", sa.String(length=80), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("materials", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.number"], name="fk_supplements_case"),
        sa.PrimaryKeyConstraint("key", name="pk_supplements"),
    )
    op.create_index("ix_supplements_case", "supplements", ["case"], unique=False)

    op.add_column(
        "appointments", sa.Column("window", sa.String(length=80), server_default="", nullable=False)
    )
    # A page of a day is read by number.
    op.drop_index("ix_appointments_day", "appointments")
    op.create_index("ix_appointments_day", "appointments", ["day", "number"], unique=False)

    op.add_column(
        "clerks", sa.Column("department", sa.String(length=80), server_default="", nullable=False)
    )
    op.add_column(
        "clerks", sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False)
    )

    op.add_column(
        "departments", sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False)
    )

    op.add_column(
        "hall", sa.Column("origin", sa.String(length=200), server_default="", nullable=False)
    )

    op.add_column(
        "stations", sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False)
    )

    op.add_column(
        "tally_deltas", sa.Column("hour", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "tally_deltas",
        sa.Column("cause", sa.String(length=20), server_default="accepted", nullable=False),
    )

    op.add_column(
        "tokens", sa.Column("cert_sha256", sa.String(length=64), server_default="", nullable=False)
    )

    op.add_column(
        "windows", sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False)
    )

    roles = sa.table("roles", sa.column("code"), sa.column("name"), sa.column("rights"))
    rows = [{"code": code, "name": name, "rights": code} for code, name in _ROLES]
    op.bulk_insert(roles, rows)
    # Whoever is signed in signs in again: a session now knows the certificate behind it.
    op.execute("DELETE FROM tokens")

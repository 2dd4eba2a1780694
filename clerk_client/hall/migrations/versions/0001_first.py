"""The first tables: catalogue, people, sign-in, journals, numbers, tallies."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clerks",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("identity", sa.String(length=200), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_clerks"),
        sa.UniqueConstraint("identity", name="uq_clerks_identity"),
    )
    op.create_table(
        "departments",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_departments"),
    )
    op.create_table(
        "failures",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("failed_at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failures"),
    )
    op.create_index(
        "ix_failures_subject", "failures", ["subject", "address", "failed_at"], unique=False
    )
    op.create_table(
        "hall",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("supervision_phone", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("catalogue_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_hall"),
    )
    op.create_table(
        "nonces",
        sa.Column("nonce", sa.String(length=100), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("cert_sha256", sa.String(length=64), nullable=False),
        sa.Column("hall_time", sa.String(length=24), nullable=False),
        sa.Column("expires_at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name="pk_nonces"),
    )
    op.create_index("ix_nonces_expires_at", "nonces", ["expires_at"], unique=False)
    op.create_table(
        "number_series",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", "epoch", name="pk_number_series"),
    )
    op.create_table(
        "proofs",
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("jti", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("key_sha256", "jti", name="pk_proofs"),
    )
    op.create_index("ix_proofs_expires_at", "proofs", ["expires_at"], unique=False)
    op.create_table(
        "record_keys",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("journal", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_record_keys"),
    )
    op.create_table(
        "tickets",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("appointment", sa.String(length=80), nullable=False),
        sa.Column("priority", sa.Boolean(), nullable=False),
        sa.Column("used_by", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("day", "number", name="pk_tickets"),
    )
    op.create_table(
        "windows",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_windows"),
    )
    op.create_table(
        "certificates",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("clerk", sa.String(length=80), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("first_used_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["clerk"], ["clerks.code"], name="fk_certificates_clerk"),
        sa.PrimaryKeyConstraint("sha256", "clerk", name="pk_certificates"),
    )
    op.create_table(
        "enrolments",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("window", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.String(length=24), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["window"], ["windows.code"], name="fk_enrolments_window"),
        sa.PrimaryKeyConstraint("code_sha256", name="pk_enrolments"),
    )
    op.create_index("ix_enrolments_station", "enrolments", ["station"], unique=False)
    op.create_table(
        "matters",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("statutory_days", sa.Integer(), nullable=False),
        sa.Column("day_unit", sa.String(length=20), nullable=False),
        sa.Column("expected_category", sa.String(length=20), nullable=False),
        sa.Column("is_licence", sa.Boolean(), nullable=False),
        sa.Column("parent", sa.String(length=80), nullable=False),
        sa.Column("is_parent", sa.Boolean(), nullable=False),
        sa.Column("suspended", sa.String(length=500), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["department"], ["departments.code"], name="fk_matters_department"),
        sa.PrimaryKeyConstraint("code", name="pk_matters"),
    )
    op.create_index("ix_matters_changed_in", "matters", ["changed_in", "code"], unique=False)
    op.create_table(
        "numbers",
        sa.Column("number", sa.String(length=19), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["record_keys.key"], name="fk_numbers_key"),
        sa.PrimaryKeyConstraint("number", name="pk_numbers"),
    )
    op.create_table(
        "stations",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("window", sa.String(length=80), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["window"], ["windows.code"], name="fk_stations_window"),
        sa.PrimaryKeyConstraint("code", name="pk_stations"),
        sa.UniqueConstraint("key_sha256", name="uq_stations_key_sha256"),
    )
    op.create_table(
        "appointments",
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("time", sa.String(length=80), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("applicant_name", sa.String(length=200), nullable=False),
        sa.Column("outlet", sa.String(length=200), nullable=False),
        sa.Column("used_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["matter"], ["matters.code"], name="fk_appointments_matter"),
        sa.PrimaryKeyConstraint("number", name="pk_appointments"),
    )
    op.create_index("ix_appointments_day", "appointments", ["day"], unique=False)
    op.create_table(
        "journals",
        sa.Column("journal", sa.String(length=36), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("opened_at", sa.String(length=24), nullable=False),
        sa.Column("highest_seq", sa.BigInteger(), nullable=False),
        sa.Column("highest_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["station"], ["stations.code"], name="fk_journals_station"),
        sa.PrimaryKeyConstraint("journal", name="pk_journals"),
    )
    op.create_index("ix_journals_station", "journals", ["station"], unique=False)
    op.create_table(
        "materials",
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("necessity", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["matter"], ["matters.code"], name="fk_materials_matter"),
        sa.PrimaryKeyConstraint("matter", "position", name="pk_materials"),
    )
    op.create_table(
        "tally_deltas",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("clerk", sa.String(length=80), nullable=False),
        sa.Column("window", sa.String(length=80), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("line_key", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["clerk"], ["clerks.code"], name="fk_tally_deltas_clerk"),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name="fk_tally_deltas_department"
        ),
        sa.ForeignKeyConstraint(["line_key"], ["record_keys.key"], name="fk_tally_deltas_line_key"),
        sa.ForeignKeyConstraint(["matter"], ["matters.code"], name="fk_tally_deltas_matter"),
        sa.ForeignKeyConstraint(["window"], ["windows.code"], name="fk_tally_deltas_window"),
        sa.PrimaryKeyConstraint("id", name="pk_tally_deltas"),
    )
    op.create_index(
        "ix_tally_deltas_day", "tally_deltas", ["day", "department", "category"], unique=False
    )
    op.create_table(
        "ticket_matters",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("used_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["day", "number"], ["tickets.day", "tickets.number"], name="fk_ticket_matters_day"
        ),
        sa.ForeignKeyConstraint(["matter"], ["matters.code"], name="fk_ticket_matters_matter"),
        sa.PrimaryKeyConstraint("day", "number", "position", name="pk_ticket_matters"),
    )
    op.create_table(
        "tokens",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("clerk", sa.String(length=80), nullable=False),
        sa.Column("station", sa.String(length=80), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["clerk"], ["clerks.code"], name="fk_tokens_clerk"),
        sa.ForeignKeyConstraint(["station"], ["stations.code"], name="fk_tokens_station"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_tokens"),
    )
    op.create_index("ix_tokens_expires_at", "tokens", ["expires_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("journal", sa.String(length=36), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("leased_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["journal"], ["journals.journal"], name="fk_leases_journal"),
        sa.PrimaryKeyConstraint("key", name="pk_leases"),
        sa.UniqueConstraint("year", "epoch", "first", name="uq_leases_year"),
    )
    op.create_index("ix_leases_journal", "leases", ["journal", "year", "epoch"], unique=False)
    op.create_table(
        "lines",
        sa.Column("journal", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["journal"], ["journals.journal"], name="fk_lines_journal"),
        sa.PrimaryKeyConstraint("journal", "seq", name="pk_lines"),
    )
    op.create_index("ix_lines_key", "lines", ["key"], unique=False)

"""The hall's tables. Moments are RFC 3339 text (they sort), days are dates of the hall's calendar.

What decides is a constraint: `record_keys` and `numbers` say that a line and a number exist once.
"""

from clerk_client.hall.tables.audit import (
    audit,
    audit_seals,
)
from clerk_client.hall.tables.base import metadata
from clerk_client.hall.tables.base_data import (
    base_databases,
    base_entries,
    base_lookups,
    base_secrets,
)
from clerk_client.hall.tables.catalogue import (
    departments,
    hall,
    materials,
    matters,
    workdays,
)
from clerk_client.hall.tables.counts import (
    indicators,
    tally_deltas,
    tally_totals,
)
from clerk_client.hall.tables.journals import (
    attachments,
    corrections,
    journals,
    leases,
    line_attachments,
    lines,
    number_series,
    numbers,
    provisional_numbers,
    record_keys,
    voids,
)
from clerk_client.hall.tables.people import (
    certificates,
    clerks,
    enrolments,
    roles,
    station_reports,
    stations,
    windows,
)
from clerk_client.hall.tables.sign_in import (
    failures,
    nonces,
    proofs,
    tokens,
)
from clerk_client.hall.tables.visits import (
    appointments,
    cases,
    ratings,
    supplements,
    ticket_matters,
    tickets,
)

__all__ = [
    "appointments",
    "attachments",
    "audit",
    "audit_seals",
    "base_databases",
    "base_entries",
    "base_lookups",
    "base_secrets",
    "cases",
    "certificates",
    "clerks",
    "corrections",
    "departments",
    "enrolments",
    "failures",
    "hall",
    "indicators",
    "journals",
    "leases",
    "line_attachments",
    "lines",
    "materials",
    "matters",
    "metadata",
    "nonces",
    "number_series",
    "numbers",
    "proofs",
    "provisional_numbers",
    "ratings",
    "record_keys",
    "roles",
    "station_reports",
    "stations",
    "supplements",
    "tally_deltas",
    "tally_totals",
    "ticket_matters",
    "tickets",
    "tokens",
    "voids",
    "windows",
    "workdays",
]

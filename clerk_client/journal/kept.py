"""What is kept of the hall beside its catalogue, each with the moment it was fetched.

Today's appointments, the workday calendar and whom to trust: enough to go on with while the hall is
out of reach. Also which base databases it has. All of it stands in the journal's encrypted file,
outside the chain. Tickets are not kept: there are too many and they change by the minute.
"""

import base64
import binascii
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from clerk_client.domain.appointments import Appointment, AppointmentStatus
from clerk_client.domain.base_data import BaseDatabase
from clerk_client.domain.clock import from_rfc3339, rfc3339
from clerk_client.journal.store import Journal
from clerk_client.wire import messages as m
from clerk_client.wire.export import certificate_mark
from ukey.revocation_list import MALFORMED, RevocationList, read_list
from ukey.token import Certificate

if TYPE_CHECKING:
    from sqlcipher3 import dbapi2 as sqlcipher

log = logging.getLogger(__name__)

CATALOGUE, APPOINTMENTS, TRUST = "kept-catalogue", "kept-appointments", "kept-trust"
"""What `fetched_at` is asked for: names of marks in the journal."""
_BASES = "kept-bases"


class Kept:
    """May be asked from any thread. Every method raises JournalError."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def fetched_at(self, what: str) -> datetime | None:
        """When that was fetched whole; None for never."""
        mark = self._journal.mark(what)
        return from_rfc3339(mark) if mark else None

    # --- appointments ---

    def keep_appointments(
        self, day: date, appointments: Iterable[Appointment], moment: datetime
    ) -> None:
        """In place of all that were kept before, those of other days too."""
        rows = [(each.number, each.day.isoformat(), _to_json(each)) for each in appointments]
        with self._journal.changing() as connection:
            gone = connection.execute("DELETE FROM kept_appointments").rowcount
            connection.executemany("INSERT OR REPLACE INTO kept_appointments VALUES (?,?,?)", rows)
            _mark(connection, APPOINTMENTS, moment)
        if gone and not rows:
            self._journal.clear_away()
        log.info("appointments of %s: %d kept", day, len(rows))

    def appointment(self, number: str, day: date) -> Appointment | None:
        """The day's appointment of that number, as it was when it was fetched."""
        with self._journal.changing() as connection:
            row = connection.execute(
                "SELECT content FROM kept_appointments WHERE number = ? AND day = ?",
                (number, day.isoformat()),
            ).fetchone()
        return _appointment(row[0]) if row else None

    def forget_appointments_before(self, day: date) -> None:
        """Destroys those of earlier days: names of clients who were expected then."""
        with self._journal.changing() as connection:
            gone = connection.execute(
                "DELETE FROM kept_appointments WHERE day < ?", (day.isoformat(),)
            ).rowcount
        if gone:
            self._journal.clear_away()

    # --- calendar ---

    def keep_workdays(self, days: Sequence[m.WorkdayMessage]) -> None:
        """Adds to the days that are not what their weekday says."""
        rows = [(each.day.isoformat(), each.is_workday, each.note) for each in days]
        if rows:
            with self._journal.changing() as connection:
                connection.executemany("INSERT OR REPLACE INTO kept_workdays VALUES (?,?,?)", rows)

    def is_workday(self, day: date) -> bool | None:
        """By the hall's calendar; None for a day of which it says nothing."""
        with self._journal.changing() as connection:
            row = connection.execute(
                "SELECT is_workday FROM kept_workdays WHERE day = ?", (day.isoformat(),)
            ).fetchone()
        return bool(row[0]) if row else None

    def workdays_until(self) -> date | None:
        """The end of the last year that the calendar speaks of; None for no calendar."""
        with self._journal.changing() as connection:
            last = connection.execute("SELECT max(day) FROM kept_workdays").fetchone()[0]
        return date(date.fromisoformat(last).year, 12, 31) if last else None

    # --- base databases ---

    def keep_bases(self, bases: Sequence[BaseDatabase]) -> None:
        """Which there are, in place of those kept before; of their values nothing comes here."""
        content = [[each.code, each.name, list(each.fields)] for each in bases]
        with self._journal.changing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO marks VALUES (?, ?)",
                (_BASES, json.dumps(content, ensure_ascii=False)),
            )

    def bases(self) -> tuple[BaseDatabase, ...]:
        """Those that the hall had when its catalogue was fetched."""
        content = json.loads(self._journal.mark(_BASES) or "[]")
        return tuple(BaseDatabase(code, name, tuple(fields)) for code, name, fields in content)

    # --- signers ---

    def keep_signer(self, certificate: Certificate) -> None:
        """Whoever signs lines here: an export brings the certificate along."""
        mark = certificate_mark(certificate.sha256)
        if self._journal.mark(mark) is None:
            der = base64.b64encode(certificate.der).decode("ascii")
            with self._journal.changing() as connection:
                connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (mark, der))

    # --- trust ---

    def keep_trust(self, answer: m.TrustAnswer, moment: datetime) -> None:
        """As the hall gave it: it is checked when it is used."""
        with self._journal.changing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO kept_trust VALUES (1, ?)", (answer.model_dump_json(),)
            )
            _mark(connection, TRUST, moment)

    def revocation_lists(
        self, authorities: Sequence[x509.Certificate]
    ) -> tuple[RevocationList, ...]:
        """Those of the hall's that `authorities`, the station's own, have signed: it adds none."""
        with self._journal.changing() as connection:
            row = connection.execute("SELECT content FROM kept_trust").fetchone()
        if row is None:
            return ()
        answer = m.TrustAnswer.model_validate_json(row[0])
        return tuple(_borne_out(answer.revocation_lists, authorities))


def mark_catalogue(connection: "sqlcipher.Connection", moment: datetime) -> None:
    """Together with what was fetched, so that neither is without the other."""
    _mark(connection, CATALOGUE, moment)


def _mark(connection: "sqlcipher.Connection", what: str, moment: datetime) -> None:
    connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (what, rfc3339(moment)))


def _borne_out(
    lists: Sequence[str], authorities: Sequence[x509.Certificate]
) -> Iterator[RevocationList]:
    for each in lists:
        try:
            read = read_list(base64.b64decode(each, validate=True), authorities)
        except (*MALFORMED, binascii.Error) as error:
            log.warning("a revocation list of the hall's: %s", type(error).__name__)
            continue
        if read.signed_by:
            yield read
        else:
            log.warning("a revocation list of the hall's is signed by no authority known here")


def _to_json(appointment: Appointment) -> str:
    row = {field.name: getattr(appointment, field.name) for field in fields(appointment)}
    row["day"], row["status"] = appointment.day.isoformat(), appointment.status.value
    return json.dumps(row, ensure_ascii=False)


def _appointment(content: str) -> Appointment:
    row = json.loads(content)
    row["day"], row["status"] = date.fromisoformat(row["day"]), AppointmentStatus(row["status"])
    return Appointment(**row)

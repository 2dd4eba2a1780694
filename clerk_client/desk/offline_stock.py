"""离线资料: what this station holds for when the hall is away, and how old each thing is."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from clerk_client.desk.diagnosis import Check
from clerk_client.domain.clock import Clock, hall_day, hall_time
from clerk_client.journal.kept import APPOINTMENTS, CATALOGUE, TRUST, Kept
from clerk_client.journal.store import Journal

SUBJECT = "offline"

_CATALOGUE_OLD = timedelta(days=1)
_TRUST_OLD = timedelta(days=7)
_CALENDAR_ENDS_SOON = timedelta(days=30)


def offline_checks(journal: Journal, kept: Kept, clock: Clock) -> list[Check]:
    """Catalogue, appointments, revocation lists, numbers, calendar. Raises JournalError."""
    return list(_checks(journal, kept, clock.now()))


def _checks(journal: Journal, kept: Kept, now: datetime) -> Iterator[Check]:
    today = hall_day(now)
    catalogue, appointments = kept.fetched_at(CATALOGUE), kept.fetched_at(APPOINTMENTS)
    trust = kept.fetched_at(TRUST)
    yield _aged("KEPT_CATALOGUE", catalogue, now, is_old=_is_older(catalogue, now, _CATALOGUE_OLD))
    is_earlier_day = appointments is not None and hall_day(appointments) != today
    yield _aged("KEPT_APPOINTMENTS", appointments, now, is_old=is_earlier_day)
    yield _aged("KEPT_TRUST", trust, now, is_old=_is_older(trust, now, _TRUST_OLD))
    left = journal.numbers_left(today.year)
    if left:
        yield Check(SUBJECT, "ok", "NUMBERS_IN_HAND", {"count": str(left)})
    else:
        yield Check(SUBJECT, "warning", "NUMBERS_NONE_IN_HAND")
    yield _calendar(kept.workdays_until(), today)


def _aged(code: str, at: datetime | None, now: datetime, *, is_old: bool) -> Check:
    if at is None:
        return Check(SUBJECT, "warning", f"{code}_NONE")
    # After a clock that was set back it is of just now.
    minutes = max(0, int((now - at) / timedelta(minutes=1)))
    hours, rest = divmod(minutes, 60)
    facts = {"at": hall_time(at), "hours": str(hours), "minutes": str(rest)}
    if is_old:
        return Check(SUBJECT, "warning", f"{code}_OLD", facts)
    return Check(SUBJECT, "ok", code, facts)


def _is_older(at: datetime | None, now: datetime, age: timedelta) -> bool:
    return at is not None and now - at > age


def _calendar(until: date | None, today: date) -> Check:
    if until is None or until < today:
        return Check(SUBJECT, "warning", "WORKDAYS_NOT_KEPT")
    facts = {"until": until.isoformat()}
    if until < today + _CALENDAR_ENDS_SOON:
        return Check(SUBJECT, "warning", "WORKDAYS_END_SOON", facts)
    return Check(SUBJECT, "ok", "WORKDAYS_KEPT", facts)

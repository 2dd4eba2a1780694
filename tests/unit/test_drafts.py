"""Unfinished receptions in the journal's file: for one clerk, for one day, and gone after."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from clerk_client.desk.drafts import Drafts
from clerk_client.desk.forms import Draft, Entries, Found, Place
from clerk_client.domain.appointments import Appointment, AppointmentStatus
from clerk_client.domain.cases import Category, LookUp
from clerk_client.domain.matters import (
    Audience,
    DayUnit,
    Department,
    Material,
    Matter,
    Necessity,
)
from clerk_client.domain.people import DocumentType
from clerk_client.domain.tickets import QueueTicket, TicketReference, TicketStatus
from clerk_client.journal.errors import JournalFull
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Journal

KEY = bytes(range(32))
PAGE = 4096
MATTER = Matter(
    code="M1",
    name="社会保险登记",
    department=Department("D1", "人社局", "中山市人力资源和社会保障局"),
    audience=Audience.BOTH,
    statutory_days=20,
    day_unit=DayUnit.CALENDAR_DAYS,
    expected_category=Category.HALL_PENDING,
    is_licence=True,
    materials=(Material("身份证", Necessity.REQUIRED), Material("授权书", Necessity.OPTIONAL)),
    parent="P",
)
FOUND = Found(
    LookUp.TICKET,
    (MATTER, replace(MATTER, code="M2", suspended="系统升级")),
    QueueTicket(
        TicketReference("442000", date(2026, 11, 21), "A023"),
        TicketStatus.WAITING,
        ("M1", "M2"),
        "YY0001",
        priority=True,
    ),
    Appointment(
        "YY0001", date(2026, 11, 21), "09:00-09:30", "M1", AppointmentStatus.BOOKED, "欧阳建国"
    ),
    ("PRIORITY",),
)
# Beyond the Basic Multilingual Plane, with the dot of names, and what JSON has to escape.
ENTRIES = Entries(
    Category.DEPARTMENT_INTERNAL,
    DocumentType.PASSPORT,
    '𠮷田·"欧阳"\\',
    "E12345678",
    "0760",
    "RS-1",
)
DRAFT = Draft(FOUND, MATTER, ENTRIES, Place.CONFIRMING)


class Clock:
    """Noon at the hall, until a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = journal_with_key(path, KEY)
    yield opened
    opened.close()


@pytest.fixture
def drafts(journal: Journal, clock: Clock) -> Drafts:
    return Drafts(journal, clock)


def contents(journal: Journal) -> list[str]:
    with journal.changing() as connection:
        return [row[0] for row in connection.execute("SELECT content FROM drafts").fetchall()]


def decrypted(path: Path) -> bytes:
    """Every page as whoever holds the key could read it, in use or not.

    SQLCipher 4: AES-256-CBC, each page ends with 16 bytes of IV and 64 of HMAC; the first page
    begins with 16 bytes of salt. In the log, 24 bytes stand before each page and 32 before all.
    """
    pages = []
    content = path.read_bytes()
    for start in range(0, len(content), PAGE):
        pages.append(content[start : start + PAGE][16 if start == 0 else 0 :])
    log = path.with_name(path.name + "-wal")
    content = log.read_bytes() if log.exists() else b""
    for start in range(32, len(content), 24 + PAGE):
        frame = content[start : start + 24 + PAGE]
        is_first = frame[:4] == b"\0\0\0\1"
        pages.append(frame[24 + (16 if is_first else 0) :])
    plain = b""
    for page in pages:
        vector = page[-80:-64]
        reader = Cipher(algorithms.AES(KEY), modes.CBC(vector)).decryptor()
        plain += reader.update(page[:-80]) + reader.finalize()
    return plain


def test_everything_in_a_draft_comes_back_as_it_was(drafts: Drafts) -> None:
    unchosen = Draft(FOUND, None, Entries(), Place.FOUND)
    aside = Draft(Found(LookUp.MATTER, (MATTER,)), MATTER, ENTRIES)
    drafts.keep("001", [DRAFT, aside])
    drafts.keep("001", [unchosen])
    assert drafts.take("001") == [DRAFT, aside, unchosen]
    assert drafts.take("001") == []


def test_drafts_are_for_their_clerk_alone(drafts: Drafts, journal: Journal) -> None:
    drafts.keep("001", [DRAFT])
    for other in ("002", "", "001 ", "%", "00_"):
        assert drafts.take(other) == []
        drafts.forget(other)
    assert len(contents(journal)) == 1
    drafts.keep("002", [replace(DRAFT, place=Place.ASIDE)])
    assert drafts.take("001") == [DRAFT]
    assert drafts.take("002") == [replace(DRAFT, place=Place.ASIDE)]


def test_drafts_survive_a_program_that_is_killed(path: Path, clock: Clock) -> None:
    program = f"""
import time
from pathlib import Path
from tests.unit.test_drafts import DRAFT, KEY, Clock
from clerk_client.desk.drafts import Drafts
from clerk_client.journal.opening import journal_with_key
Drafts(journal_with_key(Path({str(path)!r}), KEY), Clock()).keep("001", [DRAFT])
print("kept", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"kept\n"
        os.kill(client.pid, signal.SIGKILL)
    journal = journal_with_key(path, KEY)
    assert Drafts(journal, clock).take("001") == [DRAFT]
    journal.close()


def test_nothing_of_a_kept_draft_can_be_read_in_the_files(drafts: Drafts, path: Path) -> None:
    drafts.keep("001", [DRAFT])
    files = list(path.parent.iterdir())
    assert path.with_name("journal.db-wal") in files
    for file in files:
        content = file.read_bytes()
        for text in ("欧阳", "E12345678", "社会保险登记", "drafts"):
            assert text.encode() not in content
    assert b"E12345678" in decrypted(path)


@pytest.mark.parametrize("way", ["taken", "signed out", "next day"])
def test_a_destroyed_draft_cannot_be_read_even_with_the_key(
    drafts: Drafts, journal: Journal, path: Path, clock: Clock, way: str
) -> None:
    drafts.keep("001", [replace(DRAFT, entries=replace(ENTRIES, name="欧阳" * 3000))])
    journal.clear_away()
    assert b"E12345678" in decrypted(path)
    if way == "taken":
        assert len(drafts.take("001")) == 1
    elif way == "signed out":
        drafts.forget("001")
    else:
        clock.moment += timedelta(days=1)
        drafts.forget_earlier_days()
    left = decrypted(path)
    assert b"CREATE TABLE drafts" in left
    assert b"E12345678" not in left
    assert ("欧阳" * 10).encode() not in left
    journal.close()
    assert b"E12345678" not in decrypted(path)


def test_drafts_last_to_the_end_of_the_halls_day(
    drafts: Drafts, journal: Journal, clock: Clock
) -> None:
    """16:00 UTC is midnight at the hall."""
    drafts.keep("001", [DRAFT])
    clock.moment = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    drafts.forget_earlier_days()
    assert len(contents(journal)) == 1
    clock.moment = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    drafts.forget_earlier_days()
    assert contents(journal) == []


def test_a_draft_of_yesterday_is_not_given_even_if_it_was_not_destroyed_yet(
    drafts: Drafts, journal: Journal, clock: Clock
) -> None:
    drafts.keep("001", [DRAFT])
    clock.moment += timedelta(days=1)
    drafts.keep("001", [replace(DRAFT, place=Place.ASIDE)])
    assert drafts.take("001") == [replace(DRAFT, place=Place.ASIDE)]
    assert contents(journal) == []


@pytest.mark.parametrize(
    "change",
    [
        {"place": "somewhere"},
        {"matter": None},
        {"entries": {"category": "third"}},
        {"found": {"look_up": "ticket"}},
        {"entries": "张三"},
    ],
)
def test_a_draft_of_another_version_is_dropped_and_tells_no_log_of_whom(
    drafts: Drafts, journal: Journal, caplog: pytest.LogCaptureFixture, change: dict[str, object]
) -> None:
    drafts.keep("001", [DRAFT, DRAFT])
    with journal.changing() as connection:
        changed = json.dumps(json.loads(contents(journal)[0]) | change, ensure_ascii=False)
        connection.execute("UPDATE drafts SET content = ? WHERE id = 1", (changed,))
    with caplog.at_level(logging.WARNING):
        assert drafts.take("001") == [DRAFT]
    assert "does not fit" in caplog.text
    assert not any(text in caplog.text for text in ("欧阳", "张三", "E12345678", "社会保险"))
    assert contents(journal) == []


def test_what_is_no_draft_at_all_is_dropped(drafts: Drafts, journal: Journal) -> None:
    drafts.keep("001", [DRAFT])
    for content in ("", "null", "[", "{}", "\x00" * 100):
        with journal.changing() as connection:
            connection.execute("UPDATE drafts SET content = ?", (content,))
        assert drafts.take("001") == []
        drafts.keep("001", [DRAFT])


def test_on_a_full_disk_all_drafts_or_none_are_kept(drafts: Drafts, journal: Journal) -> None:
    """The database's own limit stands for the disk's, as in the journal's tests."""
    with journal.changing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    large = replace(DRAFT, entries=replace(ENTRIES, name="长" * 20_000))
    with pytest.raises(JournalFull):
        drafts.keep("001", [DRAFT, large])
    assert contents(journal) == []
    assert drafts.take("001") == []


def test_the_chain_of_lines_knows_nothing_of_drafts(drafts: Drafts, journal: Journal) -> None:
    drafts.keep("001", [DRAFT])
    assert drafts.take("001") == [DRAFT]
    assert list(journal.lines()) == []
    assert journal.undelivered() == (0, 0, 0)

"""What this window did, kept so that nothing is lost, changed or numbered twice."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clerk_client.domain.cases import Category
from clerk_client.domain.numbers import NumberBlock, official_number
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.errors import (
    JournalDamaged,
    JournalError,
    JournalFull,
    JournalInUse,
    JournalKeyLost,
    JournalNotWritable,
    NumbersUsedUp,
)
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.lines import Kind
from clerk_client.wire.verify import chain_faults

KEY = bytes(range(32))
STATION = StationKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
WRITER = Writer("442000", "B12", "ZS-0001", 0)
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
BLOCK = NumberBlock("442000", 2026, 1, 1, 3)


def accepted(subject: str | None = None, moment: datetime = NOON) -> Entry:
    return Entry(
        Kind.ACCEPTED,
        moment,
        {"applicant": {"name": "张三"}},
        category=Category.HALL_PENDING,
        matter="SJ012",
        subjects=(subject,) if subject else (),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "窗口 日志" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Journal:
    opened = journal_with_key(path, KEY)
    opened.add_block(BLOCK, Entry(Kind.LEASED, NOON, {"first": 1, "last": 3}), WRITER, STATION)
    return opened


def test_lines_form_a_chain_that_verifies_after_reopening(journal: Journal, path: Path) -> None:
    for _ in range(3):
        journal.append(accepted(), WRITER, STATION, take=True)
    journal.close()
    again = journal_with_key(path, KEY)
    lines = list(again.lines())
    assert [line.head.kind for line in lines] == ["leased", "accepted", "accepted", "accepted"]
    assert not list(chain_faults(lines, lambda line: STATION.public))
    numbers = [official_number("442000", 2026, 1, n) for n in (1, 2, 3)]
    assert [line.head.number for line in lines[1:]] == numbers
    assert again.id == journal.id
    again.close()


def test_no_number_is_given_twice_and_the_end_of_the_block_is_told(journal: Journal) -> None:
    for _ in range(3):
        journal.append(accepted(), WRITER, STATION, take=True)
    with pytest.raises(NumbersUsedUp):
        journal.append(accepted(), WRITER, STATION, take=True)
    assert journal.numbers_left(2026) == 0


def test_last_years_numbers_are_not_used_in_the_new_year(journal: Journal) -> None:
    """The hall's year counts: 16:30 UTC on the 31st is the new year at the window."""
    new_year = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    with pytest.raises(NumbersUsedUp):
        journal.append(accepted(moment=new_year), WRITER, STATION, take=True)


def test_a_key_that_fails_to_sign_uses_no_number(journal: Journal) -> None:
    class PulledKey:
        """Stands for a key pulled at this very moment, which no soft token can be."""

        alg = "RS256"
        cert_sha256 = "0" * 64

        def sign(self, message: bytes) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        journal.append(accepted(), WRITER, PulledKey(), take=True)
    line = journal.append(accepted(), WRITER, STATION, take=True)
    assert line.head.number == official_number("442000", 2026, 1, 1)
    assert line.head.seq == 2


def test_a_second_client_on_the_same_journal_is_refused(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalInUse):
        journal_with_key(path, KEY)
    journal.close()
    journal_with_key(path, KEY).close()


def test_a_journal_without_its_key_says_so_and_stays(journal: Journal, path: Path) -> None:
    journal.close()
    before = path.read_bytes()
    with pytest.raises(JournalKeyLost):
        journal_with_key(path, bytes(32))
    assert path.read_bytes() == before


def test_nothing_personal_stands_readable_in_the_file(journal: Journal, path: Path) -> None:
    journal.append(accepted(), WRITER, STATION, take=True)
    journal.close()
    for file in path.parent.iterdir():
        content = file.read_bytes()
        assert "张三".encode() not in content
        assert b"accepted" not in content


def test_a_damaged_journal_is_told_and_shows_nothing_as_accepted(
    journal: Journal, path: Path
) -> None:
    for _ in range(3):
        journal.append(accepted(), WRITER, STATION, take=True)
    journal.close()
    content = bytearray(path.read_bytes())
    for at in range(4096, len(content), 512):
        content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises((JournalDamaged, JournalKeyLost, JournalError)):
        journal_with_key(path, KEY).append(accepted(), WRITER, STATION, take=True)


def test_on_a_full_disk_nothing_is_accepted_and_work_goes_on_once_there_is_room(
    journal: Journal,
) -> None:
    """The database's own limit stands for the disk's: SQLite answers both with SQLITE_FULL."""
    with journal.changing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    large = Entry(Kind.ACCEPTED, NOON, {"text": "x" * 20_000}, number="1")
    before = list(journal.lines())
    with pytest.raises(JournalFull):
        journal.append(large, WRITER, STATION)
    assert list(journal.lines()) == before
    with journal.changing() as connection:
        connection.execute("PRAGMA max_page_count = 100000")
    journal.append(large, WRITER, STATION)
    lines = list(journal.lines())
    assert len(lines) == len(before) + 1
    assert not list(chain_faults(lines, lambda line: STATION.public))


def test_a_line_answered_out_of_turn_is_not_sent_again(journal: Journal, path: Path) -> None:
    for _ in range(3):
        journal.append(accepted(), WRITER, STATION, take=True)
    journal.settle(3)
    assert [line.head.seq for line in journal.waiting(10)] == [1, 2, 4]
    journal.settle(1)
    journal.settle(2)
    journal.close()
    again = journal_with_key(path, KEY)
    assert [line.head.seq for line in again.waiting(10)] == [4]
    assert again.undelivered() == (1, 1, 0)
    again.close()


def test_numbers_go_on_in_the_next_block(journal: Journal) -> None:
    second = NumberBlock("442000", 2026, 1, 11, 12)
    journal.add_block(second, Entry(Kind.LEASED, NOON, {}), WRITER, STATION)
    numbers = [journal.append(accepted(), WRITER, STATION, take=True).head.number for _ in "12345"]
    assert numbers == [official_number("442000", 2026, 1, n) for n in (1, 2, 3, 11, 12)]
    assert journal.numbers_left(2026) == 0


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalNotWritable):
        journal_with_key(tmp_path / "file" / "journal.db", KEY)


@pytest.mark.parametrize("change", ["UPDATE lines SET number = '1'", "DELETE FROM lines"])
def test_no_line_can_be_changed_or_removed(journal: Journal, change: str) -> None:
    with pytest.raises(JournalError), journal.changing() as connection:
        connection.execute(change)
    assert journal.line(1) is not None


def test_what_the_hall_said_stands_beside_the_line(journal: Journal) -> None:
    first = journal.append(accepted(), WRITER, STATION, take=True)
    second = journal.append(accepted(), WRITER, STATION, take=True)
    assert [line.head.seq for line in journal.waiting(10)] == [1, 2, 3]
    journal.settle(1)
    journal.settle(first.head.seq)
    journal.settle(second.head.seq, "MATTER_UNKNOWN")
    assert journal.waiting(10) == []
    assert journal.undelivered() == (0, 0, 1)


def test_what_was_accepted_before_is_found_by_its_subject(journal: Journal) -> None:
    journal.append(accepted("ticket:A023"), WRITER, STATION, take=True)
    assert journal.has_subject("ticket:A023")
    assert not journal.has_subject("ticket:A024")


def test_a_killed_client_loses_no_acceptance_that_it_showed(path: Path) -> None:
    """The process tells each number after `append` returned and is killed without warning."""
    program = f"""
import sys
from pathlib import Path
from tests.unit.test_journal import KEY, NOON, STATION, WRITER, accepted
from clerk_client.domain.numbers import NumberBlock
from clerk_client.journal.opening import journal_with_key
from clerk_client.journal.store import Entry
from clerk_client.wire.lines import Kind
journal = journal_with_key(Path({str(path)!r}), KEY)
block = NumberBlock("442000", 2026, 1, 1, 100000)
journal.add_block(block, Entry(Kind.LEASED, NOON, {{}}), WRITER, STATION)
while True:
    print(journal.append(accepted(), WRITER, STATION, take=True).head.number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        shown = [client.stdout.readline().strip().decode() for _ in range(20)]
        os.kill(client.pid, signal.SIGKILL)
        shown += client.stdout.read().decode().split("\n")[:-1]
    journal = journal_with_key(path, KEY)
    kept = [line.head.number for line in journal.lines() if line.head.kind == "accepted"]
    assert set(shown) <= set(kept)
    assert len(kept) == len(set(kept))
    assert not list(chain_faults(journal.lines(), lambda line: STATION.public))
    following = journal.append(accepted(), WRITER, STATION, take=True).head.number
    assert following not in kept
    journal.close()

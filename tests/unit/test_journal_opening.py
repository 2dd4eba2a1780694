"""Opening the journal's file: older and newer ones, damaged ones, and disks that take nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from clerk_client.domain.numbers import NumberBlock
from clerk_client.journal.day_sheet import Delivered, Paper
from clerk_client.journal.errors import (
    JournalDamaged,
    JournalInUse,
    JournalNewer,
    JournalReadOnly,
)
from clerk_client.journal.opening import journal_with_key, open_to_read
from clerk_client.journal.store import Entry, Journal
from clerk_client.journal.tables import VERSION
from clerk_client.wire.lines import Kind
from clerk_client.wire.verify import chain_faults
from tests.unit.test_journal import KEY, NOON, STATION, WRITER, accepted

VERSION_0 = """
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- head and body as their canonical bytes (RFC 8785).
CREATE TABLE IF NOT EXISTS lines (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    number TEXT,
    head TEXT NOT NULL,
    body TEXT NOT NULL,
    signature BLOB NOT NULL,
    hash TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS accepted_numbers ON lines (number) WHERE kind = 'accepted';
CREATE INDEX IF NOT EXISTS papers_of_number ON lines (number, kind)
    WHERE number IS NOT NULL AND kind <> 'accepted';
CREATE TABLE IF NOT EXISTS subjects (
    subject TEXT PRIMARY KEY, seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS lines_stay BEFORE UPDATE ON lines
    BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
CREATE TRIGGER IF NOT EXISTS lines_remain BEFORE DELETE ON lines
    BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
-- What the hall answered stands outside the chain.
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY REFERENCES lines (seq),
    state TEXT NOT NULL CHECK (state IN ('settled', 'refused')),
    code TEXT NOT NULL DEFAULT ''
);
CREATE VIEW IF NOT EXISTS unanswered AS SELECT * FROM lines
    WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.seq = lines.seq);
CREATE INDEX IF NOT EXISTS refused ON deliveries (seq) WHERE state = 'refused';
CREATE TABLE IF NOT EXISTS blocks (
    id INTEGER PRIMARY KEY,
    hall TEXT NOT NULL, year INTEGER NOT NULL, epoch INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS matters (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, parent TEXT NOT NULL, content TEXT NOT NULL,
    pinyin TEXT NOT NULL, initials TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS children ON matters (parent) WHERE parent <> '';
-- What a clerk had not finished when the window was locked. Taken out again, or destroyed.
CREATE TABLE IF NOT EXISTS drafts (
    id INTEGER PRIMARY KEY, clerk TEXT NOT NULL, kept_at TEXT NOT NULL, content TEXT NOT NULL
);
"""
"""The tables of the first released file, as they were."""

TODAY = date(2026, 11, 21)
LATE = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
"""Half past midnight of the next day in the hall."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def raw(path: Path) -> Any:
    """The file past all guards."""
    connection = sqlcipher.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    return connection


def made(path: Path, lines: int = 3) -> Journal:
    journal = journal_with_key(path, KEY)
    block = NumberBlock("442000", 2026, 1, 1, 1000)
    journal.add_block(block, Entry(Kind.LEASED, NOON, {"first": 1}), WRITER, STATION)
    for _ in range(lines):
        journal.append(accepted(), WRITER, STATION, take=True)
    return journal


def killed(path: Path, then: str = "") -> None:
    """A client that wrote lines and was killed: its log is not written back."""
    program = f"""
import os
from pathlib import Path
from tests.unit.test_journal_opening import *
journal = made(Path({str(path)!r}))
{then}
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    assert path.with_name("journal.db-wal").stat().st_size > 0


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


# --- older and newer files -----------------------------------------------------------------------


def as_version_0(path: Path) -> None:
    """Brings a file of today's lines into the tables of the first release."""
    with closing(made(path, 2)) as journal:
        journal.append(accepted(moment=LATE), WRITER, STATION, take=True)
        journal.settle(1)
        journal.settle(2, "MATTER_UNKNOWN")
    today = path.rename(path.with_name("today.db"))
    with closing(raw(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_0)
        connection.execute(f"ATTACH '{today}' AS today KEY \"x'{KEY.hex()}'\"")
        for table in ("marks", "lines", "subjects", "blocks"):
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM today.{table}")
        connection.execute("INSERT INTO deliveries SELECT seq, state, code FROM today.deliveries")
    today.unlink()


def test_a_file_of_the_first_release_is_brought_forward_with_all_it_holds(path: Path) -> None:
    as_version_0(path)
    with closing(raw(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    with closing(journal_with_key(path, KEY)) as journal:
        assert not list(chain_faults(journal.lines(), lambda line: STATION.public))
        (first, second) = journal.acceptances(TODAY)
        assert (first.standing.state, first.standing.code) == (Delivered.REFUSED, "MATTER_UNKNOWN")
        assert (second.standing.state, second.paper) == (Delivered.WAITING, Paper.UNPRINTED)
        assert len(journal.acceptances(date(2026, 11, 22))) == 1
        assert journal.numbers_left(2026) == 997
        line = journal.append(accepted(moment=LATE), WRITER, STATION, provisional=True)
        journal.settle(line.head.seq, official="4420002026100000420")
        assert len(journal.acceptances(date(2026, 11, 22))) == 2
    with closing(raw(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_file_brought_forward_has_the_tables_of_a_new_one(path: Path) -> None:
    def tables(file: Path) -> list[tuple[str, str]]:
        with closing(raw(file)) as connection:
            asked = "SELECT name, sql FROM sqlite_schema ORDER BY name"
            return list(connection.execute(asked).fetchall())

    as_version_0(path)
    journal_with_key(path, KEY).close()
    new = path.with_name("new.db")
    journal_with_key(new, KEY).close()
    assert tables(path) == tables(new)


@pytest.mark.parametrize("was_killed", [False, True])
def test_a_file_of_a_newer_client_is_refused_and_stays_as_it_is(
    path: Path, was_killed: bool
) -> None:
    if was_killed:
        killed(path, "journal._database._connection.execute('PRAGMA user_version = 99')")
    else:
        made(path).close()
        with closing(raw(path)) as connection:
            connection.execute("PRAGMA user_version = 99")
    before = contents(path.parent)
    with pytest.raises(JournalNewer) as refused:
        journal_with_key(path, KEY)
    assert (refused.value.code, refused.value.version) == ("JOURNAL_NEWER", 99)
    assert contents(path.parent) == before


# --- damage --------------------------------------------------------------------------------------


def without_triggers(connection: Any, change: str) -> None:
    for trigger in ("lines_stay", "lines_remain"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(change)


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE lines SET body = replace(body, '张三', '李四') WHERE seq = 90", 90),
        ("UPDATE lines SET number = NULL WHERE seq = 95", 95),
        ("UPDATE lines SET head = '{}' WHERE seq = 100", 100),
        ("UPDATE lines SET head = replace(head, ':', ': ') WHERE seq = 100", 100),
        ("UPDATE lines SET signature = x'00' WHERE seq = 101", 101),
        ("UPDATE lines SET hash = prev FROM (SELECT hash AS prev FROM lines) WHERE seq = 99", 99),
        ("DELETE FROM lines WHERE seq = 98", 98),
        ("UPDATE marks SET value = 'x' WHERE name = 'journal'", 38),
        ("INSERT INTO deliveries (seq, state) VALUES (102, 'settled')", 102),
    ],
)
def test_an_end_that_was_changed_is_told_with_its_line_and_shown(
    path: Path, change: str, seq: int
) -> None:
    made(path, 100).close()
    with closing(raw(path)) as connection:
        without_triggers(connection, change)
    before = contents(path.parent)
    with pytest.raises(JournalDamaged) as damaged:
        journal_with_key(path, KEY)
    assert damaged.value.seq == seq
    assert contents(path.parent) == before
    with closing(open_to_read(path, KEY, damaged.value)) as journal:
        assert journal.fault is damaged.value
        assert journal.line(1) is not None
        with pytest.raises(JournalDamaged):
            journal.append(accepted(), WRITER, STATION, take=True)
        with pytest.raises(JournalDamaged):
            journal.settle(3)
    assert contents(path.parent) == before


def test_a_damaged_end_in_the_log_of_a_killed_client_is_not_written_back(path: Path) -> None:
    killed(
        path,
        "without_triggers(journal._database._connection, "
        "\"UPDATE lines SET body = '{}' WHERE seq = 2\")",
    )
    before = contents(path.parent)
    with pytest.raises(JournalDamaged):
        journal_with_key(path, KEY)
    assert contents(path.parent) == before


def cut_short(content: bytearray) -> bytearray:
    return content[: len(content) - 4096]


def one_page_changed(content: bytearray) -> bytearray:
    """The page of a sum over the newest lines: where the end of the chain stands."""
    content[len(content) - 4096 + 100] ^= 0xFF
    return content


@pytest.mark.parametrize("harm", [cut_short, one_page_changed])
def test_a_file_that_the_disk_has_harmed_is_told_and_left(
    path: Path, harm: Callable[[bytearray], bytearray]
) -> None:
    made(path, 60).close()
    path.write_bytes(harm(bytearray(path.read_bytes())))
    before = contents(path.parent)
    with pytest.raises(JournalDamaged):
        journal_with_key(path, KEY)
    assert contents(path.parent) == before


def test_lines_before_the_damage_can_still_be_read(path: Path) -> None:
    made(path, 200).close()
    with closing(raw(path)) as connection:
        without_triggers(connection, "UPDATE lines SET head = '[' WHERE seq = 150")
    read = []
    with closing(open_to_read(path, KEY)) as journal, pytest.raises(JournalDamaged):
        read.extend(line.head.seq for line in journal.lines())
    assert len(read) == 149


def test_a_journal_that_is_only_read_leaves_the_file_to_its_client(path: Path) -> None:
    with closing(made(path)) as journal:
        shown = open_to_read(path, KEY)
        with closing(shown):
            assert [line.head.seq for line in shown.lines()] == [1, 2, 3, 4]
            assert len(shown.acceptances(TODAY)) == 3
            assert shown.id == journal.id
            with pytest.raises(JournalReadOnly):
                shown.append(accepted(), WRITER, STATION, take=True)
        with pytest.raises(JournalInUse):
            journal_with_key(path, KEY)
        journal.append(accepted(), WRITER, STATION, take=True)


def test_a_copy_taken_while_the_window_writes_its_log_back_lacks_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    copyfile = shutil.copyfile
    with closing(made(path)) as journal:

        def and_meanwhile(source: Path, target: Path) -> None:
            copyfile(source, target)
            copied.append(source.name)
            if len(copied) == 1:
                journal.clear_away()
                journal.append(accepted(), WRITER, STATION, provisional=True)

        with monkeypatch.context() as patched:
            patched.setattr(shutil, "copyfile", and_meanwhile)
            copy = open_to_read(path, KEY)
        with closing(copy):
            assert [each.hash for each in copy.lines()] == [each.hash for each in journal.lines()]
    assert len(copied) > 2


@pytest.mark.skipif(os.name != "posix", reason="files have no such rights here")
def test_the_journals_files_are_their_accounts_alone(path: Path) -> None:
    path.touch(0o644)
    with closing(made(path)):
        assert {file.stat().st_mode & 0o77 for file in path.parent.iterdir()} == {0}


def test_a_second_client_is_refused_while_the_first_ones_log_is_not_written_back(
    path: Path,
) -> None:
    with closing(made(path)) as journal:
        assert path.with_name("journal.db-wal").exists()
        with pytest.raises(JournalInUse):
            journal_with_key(path, KEY)
        journal.append(accepted(), WRITER, STATION, take=True)
        assert not list(chain_faults(journal.lines(), lambda line: STATION.public))


def test_nothing_is_left_of_a_copy_that_was_read(path: Path, tmp_path: Path) -> None:
    made(path).close()
    room = tmp_path / "room"
    room.mkdir()
    program = f"""
from tests.unit.test_journal_opening import *
journal = open_to_read(Path({str(path)!r}), KEY)
assert list(Path({str(room)!r}).iterdir())
journal.close()
"""
    environment = {**os.environ, "TMPDIR": str(room)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert list(room.iterdir()) == []

"""What a start finds of the run before, and what becomes of a journal that cannot go on."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from clerk_client.journal.errors import JournalDamaged, JournalInUse
from clerk_client.journal.opening import (
    journal_with_key,
    open_journal,
    open_to_read,
    replacement_of,
)
from clerk_client.journal.recovery import Noticed, Recovery, found_at_start, write_down
from clerk_client.journal.setting_aside import lost_lines, set_aside_files, start_anew
from clerk_client.journal.store import Entry, Journal
from clerk_client.wire.lines import Kind
from clerk_client.wire.verify import chain_faults
from resources.words import words_for
from tests.unit.test_journal import BLOCK, KEY, NOON, STATION, WRITER, accepted

OWN_END = Recovery(False, (), (), 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def station() -> str:
    """A name of its own keeps its secrets apart in the keyring."""
    return f"T-{uuid.uuid4()}"


def lease(journal: Journal) -> None:
    journal.add_block(BLOCK, Entry(Kind.LEASED, NOON, {"first": 1}), WRITER, STATION)


def settle_all(journal: Journal) -> None:
    for line in journal.waiting(100):
        journal.settle(line.head.seq)


def lines_stand(journal: Journal) -> bool:
    return not list(chain_faults(journal.lines(), lambda line: STATION.public))


# --- a start -------------------------------------------------------------------------------------


def test_after_an_ordinary_end_a_start_has_nothing_to_say(path: Path) -> None:
    with closing(journal_with_key(path, KEY)) as journal:
        assert found_at_start(journal, NOON) == OWN_END
        lease(journal)
        settle_all(journal)
    with closing(journal_with_key(path, KEY)) as journal:
        found = found_at_start(journal, NOON)
        assert (found, found.notices) == (OWN_END, ())
        assert write_down(journal, found, NOON, WRITER, STATION) is None


def test_a_start_after_a_kill_says_what_was_left_and_writes_it_down(path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from tests.unit.test_journal_recovery import *
journal = journal_with_key(Path({str(path)!r}), KEY)
lease(journal)
settle_all(journal)
first, second = (journal.append(accepted(), WRITER, STATION, take=True) for _ in "12")
with journal.at_printer(first.head.number, 0, NOON):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    with closing(journal_with_key(path, KEY)) as journal:
        first, second = (row.number for row in journal.acceptances(NOON.date()))
        found = found_at_start(journal, NOON)
        assert found == Recovery(True, (first,), (second,), 2)
        assert found.notices == (
            Noticed("RECOVERED_DOUBTFUL", 1),
            Noticed("RECOVERED_NOT_CLOSED"),
            Noticed("RECOVERED_UNPRINTED", 1),
            Noticed("RECOVERED_WAITING", 2),
        )
        line = write_down(journal, found, NOON, WRITER, STATION)
        assert line is not None
        assert line.head.kind == "recovered"
        assert line.head.cert_sha256 == STATION.cert_sha256
        assert {k: v for k, v in line.body.items() if k != "salt"} == {
            "not_closed": True,
            "doubtful": [first],
            "unprinted": [second],
            "waiting": 2,
        }
        assert lines_stand(journal)
    with closing(journal_with_key(path, KEY)) as journal:
        found = found_at_start(journal, NOON + timedelta(days=1))
        assert found == Recovery(False, (first,), (), 3)


def test_everything_that_a_start_can_find_has_words() -> None:
    all_of_it = Recovery(True, ("1",), ("2",), 3, "4", "JOURNAL_DAMAGED")
    assert len(all_of_it.notices) == 6
    for noticed in all_of_it.notices:
        words = words_for(noticed.code, {"count": noticed.count})
        assert (words.code, "—" in words.title) == (noticed.code, False)


def test_a_start_on_a_damaged_journal_says_so(path: Path) -> None:
    journal_with_key(path, KEY).close()
    damage = JournalDamaged("the chain is broken", 7)
    with closing(open_to_read(path, KEY, damage)) as journal:
        assert found_at_start(journal, NOON).notices == (Noticed("JOURNAL_DAMAGED"),)


# --- a journal that is behind --------------------------------------------------------------------


@pytest.fixture
def restored(path: Path, station: str) -> Iterator[Journal]:
    """The station's image held two acceptances; the hall had taken two more by then."""
    journal = open_journal(path, station)
    lease(journal)
    journal.append(accepted(), WRITER, STATION, take=True)
    settle_all(journal)
    journal.append(accepted(), WRITER, STATION, take=True)
    assert not journal.is_behind(3)
    assert journal.is_behind(5)
    yield journal
    journal.close()


def test_a_journal_that_is_behind_is_set_aside_and_a_new_one_says_so(
    path: Path, station: str, restored: Journal
) -> None:
    restored.close()
    with closing(start_anew(path, station, NOON, WRITER, STATION)) as journal:
        assert journal.id != restored.id
        first = journal.line(1)
        assert first is not None
        assert (first.head.kind, first.head.journal) == ("recovered", journal.id)
        assert first.body["set_aside"] == restored.id
        assert first.body["reason"] == "behind"
        lease(journal)
        journal.append(accepted(), WRITER, STATION, take=True)
        assert lines_stand(journal)
        assert Noticed("RECOVERED_SET_ASIDE") in found_at_start(journal, NOON).notices
        settle_all(journal)
        assert found_at_start(journal, NOON).set_aside == ""
    (file,) = set_aside_files(path)
    assert restored.id in file.name
    with closing(open_journal(path, station)) as journal:
        assert journal.line(1) == first


def test_lines_that_the_hall_can_take_no_more_are_named(
    path: Path, station: str, restored: Journal
) -> None:
    waiting = restored.waiting(10)
    restored.close()
    start_anew(path, station, NOON, WRITER, STATION).close()
    lost = list(lost_lines(path, station))
    assert [each.line for each in lost] == waiting
    assert {each.journal for each in lost} == {restored.id}


def test_a_station_whose_journal_never_was_set_aside_has_lost_nothing(
    path: Path, station: str
) -> None:
    open_journal(path, station).close()
    assert list(lost_lines(path, station)) == []


def test_the_same_image_restored_twice_overwrites_nothing(
    path: Path, station: str, restored: Journal
) -> None:
    restored.close()
    image = path.read_bytes()
    start_anew(path, station, NOON, WRITER, STATION).close()
    path.write_bytes(image)
    start_anew(path, station, NOON, WRITER, STATION).close()
    assert [file.read_bytes() for file in set_aside_files(path)] == [image, image]


def test_a_journal_in_use_is_not_set_aside(path: Path, station: str, restored: Journal) -> None:
    with pytest.raises(JournalInUse):
        start_anew(path, station, NOON, WRITER, STATION)
    assert set_aside_files(path) == ()
    assert restored.line(1) is not None


def test_a_damaged_journal_is_set_aside_untouched(
    path: Path, station: str, restored: Journal
) -> None:
    with restored.changing() as connection:
        connection.execute("DROP TRIGGER lines_stay")
        connection.execute("UPDATE lines SET body = '{}' WHERE seq = 3")
    restored.close()
    before = path.read_bytes()
    with pytest.raises(JournalDamaged):
        open_journal(path, station)
    with closing(start_anew(path, station, NOON, WRITER, STATION)) as journal:
        first = journal.line(1)
        assert first is not None
        assert (first.body["set_aside"], first.body["reason"]) == (restored.id, "damaged")
    (file,) = set_aside_files(path)
    assert file.read_bytes() == before


@pytest.mark.parametrize("step", ["before anything is moved", "between the two moves"])
def test_a_crash_while_setting_aside_leaves_one_whole_journal(
    path: Path, station: str, restored: Journal, step: str
) -> None:
    """The files as a kill leaves them at that step."""
    restored.close()
    start_anew(path, station, NOON, WRITER, STATION).close()
    (aside,) = set_aside_files(path)
    path.rename(replacement_of(path))
    if step == "before anything is moved":
        aside.rename(path)
        with closing(open_journal(path, station)) as journal:
            assert journal.id == restored.id
        start_anew(path, station, NOON, WRITER, STATION).close()
    else:
        path.with_name("journal.db-wal").write_bytes(b"the old one's")
    with closing(open_journal(path, station)) as journal:
        assert journal.mark("set-aside") == restored.id
        assert lines_stand(journal)
    assert len(set_aside_files(path)) == 1
    assert not replacement_of(path).exists()

"""Disks that are full or cannot be written: nothing is lost, and what exists stays readable."""

import sys
from pathlib import Path

from tests.helpers.namespace import Namespace
from tests.unit.test_journal_opening import made

_ON_DISK = """
import sys
from pathlib import Path
from tests.unit.test_journal_opening import *
from clerk_client.journal.errors import JournalError
journal = None
try:
    {what}
except JournalError as error:
    print(error.code)
if journal is not None:
    print(sum(1 for line in journal.lines()), "lines")
"""


def on_disk(namespace: Namespace, what: str) -> list[str]:
    return namespace.run([sys.executable, "-c", _ON_DISK.format(what=what)]).split("\n")


def test_on_a_disk_that_fills_up_nothing_is_lost_and_work_goes_on_with_room(
    tmp_path: Path,
) -> None:
    """A real file system of one megabyte, filled to the last byte by the journal's own lines."""
    with Namespace() as namespace:
        disk = tmp_path / "disk"
        disk.mkdir()
        namespace.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)])
        file = disk / "journal.db"
        told = on_disk(namespace, f"journal = made(Path({str(file)!r}), 2000)")
        assert told[0] == "JOURNAL_FULL"
        fill = f"journal = journal_with_key(Path({str(file)!r}), KEY)\n"
        fill += "    while True: journal.append(accepted(), WRITER, STATION, provisional=True)"
        said = on_disk(namespace, fill)
        assert said[0] == "JOURNAL_FULL"
        kept = int(said[1].split()[0]) if len(said) > 1 and said[1] else 0
        namespace.run(["mount", "-o", "remount,size=8m", str(disk)])
        more = f"journal = journal_with_key(Path({str(file)!r}), KEY)\n"
        more += "    journal.append(accepted(), WRITER, STATION, provisional=True)\n"
        more += "    assert not list(chain_faults(journal.lines(), lambda line: STATION.public))"
        (lines, *_) = on_disk(namespace, more)
        assert int(lines.split()[0]) > max(kept, 10)


def test_a_disk_that_cannot_be_written_is_told_and_the_lines_stay_readable(
    tmp_path: Path,
) -> None:
    with Namespace() as namespace:
        disk = tmp_path / "disk"
        disk.mkdir()
        made(disk / "journal.db").close()
        namespace.run(["mount", "--bind", str(disk), str(disk)])
        namespace.run(["mount", "-o", "remount,bind,ro", str(disk)])
        file = f"Path({str(disk / 'journal.db')!r})"
        (told, *_) = on_disk(namespace, f"journal = journal_with_key({file}, KEY)")
        assert told == "JOURNAL_NOT_WRITABLE"
        (lines, *_) = on_disk(namespace, f"journal = open_to_read({file}, KEY)")
        assert lines == "4 lines"

"""Disks that fill up under the journal and under the hall, and have room again."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import Record, told
from tests.faults.town import Town, a_town, forms

_FULL = ("JOURNAL_FULL", "JOURNAL_NOT_WRITABLE")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory."""
    folder.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("a small disk needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


def test_a_journal_whose_disk_fills_up_accepts_nothing_more_and_goes_on_with_room(
    tmp_path: Path, record_property: Record
) -> None:
    with a_town(tmp_path) as town:
        (window,) = town.windows
        with small_disk(window.journal.parent, "2m") as disk:
            assert window.live([*forms(3, prints=2), ["deliver"]]) == 0
            gate = window.folder / "gate"
            filling = [*forms(25), ["deliver"]]
            window.begin([["wait_for", str(gate)], *filling])
            window.await_said("at")
            filler = fill(disk)
            gate.touch()
            window.counted(window.nursery.ended())
            assert any(said.get("failed") in _FULL for said in window.said), window.said[-5:]
            # Whatever a start on a full disk comes to, nothing is shown that does not stand.
            window.live(forms(2))
            filler.unlink()
            town.finish()
            told(record_property, town, ensure_exactly_once(town))


def test_a_hall_whose_disk_fills_up_takes_nothing_and_goes_on_with_room(
    tmp_path: Path, record_property: Record
) -> None:
    with (
        small_disk(tmp_path / "disk", "8m") as disk,
        a_town(tmp_path, f"sqlite:///{disk / 'hall.sqlite'}") as town,
    ):
        (window,) = town.windows
        assert window.live([*forms(3, prints=2), ["deliver"]]) == 0
        gate = window.folder / "gate"
        window.begin([["wait_for", str(gate)], *forms(25), ["deliver"], ["deliver"]])
        window.await_said("at")
        filler = fill(disk)
        gate.touch()
        assert window.counted(window.nursery.ended()) == 0
        assert window.said[-1]["waiting"] > 0
        assert window.said[-1]["refused"] == 0
        _ensure_still_readable(town)
        filler.unlink()
        # The same process takes them once there is room.
        assert window.live([["deliver"]]) == 0
        assert window.said[-1]["waiting"] == 0
        town.finish()
        told(record_property, town, ensure_exactly_once(town))


def _ensure_still_readable(town: Town) -> None:
    file = town.service.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        assert database.execute("SELECT count(*) FROM lines").fetchone()[0] > 0

"""The hall's file is copied while it is served, and put back without a number issued twice."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from clerk_client.demo.hall_process import HallNotReady, hall_command
from clerk_client.hall import origin, tables
from clerk_client.hall.errors import DatabaseRestored
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, upgrade_schema, writing
from tests.hall.desk import Journal
from tests.hall.small_service import Service, hall_main


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path) as running:
        yield running


def command(service: Service, *arguments: str | Path) -> tuple[int, str]:
    done = hall_main(*arguments, "--database", service.hall.database)
    return done.returncode, done.stdout + done.stderr


def leased(service: Service) -> tuple[int, int]:
    """Epoch and first sequence of a new lease."""
    desk = service.desk()
    block = Journal(service.clerk, desk.key).lease(desk, 5)
    return block["epoch"], block["first"]


def put_back(service: Service, copy: Path) -> None:
    """As IT does it: the service is down, the file replaced, what stood beside it gone."""
    service.engine.dispose()
    file = service.hall.database_file
    for beside in ("-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)
    shutil.copyfile(copy, file)


def is_refused(service: Service) -> bool:
    with pytest.raises(HallNotReady) as told:
        service.hall.start()
    return "DATABASE_RESTORED" in str(told.value) and "hall restored" in str(told.value)


def test_a_backup_under_load_is_whole_and_a_copy(service: Service, tmp_path: Path) -> None:
    desk = service.desk()
    journal = Journal(service.clerk, desk.key)
    journal.lease(desk, 100)
    began, over = threading.Event(), threading.Event()
    settled: list[str] = []

    def work() -> None:
        while not over.is_set() and len(settled) < 100:
            settled.extend(outcome for outcome, _ in desk.sent(journal.accepted()))
            if len(settled) == 3:
                began.set()

    working = threading.Thread(target=work)
    working.start()
    assert began.wait(20)
    copy = tmp_path / "copy.sqlite"
    # In a process of its own, as IT's job.
    done = hall_command("backup", copy, "--database", service.hall.database)
    over.set()
    working.join()
    assert (done.returncode, set(settled)) == (0, {"settled"}), done.stderr
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as database:
        (lines,) = database.execute("SELECT count(*) FROM lines").fetchone()
        (numbers,) = database.execute("SELECT count(*) FROM numbers").fetchone()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT origin FROM hall").fetchone()[0].startswith("copy:")
    assert 3 <= lines == numbers <= len(settled)
    assert list(tmp_path.glob("copy*")) == [copy]


def test_a_backup_never_overwrites_and_says_what_it_cannot_do(
    service: Service, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine", encoding="ascii")
    assert command(service, "backup", kept)[1].startswith("BACKUP_EXISTS")
    assert kept.read_text(encoding="ascii") == "mine"
    nowhere = tmp_path / "nowhere" / "copy"
    assert command(service, "backup", nowhere)[1].startswith("BACKUP_FAILED")
    new = tmp_path / "new.sqlite"
    missing = hall_main("backup", tmp_path / "copy", "--database", f"sqlite:///{new}")
    assert missing.stderr.startswith("BACKUP_FAILED")
    assert not new.exists()
    assert not (tmp_path / "copy").exists()
    other = hall_main("backup", tmp_path / "copy", "--database", "postgresql://127.0.0.1/hall")
    assert other.stderr.startswith("BACKUP_ELSEWHERE")


def test_a_backup_put_back_is_refused_until_its_epoch_is_raised(
    service: Service, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    assert leased(service) == (1, 1)
    assert command(service, "backup", copy)[0] == 0
    assert leased(service) == (1, 6)
    for epoch in (2, 3):
        # The same copy twice: each time with an epoch that no number has.
        service.hall.stop()
        put_back(service, copy)
        assert is_refused(service)
        assert command(service, "restored") == (0, f"epoch: {epoch}\n")
        service.hall.start()
        assert leased(service) == (epoch, 1)
        assert leased(service) == (epoch, 6)
    assert command(service, "restored")[1].startswith("DATABASE_NOT_RESTORED")


def test_a_plain_copy_put_back_is_noticed_by_the_witness(service: Service, tmp_path: Path) -> None:
    service.hall.stop()
    copy = tmp_path / "plain"
    service.engine.dispose()
    shutil.copyfile(service.hall.database_file, copy)
    service.hall.start()
    assert leased(service) == (1, 1)
    service.hall.stop()
    put_back(service, copy)
    assert is_refused(service)
    files = tmp_path / "files"
    assert "DATABASE_RESTORED" in command(service, "load", files)[1]
    assert "DATABASE_RESTORED" in command(service, "enrol", "ST-9", "--window", "2B12")[1]


def test_a_database_that_was_killed_and_not_put_back_is_not_suspected(service: Service) -> None:
    for first in (1, 6, 11):
        assert leased(service) == (1, first)
        service.hall.kill()
        service.hall.start()


def test_a_database_without_its_witness_asks_for_the_last_epoch(service: Service) -> None:
    assert leased(service) == (1, 1)
    service.hall.stop()
    file = service.hall.database_file
    file.with_name(file.name + ".witness").unlink()
    assert is_refused(service)
    assert command(service, "restored")[1].startswith("LAST_EPOCH_NEEDED")
    assert command(service, "restored", "--last-epoch", "4") == (0, "epoch: 5\n")
    service.hall.start()
    assert leased(service) == (5, 1)


def test_a_machine_put_back_as_a_whole_is_told_by_hand(service: Service) -> None:
    assert leased(service) == (1, 1)
    service.hall.stop()
    assert command(service, "restored", "--anyway") == (0, "epoch: 2\n")
    service.hall.start()
    assert leased(service) == (2, 1)


def test_after_the_ninth_epoch_there_is_none(service: Service) -> None:
    service.hall.stop()
    with writing(service.engine) as connection:
        connection.execute(update(tables.hall).values(epoch=9))
    assert command(service, "restored", "--anyway")[1].startswith("EPOCHS_USED_UP")


def test_a_new_database_where_another_was_is_suspected(service: Service) -> None:
    service.hall.stop()
    service.engine.dispose()
    file = service.hall.database_file
    for old in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        old.unlink(missing_ok=True)
    upgrade_schema(service.engine)
    load(service.engine, file.parent.parent / "files")
    assert is_refused(service)


def test_the_first_start_makes_the_place_its_own(tmp_path: Path) -> None:
    made = Service(tmp_path)
    origin.ensure_here(made.engine)
    origin.begin(made.engine)
    origin.begin(made.engine)
    made.engine.dispose()
    copy = open_engine(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    shutil.copyfile(made.hall.database_file, tmp_path / "elsewhere.sqlite")
    with pytest.raises(DatabaseRestored):
        origin.ensure_here(copy)
    copy.dispose()

"""An older backup of the hall is put back while windows work on and voids wait."""

import sqlite3
from contextlib import closing
from pathlib import Path

from clerk_client.hall import origin
from clerk_client.hall.process.backing_up import back_up
from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import Record, told
from tests.faults.town import Town, a_town, forms


def test_windows_hand_in_again_what_an_older_backup_of_the_hall_does_not_know(
    tmp_path: Path, record_property: Record
) -> None:
    """Provisional numbers mapped before the backup and after it, and a void that waits across it:
    asked for at one window before, approved at another one after."""
    with a_town(tmp_path, windows=3) as town:
        one, other, supervisor = town.windows
        for window in town.windows:
            assert window.live([*forms(3, prints=2), ["deliver"]]) == 0
        _without_the_hall(town, 8)
        assert one.live([["void_last"], ["deliver"]]) == 0
        back_up(town.service.database, tmp_path / "backup.sqlite")
        # All of this the backup does not know: an approval, provisional numbers, new leases.
        assert supervisor.live([["approve"], ["deliver"]]) == 0
        assert other.live([*forms(12, prints=4), ["deliver"], ["void_last"], ["deliver"]]) == 0
        _without_the_hall(town, 9)
        assert supervisor.live([["approve"], ["deliver"]]) == 0
        town.service.kill()
        assert restore(town, tmp_path / "backup.sqlite") == 2
        assert town.service.start()
        # Decisions before the windows came back with what they decide on: told, and then taken.
        for window in (supervisor, other, one, supervisor):
            assert window.live([*forms(2), ["deliver"]]) == 0
        town.finish()
        findings = ensure_exactly_once(town)
        assert findings.provisional
        told(record_property, town, findings)


def restore(town: Town, backup: Path) -> int:
    """As docs/hall.md says: the file is put back and told so. The new epoch."""
    file = Path(town.service.database.removeprefix("sqlite:///"))
    for beside in ("", "-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)
    file.write_bytes(backup.read_bytes())
    town.engine.dispose()
    return origin.restored(town.engine, None, anyway=False)


def _without_the_hall(town: Town, count: int) -> None:
    """More acceptances than the windows have numbers for, the hall being away."""
    for window in town.windows[:2]:
        gate = window.folder / "gate"
        gate.unlink(missing_ok=True)
        window.begin([["wait_for", str(gate)], *forms(count), ["deliver"]])
        window.await_said("at")
        town.service.kill()
        gate.touch()
        assert window.counted(window.nursery.ended()) == 0
        assert town.service.start()
        assert window.live([["deliver"]]) == 0


def test_lines_that_the_hall_refuses_are_seen_and_hold_up_nobody(
    tmp_path: Path, record_property: Record
) -> None:
    """The matter was taken out of the hall's catalogue while a window without network used it."""
    with a_town(tmp_path, windows=2) as town:
        one, other = town.windows
        gate, matter = one.folder / "gate", "GA-SF"
        work = [[*form, matter] for form in forms(2)]
        assert one.live(forms(1)) == 0
        one.begin([["wait_for", str(gate)], *work, *forms(2), ["deliver"]])
        one.await_said("at")
        town.service.kill()
        # The service never takes a matter away, but whoever has the database can.
        with closing(sqlite3.connect(tmp_path / "hall.sqlite")) as database, database:
            database.execute("DELETE FROM matters WHERE code = ?", [matter])
        gate.touch()
        assert one.counted(one.nursery.ended()) == 0
        assert town.service.start()
        assert other.live([*forms(2), ["deliver"]]) == 0
        assert one.live([*forms(1), ["deliver"]]) == 0
        assert (one.said[-1]["waiting"], one.said[-1]["refused"]) == (0, 2)
        town.finish()
        findings = ensure_exactly_once(town, refused=frozenset({"MATTER_UNKNOWN"}))
        assert findings.refused == 2
        told(record_property, town, findings)

"""The service is killed before and after everything it does, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import acts, told
from tests.faults.town import Town, a_town
from tests.hall.conftest import empty_database
from tests.helpers.fault_points import Moment, chosen
from tests.helpers.namespace import until

Record = Callable[[str, object], None]


def passed_in_the_hall(town: Town, work: list[list[Any]], noted: Path) -> list[str]:
    """The steps of a life of the service in which a window did that work."""
    town.service.kill()
    assert town.service.start(noted=str(noted))
    assert town.windows[0].live(work) == 0
    # The sealer and the folder come by on their own.
    for part in ("in seal <", "in _fold_some <"):
        until(lambda part=part: part in noted.read_text(encoding="utf-8"), part, within=120)
    town.service.kill()
    return noted.read_text(encoding="utf-8").splitlines()


def worked_through(town: Town, moment: Moment) -> bool:
    """A window works while the service is killed then and started again. Whether it was."""
    kills, window = town.service.kills, town.windows[0]
    town.service.noted.unlink(missing_ok=True)
    if town.service.start(moment):
        again = [["accept", key] for key in window.left_open()]
        window.begin([*again, *acts()])
        until(lambda: window.nursery.is_over or town.service.nursery.is_over, "an end", within=120)
        town.service.ensure_up()
        window.counted(window.nursery.ended())
        is_killed = town.service.kills > kills
    else:
        is_killed = True
        assert town.service.start()
        window.live(acts())
    town.service.kill()
    return is_killed


def killed_at_steps(folder: Path, database: str, record: Record, each: int, **how: bool) -> None:
    with a_town(folder, database) as town:
        assert town.windows[0].live(acts()) == 0
        passed = passed_in_the_hall(town, acts(), folder / "ordinary")
        steps = chosen(passed, each=each, **how)
        hit = sum(worked_through(town, moment) for moment in steps)
        assert hit >= len(steps) * 3 // 4, (hit, len(steps))
        town.finish()
        told(record, town, ensure_exactly_once(town))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_service_killed_at_its_steps_loses_nothing_it_answered_and_counts_nothing_twice(
    kind: str, tmp_path: Path, record_property: Record
) -> None:
    with empty_database(kind, tmp_path) as database:
        killed_at_steps(tmp_path, database, record_property, each=70, first_only=True)


@pytest.mark.soak
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_service_killed_at_every_step_loses_nothing_it_answered(
    kind: str, tmp_path: Path, record_property: Record
) -> None:
    with empty_database(kind, tmp_path) as database:
        killed_at_steps(tmp_path, database, record_property, each=1, first_only=True)

"""A long day of three windows on which everything goes wrong at once (`make soak`).

Windows and service are killed at steps drawn by a seed, requests are cut, doubled and delayed,
voids go to and fro; at the end all books agree.
"""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import Record, told
from tests.faults.town import Town, Window, a_town, forms
from tests.hall.conftest import empty_database
from tests.helpers.cutting_proxy import CuttingProxy

_SEED = 20261122
# Steps that a life passes: a start of the client about 300, an acceptance 25; the service passes
# some 60 to start and 30 for each of a window's calls.
_CLIENT_STEPS, _HALL_STEPS = (150, 1100), (400, 9000)
_ENDS = 0.01


def long_day(
    folder: Path, database: str, record: Record, *, kills: int, records: int, seed: int = _SEED
) -> None:
    """Until that many processes were killed and that many lines written."""
    draw = random.Random(seed)
    with (
        CuttingProxy(seed, bad=0.04) as proxy,
        a_town(folder, database, windows=3, through=proxy.port, lease=40) as town,
    ):
        proxy.target = town.service.port
        try:
            while town.kills < kills or _lines_about(town) < records:
                town.service.ensure_up(draw.randint(*_HALL_STEPS))
                for window in town.windows:
                    _ensure_at_work(window, draw)
                time.sleep(_ENDS)
            for window in town.windows:
                if window.nursery.child:
                    window.counted(window.nursery.ended())
            proxy.bad = 0.0
            town.finish()
            findings = ensure_exactly_once(town)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        assert findings.lines >= records
        told(record, town, findings)


def _ensure_at_work(window: Window, draw: random.Random) -> None:
    """A life follows the other; two of three are killed on the way."""
    if window.nursery.child:
        if not window.nursery.is_over:
            return
        window.counted(window.nursery.ended())
    acts: list[list[Any]] = [["accept", key] for key in window.left_open()]
    prints = draw.choice((0, 0, 5))
    for _ in range(draw.randint(1, 4)):
        acts += [*forms(draw.randint(3, 9), prints=prints), ["deliver"]]
    acts += [draw.choice((["void_last"], ["deliver"], ["deliver"]))]
    if window.clerk == "S01":
        acts.append(["approve"])
    kill_at = draw.randint(*_CLIENT_STEPS) if draw.random() < 0.85 else 0
    window.begin([*acts, ["deliver"]], kill_at=kill_at)


def _lines_about(town: Town) -> int:
    """Shown acceptances are the least of them: papers, leases and voids come on top."""
    return sum(window.count_said("shown") for window in town.windows)


def test_a_short_day_on_which_everything_goes_wrong_ends_with_books_that_agree(
    tmp_path: Path, record_property: Record
) -> None:
    with empty_database("sqlite", tmp_path) as database:
        long_day(tmp_path, database, record_property, kills=10, records=50)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_long_day_on_which_everything_goes_wrong_ends_with_books_that_agree(
    kind: str, tmp_path: Path, record_property: Record
) -> None:
    with empty_database(kind, tmp_path) as database:
        long_day(tmp_path, database, record_property, kills=500, records=5_000)

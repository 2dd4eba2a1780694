"""The same with a real key: SoftHSM behind its driver process, which outlives no client."""

import random
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from clerk_client.demo.authority import Authority
from clerk_client.demo.soft_tokens import SoftTokens
from clerk_client.hall.store import open_engine
from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import Record
from tests.faults.town import Window, forms
from tests.helpers.nursery import Nursery
from tests.helpers.station import CLERK, make_station

_SEED = 20261121


@dataclass
class _Books:
    engine: Engine
    windows: list[Window]


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_client_with_a_real_key_killed_twenty_times_loses_nothing_it_showed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    authority = Authority()
    store = SoftTokens(tmp_path / "keys")
    store.add_clerk(authority, CLERK.name, CLERK.identity, pin="123456")
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    station_name = f"key-{uuid.uuid4().hex[:8]}"
    folder = tmp_path / "station"
    folder.mkdir()
    station = make_station(folder, store, authority, station_name)
    engine = open_engine(station.hall.database)
    draw = random.Random(_SEED)
    try:
        with Nursery("tests.faults.window", tmp_path / "log") as nursery:
            window = Window(station_name, CLERK.code, folder, f"{CLERK.name}|123456", nursery)
            while window.kills < 20:
                again = [["accept", key] for key in window.left_open()]
                acts = [*again, *forms(10, prints=3), ["deliver"], *forms(10), ["deliver"]]
                # Every second one anywhere from its start on, in the sign-in and the lease too.
                window.live(acts, kill_at=draw.randint(1, (300, 1500)[window.kills % 2]))
            window.hand_in()
            findings = ensure_exactly_once(_Books(engine, [window]))
            record_property("kills", window.kills)
            record_property("records", findings.lines)
    finally:
        engine.dispose()
        station.hall.kill()

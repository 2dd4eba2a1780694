"""The network is cut before, during and after each answer; requests come twice and out of order."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from clerk_client.hall_link import secret_store
from clerk_client.hall_link.station_key import station_key
from clerk_client.journal.opening import key_name, open_to_read
from clerk_client.wire.lines import Line
from tests.faults.ledger import ensure_exactly_once
from tests.faults.test_client_killed import Record, told
from tests.faults.town import Town, a_town, forms
from tests.hall.conftest import empty_database
from tests.hall.desk import ClerkKey, Desk, StationKey
from tests.helpers.cutting_proxy import CuttingProxy, Fate

_SEED = 20261122


def over_a_bad_network(folder: Path, record: Record, lives: int, seed: int = _SEED) -> None:
    with CuttingProxy(seed) as proxy, a_town(folder, through=proxy.port) as town:
        (window,) = town.windows
        proxy.target, gate = town.service.port, folder / "gate"
        for _ in range(lives):
            # A sign-in needs a few answers in a row; then half of all requests go wrong.
            proxy.bad = 0.1
            gate.unlink(missing_ok=True)
            again = [["accept", key] for key in window.left_open()]
            work = [*forms(4), ["deliver"], *forms(3, prints=3), ["deliver"], ["deliver"]]
            window.begin([["wait_for", str(gate)], *again, *work])
            if window.await_said("at"):
                proxy.bad = 0.6
                gate.touch()
            window.counted(window.nursery.ended())
        proxy.bad = 0.0
        town.finish()
        assert set(proxy.met) == set(Fate), f"seed {seed}: {proxy.met}"
        told(record, town, ensure_exactly_once(town))


def test_connections_cut_before_during_and_after_answers_lose_and_double_nothing(
    tmp_path: Path, record_property: Record
) -> None:
    over_a_bad_network(tmp_path, record_property, lives=5)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_long_time_on_a_bad_network_loses_and_doubles_nothing(
    tmp_path: Path, record_property: Record
) -> None:
    over_a_bad_network(tmp_path, record_property, lives=60)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_lines_sent_again_and_again_in_any_order_by_several_at_once_are_stored_once(
    kind: str, tmp_path: Path
) -> None:
    """Of one journal, as a program gone wild might send it: overlapping batches, backwards, four at
    a time. What comes too early is not stored, and none is refused for good."""
    with empty_database(kind, tmp_path) as database, a_town(tmp_path, database) as town:
        (window,) = town.windows
        # Some are at the hall already, the rest is not.
        assert window.live([*forms(6, prints=2), ["deliver"], *forms(8, prints=3)]) == 0
        lines, desk = _lines(town), _same_station(town)
        draw = random.Random(_SEED)
        batches = []
        for _ in range(40):
            some = draw.sample(lines, draw.randint(1, 12))
            if draw.random() < 0.7:
                some.sort(key=lambda line: line.head.seq)
            batches.append(some)
        with ThreadPoolExecutor(4) as at_once:
            answers = list(at_once.map(lambda batch: desk.sent(*batch), batches))
        codes = {code for answer in answers for _, code in answer}
        assert codes <= {"", "LINE_CHAIN_BROKEN"}, codes
        town.finish()
        ensure_exactly_once(town)


def _lines(town: Town) -> list[Line]:
    (window,) = town.windows
    key = secret_store.read(key_name(window.name))
    assert key is not None
    with closing(open_to_read(window.journal, key)) as journal:
        return list(journal.lines())


def _same_station(town: Town) -> Desk:
    """Another program with that station's key and its clerk's: only the hall stands in its way."""
    (window,) = town.windows
    key = StationKey()
    kept = station_key(window.name)
    key.key, key.public = kept.private, kept.public_bytes
    desk = Desk(f"http://127.0.0.1:{town.service.port}", window.name, key)
    pem = Path(window.key).read_bytes()
    clerk = ClerkKey(load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem))
    assert desk.sign_in(clerk).status_code == 200
    return desk

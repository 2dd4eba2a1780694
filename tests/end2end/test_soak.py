"""A long day with a client that is killed again and again (`make soak`).

Run as `python -m tests.end2end.test_soak STATION.TOML` it is that client, without its window: it
signs in, accepts without a pause and says each number once the acceptance stands.
"""

import contextlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from cryptography import x509

from clerk_client.desk.forms import Form
from clerk_client.domain.cases import Category
from clerk_client.domain.clock import SystemClock
from clerk_client.domain.people import DocumentType
from clerk_client.parts import Parts
from clerk_client.settings import load_settings
from clerk_client.wire.lines import Kind
from clerk_client.wire.verify import chain_faults
from tests.helpers.station import Station, opened_key

KILLS = 20
ACCEPTANCES = 300
NUMBER = "11010519491231002X"  # GB 11643's own example


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_client_killed_twenty_times_loses_nothing_it_showed_and_numbers_nothing_twice(
    station: Station,
) -> None:
    moments = random.Random(20261121)
    shown: list[str] = []
    for kill in range(KILLS):
        # Every second one is killed anywhere from its start on, in the sign-in and the lease too.
        at_work = kill % 2 == 0
        delay = moments.uniform(0.0, 2.0 if at_work else 1.5)
        shown += _shown_until_killed(station, delay, at_work=at_work)
    shown += _shown_by_one_that_ends(station, ACCEPTANCES - len(shown))
    assert len(shown) >= ACCEPTANCES
    assert len(set(shown)) == len(shown)
    with station.opened() as parts:
        parts.desk().sign_in(opened_key(parts, "张丽", "123456"))
        standing = parts.delivery().deliver()
        assert (standing.waiting, standing.refused, standing.hall_reachable) == (0, 0, True)
        kept = _ensure_the_journal_is_whole(parts)
    at_the_hall = _numbers_at_the_hall(station)
    assert set(shown) <= set(kept), "shown as accepted, but not in the journal"
    assert Counter(kept) == Counter(at_the_hall)
    assert max(Counter(at_the_hall).values()) == 1


def _client(station: Station, acceptances: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", __name__, str(station.settings), str(acceptances)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def _shown_until_killed(station: Station, delay: float, *, at_work: bool) -> list[str]:
    """What a client showed that was killed `delay` seconds after its first acceptance, or start."""
    with _client(station, acceptances=10_000) as client:
        assert client.stdout is not None
        rows = [client.stdout.readline()] if at_work else []
        assert all(rows), "the client ended by itself"
        timer = threading.Timer(delay, client.kill)
        timer.start()
        # A line cut off by the kill was never shown.
        rows += [row for row in client.stdout if row.endswith("\n")]
        timer.join()
    assert client.returncode == -signal.SIGKILL
    return [row.strip() for row in rows]


def _shown_by_one_that_ends(station: Station, acceptances: int) -> list[str]:
    with _client(station, max(acceptances, 1)) as client:
        assert client.stdout is not None
        rows = list(client.stdout)
    assert client.returncode == 0
    return [row.strip() for row in rows]


def _ensure_the_journal_is_whole(parts: Parts) -> list[str]:
    """The numbers in it."""
    session = parts.desk().session
    certificate = x509.load_der_x509_certificate(session.certificate.der)
    keys = {
        session.certificate.sha256: certificate.public_key(),
        parts.station_key().cert_sha256: parts.station_key().public,
    }
    lines = list(parts.journal().lines())
    assert not list(chain_faults(lines, lambda line: keys.get(line.head.cert_sha256)))
    return [str(line.head.number) for line in lines if line.head.kind == Kind.ACCEPTED.value]


def _numbers_at_the_hall(station: Station) -> list[str]:
    with contextlib.closing(sqlite3.connect(station.hall.database_file)) as connection:
        query = "SELECT head FROM lines WHERE kind = 'accepted' AND outcome = 'settled'"
        return [json.loads(head)["number"] for (head,) in connection.execute(query)]


def _work(settings: Path, acceptances: int) -> None:
    parts = Parts(load_settings(settings), SystemClock())
    desk = parts.desk()
    desk.sign_in(opened_key(parts, "张丽", "123456"))
    delivery = parts.delivery()
    found = desk.choose("GA-LG")
    for done in range(1, acceptances + 1):
        form = Form(
            found,
            found.matters[0],
            Category.HALL_PENDING,
            DocumentType.RESIDENT_ID,
            "欧阳小满",
            NUMBER,
            "13800000000",
        )
        sys.stdout.write(f"{desk.accept(form).number}\n")
        sys.stdout.flush()
        if done % 5 == 0:
            delivery.deliver()
    desk.close()
    parts.close()


if __name__ == "__main__":
    _work(Path(sys.argv[1]), int(sys.argv[2]))

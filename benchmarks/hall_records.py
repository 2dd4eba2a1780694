"""Lines that the hall accepts from 200 windows, beside what the database does with the same lines.

The windows, the service and the database share the machine's cores; the peer is a process of its
own as well and shares them with the database. A working window sends an acceptance with its papers;
one that comes back from a day without network sends many at once.
"""

import os
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.ground import Ground
from benchmarks.hall_ground import WINDOWS, FilledHall, Windows, filled_hall, postgres, windows_at
from benchmarks.hall_limits import BareSqlite, PgBench, bytes_of_a_line, shape_of
from benchmarks.table import Figure, Goal, NotMeasured, shown

_TURNS = 2
_SECONDS = 8
# Of these pgbench spends a part on connecting and on planning each client's statements.
_PEERS_SECONDS = 12
_WARM = 2
# Of each window and turn: about as many as a fast machine takes. What is left is for the next one.
_CALLS, _BACKLOG_CALLS = 15, 4
# So many come back at the same time.
_BACK = 50
_TICKETS = 200
# Acceptances of a batch: with their papers 48 lines.
_BATCH = 16
_GOAL = Goal(times=2)


def measure(ground: Ground) -> list[Figure]:
    """Seconds a line, of all windows together: the goal, half as many a second, is twice that."""
    return [*_postgres(ground.folder / "records-postgres"), *_sqlite(ground.folder / "records")]


def _postgres(folder: Path) -> list[Figure]:
    with ExitStack() as until_done:
        server = until_done.enter_context(postgres())
        hall = until_done.enter_context(filled_hall(folder, server.address, _TICKETS))
        shape = shape_of(hall)
        bench = PgBench(hall, shape, WINDOWS, folder)

        def limit() -> float:
            return bench.transactions(_PEERS_SECONDS)

        beside = f"pgbench, {WINDOWS} clients, the service's {shape.statements} statements"
        return _figures("PostgreSQL", hall, folder, 2, limit, beside)


def _sqlite(folder: Path) -> list[Figure]:
    folder.mkdir()
    with ExitStack() as until_done:
        database = f"sqlite:///{folder / 'hall.sqlite'}"
        hall = until_done.enter_context(filled_hall(folder, database, _TICKETS))
        bare = until_done.enter_context(
            BareSqlite(folder / "bare.sqlite", bytes(bytes_of_a_line(hall)))
        )

        def limit() -> float:
            return bare.appends(_SECONDS / 2)

        return _figures("SQLite", hall, folder, 1, limit, "bare sqlite3 insert, one writer")


def _figures(
    name: str,
    hall: FilledHall,
    folder: Path,
    workers: int,
    limit: Callable[[], float],
    beside: str,
) -> list[Figure]:
    with (
        hall.served(folder / "service", workers) as service,
        windows_at(hall, service.port, WINDOWS, folder / "windows.log") as windows,
    ):
        _round(windows, WINDOWS, 1, _CALLS, _WARM)
        working = _by_turns(windows, WINDOWS, 1, _CALLS, limit)
        backlog = _by_turns(windows, _BACK, _BATCH, _BACKLOG_CALLS, limit)
    return [
        _figure(f"hall, {name}", WINDOWS, working, beside),
        _figure(f"hall, {name}, backlog", _BACK, backlog, beside),
    ]


def _by_turns(
    windows: Windows, count: int, acceptances: int, calls: int, limit: Callable[[], float]
) -> tuple[list[Any], list[float]]:
    rounds, peers = [], []
    for _ in range(_TURNS):
        peers.append(limit())
        rounds.append(_round(windows, count, acceptances, calls, _SECONDS))
    return rounds, peers


def _round(windows: Windows, count: int, acceptances: int, calls: int, seconds: int) -> Any:
    windows.ready(windows=count, acceptances=acceptances, calls=calls, seconds=seconds)
    told = windows.play()
    # 503: the database was busy for too long; the window sends those lines again.
    if not set(told["outcomes"]) <= {"settled", "already_settled", "503"}:
        raise NotMeasured(f"not every line was settled: {told['outcomes']}")
    told["rate"] = told["outcomes"]["settled"] / told["seconds"]
    return told


def _figure(name: str, count: int, measured: tuple[list[Any], list[float]], beside: str) -> Figure:
    rounds, peers = measured
    rates = [each["rate"] for each in rounds]
    latencies = [seconds for each in rounds for seconds in each["latencies"][""]]
    share = sum(each["cpu"] for each in rounds) / sum(each["seconds"] for each in rounds)
    told = (
        f"{statistics.median(rates):,.0f} lines a second, peer {statistics.median(peers):,.0f}; "
        f"with {count} windows sending without a pause a call takes "
        f"{shown(_p95(latencies))} (p95); the windows' own process takes {share:.0%} of a core"
        f"{_load()}",
    )
    put_off = sum(each["outcomes"].get("503", 0) for each in rounds)
    if put_off:
        told = (*told, f"{put_off} calls were put off (503)")
    seconds = [1 / rate for rate in rates]
    return Figure.of(name, seconds, [1 / peer for peer in peers], beside, _GOAL, told)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def _load() -> str:
    return f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""

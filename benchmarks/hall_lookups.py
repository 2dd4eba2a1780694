"""A look-up over the running service with a million appointments and 50,000 matters, beside the
same with ten thousand: by one window, and while twenty ask without a pause."""

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, text

from benchmarks.ground import Ground
from benchmarks.hall_ground import (
    FilledHall,
    Windows,
    filled_hall,
    matter,
    matter_row,
    postgres,
    series,
    settle,
    unchecked,
    windows_at,
)
from benchmarks.table import Figure, Goal, NotMeasured, shown, timed
from clerk_client.domain.clock import hall_day
from clerk_client.hall import tables
from clerk_client.hall.store import writing

_FEW, _MANY = 10_000, 1_000_000
_MATTERS = 50_000
_CALLS, _TURNS = 40, 5
_AT_ONCE, _CALLS_AT_ONCE = 20, 15
# Long enough for all calls of a round on a slow machine.
_SECONDS = 60


def measure(ground: Ground) -> list[Figure]:
    """The 95th of a hundred calls, as the window waits for it."""
    folder = ground.folder / "look-ups"
    with postgres() as few, postgres() as many:
        figures = _figures("PostgreSQL", folder / "postgres", few.address, many.address)
    folder = folder / "sqlite"
    folder.mkdir(parents=True)
    files = [f"sqlite:///{folder / name}.sqlite" for name in ("few", "many")]
    return [*figures, *_figures("SQLite", folder, *files)]


def _figures(name: str, folder: Path, few: str, many: str) -> list[Figure]:
    with (
        filled_hall(folder / "hall-few", few) as small,
        filled_hall(folder / "hall-many", many) as large,
    ):
        _add(small.engine, _FEW)
        took = timed(lambda: _add(large.engine, _MANY))
        with (
            _windows(folder / "few", small) as of_few,
            _windows(folder / "many", large) as of_many,
        ):
            alone = _by_turns(of_few, of_many, 1, _CALLS)
            busy = _by_turns(of_few, of_many, _AT_ONCE, _CALLS_AT_ONCE)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    beside = f"with {_FEW:,} appointments"
    return [
        *_pair(f"look-up, {name} (p95)", alone, beside, f"filled in {took:.0f} s{load}"),
        # As many as the cores can do: how long each waits says nothing of a hall at work.
        _pair(f"look-up, {name}, {_AT_ONCE} at once (p95)", busy, beside, "without a pause")[0],
    ]


@contextmanager
def _windows(folder: Path, hall: FilledHall) -> Iterator[Windows]:
    with (
        hall.served(folder, 1) as service,
        windows_at(hall, service.port, _AT_ONCE, folder / "windows.log") as windows,
    ):
        yield windows


def _by_turns(few: Windows, many: Windows, count: int, calls: int) -> tuple[list[float], ...]:
    times: tuple[list[float], ...] = ([], [])
    for turn in range(-1, _TURNS):
        for place, (windows, last) in enumerate(((few, _FEW), (many, _MANY))):
            paths = [f"appointments/{_number(1 + n * 7919 % last)}" for n in range(1000)]
            windows.ready(windows=count, calls=calls, seconds=_SECONDS, paths=paths, seed=turn)
            told: Any = windows.play()
            if set(told["outcomes"]) != {"200"}:
                raise NotMeasured(f"not every look-up was answered: {told['outcomes']}")
            if turn >= 0:
                times[place].extend(told["latencies"][""])
    return times


def _pair(name: str, times: tuple[list[float], ...], beside: str, told: str) -> list[Figure]:
    """One figure with each goal. What counts is the hall with many."""
    few, many = map(_p95, times)
    middle = f"median {shown(statistics.median(times[1]))}; {told}"
    n = len(times[1])
    return [
        Figure(name, many, n, beside, few, Goal(times=1.3), told=(middle,)),
        Figure(name, many, n, beside, few, Goal(seconds=0.020)),
    ]


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


# --- the halls -----------------------------------------------------------------------------------


def _number(place: int) -> str:
    return f"YY{place:09d}"


def _add(engine: Engine, appointments: int) -> None:
    """Appointments of a year's days, and matters beside those that are used."""
    first = hall_day(datetime.now(UTC)).replace(month=1, day=1).isoformat()
    with writing(engine) as connection:
        rows = [matter_row(f"ZZ{place:06d}") for place in range(_MATTERS)]
        connection.execute(insert(tables.matters), rows)
    with unchecked(engine) as connection:
        n = series(engine, appointments)
        is_postgres = engine.dialect.name == "postgresql"
        day = (
            f"date '{first}' + i % 365" if is_postgres else f"date('{first}', (i % 365) || ' days')"
        )
        number = "'YY' || substr(cast(1000000000 + i AS varchar(10)), 2)"
        connection.execute(
            text(
                "INSERT INTO appointments (number, day, time, matter, status, applicant_name, "
                'outlet, "window", used_by) '
                f"{n} SELECT {number}, {day}, '09:00-09:30', '{matter(0)}', 'booked', '张三', "
                "'', '', '' FROM n"
            )
        )
    settle(engine)

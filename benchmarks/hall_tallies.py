"""Tallies of a month with a million acceptances, and with a hundred thousand not folded yet."""

import os
import statistics
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, Engine, bindparam, text

from benchmarks.ground import Ground
from benchmarks.hall_ground import (
    MATTERS,
    WINDOWS,
    FilledHall,
    Windows,
    filled_hall,
    postgres,
    series,
    settle,
    unchecked,
    windows_at,
)
from benchmarks.table import Figure, Goal, NotMeasured, shown, timed
from clerk_client.domain.clock import hall_day
from clerk_client.hall.counting.tallying import DIMENSIONS, monthly

_RECORDS, _UNFOLDED = 1_000_000, 100_000
_TURNS = 40
_GOAL = Goal(seconds=0.100)
_WORDS = (*DIMENSIONS, "category", "day")


def measure(ground: Ground) -> list[Figure]:
    """The 95th of a hundred calls of the slowest word, as whoever asks waits for it."""
    folder = ground.folder / "tallies"
    folder.mkdir()
    with postgres() as server:
        figures = _figures("PostgreSQL", ground, server.address)
    return [*figures, *_figures("SQLite", ground, f"sqlite:///{folder / 'hall.sqlite'}")]


def _figures(name: str, ground: Ground, database: str) -> list[Figure]:
    folder = ground.folder / f"tallies-{name}"
    with filled_hall(folder, database) as hall:
        month = hall_day(datetime.now(UTC)).replace(day=1)
        took = timed(lambda: _add_totals(hall.engine, month))
        folded = _figure(f"tallies, {name} (p95)", hall, month, folder / "folded", took)
        # No goal: the folder is never hours behind. It shows that the answer comes all the same.
        took = timed(lambda: _add_deltas(hall.engine, month))
        unfolded = _figure(f"tallies, {name}, not folded", hall, month, folder / "unfolded", took)
    return [folded, replace(unfolded, goal=None)]


def _figure(name: str, hall: FilledHall, month: date, folder: Any, took: float) -> Figure:
    last = (month + timedelta(31)).replace(day=1) - timedelta(1)
    path = f"tallies?from={month}&to={last}&by="
    times: dict[str, list[float]] = {}
    with (
        hall.served(folder, 1) as service,
        windows_at(hall, service.port, 1, folder / "windows.log") as windows,
    ):
        for word in (*_WORDS, ""):
            times[word] = _asked(windows, path + word if word else "auth/session")
    by_word = {word: _p95(found) for word, found in times.items() if word}
    slowest = max(by_word, key=lambda word: by_word[word])
    shown_each = ", ".join(f"{word} {shown(seconds)}" for word, seconds in by_word.items())
    load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return Figure(
        name=name,
        seconds=by_word[slowest],
        n=_TURNS,
        beside="a bare GET auth/session",
        peer=_p95(times[""]),
        goal=_GOAL,
        told=(f"{shown_each}; filled in {took:.0f} s{load}",),
    )


def _asked(windows: Windows, path: str) -> list[float]:
    windows.ready(windows=1, calls=_TURNS + 2, seconds=60, paths=[path], seed=1)
    told = windows.play()
    if set(told["outcomes"]) != {"200"}:
        raise NotMeasured(f"tallies were not answered: {told['outcomes']}")
    times: list[float] = told["latencies"][""][2:]
    return times


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


# --- what is counted -----------------------------------------------------------------------------

# Acceptances spread over days, hours, windows, matters and both categories.
_CODES = {
    "department": "'SJ'",
    "matter": f"'SJ' || substr(cast(1000000 + i % {MATTERS} AS varchar(9)), 2)",
    "clerk": f"'C' || substr(cast(1000 + i % {WINDOWS} AS varchar(9)), 2)",
    "window": f"'W' || substr(cast(1000 + i % {WINDOWS} AS varchar(9)), 2)",
    "hour": "substr(cast(108 + i % 9 AS varchar(9)), 2)",
}
_TOTALS = "INSERT INTO tally_totals (dimension, day, code, category, cause, amount)"
_CATEGORY = "CASE WHEN i % 3 = 0 THEN 'department_internal' ELSE 'hall_pending' END"


def _day(engine: Engine, month: date) -> str:
    if engine.dialect.name == "postgresql":
        return f"date '{month}' + (i / 7) % 28"
    return f"date('{month}', ((i / 7) % 28) || ' days')"


def _add_totals(engine: Engine, month: date) -> None:
    """What the folder would have made of a million deltas."""
    with unchecked(engine) as connection:
        for dimension, code in _CODES.items():
            connection.execute(
                text(
                    f"{_TOTALS} {series(engine, _RECORDS)} SELECT '{dimension}', "
                    f"{_day(engine, month)}, {code}, {_CATEGORY}, 'accepted', count(*) "
                    "FROM n GROUP BY 2, 3, 4"
                )
            )
            of_month = text(
                f"{_TOTALS} SELECT :cube, :month, code, category, cause, sum(amount) "
                "FROM tally_totals WHERE dimension = :dimension GROUP BY code, category, cause"
            ).bindparams(bindparam("month", type_=Date()))
            given = {"cube": monthly(dimension), "month": month, "dimension": dimension}
            connection.execute(of_month, given)
    settle(engine)


def _add_deltas(engine: Engine, month: date) -> None:
    """Acceptances that the folder has not come to."""
    columns = ", ".join(f"{_CODES[name]} AS {name}" for name in ("department", "matter", "clerk"))
    with unchecked(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO tally_deltas (day, hour, cause, category, department, matter, clerk, "
                '"window", amount, line_key) '
                f"{series(engine, _UNFOLDED)} SELECT {_day(engine, month)}, 8 + i % 9, 'accepted', "
                f"{_CATEGORY}, {columns}, {_CODES['window']}, 1, '' FROM n"
            )
        )
    settle(engine)

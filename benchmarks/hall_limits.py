"""What the databases themselves do with the same lines: pgbench, and a bare durable SQLite."""

import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from psycopg import sql
from sqlalchemy import Engine, event, text

from benchmarks.hall_ground import WINDOWS, FilledHall, matter, settle, unchecked
from benchmarks.hall_windows import Window, windows
from benchmarks.table import NotMeasured
from clerk_client.domain.clerks import Role
from clerk_client.hall.access.auth import Session
from clerk_client.hall.lines import records
from clerk_client.wire.lines import Line

_TICKETS = 200
"""Of each client."""
_PARAMETER = re.compile(r"%\((\w+)\)s")
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shape:
    """The statements that one line of each kind of the mix makes, as pgbench reads them."""

    scripts: Mapping[str, str]

    @property
    def statements(self) -> int:
        """Of all scripts together."""
        return sum(script.count(";\n") for script in self.scripts.values())


def shape_of(hall: FilledHall) -> Shape:
    """Written down while the service's own code takes an acceptance and its papers.

    What differs from line to line becomes an expression over client and turn; the rest is as sent.
    """
    *_, window = windows(hall.seats, 1, WINDOWS + 1)
    session = _session(window)
    records.take_lines(hall.engine, [_sent(line) for line in window.acceptance()], session, _now())
    scripts = {}
    for line in window.acceptance():
        heard: list[tuple[str, Any]] = []
        alone: set[bool] = set()

        def hear(connection: Any, _cur: Any, statement: str, given: Any, *_: Any) -> None:
            heard.append((statement, given))  # noqa: B023 - used up within the turn
            level = connection.get_execution_options().get("isolation_level")
            alone.add(level == "AUTOCOMMIT")  # noqa: B023

        event.listen(hall.engine, "before_cursor_execute", hear)
        try:
            answer = records.take_lines(hall.engine, [_sent(line)], session, _now())
        finally:
            event.remove(hall.engine, "before_cursor_execute", hear)
        assert answer.answers[0].outcome == "settled", answer
        # The last one tells how far the journal is: once a call, whatever the lines.
        statements = [_as_pgbench(hall.engine, line, *each) for each in heard[:-1]]
        scripts[line.head.kind] = _script(statements, stand_alone=alone == {True})
    return Shape(scripts)


class PgBench:
    """pgbench with so many clients, each with journals and tickets of its own."""

    def __init__(self, hall: FilledHall, shape: Shape, clients: int, folder: Path) -> None:
        self._hall, self._clients, self._turn = hall, clients, 0
        program = shutil.which("pgbench", path=_program_path())
        if program is None:
            raise NotMeasured("pgbench is not installed")
        self._command = [program, "-n", "-M", "prepared", "-c", str(clients), "-j", "2"]
        for kind, script in shape.scripts.items():
            file = folder / f"{kind}.sql"
            file.write_text(script, encoding="utf-8")
            self._command += ["-f", str(file)]

    def transactions(self, seconds: int) -> float:
        """A second."""
        self._turn += 1
        _make_journals(self._hall.engine, self._turn, self._clients)
        settle(self._hall.engine)
        command = [*self._command, "-T", str(seconds), "-D", "seq=0", "-D", f"turn={self._turn}"]
        done = subprocess.run(
            [*command, self._hall.database], capture_output=True, text=True, check=False
        )
        found = _TPS.search(done.stdout)
        if done.returncode or found is None:
            raise NotMeasured(f"pgbench: {' '.join(done.stderr.split())[-300:]}")
        return float(found[1])


class BareSqlite:
    """Durable appends of one writer: WAL, synchronous=FULL, a row of a line's bytes each."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._content = content
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE lines (seq INTEGER PRIMARY KEY, content BLOB)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def appends(self, seconds: float) -> float:
        """A second."""
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            self._connection.execute("INSERT INTO lines (content) VALUES (?)", [self._content])
            count += 1
        return count / (time.perf_counter() - began)


def bytes_of_a_line(hall: FilledHall) -> int:
    """The middle of an acceptance and its papers, as stored."""
    *_, window = windows(hall.seats, 1, WINDOWS + 1)
    lines = window.acceptance()
    return sum(len(line.canonical()) for line in lines) // len(lines)


def _sent(line: Line) -> dict[str, Any]:
    return line.to_json()


def _now() -> datetime:
    return datetime.now(UTC)


def _session(window: Window) -> Session:
    seat = window.seat
    return Session(
        clerk=seat.clerk,
        clerk_name="",
        role=Role.CLERK,
        station=seat.station,
        station_key=window.station.public,
        window=seat.window,
        expires_at="",
        cert_sha256="",
    )


def _program_path() -> str:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return ":".join(map(str, folders))


# --- from the service's statements to a script ---------------------------------------------------

_WHO = ":turn || '-' || :client_id"
_JOURNAL = f"('journal-' || {_WHO})"
_KEY = f"rpad(md5({_WHO} || '-' || :seq), 36, '0')"
_HASH = f"rpad(md5('h' || {_WHO} || '-' || :seq), 64, '0')"
_PREV = f"rpad(md5('h' || {_WHO} || '-' || (:seq - 1)), 64, '0')"
_TICKET = f"('T' || {_WHO} || '-' || :seq)"
_NUMBER = f"('442000-' || {_WHO} || '-' || :seq)"


def _script(statements: Sequence[str], *, stand_alone: bool) -> str:
    """`stand_alone`: the service sends them without a transaction around them."""
    around = ([], []) if stand_alone else (["BEGIN"], ["COMMIT"])
    sent = [*around[0], *statements, *around[1]]
    return "\\set seq :seq + 1\n" + "".join(f"{each};\n" for each in sent)


def _as_pgbench(engine: Engine, line: Line, statement: str, given: Any) -> str:
    head, slip = line.head, line.body.get("ticket") or {}
    # By value: what stands in the line is found wherever the service sends it.
    known: dict[Any, str] = {
        head.journal: _JOURNAL,
        head.key: _KEY,
        line.hash: _HASH,
        head.prev: _PREV,
        head.number: _NUMBER,
        slip.get("number", head.key): _TICKET,
    }
    rows = given if isinstance(given, list | tuple) else [given]
    assert len(rows) == 1, "one row a statement"
    values = rows[0]
    connection = engine.raw_connection()
    try:

        def expression(found: re.Match[str]) -> str:
            name, value = found[1], values[found[1]]
            if isinstance(value, str) and value in known:
                return known[value]
            if name.startswith(("seq", "highest_seq", "before")):
                return "(:seq)::bigint" if value == head.seq else "(:seq - 1)::bigint"
            if isinstance(value, str):
                return _quoted(value)
            return sql.Literal(value).as_string(connection.driver_connection)

        return " ".join(_PARAMETER.sub(expression, statement).split())
    finally:
        connection.close()


def _quoted(value: str) -> str:
    """pgbench takes a colon for the beginning of a variable, within quotes too."""
    for character, instead in (("\\", "\\\\"), ("'", "''"), (":", "\\x3a")):
        value = value.replace(character, instead)
    return f"E'{value}'"


def _make_journals(engine: Engine, turn: int, clients: int) -> None:
    """The journals of pgbench's clients at their beginning, and the tickets that they take."""
    who = f"'{turn}' || '-' || i"
    one = f"FROM generate_series(0, {clients - 1}) AS c(i)"
    each = f"{one}, generate_series(1, {_TICKETS}) AS s(j)"
    ticket = f"(SELECT max(day) FROM tickets), 'T' || {who} || '-' || j"
    statements = (
        "INSERT INTO journals (journal, station, opened_at, highest_seq, highest_hash) "
        f"SELECT 'journal-' || {who}, (SELECT min(code) FROM stations), '', 0, "
        f"rpad(md5('h' || {who} || '-' || 0), 64, '0') {one}",
        "INSERT INTO tickets (day, number, status, appointment, priority, used_by) "
        f"SELECT {ticket}, 'waiting', '', false, '' {each}",
        "INSERT INTO ticket_matters (day, number, position, matter, used_by) "
        f"SELECT {ticket}, 1, '{matter(0)}', '' {each}",
    )
    with unchecked(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))

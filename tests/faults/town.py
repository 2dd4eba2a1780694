"""A hall and its windows, each in processes that are made to be killed."""

import json
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from clerk_client.demo.authority import Authority
from clerk_client.domain.clock import hall_day
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, upgrade_schema
from tests.faults.soft_key import write_key
from tests.hall.desk import clerk_key
from tests.helpers.fault_points import Moment
from tests.helpers.namespace import until
from tests.helpers.nursery import Nursery
from tests.helpers.small_hall import HALL, OTHER_WINDOW, WINDOW, Staff, write_small_hall

STAFF: list[Staff] = [
    ("C01", "陈思敏", "clerk", "ZS-C01"),
    ("C02", "黄嘉怡", "clerk", "ZS-C02"),
    ("S01", "林主管", "supervisor", "ZS-S01"),
]
_PATIENCE = 60.0
# A life of a window on a machine that does much else.
_LONG = 120.0
# Voids wait for lines of other windows, and a journal set aside for the next start.
_PASSES = 4


_warm: dict[tuple[str, ...], Nursery] = {}
_template: list[Path] = []


def warm(module: str, *which: str) -> Nursery:
    """A nursery for each lane, kept for all tests: to start one takes two seconds."""
    name = (module, *which)
    if name not in _warm:
        log = Path(tempfile.mkdtemp(prefix="clerk-faults-")) / "log"
        _warm[name] = Nursery(f"tests.faults.{module}", log).__enter__()
    return _warm[name]


def end_nurseries() -> None:
    while _warm:
        _, nursery = _warm.popitem()
        nursery.__exit__(None, None, None)
        shutil.rmtree(nursery.log_file.parent)
    while _template:
        shutil.rmtree(_template.pop().parent)


class Service:
    """The hall's service, a life after the other on one port."""

    def __init__(self, nursery: Nursery, folder: Path, database: str, authorities: Path) -> None:
        self.nursery = nursery
        self.port = 0
        self.kills = 0
        self.database = database
        self.noted = folder / "noted"
        self.clock = ""
        self._folder = folder
        self._authorities = authorities

    def start(self, kill_at: Moment = 0, noted: str = "") -> bool:
        """Whether it serves; False when it was killed before it did."""
        port_file = self._folder / "port"
        port_file.unlink(missing_ok=True)
        arguments = ["--database", self.database, "--authorities", str(self._authorities)]
        arguments += ["--port", str(self.port), "--port-file", str(port_file)]
        told = noted or (str(self.noted) if kill_at else "")
        self.nursery.begin(
            "serve", arguments=arguments, kill_at=kill_at, noted=told, clock=self.clock
        )
        deadline = time.monotonic() + _PATIENCE
        while not port_file.exists():
            if self.nursery.is_over:
                code = self.nursery.ended()
                assert code == -9, f"the hall ended with {code}: {self.nursery.log[-3000:]}"
                self.kills += 1
                return False
            assert time.monotonic() < deadline, self.nursery.log[-3000:]
            time.sleep(0.002)
        self.port = int(port_file.read_text(encoding="ascii"))
        return True

    def ensure_up(self, kill_at: Moment = 0) -> None:
        """Buries what was killed, and starts until one serves."""
        if not self.nursery.child:
            self._start_anew(kill_at)
        elif self.nursery.is_over:
            code = self.nursery.ended()
            assert code == -9, f"the hall ended with {code}: {self.nursery.log[-3000:]}"
            self.kills += 1
            self._start_anew(kill_at)

    def kill(self) -> None:
        if self.nursery.child:
            assert self.nursery.kill() == -9
            self.kills += 1

    def _start_anew(self, kill_at: int) -> None:
        while not self.start(kill_at):
            # Killed while it started: the next one gets further.
            kill_at = kill_at * 2 if isinstance(kill_at, int) else 0


@dataclass
class Window:
    """A station with its clerk, and all that was ever shown there."""

    name: str
    clerk: str
    folder: Path
    key: str
    nursery: Nursery
    kills: int = 0
    steps: list[str] = field(default_factory=list)
    """At which it was killed."""
    _said_before: int = 0

    @property
    def settings(self) -> Path:
        return self.folder / "station.toml"

    @property
    def journal(self) -> Path:
        return self.folder / "journal" / "journal.db"

    @property
    def receipts(self) -> Path:
        return self.folder / "receipts"

    @property
    def said(self) -> list[dict[str, Any]]:
        """In order. A line that was cut off by a kill was never shown."""
        file = self.folder / "said"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return [json.loads(row) for row in text.splitlines(keepends=True) if row.endswith("\n")]

    def count_said(self, what: str) -> int:
        file = self.folder / "said"
        return file.read_bytes().count(f'"{what}"'.encode()) if file.exists() else 0

    def left_open(self) -> list[str]:
        """Keys of forms submitted and never shown as accepted: the clerk does it again."""
        said = self.said
        shown = {each["key"] for each in said if "shown" in each}
        tried = dict.fromkeys(each["tried"] for each in said if "tried" in each)
        return [key for key in tried if key not in shown]

    def begin(self, acts: list[list[Any]], **more: Any) -> None:
        self._said_before = len(self.said)
        self.nursery.begin("work", **self._given(acts, more))

    def await_said(self, what: str) -> bool:
        """Waits until this life says that; False when it ended without."""
        before = self._said_before

        def is_said() -> bool:
            return any(what in each for each in self.said[before:])

        until(lambda: is_said() or self.nursery.is_over, what, within=_LONG)
        return is_said()

    def live(self, acts: list[list[Any]], **more: Any) -> int:
        """A whole life; its exit code."""
        return self.counted(self.nursery.run("work", **self._given(acts, more)))

    def hand_in(self) -> None:
        """Lives until no form is left open and no line waits."""
        for _ in range(_PASSES):
            acts: list[list[Any]] = [["accept", key] for key in self.left_open()]
            code = self.live([*acts, ["deliver"]])
            assert code == 0, (code, self.said[-3:])
            if self.said[-1]["waiting"] == 0:
                return
        raise AssertionError(f"{self.name} is not done: {self.said[-3:]}")

    def counted(self, code: int) -> int:
        assert code in (0, 3, 4, -9), f"{self.name} ended with {code}: {self.nursery.log[-4000:]}"
        if code == -9:
            self.kills += 1
            noted = self.folder / "noted"
            if noted.exists():
                self.steps.append(noted.read_text(encoding="utf-8").strip())
        return code

    def kill(self) -> None:
        if self.nursery.child:
            self.counted(self.nursery.kill())

    def _given(self, acts: list[list[Any]], more: dict[str, Any]) -> dict[str, Any]:
        (self.folder / "noted").unlink(missing_ok=True)
        if more.get("kill_at"):
            more.setdefault("noted", str(self.folder / "noted"))
        said = str(self.folder / "said")
        return {"settings": str(self.settings), "key": self.key, "said": said, "acts": acts, **more}


@dataclass
class Town:
    folder: Path
    authority: Authority
    engine: Engine
    service: Service
    windows: list[Window]

    @property
    def kills(self) -> int:
        return self.service.kills + sum(window.kills for window in self.windows)

    def add_window(
        self, clerk: str, folder: Path, nursery: Nursery, *, through: int = 0, lease: int = 5
    ) -> Window:
        """A new station, not enrolled yet; the clerk's key lies in the folder."""
        station = f"{clerk}-{uuid.uuid4().hex[:8]}"
        own = OTHER_WINDOW if clerk == "C02" else WINDOW
        code = new_enrolment_code(self.engine, station, own, datetime.now(UTC))
        port = through or self.service.port
        authorities = self.folder / "authorities.pem"
        _write_settings(folder, station, code, port, authorities, lease)
        window = Window(station, clerk, folder, str(folder / "key.pem"), nursery)
        self.windows.append(window)
        return window

    def finish(self) -> None:
        """All goes well at last: what was left open is submitted again, what waits is handed in."""
        self.service.ensure_up()
        for window in self.windows:
            window.hand_in()
        self.service.kill()


def forms(count: int, *, prints: int = 0) -> list[list[Any]]:
    """Acts: that many acceptances; each `prints`-th is printed and handed over."""
    return [["accept", str(uuid.uuid4()), bool(prints and at % prints == 0)] for at in range(count)]


@contextmanager
def a_town(
    folder: Path, database: str = "", *, windows: int = 1, through: int = 0, lease: int = 5
) -> Iterator[Town]:
    """A served hall; its windows reach it at the port `through`, or at its own.

    The first window's clerk is C01, the second's C02, the third is the supervisor's.
    """
    database = database or f"sqlite:///{folder / 'hall.sqlite'}"
    authority = Authority()
    authorities = folder / "authorities.pem"
    authorities.write_bytes(authority.pem)
    engine = open_engine(database)
    with ExitStack() as started:
        started.callback(engine.dispose)
        _make_tables(engine)
        load(engine, write_small_hall(folder / "files", hall_day(datetime.now(UTC)), STAFF))
        service = Service(warm("service"), folder, database, authorities)
        started.callback(service.kill)
        assert service.start()
        town = Town(folder, authority, engine, service, [])
        for code, name, _, identity in STAFF[:windows]:
            place = folder / code
            place.mkdir()
            write_key(place / "key.pem", clerk_key(authority, name, identity))
            town.add_window(code, place, warm("window", code), through=through, lease=lease)
            started.callback(town.windows[-1].kill)
        yield town


def _make_tables(engine: Engine) -> None:
    """The migrations run once; what they made is copied."""
    file = Path(engine.url.database or "")
    if engine.dialect.name != "sqlite" or file.exists():
        upgrade_schema(engine)
        return
    if not _template:
        made = Path(tempfile.mkdtemp(prefix="clerk-faults-")) / "hall.sqlite"
        first = open_engine(f"sqlite:///{made}")
        upgrade_schema(first)
        # The last connection writes the log back into the file.
        first.dispose()
        _template.append(made)
    shutil.copyfile(_template[0], file)


def _write_settings(
    place: Path, station: str, enrolment: str, port: int, authorities: Path, lease: int
) -> None:
    tables = {
        "station": {"id": station},
        "hall": {
            "url": f"http://127.0.0.1:{port}",
            "code": HALL,
            "authorities": str(authorities),
            "enrolment_code": enrolment,
            "lease_size": lease,
        },
        "journal": {"path": "journal/journal.db"},
        "printer": {"folder": "receipts"},
    }
    text = "\n".join(
        f"[{table}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in names.items())
        for table, names in tables.items()
    )
    (place / "station.toml").write_text(text, encoding="utf-8")

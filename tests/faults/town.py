"""A hall and its windows, each in processes that are made to be killed."""

import json
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
from clerk_client.hall import origin
from clerk_client.hall.loading import load
from clerk_client.hall.stations import new_enrolment_code
from clerk_client.hall.store import open_engine, upgrade_schema
from tests.faults.soft_key import write_key
from tests.hall.desk import clerk_key
from tests.helpers.nursery import Nursery
from tests.helpers.small_hall import HALL, OTHER_WINDOW, WINDOW, Staff, write_small_hall

STAFF: list[Staff] = [
    ("C01", "陈思敏", "clerk", "ZS-C01"),
    ("C02", "黄嘉怡", "clerk", "ZS-C02"),
    ("S01", "林主管", "supervisor", "ZS-S01"),
]
_PATIENCE = 30.0


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

    def start(self, kill_at: int = 0, noted: str = "") -> bool:
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

    def ensure_up(self, kill_at: int = 0) -> None:
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
            kill_at *= 2


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

    def left_open(self) -> list[str]:
        """Keys of forms that were submitted and never shown as accepted: the clerk does it again."""
        said = self.said
        shown = {each["key"] for each in said if "shown" in each}
        return list(dict.fromkeys(s["tried"] for s in said if "tried" in s and s["tried"] not in shown))

    def begin(self, acts: list[list[Any]], **more: Any) -> None:
        self.nursery.begin("work", **self._given(acts, more))

    def live(self, acts: list[list[Any]], **more: Any) -> int:
        """A whole life; its exit code."""
        return self.counted(self.nursery.run("work", **self._given(acts, more)))

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

    def finish(self) -> None:
        """All goes well at last: what was left open is submitted again, what waits is handed in."""
        self.service.ensure_up()
        for window in self.windows:
            acts: list[list[Any]] = [["accept", key] for key in window.left_open()]
            for _ in range(3):
                code = window.live([*acts, ["deliver"], ["deliver"]])
                assert code == 0, (code, window.said[-3:])
        self.service.kill()


def forms(count: int, *, prints: int = 0) -> list[list[Any]]:
    """Acts: that many acceptances; each `prints`-th is printed and handed over."""
    return [
        ["accept", str(uuid.uuid4()), bool(prints and at % prints == 0)] for at in range(count)
    ]


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
        upgrade_schema(engine)
        load(engine, write_small_hall(folder / "files", hall_day(datetime.now(UTC)), STAFF))
        nursery = started.enter_context(Nursery("tests.faults.service", folder / "hall.log"))
        service = Service(nursery, folder, database, authorities)
        assert service.start()
        town = Town(folder, authority, engine, service, [])
        for at, (code, name, _, identity) in enumerate(STAFF[:windows]):
            place = folder / code
            place.mkdir()
            key = write_key(place / "key.pem", clerk_key(authority, name, identity))
            station = f"{code}-{uuid.uuid4().hex[:8]}"
            own = OTHER_WINDOW if at == 1 else WINDOW
            enrolment = new_enrolment_code(engine, station, own, datetime.now(UTC))
            _write_settings(place, station, enrolment, through or service.port, authorities, lease)
            log = folder / f"{code}.log"
            warm = started.enter_context(Nursery("tests.faults.window", log))
            town.windows.append(Window(station, code, place, str(key), warm))
        yield town


def restore(town: Town, backup: Path) -> int:
    """As docs/hall.md says: the file is put back and told so. The new epoch."""
    file = Path(town.service.database.removeprefix("sqlite:///"))
    for beside in ("", "-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)
    file.write_bytes(backup.read_bytes())
    town.engine.dispose()
    return origin.restored(town.engine, None, anyway=False)


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


"""Everything around the demo's window: keys, hall, tickets under the camera, station.toml.

Keys are made once. Hall, journal and tickets are new at each start, so that today's tickets wait.
"""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from clerk_client.demo.authority import Authority
from clerk_client.demo.folders import alone_in, claim
from clerk_client.demo.hall_process import HallProcess
from clerk_client.demo.photographs import photograph
from clerk_client.demo.slip import SlipText
from clerk_client.demo.soft_tokens import SoftTokens
from clerk_client.domain.clock import HALL_OFFSET, hall_day
from clerk_client.domain.tickets import TicketReference, ticket_text
from clerk_client.hall_link import secret_store

STATION = "demo-B12"
WINDOW = "B12"
_KEYS_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has one of the demo's keys. `identity` is in clerks.csv and in the certificate."""

    identity: str
    name: str
    pin: str


CLERK = Holder("ZS-0001", "陈思敏", "123456")
SUPERVISOR = Holder("ZS-0101", "梁国辉", "654321")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a demo runs on. `environment` must be set before a key is looked for."""

    settings: Path
    receipts: Path
    hall: HallProcess
    environment: dict[str, str]
    tickets: tuple[str, ...]
    """Numbers of the waiting tickets, in the order in which the camera shows them."""


@contextmanager
def set_stage(folder: Path, now: datetime, say: Say) -> Iterator[Stage]:
    """Prepares `folder`, runs the hall as a process for as long as the context lasts.

    Nobody else sets a stage there meanwhile. Raises DemoError.
    """
    folder = folder.resolve()
    claim(folder)
    with alone_in(folder):
        yield from _set(folder, now, say)


def _set(folder: Path, now: datetime, say: Say) -> Iterator[Stage]:
    store, authority = _keys(folder / "keys", say)
    say("Loading the sample hall")
    for old in ("hall", "journal", "files"):
        shutil.rmtree(folder / old, ignore_errors=True)
    today = hall_day(now)
    hall = HallProcess(folder / "hall", authority)
    hall.load(_filled_sample(folder / "files", today))
    enrolment_code = hall.enrol(STATION, WINDOW)
    tickets = _photographs(folder / "camera", now, say)
    say("Starting the hall service on a loopback port")
    with hall:
        settings = _write_settings(folder, hall.url, enrolment_code, store)
        yield Stage(settings, folder / "receipts", hall, store.environment, tickets)


def _keys(folder: Path, say: Say) -> tuple[SoftTokens, bytes]:
    marker = folder / f"made-{_KEYS_VERSION}"
    if not marker.exists():
        say("Making two soft keys, a clerk's and a supervisor's")
        shutil.rmtree(folder, ignore_errors=True)
        authority = Authority()
        store = SoftTokens(folder)
        for holder in (CLERK, SUPERVISOR):
            store.add_clerk(authority, holder.name, holder.identity, pin=holder.pin)
        (folder / "authority.pem").write_bytes(authority.pem)
        marker.touch()
    return SoftTokens(folder), (folder / "authority.pem").read_bytes()


def _filled_sample(folder: Path, today: date) -> Path:
    """The sample files with their days filled in."""
    folder.mkdir(parents=True)
    days = {
        "{yesterday}": today - timedelta(days=1),
        "{today}": today,
        "{tomorrow}": today + timedelta(days=1),
    }
    for file in files("resources").joinpath("sample").iterdir():
        if not file.name.endswith((".csv", ".json")):
            continue
        text = file.read_text(encoding="utf-8")
        for placeholder, day in days.items():
            text = text.replace(placeholder, day.isoformat())
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


def _photographs(folder: Path, now: datetime, say: Say) -> tuple[str, ...]:
    """Pictures of today's waiting tickets; kept while the day lasts."""
    today = hall_day(now)
    waiting = _waiting_tickets()
    names = [f"{place:02d}-{row['number']}.jpg" for place, row in enumerate(waiting)]
    marker = folder / f"{today.isoformat()}.day"
    if not marker.exists():
        say(f"Photographing {len(waiting)} queue tickets")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for seed, (row, name) in enumerate(zip(waiting, names, strict=True)):
            (folder / name).write_bytes(photograph(_slip(row, now, len(waiting) - seed), seed))
        marker.touch()
    return tuple(row["number"] for row in waiting)


def _waiting_tickets() -> list[dict[str, str]]:
    """Those that lead to an acceptance first, then one that a clerk must refuse."""
    rows = [r for r in _sample("tickets") if r["day"] == "{today}" and r["status"] == "waiting"]
    suspended = {row["code"] for row in _sample("matters") if row["suspended"]}
    parents = {row["code"] for row in _sample("matters") if row["is_parent"] == "yes"}
    refused = [r for r in rows if suspended & set(r["matters"].split(";"))]
    plain = [r for r in rows if r not in refused and not parents & set(r["matters"].split(";"))]
    first = [row for row in plain if row["number"] == "A023"]
    return first + [row for row in plain if row not in first] + refused


def _slip(row: dict[str, str], now: datetime, ahead: int) -> SlipText:
    matters = {matter["code"]: matter for matter in _sample("matters")}
    departments = {department["code"]: department["name"] for department in _sample("departments")}
    wanted = row["matters"].split(";")
    names = "、".join(matters[code]["name"] for code in wanted if code) or "综合业务"
    department = departments[matters[wanted[0]]["department"]] if wanted[0] else "综合窗口"
    hall = json.loads(files("resources").joinpath("sample", "hall.json").read_text("utf-8"))
    reference = TicketReference(hall["code"], hall_day(now), row["number"])
    return SlipText(
        hall=hall["name"],
        number=row["number"],
        matter=names,
        department=department,
        area="2楼B区",
        ahead=ahead,
        drawn_at=f"{now.astimezone(HALL_OFFSET):%Y-%m-%d %H:%M}",
        appointment=row["appointment"],
        document="4420****1234",
        code=ticket_text(reference),
    )


def _sample(table: str) -> list[dict[str, str]]:
    text = files("resources").joinpath("sample", f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _write_settings(folder: Path, url: str, enrolment_code: str, store: SoftTokens) -> Path:
    store.write_driver(folder / "drivers")
    hall = json.loads(files("resources").joinpath("sample", "hall.json").read_text("utf-8"))
    serials = store.serials()
    demo: dict[str, object] = {
        "pins": {serials[holder.identity]: holder.pin for holder in (CLERK, SUPERVISOR)}
    }
    if not secret_store.is_offered():
        demo["keyring_folder"] = "keyring"
    settings = folder / "station.toml"
    _write_toml(
        settings,
        {
            "station": {"id": STATION},
            "hall": {
                "url": url,
                "code": hall["code"],
                "name": hall["name"],
                "authorities": "keys/authority.pem",
                "enrolment_code": enrolment_code,
            },
            "journal": {"path": "journal/journal.db"},
            "camera": {"source": f"folder:{folder / 'camera'}"},
            "printer": {"folder": "receipts"},
            "keys": {"drivers": "drivers"},
            "log": {"folder": "logs"},
            "demo": demo,
        },
    )
    return settings


def _write_toml(file: Path, tables: dict[str, dict[str, object]]) -> None:
    """Texts, numbers, truth values, lists and flat tables: JSON's spelling of these is TOML's."""
    lines: list[str] = []
    for table, names in tables.items():
        if table:
            lines.append(f"[{table}]")
        for name, value in names.items():
            if isinstance(value, dict):
                inner = ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items())
                lines.append(f"{name} = {{ {inner} }}")
            else:
                lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

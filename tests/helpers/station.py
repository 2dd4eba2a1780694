"""A whole station on real parts: SoftHSM keys, the hall as a process, a journal, a printer."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.demo.soft_tokens import SoftTokens
from clerk_client.domain.clock import SystemClock, hall_day
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, upgrade_schema
from clerk_client.parts import Parts
from clerk_client.settings import load_settings
from tests.helpers.small_hall import HALL, WINDOW, write_small_hall
from ukey.hub import OpenedKey
from ukey.token import Token


class Person(NamedTuple):
    """A row of clerks.csv; `identity` is the serialNumber in their certificate."""

    code: str
    name: str
    role: str
    identity: str


CLERK = Person("W01", "张丽", "clerk", "ZS-0001")
SUPERVISOR = Person("S01", "梁国辉", "supervisor", "ZS-0101")
IT = Person("T01", "信息员", "it", "ZS-T01")
STRANGER = Person("X01", "黄生", "clerk", "ZZ-9999")


@dataclass
class Station:
    """What a test holds in its hands."""

    folder: Path
    hall: HallProcess
    store: SoftTokens
    authority: Authority
    settings: Path
    today: date

    @property
    def receipts(self) -> Path:
        """Where the folder printer puts its papers."""
        return self.folder / "receipts"

    def at_hall(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """What the hall's database answers, past the service."""
        with closing(sqlite3.connect(self.hall.database_file)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def opened(self) -> Iterator[Parts]:
        """The station's parts, as a start of the client builds them; closed at the end."""
        parts = Parts(load_settings(self.settings), SystemClock())
        try:
            yield parts
        finally:
            parts.desk().close()
            parts.close()


def make_station(folder: Path, store: SoftTokens, authority: Authority, name: str) -> Station:
    """Loads a small hall, starts it, and writes the station's settings with an enrolment code.

    `store` already holds the keys; `name` keeps its secrets apart in the keyring.
    """
    today = hall_day(SystemClock().now())
    hall = HallProcess(folder / "hall", authority.pem)
    # Here and not by the commands: two starts of Python less for each station.
    engine = open_engine(hall.database)
    try:
        upgrade_schema(engine)
        load(engine, write_small_hall(folder / "files", today, [CLERK, SUPERVISOR, IT]))
        code = new_enrolment_code(engine, name, WINDOW, SystemClock().now())
    finally:
        engine.dispose()
    hall.start()
    (folder / "authorities.pem").write_bytes(authority.pem)
    tables = {
        "station": {"id": name},
        "hall": {
            "url": hall.url,
            "code": HALL,
            "authorities": "authorities.pem",
            "enrolment_code": code,
        },
        "journal": {"path": "journal/journal.db"},
        "camera": {"source": f"folder:{folder / 'camera'}"},
        "printer": {"folder": "receipts"},
        "keys": {"drivers": "drivers"},
        "log": {"folder": "logs"},
    }
    store.write_driver(folder / "drivers")
    settings = folder / "station.toml"
    settings.write_text(
        "\n".join(
            f"[{table}]\n"
            + "\n".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in names.items())
            for table, names in tables.items()
        ),
        encoding="utf-8",
    )
    return Station(folder, hall, store, authority, settings, today)


def opened_key(parts: Parts, holder: str, pin: str) -> OpenedKey:
    """The key of that holder, found as the login page finds it."""
    token: Token = next(
        token
        for token in parts.hub().scan()
        if token.certificate is not None and token.certificate.holder == holder
    )
    return parts.hub().open(token.id, pin)


def text_of(pdf: Path) -> str:
    """What pdftotext (poppler) reads, blanks dropped."""
    program = shutil.which("pdftotext")
    assert program, "poppler-utils is missing"
    done = subprocess.run([program, "-layout", str(pdf), "-"], capture_output=True, check=True)
    return "".join(done.stdout.decode("utf-8").split())


def code_on(pdf: Path) -> str:
    """The QR code on a printed paper, read by this project's own scanner from a 150 dpi picture."""
    import cv2

    from scanner.decode import decode

    picture = pdf.with_suffix("")
    command = ["pdftoppm", "-r", "150", "-png", "-singlefile", str(pdf), str(picture)]
    subprocess.run(command, check=True, capture_output=True)
    (reading,) = decode(cv2.imread(f"{picture}.png"), thorough=True)
    return reading.text

"""station.toml: what one station is told about itself. Read once, frozen.

Looked for at `--station`, then `$CLERK_CLIENT_STATION`, then `/etc/clerk_client/station.toml`, then
the user's configuration folder. Paths inside are relative to the file. `[demo]` is the only switch
between a demonstration and a real station.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

import resources

ENVIRONMENT = "CLERK_CLIENT_STATION"

# As scanner.sources tells them apart, which this room does not load.
_CAMERA = re.compile(r"\s*(?:camera:.*|(?:file|folder):\s*\S.*|http://[^\s@/]+(?:/\S*)?\s*)")
_CAMERA_FORMS = "camera:, camera:NUMBER, camera:NAME, file:PATH, folder:PATH, http://HOST/PATH"
_ONE_CAMERA = "it names one camera; another is chosen on the reception page: see docs/camera.md"


class SettingsBroken(Exception):
    """station.toml is missing, is no TOML, or lacks or misspells a setting."""

    code = "SETTINGS_BROKEN"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


@cache
def usual_tickets() -> tuple[Mapping[str, Any], ...]:
    """The [[ticket]] tables of a station whose station.toml has none."""
    return tuple(tomllib.loads(resources.text("ticket_formats.toml"))["ticket"])


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """Only in a demonstration: PINs to show at login (by key serial), and a keyring folder."""

    pins: Mapping[str, str] = field(default_factory=dict)
    keyring_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """[identity]: 统一身份认证 after the key, where a hall has it. See docs/identity.md.

    `claim` of the ID token must say what the certificate says of its holder.
    """

    issuer: str
    client_id: str
    claim: str = "preferred_username"
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """One station's settings. Defaults suit a hall's ordinary window.

    `hall_ca_file`: who vouches for the hall's TLS certificate, by default the system's authorities;
    `cameras_kept`: the file of what a clerk set for each camera, by default beside the journal;
    `gun_prefix`, `gun_suffix`: what a bar-code gun types before and after each code.
    `tickets`: the [[ticket]] tables as they stand, for `domain.ticket_formats.formats_of`.
    `key_downloads`: where the driver of each family of keys is to be had, an address or a share;
    `key_help`: whom to call; `key_office`: who receives a 业务需求表.
    """

    path: Path
    station: str
    hall_url: str
    hall: str
    hall_name: str
    authorities: Path
    journal: Path
    hall_ca_file: Path | None = None
    enrolment_code: str = ""
    camera: str = "camera:0"
    cameras_kept: Path | None = None
    gun_prefix: str = ""
    gun_suffix: str = "\r"
    tickets: tuple[Mapping[str, Any], ...] = field(default_factory=usual_tickets)
    printer: str = ""
    printer_folder: Path | None = None
    drivers: Path | None = None
    revocation_lists: tuple[Path, ...] = ()
    key_downloads: Mapping[str, str] = field(default_factory=dict)
    key_help: str = ""
    key_office: str = "网建办"
    log_folder: Path | None = None
    lease_size: int = 50
    query_address: str = ""
    identity: IdentitySettings | None = None
    demo: DemoSettings | None = None


def find_settings(named: Path | None = None) -> Path:
    """The station.toml to use. Raises SettingsBroken naming every place looked at."""
    if named is not None:
        return named
    if os.environ.get(ENVIRONMENT):
        return Path(os.environ[ENVIRONMENT])
    places = [
        Path("/etc/clerk_client/station.toml"),
        platformdirs.user_config_path("clerk_client", appauthor=False) / "station.toml",
    ]
    for place in places:
        if place.exists():
            return place
    raise SettingsBroken(places[-1], "not found; looked at " + ", ".join(map(str, places)))


def load_settings(path: Path) -> Settings:
    """Raises SettingsBroken with the file and what is wrong in it."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsBroken(path, str(error)) from error
    reader = _Reader(path, tables)
    settings = Settings(
        path=path,
        station=reader.text("station", "id", form=r"[^|\x00-\x1f\x7f]{1,80}"),
        hall_url=reader.text("hall", "url").rstrip("/"),
        hall=reader.text("hall", "code", form=r"[0-9]{6}"),
        hall_name=reader.text("hall", "name", ""),
        authorities=reader.place("hall", "authorities") or path.parent / "authorities.pem",
        hall_ca_file=reader.place("hall", "ca_file"),
        enrolment_code=reader.text("hall", "enrolment_code", "", form=r"|.{8,100}"),
        lease_size=reader.whole("hall", "lease_size", 50, most=500),
        query_address=reader.text("hall", "query_address", ""),
        journal=reader.place("journal", "path")
        or platformdirs.user_data_path("clerk_client", appauthor=False) / "journal.db",
        camera=reader.camera(),
        cameras_kept=reader.place("camera", "kept"),
        gun_prefix=reader.text("gun", "prefix", "", form=r"[ -~\t]{0,16}"),
        gun_suffix=reader.text("gun", "suffix", "\r", form=r"[ -~\t\r\n]{0,16}"),
        tickets=reader.tables("ticket") or usual_tickets(),
        printer=reader.text("printer", "name", ""),
        printer_folder=reader.place("printer", "folder"),
        drivers=reader.place("keys", "drivers"),
        revocation_lists=reader.places("keys", "revocation_lists"),
        key_downloads=reader.texts("keys", "downloads"),
        key_help=reader.text("keys", "help", ""),
        key_office=reader.text("keys", "office", "网建办", form=r"\S(.*\S)?"),
        log_folder=reader.place("log", "folder"),
        identity=reader.identity(),
        demo=reader.demo(),
    )
    reader.refuse_leftovers()
    return settings


class _Reader:
    """Takes settings out of the tables, so that what is left over was misspelt."""

    def __init__(self, path: Path, tables: dict[str, Any]) -> None:
        self._path = path
        self._tables = tables

    def text(
        self, table: str, name: str, default: str | None = None, form: str = r"(?s:.*)"
    ) -> str:
        value = self._take(table, name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise SettingsBroken(self._path, f"[{table}] {name} must be a text")
        if not re.fullmatch(form, value):
            raise SettingsBroken(self._path, f"[{table}] {name} is not of the form {form}")
        return value

    def whole(self, table: str, name: str, default: int, most: int) -> int:
        value = self._take(table, name, default)
        if type(value) is not int or not 1 <= value <= most:
            raise SettingsBroken(self._path, f"[{table}] {name} must be a number from 1 to {most}")
        return value

    def place(self, table: str, name: str) -> Path | None:
        value = self.text(table, name, "")
        return self._path.parent / Path(value).expanduser() if value else None

    def places(self, table: str, name: str) -> tuple[Path, ...]:
        values = self._take(table, name, [])
        if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            raise SettingsBroken(self._path, f"[{table}] {name} must be a list of paths")
        return tuple(self._path.parent / Path(value).expanduser() for value in values)

    def texts(self, table: str, name: str) -> dict[str, str]:
        values = self._take(table, name, {})
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise SettingsBroken(self._path, f"[{table}] {name} must be a table of texts")
        return values

    def tables(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """All of [[name]], in the file's order."""
        found = self._tables.pop(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise SettingsBroken(self._path, f"[[{name}]] must be a list of tables")
        return tuple(found)

    def camera(self) -> str:
        camera = self._tables.get("camera", {})
        source = camera.get("source") if isinstance(camera, dict) else None
        if isinstance(camera, list) or isinstance(source, list):
            raise SettingsBroken(self._path, f"[camera] must not be a list: {_ONE_CAMERA}")
        source = self.text("camera", "source", "camera:0")
        if not _CAMERA.fullmatch(source):
            raise SettingsBroken(
                self._path, f"[camera] source must be one of {_CAMERA_FORMS}: see docs/camera.md"
            )
        return source

    def demo(self) -> DemoSettings | None:
        if "demo" not in self._tables:
            return None
        return DemoSettings(self.texts("demo", "pins"), self.place("demo", "keyring_folder"))

    def identity(self) -> IdentitySettings | None:
        if "identity" not in self._tables:
            return None
        # Encrypted, or not leaving this machine.
        address = r"https://\S+|http://(?:127\.0\.0\.1|localhost)[:/]\S*"
        return IdentitySettings(
            issuer=self.text("identity", "issuer", form=address).rstrip("/"),
            client_id=self.text("identity", "client_id", form=r"\S{1,200}"),
            claim=self.text("identity", "claim", "preferred_username", form=r"\S{1,80}"),
            ca_file=self.place("identity", "ca_file"),
        )

    def refuse_leftovers(self) -> None:
        for table, names in self._tables.items():
            if not isinstance(names, dict) or table not in _TABLES:
                why = f"; [camera]: {_ONE_CAMERA}" if table.startswith("camera") else ""
                raise SettingsBroken(self._path, f"unknown table [{table}]{why}")
            if names:
                raise SettingsBroken(self._path, f"unknown setting [{table}] {sorted(names)[0]}")

    def _take(self, table: str, name: str, default: Any) -> Any:
        names = self._tables.get(table, {})
        if not isinstance(names, dict):
            raise SettingsBroken(self._path, f"[{table}] must be a table")
        if name not in names:
            if default is None:
                raise SettingsBroken(self._path, f"[{table}] {name} is missing")
            return default
        return names.pop(name)


_TABLES = frozenset(
    (
        "station",
        "hall",
        "journal",
        "camera",
        "printer",
        "keys",
        "log",
        "identity",
        "demo",
        "gun",
    )
)

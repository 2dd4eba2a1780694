"""What station.toml says of keys, for the command line: the client's own reader is out of reach.

Looked for where the client looks. Only the settings about keys are read, and no others judged.
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

ENVIRONMENT = "CLERK_CLIENT_STATION"


class StationUnusable(Exception):
    """The file cannot be read, is no TOML, or a setting about keys is of the wrong kind."""

    code = "STATION_UNUSABLE"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Station:
    """`[keys] drivers`, `[keys] revocation_lists` and `[hall] authorities` of the file at `path`.

    `authorities` is always named: without the setting it is authorities.pem beside the file.
    """

    path: Path
    authorities: Path
    drivers: Path | None = None
    revocation_lists: tuple[Path, ...] = ()


def find_station() -> Path | None:
    """Where the client would look: what the environment names is meant, even if it is not there."""
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    places = (
        Path("/etc/clerk_client/station.toml"),
        platformdirs.user_config_path("clerk_client", appauthor=False) / "station.toml",
    )
    return next((place for place in places if place.exists()), None)


def read_station(path: Path) -> Station:
    """Paths in it are relative to the file. Raises StationUnusable."""
    path = path.absolute()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StationUnusable(path, reason) from error
    reader = _Reader(path, tables)
    return Station(
        path=path,
        authorities=reader.place("hall", "authorities") or path.parent / "authorities.pem",
        drivers=reader.place("keys", "drivers"),
        revocation_lists=reader.places("keys", "revocation_lists"),
    )


class _Reader:
    def __init__(self, path: Path, tables: dict[str, Any]) -> None:
        self._path = path
        self._tables = tables

    def place(self, table: str, name: str) -> Path | None:
        value = self._value(table, name, "")
        if not isinstance(value, str):
            raise StationUnusable(self._path, f"[{table}] {name} must be a text")
        return self._beside(value) if value else None

    def places(self, table: str, name: str) -> tuple[Path, ...]:
        values = self._value(table, name, [])
        if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            raise StationUnusable(self._path, f"[{table}] {name} must be a list of paths")
        return tuple(map(self._beside, values))

    def _value(self, table: str, name: str, default: Any) -> Any:
        fields = self._tables.get(table, {})
        if not isinstance(fields, dict):
            raise StationUnusable(self._path, f"[{table}] must be a table")
        return fields.get(name, default)

    def _beside(self, value: str) -> Path:
        try:
            return self._path.parent / Path(value).expanduser()
        except RuntimeError as error:
            raise StationUnusable(self._path, str(error)) from error

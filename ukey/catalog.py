"""Which vendor drivers there are and where their libraries stand.

One TOML file a driver, in `resources/drivers/` and in a folder of IT's own:

    name = "gdca"                  # a file of IT's with this name replaces the one shipped
    family = "gdca"
    family_name = "白色KEY(GDCA)"
    pin_min = 4
    pin_max = 16
    checked_on_hardware = false

    [libraries]                    # absolute paths; the first that exists is taken
    windows = ['C:\\Windows\\System32\\example.dll']
    linux = ["/usr/lib/libexample.so"]
"""

import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from ukey.errors import CatalogBroken

_SYSTEM = "windows" if sys.platform == "win32" else "linux"
_PATHS: dict[str, type[PurePath]] = {"windows": PureWindowsPath, "linux": PurePosixPath}
_KINDS: dict[str, type] = {
    "name": str,
    "family": str,
    "family_name": str,
    "pin_min": int,
    "pin_max": int,
    "checked_on_hardware": bool,
    "libraries": dict,
}


@dataclass(frozen=True, slots=True)
class Driver:
    """驱动: a vendor's PKCS#11 library. `library` need not exist: most stations have but one."""

    name: str
    family: str
    family_name: str
    library: Path
    pin_min: int
    pin_max: int
    checked_on_hardware: bool


def load_catalog(extra: Path | None = None) -> tuple[Driver, ...]:
    """The drivers shipped and those in the folder `extra`, which replace by name.

    A driver without a path for this system is left out. Raises CatalogBroken.
    """
    drivers = {d.name: d for d in _drivers(files("resources").joinpath("drivers"))}
    if extra is not None:
        drivers.update({d.name: d for d in _drivers(extra)})
    return tuple(d for d in drivers.values() if d.library != Path())


def _drivers(folder: Traversable) -> Iterable[Driver]:
    try:
        found = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=_name_of)
    except OSError as error:
        raise CatalogBroken(str(folder), str(error)) from error
    for file in found:
        try:
            yield _driver(tomllib.loads(file.read_text(encoding="utf-8")))
        # TOMLDecodeError and UnicodeDecodeError are ValueErrors too.
        except (OSError, ValueError) as error:
            raise CatalogBroken(file.name, str(error)) from error


def _name_of(file: Traversable) -> str:
    return file.name


def _driver(fields: dict[str, Any]) -> Driver:
    """Raises ValueError: an unknown field is refused, since it is a misspelt one."""
    for name in (*_KINDS, *fields):
        if name not in fields:
            raise ValueError(f"{name} is missing")
        if name not in _KINDS:
            raise ValueError(f"{name} is not known")
        if type(fields[name]) is not _KINDS[name]:
            raise ValueError(f"{name} is no {_KINDS[name].__name__}")
        if fields[name] == "":
            raise ValueError(f"{name} is empty")
    if not 1 <= fields["pin_min"] <= fields["pin_max"]:
        raise ValueError("pin_min and pin_max are no range")
    library = _first_existing(_libraries(fields.pop("libraries")))
    return Driver(library=library, **fields)


def _libraries(paths: dict[str, Any]) -> list[Path]:
    """This system's paths. A relative one would load whatever lies where the client starts."""
    for system, listed in paths.items():
        if system not in _PATHS:
            raise ValueError(f"libraries.{system} is not known")
        if not isinstance(listed, list) or not all(isinstance(p, str) for p in listed):
            raise ValueError(f"libraries.{system} is no list of paths")
        for path in listed:
            if not _PATHS[system](path).is_absolute():
                raise ValueError(f"libraries.{system}: {path!r} is not absolute")
    return [Path(path) for path in paths.get(_SYSTEM, [])]


def _first_existing(paths: list[Path]) -> Path:
    """The first when none exists, so that there is a path to name; empty without any."""
    return next((path for path in paths if path.exists()), paths[0] if paths else Path())

"""Which vendor drivers there are, where their libraries stand and whose keys they drive.

One TOML file a driver, in `resources/drivers/` and in a folder of IT's own, with `families.toml`
beside them; docs/drivers.md has every field.
"""

import platform
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ukey.driver_files import (
    LABEL_ENCODINGS,
    MECHANISMS,
    PIN_LENGTHS,
    DriverFile,
    driver_file,
)
from ukey.errors import CatalogBroken
from ukey.registry import Registry, is_32_bit, libraries_in, this_registry
from ukey.toml_file import Table, read_toml

_MACHINES = {
    "amd64": "x64",
    "x86_64": "x64",
    "i386": "x86",
    "i686": "x86",
    "aarch64": "arm64",
    "arm64": "arm64",
    "loongarch64": "loong64",
}
_FAMILIES = "families.toml"
_OF_OTHERS = "kinds.toml"  # which certificates stand for whom


@dataclass(frozen=True, slots=True)
class Family:
    """电子钥匙的种类: the colour and maker that a clerk knows the key by.

    `issuers` are pieces of a certificate issuer's name (CN or O) that tell this family.
    """

    name: str
    title: str
    issuers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Driver:
    """驱动: a vendor's PKCS#11 library. It need not be there: most stations have but one.

    `family` and `family_name` are empty for a maker's library that serves keys of several families.
    `libraries` are the places of this one library for this system and bitness, in the order of
    search, never empty; `other_libraries` those for another processor or bitness of this system.
    Where only the latter are known they stand in both, so that what lies there is found, and found
    to be for another processor.
    """

    name: str
    family: str
    family_name: str
    libraries: tuple[Path, ...]
    pin_min: int
    pin_max: int
    checked_on_hardware: bool
    maker: str = ""
    other_libraries: tuple[Path, ...] = ()
    usb: tuple[str, ...] = ()
    """As `096E:0309`, in capitals."""
    uses_pcsc: bool = False
    mechanisms: tuple[str, ...] = MECHANISMS
    """For RSA, in order of preference."""
    label_encodings: tuple[str, ...] = LABEL_ENCODINGS
    """Tried in this order."""
    ignores_blank: bool = False
    """A slot with a key that was never set up is no key: the driver always shows one."""
    restart_to_notice: bool = False
    """Sees keys come and go only when it is started afresh."""

    @property
    def library(self) -> Path:
        """The first that exists, else the first, so that there is a path to name."""
        return next((path for path in self.libraries if _exists(path)), self.libraries[0])


@dataclass(frozen=True, slots=True)
class Catalog:
    """What is known of drivers and keys. `problems` are the broken files; they stop nothing else.

    `usb_only` are USB id and family of the keys that no library for this system is known to drive.
    """

    drivers: tuple[Driver, ...]
    families: tuple[Family, ...] = ()
    problems: tuple[CatalogBroken, ...] = ()
    usb_only: tuple[tuple[str, str], ...] = ()

    def family_of_usb(self, usb_id: str) -> tuple[str, ...]:
        """The families that a key with this id may be of.

        () for an id that nobody lists, and for a maker's whose keys may be of any family.
        """
        found = (family for known, family in self._usb() if known == usb_id.upper())
        return tuple(family for family in dict.fromkeys(found) if family)

    def knows_usb(self, usb_id: str) -> bool:
        return any(known == usb_id.upper() for known, _ in self._usb())

    def _usb(self) -> Iterator[tuple[str, str]]:
        for driver in self.drivers:
            yield from ((usb_id, driver.family) for usb_id in driver.usb)
        yield from self.usb_only


def load_catalog(
    extra: Path | None = None, *, on: str | None = None, registry: Registry | None = None
) -> Catalog:
    """What is shipped and what stands in the folder `extra`, which replaces by name.

    Raises nothing about files: see `Catalog.problems`. `on` (one of PLATFORMS) and `registry` are
    this process's own unless given.
    """
    reading = _Reading()
    reading.read(files("resources").joinpath("drivers"))
    if extra is not None:
        reading.read(extra)
    on = on or this_platform()
    if registry is None and on.startswith("windows"):
        registry = this_registry()
    drivers: list[Driver] = []
    walked: list[Driver] = []
    usb_only: list[tuple[str, str]] = []
    for file in reading.drivers.values():
        family = reading.family_of(file)
        own, more = _places(file, on, registry)
        drivers += _driver(file, file.name, family, own)
        for name, places in more.items():
            walked += _driver(file, f"{file.name}-{name}", family, places)
        usb_only += [(usb_id, family.name if family else "") for usb_id in file.usb]
    # A driver file knows more of its library than a walk through the registry does.
    named = {_folded(path) for one in drivers for path in (*one.libraries, *one.other_libraries)}
    drivers += [one for one in walked if not named.issuperset(map(_folded, one.libraries))]
    listed = {(usb_id, one.family) for one in drivers for usb_id in one.usb}
    return Catalog(
        drivers=tuple(drivers),
        families=tuple(reading.families.values()),
        problems=tuple(reading.problems),
        usb_only=tuple(one for one in usb_only if one not in listed),
    )


def driver_at(path: Path) -> Driver:
    """The library at `path` alone, about which no file says anything."""
    return Driver(
        name=path.name,
        family="",
        family_name="",
        libraries=(path.absolute(),),
        pin_min=PIN_LENGTHS[0],
        pin_max=PIN_LENGTHS[1],
        checked_on_hardware=False,
    )


def this_platform() -> str:
    """One of PLATFORMS, or a name like them for which no driver is known."""
    system = "windows" if sys.platform == "win32" else sys.platform
    machine = _MACHINES.get(platform.machine().lower(), platform.machine().lower())
    # machine() tells of the system, on which a 32-bit process may well run.
    if struct.calcsize("P") == 4:
        machine = "x86" if machine in ("x64", "x86") else f"{machine}-32"
    return f"{system}-{machine}"


class _Reading:
    """The files as they are read, folder by folder, the later ones replacing by name."""

    def __init__(self) -> None:
        self.drivers: dict[str, DriverFile] = {}
        self.families: dict[str, Family] = {}
        self.problems: list[CatalogBroken] = []

    def read(self, folder: Traversable) -> None:
        here: dict[str, DriverFile] = {}
        for file in self._toml_files(folder):
            try:
                table = read_toml(file)
                if file.name.lower() == _FAMILIES:
                    self._read_families(table)
                else:
                    _add(here, driver_file(table))
            except CatalogBroken as problem:
                self.problems.append(problem)
        # The first driver of a library is the one that is used, so IT's come before those shipped.
        self.drivers = here | {name: one for name, one in self.drivers.items() if name not in here}

    def family_of(self, file: DriverFile) -> Family | None:
        """Without a family the driver works all the same, and the mistake may stand elsewhere."""
        if file.family and file.family not in self.families:
            reason = f"is '{file.family}', which no {_FAMILIES} has; the driver is used without"
            self.problems.append(file.table.broken("family", reason))
        return self.families.get(file.family)

    def _read_families(self, tables: Table) -> None:
        for name in tables:
            try:
                table = tables.table(name)
                table.has_only("title", "issuers")
                self.families[name] = Family(name, table.text("title"), table.texts("issuers"))
            except CatalogBroken as problem:
                self.problems.append(problem)

    def _toml_files(self, folder: Traversable) -> list[Traversable]:
        try:
            found = sorted(folder.iterdir(), key=lambda file: file.name)
        except OSError as error:
            reason = f"folder cannot be read: {error.strerror or error}"
            self.problems.append(CatalogBroken(str(folder), 0, reason))
            return []
        # A dot comes first in what editors and shares leave behind.
        names = [(file, file.name.lower()) for file in found if not file.name.startswith(".")]
        return [file for file, name in names if name.endswith(".toml") and name != _OF_OTHERS]


def _add(drivers: dict[str, DriverFile], file: DriverFile) -> None:
    if file.name in drivers:
        also = drivers[file.name].table.file
        raise file.table.broken("name", f"is '{file.name}', as in {also}: one of them has to go")
    drivers[file.name] = file


@dataclass(frozen=True, slots=True)
class _Places:
    """Where one library may stand, by whether this process could load it from there."""

    own: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def _places(
    file: DriverFile, on: str, registry: Registry | None
) -> tuple[_Places, dict[str, _Places]]:
    """The driver's own places, and by name those of each library that a `*` stood for.

    The registry's come first: it says what was installed, the file only what is usual.
    """
    system = f"{on.partition('-')[0]}-"
    places = _Places()
    walked: dict[str, _Places] = {}
    if registry is not None and system == "windows-":
        for key, value in file.registry:
            for name, library in libraries_in(registry, key, value):
                found = walked.setdefault(name.lower(), _Places()) if name else places
                # A 32-bit process is shown the 32-bit keys under either name.
                is_own = on == "windows-x86" or not is_32_bit(key)
                (found.own if is_own else found.others).append(library)
    places.own.extend(file.libraries.get(on, ()))
    for other, paths in file.libraries.items():
        if other != on and other.startswith(system):
            places.others.extend(paths)
    return places, walked


def _driver(file: DriverFile, name: str, family: Family | None, places: _Places) -> list[Driver]:
    """One, or none without any place on this system."""
    own = tuple(dict.fromkeys(map(Path, places.own)))
    others = tuple(path for path in dict.fromkeys(map(Path, places.others)) if path not in own)
    if not own and not others:
        return []
    driver = Driver(
        name=name,
        family=family.name if family else "",
        family_name=family.title if family else "",
        libraries=own or others,
        pin_min=file.pin_min,
        pin_max=file.pin_max,
        checked_on_hardware=file.checked_on_hardware,
        maker=file.maker,
        other_libraries=others,
        usb=file.usb,
        uses_pcsc=file.uses_pcsc,
        ignores_blank=file.ignores_blank,
        restart_to_notice=file.restart_to_notice,
        mechanisms=file.mechanisms,
        label_encodings=file.label_encodings,
    )
    return [driver]


def _exists(path: Path) -> bool:
    # A folder that may not be looked into is an error to Path.exists().
    with suppress(OSError):
        return path.exists()
    return False


def _folded(path: Path) -> str:
    return str(path).lower()

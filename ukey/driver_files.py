"""What driver files say, checked. docs/drivers.md has every field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from ukey.registry import KEY
from ukey.toml_file import Table

PLATFORMS = ("windows-x64", "windows-x86", "linux-x64", "linux-arm64", "linux-loong64")
# CKM_… for what we know as RS256; the second is given a digest ready made.
MECHANISMS = ("SHA256_RSA_PKCS", "RSA_PKCS")
LABEL_ENCODINGS = ("utf-8", "gb18030")
PIN_LENGTHS = (4, 16)
"""Where nobody says anything: wide enough to refuse no PIN that a key may have."""

_PATHS: dict[str, type[PurePath]] = {"windows": PureWindowsPath, "linux": PurePosixPath}
_FIELDS = (
    *("name", "family", "maker", "pin_min", "pin_max", "checked_on_hardware", "pcsc", "usb"),
    *("mechanisms", "label_encodings", "ignore_blank", "restart_to_notice"),
    *("libraries", "registry"),
)


@dataclass(frozen=True, slots=True)
class DriverFile:
    """One driver on every system. `registry` are key and value; `table` finds a field's line."""

    table: Table
    name: str
    family: str
    maker: str
    pin_min: int
    pin_max: int
    checked_on_hardware: bool
    usb: tuple[str, ...]
    uses_pcsc: bool
    ignores_blank: bool
    restart_to_notice: bool
    mechanisms: tuple[str, ...]
    label_encodings: tuple[str, ...]
    libraries: Mapping[str, tuple[str, ...]]
    registry: tuple[tuple[str, str], ...]


def driver_file(table: Table) -> DriverFile:
    """Raises CatalogBroken for the first mistake in it."""
    table.has_only(*_FIELDS)
    name = table.text("name")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise table.broken("name", "may have letters, digits and . _ - only, 64 at most")
    pin_min, pin_max = _pin_lengths(table)
    found = DriverFile(
        table=table,
        name=name,
        family=table.text("family") if "family" in table else "",
        maker=table.text("maker") if "maker" in table else "",
        pin_min=pin_min,
        pin_max=pin_max,
        checked_on_hardware=table.truth("checked_on_hardware"),
        usb=_usb_ids(table),
        uses_pcsc=_is_so(table, "pcsc"),
        ignores_blank=_is_so(table, "ignore_blank"),
        restart_to_notice=_is_so(table, "restart_to_notice"),
        mechanisms=_mechanisms(table),
        label_encodings=_label_encodings(table),
        libraries=_libraries(table),
        registry=_registry_keys(table),
    )
    if not (any(found.libraries.values()) or found.registry or found.usb):
        raise table.broken("libraries", "names no path, and there is no USB id to know a key by")
    return found


def _pin_lengths(table: Table) -> tuple[int, int]:
    shortest = table.whole("pin_min") if "pin_min" in table else PIN_LENGTHS[0]
    longest = table.whole("pin_max") if "pin_max" in table else PIN_LENGTHS[1]
    if shortest < 1:
        raise table.broken("pin_min", "must be 1 or more")
    if longest < shortest:
        # Of the two it is the one that was written which is wrong.
        written = "pin_max" if "pin_max" in table else "pin_min"
        raise table.broken(written, f"is wrong: PINs of {shortest} to {longest} characters")
    return shortest, longest


def _is_so(table: Table, field: str) -> bool:
    return table.truth(field) if field in table else False


def _usb_ids(table: Table) -> tuple[str, ...]:
    listed = table.texts("usb") if "usb" in table else ()
    for usb_id in listed:
        if not re.fullmatch(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}", usb_id):
            raise table.broken("usb", f"has '{usb_id}', not of the form 096E:0309", usb_id)
    return tuple(usb_id.upper() for usb_id in listed)


def _mechanisms(table: Table) -> tuple[str, ...]:
    if "mechanisms" not in table:
        return MECHANISMS
    listed = table.texts("mechanisms")
    for one in listed:
        if one not in MECHANISMS:
            known = ", ".join(MECHANISMS)
            raise table.broken("mechanisms", f"has '{one}'; known are {known}", one)
    if not listed:
        raise table.broken("mechanisms", "is empty")
    return listed


def _label_encodings(table: Table) -> tuple[str, ...]:
    if "label_encodings" not in table:
        return LABEL_ENCODINGS
    listed = table.texts("label_encodings")
    for one in listed:
        if not _is_encoding(one):
            raise table.broken("label_encodings", f"has '{one}', which is no encoding", one)
    if not listed:
        raise table.broken("label_encodings", "is empty")
    return listed


def _is_encoding(name: str) -> bool:
    try:
        # codecs.lookup() finds "hex" too, which makes no text.
        b"    ".decode(name)
    except LookupError:
        return False
    except UnicodeError:
        pass
    return True


def _libraries(table: Table) -> Mapping[str, tuple[str, ...]]:
    """The paths of each system. A relative one would load whatever lies where the client starts."""
    if "libraries" not in table and "registry" in table:
        return {}
    paths = table.table("libraries")
    paths.has_only(*PLATFORMS)
    for on in paths:
        kind = _PATHS[on.partition("-")[0]]
        for path in paths.texts(on):
            if not kind(path).is_absolute():
                raise paths.broken(on, f"has '{path}', which is not an absolute path", path)
    return {on: paths.texts(on) for on in paths}


def _registry_keys(table: Table) -> tuple[tuple[str, str], ...]:
    if "registry" not in table:
        return ()
    systems = table.table("registry")
    systems.has_only("windows")
    listed = systems.tables("windows")
    for one in listed:
        one.has_only("key", "value")
        key = one.text("key")
        if not KEY.fullmatch(key):
            raise one.broken("key", f"is '{key}', not of the form HKLM\\… or HKCU\\…", key)
    return tuple((one.text("key"), one.text("value")) for one in listed)

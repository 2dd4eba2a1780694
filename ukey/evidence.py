"""Why is no key there? One look at the station, and the one cause that it speaks for."""

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ukey import pcsc, usb
from ukey.catalog import Catalog, Driver
from ukey.errors import (
    DriverBlind,
    DriverError,
    DriverMissing,
    KeyNotOnUsb,
    NoReader,
    NoToken,
    SmartCardServiceDown,
    UKeyError,
)
from ukey.findings import Finding, finding_of
from ukey.hub import KeyHub
from ukey.look import Look
from ukey.redaction import shortened
from ukey.token import Token
from ukey.usb import UsbDevice

USB_ROOT = Path("/sys/bus/usb/devices")
_PCSC_PATIENCE = 2.0
_PCSC_AT_LEAST = 0.3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a look at the station gave; values only.

    `problems` are those of that look, `installed` the drivers that passed their preflight, also
    those that crashed or hung afterwards. `devices` is None where USB cannot be listed. `service`
    and `readers` are about PC/SC, and both None when it was not asked.
    """

    tokens: tuple[Token, ...]
    problems: tuple[UKeyError, ...]
    installed: tuple[Driver, ...]
    devices: tuple[UsbDevice, ...] | None
    service: UKeyError | None
    readers: tuple[str, ...] | None


def gather(
    hub: KeyHub,
    catalog: Catalog,
    *,
    look: Look | None = None,
    usb_root: Path = USB_ROOT,
    within: float | None = None,
) -> Evidence:
    """Around a `look` that was just taken, or takes one.

    The smart card service is asked only when that can tell why no key is there: an installed driver
    uses it, and no key was found.
    """
    begun = time.monotonic()
    look = look or hub.look(within)
    installed = _sharing(hub.installed, catalog)
    service: UKeyError | None = None
    readers: tuple[str, ...] | None = None
    if not look.tokens and any(driver.uses_pcsc for driver in installed):
        left = _PCSC_PATIENCE if within is None else within - (time.monotonic() - begun)
        try:
            readers = pcsc.readers(max(left, _PCSC_AT_LEAST))
        except SmartCardServiceDown as down:
            service = down
    return Evidence(look.tokens, look.problems, installed, _devices(usb_root), service, readers)


def absence(evidence: Evidence, catalog: Catalog) -> Finding:
    """The one cause why no key is there, for evidence without tokens.

    Nothing is claimed of drivers that have nothing to do with it: a key that is seen on USB needs
    its own driver, and a broken one of another maker is not why it stays away.
    """
    known = [d for d in evidence.devices or () if catalog.knows_usb(d.id)]
    if known:
        causes = [_of_device(device, evidence, catalog) for device in known]
        return min(causes, key=lambda cause: _RANKS.get(cause.code, 0))
    return _without_device(evidence, catalog)


_RANKS = {
    SmartCardServiceDown.code: 1,
    NoReader.code: 1,
    DriverMissing.code: 2,
    DriverBlind.code: 2,
}
"""Of several plugged keys the one whose cause is nearest; a broken driver comes before these."""


def broken_drivers(evidence: Evidence) -> tuple[DriverError, ...]:
    """What the scan says of libraries that are there."""
    found = (p for p in evidence.problems if isinstance(p, DriverError))
    return tuple(problem for problem in found if not isinstance(problem, DriverMissing))


def drivers_at(path: str, drivers: Iterable[Driver]) -> tuple[Driver, ...]:
    """Those that stand for the library at `path`."""
    real = os.path.realpath(path)
    return tuple(d for d in drivers if real in map(os.path.realpath, d.libraries))


def is_needless(problem: DriverError, evidence: Evidence, catalog: Catalog) -> bool:
    """It concerns a driver whose keys are all known by sight, and USB was looked at."""
    its = drivers_at(problem.path, catalog.drivers)
    return evidence.devices is not None and bool(its) and all(d.usb for d in its)


def _places(drivers: Iterable[Driver]) -> str:
    """Where their libraries were looked for, one a line."""
    places = (path for d in drivers for path in (*d.libraries, *d.other_libraries))
    return "\n".join(dict.fromkeys(map(str, places)))


# --- a key on USB --------------------------------------------------------------------------------


def _of_device(device: UsbDevice, evidence: Evidence, catalog: Catalog) -> Finding:
    families = catalog.family_of_usb(device.id)
    titles = [family.title for family in catalog.families if family.name in families]
    facts = {"device": f"{device.id} {shortened(device.product)}".strip()}
    if len(titles) == 1:
        facts["family"] = titles[0]
    own = [d for d in catalog.drivers if device.id in d.usb]
    related = [d for d in catalog.drivers if d not in own and d.family in families]
    installed = [d for d in (*own, *related) if d in evidence.installed]
    # One of the same family may be for another maker's keys: it counts when there is no better.
    asked = own if any(d in installed for d in own) else [*own, *related]
    for problem in broken_drivers(evidence):
        if drivers_at(problem.path, asked):
            return finding_of(problem)
    if not installed:
        places = _places((*own, *related))
        # Whoever installs the driver now still has no key: nobody has told where it then stands.
        facts |= {"path": places} if places else {"unlisted": "true"}
        return Finding(DriverMissing.code, "error", facts)
    if all(d.uses_pcsc for d in installed) and (cause := _of_pcsc(evidence)):
        return cause
    return Finding(DriverBlind.code, "error", facts)


# --- no key on USB, or nobody can tell -----------------------------------------------------------


def _without_device(evidence: Evidence, catalog: Catalog) -> Finding:
    broken = broken_drivers(evidence)
    faulty = {d.name for problem in broken for d in drivers_at(problem.path, evidence.installed)}
    sound = [d for d in evidence.installed if d.name not in faulty]
    for problem in broken:
        # With nothing of its kind on USB, a broken driver matters when there is no other.
        if not (sound and is_needless(problem, evidence, catalog)):
            return finding_of(problem)
    if not evidence.installed:
        places = _places(catalog.drivers)
        return Finding(DriverMissing.code, "error", {"path": places} if places else {})
    if any(d.uses_pcsc for d in sound) and (cause := _of_pcsc(evidence)):
        return cause
    # A driver without USB ids may be for a key that is plugged and that nobody knows by sight,
    # and a reader that is there waits for its card.
    is_known_by_usb = evidence.devices is not None and all(d.usb for d in sound)
    absent = KeyNotOnUsb if is_known_by_usb and not evidence.readers else NoToken
    return Finding(absent.code, "error")


def _of_pcsc(evidence: Evidence) -> Finding | None:
    if evidence.service is not None:
        return finding_of(evidence.service)
    return Finding(NoReader.code, "error") if evidence.readers == () else None


# --- the look ------------------------------------------------------------------------------------


def _sharing(installed: tuple[Driver, ...], catalog: Catalog) -> tuple[Driver, ...]:
    """With those that name the same library: the hub starts it for one of them only."""
    paths = {os.path.realpath(driver.library) for driver in installed}
    others = (d for d in catalog.drivers if d not in installed)
    return (*installed, *(d for d in others if os.path.realpath(d.library) in paths))


def _devices(root: Path) -> tuple[UsbDevice, ...] | None:
    devices = usb.plugged(root)
    # A folder that is there and empty is an answer; without one, nobody looked.
    return devices if devices or (sys.platform != "win32" and root.is_dir()) else None

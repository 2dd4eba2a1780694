"""What is plugged into USB, whether a driver knows it or not. Opens no device."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_HUB = "09"
_LONGEST_TEXT = 256
_NUMBER = re.compile(r"[0-9A-Fa-f]{4}")
# A part of a device (`&MI_00`) is left out: the device itself is listed too.
_INSTANCE = re.compile(r"USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """`id` is vendor and product as `096E:0309`; `product` what it calls itself, if it does."""

    id: str
    product: str = ""


def plugged(root: Path = Path("/sys/bus/usb/devices")) -> tuple[UsbDevice, ...]:
    """Every device but hubs, in a steady order; empty where USB cannot be seen.

    `root` is Linux's folder of devices; on Windows it is not looked at, and products are empty.
    """
    return _plugged(root)


def devices_named(instances: Iterable[str]) -> tuple[UsbDevice, ...]:
    r"""Devices from Windows' names for them: `USB\VID_096E&PID_0309\6&1F…`."""
    found = (_INSTANCE.match(instance) for instance in instances)
    return tuple(UsbDevice(f"{m[1]}:{m[2]}".upper()) for m in found if m)


def _devices_in(root: Path) -> tuple[UsbDevice, ...]:
    try:
        folders = sorted(root.iterdir())
    except OSError:
        return ()
    return tuple(device for folder in folders if (device := _device(folder)) is not None)


def _device(folder: Path) -> UsbDevice | None:
    """None for a hub, an interface, and what was pulled while we looked."""
    vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
    if not (_NUMBER.fullmatch(vendor) and _NUMBER.fullmatch(product)):
        return None
    if _text(folder / "bDeviceClass") == _HUB:
        return None
    name = _text(folder / "product") or _text(folder / "manufacturer")
    return UsbDevice(f"{vendor}:{product}".upper(), name)


def _text(file: Path) -> str:
    """A device writes its own name: it may be any bytes."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_LONGEST_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""
    return "".join(c for c in text if c.isprintable()).strip()


if sys.platform == "win32":
    import ctypes

    _BY_ENUMERATOR = 0x1
    _PRESENT = 0x100
    _BUFFER_SMALL = 0x1A

    def _plugged(_root: Path) -> tuple[UsbDevice, ...]:
        return devices_named(_instances())

    def _instances() -> list[str]:
        """Names of all that is plugged now (cfgmgr32). Not checked on Windows."""
        configuration = ctypes.WinDLL("cfgmgr32.dll")
        size, flags = ctypes.c_ulong(), ctypes.c_ulong(_BY_ENUMERATOR | _PRESENT)
        usb = ctypes.c_wchar_p("USB")
        # A device plugged between the two calls makes the list longer.
        for _ in range(3):
            if configuration.CM_Get_Device_ID_List_SizeW(ctypes.byref(size), usb, flags):
                return []
            names = ctypes.create_unicode_buffer(size.value)
            answer = configuration.CM_Get_Device_ID_ListW(usb, names, size, flags)
            if answer == 0:
                return "".join(names[: size.value]).split("\0")
            if answer != _BUFFER_SMALL:
                return []
        return []

else:
    _plugged = _devices_in

"""A Windows library made by hand: the smallest that has exports, imports and a version."""

import struct
from collections.abc import Sequence

_ADDRESS = 0x1000
_START = 0x200
_DLL = 0x2022


def windows_library(
    *,
    machine: int = 0x8664,
    exports: Sequence[str] = (),
    imports: Sequence[str] = (),
    version: tuple[int, int, int, int] | None = None,
) -> bytes:
    """A stand-in, since nothing here builds for Windows: right in its tables, without any code."""
    section = bytearray()
    directories = [(0, 0)] * 16
    if exports:
        directories[0] = _append(section, _exports(_ADDRESS + len(section), exports))
    if imports:
        directories[1] = _append(section, _imports(_ADDRESS + len(section), imports))
    if version:
        directories[2] = _append(section, _version(_ADDRESS + len(section), version))
    section += bytes(-len(section) % 0x200 or 0x200 * (not section))
    optional = struct.pack(
        "<HBBIIIII QIIHHHHHHIIIIHHQQQQII".replace(" ", ""),
        *(0x20B, 14, 0, 0, len(section), 0, 0, _ADDRESS),
        *(0x180000000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0),
        *(_ADDRESS + 0x1000, _START, 0, 2, 0, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16),
    ) + b"".join(struct.pack("<II", *each) for each in directories)
    headers = (
        b"MZ".ljust(0x3C, b"\0")
        + struct.pack("<I", 0x40)
        + b"PE\0\0"
        + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), _DLL)
        + optional
        + struct.pack(
            "<8sIIIIIIHHI",
            *(b".rdata", len(section), _ADDRESS, len(section), _START, 0, 0, 0, 0, 0x40000040),
        )
    )
    return headers.ljust(_START, b"\0") + bytes(section)


def _append(section: bytearray, table: bytes) -> tuple[int, int]:
    """The table's address and size, as a directory has them."""
    place = (_ADDRESS + len(section), len(table))
    section += table + bytes(-len(table) % 8)
    return place


def _exports(at: int, names: Sequence[str]) -> bytes:
    count = len(names)
    functions, texts = at + 40, at + 40 + 10 * count
    places, text = [], b"driver.dll\0"
    for name in sorted(names):
        places.append(texts + len(text))
        text += name.encode() + b"\0"
    return (
        struct.pack("<IIHHIII", 0, 0, 0, 0, texts, 1, count)
        + struct.pack("<IIII", count, functions, functions + 4 * count, functions + 8 * count)
        + struct.pack(f"<{count}I", *[_ADDRESS + 0x800] * count)
        + struct.pack(f"<{count}I", *places)
        + struct.pack(f"<{count}H", *range(count))
        + text
    )


def _imports(at: int, names: Sequence[str]) -> bytes:
    texts = at + 20 * (len(names) + 1)
    table, text = b"", b""
    for name in names:
        table += struct.pack("<IIIII", 0, 0, 0, texts + len(text), 0)
        text += name.encode() + b"\0"
    return table + bytes(20) + text


def _version(at: int, version: tuple[int, int, int, int]) -> bytes:
    """Type 16, name 1, one language: three folders, one leaf, one VS_VERSIONINFO."""
    major, minor, patch, build = version
    fixed = struct.pack(
        "<13I", 0xFEEF04BD, 0x10000, major << 16 | minor, patch << 16 | build, *[0] * 9
    )
    key = "VS_VERSION_INFO\0".encode("utf-16-le")
    info = (
        struct.pack("<HHH", 6 + len(key) + 2 + len(fixed), len(fixed), 0) + key + bytes(2) + fixed
    )
    folders = b""
    for level, name in enumerate((16, 1, 1033)):
        below = 24 * (level + 1) | (0x80000000 if level < 2 else 0)
        folders += struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, name, below)
    return folders + struct.pack("<IIII", at + 88, len(info), 0, 0) + info

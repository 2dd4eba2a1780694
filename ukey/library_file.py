"""A library's header and exports, by the parser for its kind; an unchanged file is read once."""

import functools
from pathlib import Path

from ukey.headers import NONSENSE, Header, HeaderBroken, build_of


def read_header(path: Path) -> Header:
    """Raises HeaderBroken, OSError. An unchanged file is read once."""
    return _header(path, *_mark(path))


def exports_pkcs11(path: Path) -> bool | None:
    """It has C_GetFunctionList; None when that cannot be told. Raises HeaderBroken, OSError."""
    return _exports(path, *_mark(path))


def _mark(path: Path) -> tuple[int, int, int]:
    there = path.stat()
    return there.st_size, there.st_mtime_ns, there.st_ino


# Drivers share their libraries, and all are looked at again when one of them was changed.
@functools.lru_cache(maxsize=256)
def _header(path: Path, *_mark: int) -> Header:
    build = build_of(path)
    try:
        if build.format == "ELF":
            # Each parser is slow to import, and a station has libraries of one kind.
            from ukey import elf

            return elf.header_of(path, build)
        from ukey import pe

        return pe.header_of(path, build)
    except NONSENSE as error:
        raise HeaderBroken(f"its header is damaged ({type(error).__name__})") from error


@functools.lru_cache(maxsize=256)
def _exports(path: Path, *_mark: int) -> bool | None:
    try:
        if build_of(path).format == "ELF":
            from ukey import elf

            return elf.exports(path, "C_GetFunctionList")
        from ukey import pe

        return pe.exports(path, "C_GetFunctionList")
    except NONSENSE:
        return None

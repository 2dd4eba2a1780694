"""What a library's header says of itself: ELF or PE. Nothing is loaded, nothing of it runs.

A file can be large, cut off or made to waste our time, so reading it is bounded.
"""

import io
import os
import struct
from dataclasses import dataclass
from pathlib import Path

_MOST_READS = 50_000
_LONGEST_READ = 1 << 20
_DLL_CHARACTERISTIC = 0x2000
_ELF_PROGRAM, _ELF_LIBRARY = 2, 3
_ELF_KINDS = {1: "an object file", _ELF_PROGRAM: "a program", 4: "a core dump"}
_ELF_MACHINES = {
    3: "x86",
    8: "MIPS",
    21: "PowerPC",
    40: "ARM",
    62: "x86-64",
    183: "ARM64",
    243: "RISC-V",
    258: "LoongArch",
    0x9916: "Sunway",
}
_PE_MACHINES = {
    0x14C: "x86, 32-bit",
    0x1C4: "ARM, 32-bit",
    0x5064: "RISC-V, 64-bit",
    0x6264: "LoongArch, 64-bit",
    0x8664: "x86-64, 64-bit",
    0xAA64: "ARM64, 64-bit",
}
# A parser that was never meant for nonsense fails on it in all of these ways.
NONSENSE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class HeaderBroken(Exception):
    """The file is no library; its text says why. Never leaves this package."""


@dataclass(frozen=True, slots=True)
class Build:
    """What a file was built for: `ELF` or `PE`, and `x86-64, 64-bit`."""

    format: str
    architecture: str

    @property
    def platform(self) -> str:
        """`Windows, x64`: enough where already the system is another one."""
        system = "Linux" if self.format == "ELF" else "Windows"
        return f"{system}, {self.architecture.partition(',')[0].replace('x86-64', 'x64')}"


@dataclass(frozen=True, slots=True)
class Header:
    """A library's own description.

    `rpath` and `runpath` are ELF's folders to search for what it `needs`, as they were written.
    `is_complete` is False when some of these texts could not be read.
    """

    build: Build
    needs: tuple[str, ...]
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    is_complete: bool = True


def build_of(path: Path, *, or_program: bool = False) -> Build:
    """By its first bytes. Raises OSError, and HeaderBroken for all but a library (or program)."""
    with open_bounded(path) as file:
        start = file.read(64)
        if start.startswith(b"\x7fELF"):
            return _elf_build(start, or_program)
        if start.startswith(b"MZ"):
            return _pe_build(file, start, or_program)
    raise HeaderBroken("neither ELF nor PE" if start else "empty")


# --- first bytes ---------------------------------------------------------------------------------


def open_bounded(path: Path) -> "_Bounded":
    """Opened without ever waiting: a pipe blocks who opens it. Raises HeaderBroken, OSError."""
    if not path.is_file():
        raise HeaderBroken("no regular file")
    return _Bounded(path)


class _Bounded(io.FileIO):
    """A file that refuses to be read for ever.

    Plain reads and no memory map: an installer that cuts off a mapped file kills whoever reads it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, opener=_open_at_once)
        self._left = _MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0 or size is None or not 0 <= size <= _LONGEST_READ:
            raise HeaderBroken("its tables have no end")
        return super().read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except (OSError, OverflowError) as error:
            raise HeaderBroken("its tables lie beyond any file") from error


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _elf_build(start: bytes, or_program: bool) -> Build:
    if len(start) < 52 or start[4] not in (1, 2) or start[5] not in (1, 2):
        raise HeaderBroken("its header is damaged")
    order = "<" if start[5] == 1 else ">"
    kind, machine, version = struct.unpack_from(f"{order}HHI", start, 16)
    if version != 1:
        raise HeaderBroken("its header is damaged")
    if kind != _ELF_LIBRARY and not (or_program and kind == _ELF_PROGRAM):
        raise HeaderBroken(_ELF_KINDS.get(kind, "its header is damaged"))
    name = _ELF_MACHINES.get(machine, f"machine {machine}")
    bits = 32 if start[4] == 1 else 64
    return Build("ELF", f"{name}, {bits}-bit" + (", big-endian" if order == ">" else ""))


def _pe_build(file: _Bounded, start: bytes, or_program: bool) -> Build:
    if len(start) < 64:
        raise HeaderBroken("cut off")
    (offset,) = struct.unpack_from("<I", start, 0x3C)
    file.seek(offset)
    header = file.read(24)
    if len(header) < 24 or not header.startswith(b"PE\0\0"):
        raise HeaderBroken("no PE header")
    machine, characteristics = struct.unpack("<H16xH", header[4:])
    if not (or_program or characteristics & _DLL_CHARACTERISTIC):
        raise HeaderBroken("a program")
    return Build("PE", _PE_MACHINES.get(machine, f"machine {machine}"))

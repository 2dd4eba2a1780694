"""Libraries that vendors should not have shipped: each with one fault, built by gcc from our own C.

`build` makes one in a folder and leaves it there, so that a session builds each once.
"""

import enum
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

LABEL = "中山分厅"
"""Of the token with GB18030_LABEL; the others say FAULTY."""
VENDOR_CODE = 0x80000123
MISSING = "libvendorgone.so.1"
"""What the library with MISSING_DEPENDENCY needs."""
_SOURCE = Path(__file__).with_name("faulty_driver.c")


class Fault(enum.StrEnum):
    """The words say where it shows. All not said to be otherwise hold one initialised token."""

    # Built from the C source.
    NONE = "none"
    CRASH_AT_LOAD = "crash_at_load"
    CRASH_IN_INITIALIZE = "crash_in_initialize"
    CRASH_IN_SLOT_LIST = "crash_in_slot_list"
    CRASH_IN_LOGIN = "crash_in_login"
    HANG_AT_LOAD = "hang_at_load"
    HANG_IN_INITIALIZE = "hang_in_initialize"
    HANG_IN_SLOT_LIST = "hang_in_slot_list"
    ENDLESS_OUTPUT = "endless_output"  # in C_GetSlotList, which never returns
    CHATTER = "chatter"  # 64 KiB to both channels a C_GetSlotList, which then answers
    MEMORY_GROWTH = "memory_growth"  # 64 MiB a C_GetSlotList
    NO_ENTRY_POINT = "no_entry_point"
    ENTRY_POINT_REFUSES = "entry_point_refuses"
    MISSING_DEPENDENCY = "missing_dependency"
    VENDOR_CODE = "vendor_code"  # from C_GetSlotList
    GB18030_LABEL = "gb18030_label"
    TOKEN_NOT_INITIALIZED = "token_not_initialized"
    UNRECOGNIZED_TOKEN = "unrecognized_token"  # C_GetTokenInfo does not know it
    TOKEN_INFO_FAILS = "token_info_fails"  # C_GetTokenInfo: device error
    ABSURD_SLOT_COUNT = "absurd_slot_count"  # four thousand million
    HUGE_ATTRIBUTE = "huge_attribute"  # a certificate that claims to have 1 TiB
    ENDLESS_OBJECTS = "endless_objects"  # a search that always finds another one
    # Files that no loader takes.
    OTHER_PROCESSOR = "other_processor"  # AArch64, as in Kunpeng and Phytium machines
    OTHER_BITNESS = "other_bitness"  # x86 of 32 bits
    WINDOWS_64 = "windows_64"
    WINDOWS_32 = "windows_32"
    EMPTY_FILE = "empty_file"
    TEXT_FILE = "text_file"
    TRUNCATED = "truncated"  # the first half of a good one
    FOLDER = "folder"
    # A good one at a bad place.
    ODD_PATH = "odd_path"  # Chinese characters and blanks


def build(fault: Fault, folder: Path) -> Path:
    """The library with that fault; the same one when asked again with the same folder."""
    if fault is Fault.ODD_PATH:
        path = folder / "驱动 程序（新版）" / "厅 驱动.so"
    else:
        path = folder / f"lib{fault}{'.dll' if fault in _WINDOWS else '.so'}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if fault in _MAKERS:
            _MAKERS[fault](path, folder)
        else:
            _compile(path, fault)
    return path


def _compile(path: Path, fault: Fault, *more: str) -> None:
    flags = ["-shared", "-fPIC", "-fvisibility=hidden", "-O1", "-w", f"-DFAULT_{fault.name}"]
    _gcc([*flags, "-o", str(path), str(_SOURCE), *more])


def _missing_dependency(path: Path, folder: Path) -> None:
    gone = folder / MISSING
    command = ["-shared", "-fPIC", f"-Wl,-soname,{MISSING}", "-o", str(gone), "-x", "c", "-"]
    _gcc(command, "int from_elsewhere(void) { return 0; }")
    _compile(path, Fault.MISSING_DEPENDENCY, str(gone))
    gone.unlink()


def _other_processor(path: Path, folder: Path) -> None:
    """A good one whose header says AArch64: there is no such compiler here."""
    library = bytearray(build(Fault.NONE, folder).read_bytes())
    struct.pack_into("<H", library, 18, 183)
    path.write_bytes(library)


def _other_bitness(path: Path, _: Path) -> None:
    source = "int C_GetFunctionList(void **list) { return 6; }"
    _gcc(["-m32", "-nostdlib", "-shared", "-fPIC", "-o", str(path), "-x", "c", "-"], source)


def _windows(machine: int, magic: int, optional: int) -> Callable[[Path, Path], None]:
    """As much of a PE file as tells its architecture: headers, no sections, nothing exported."""

    def make(path: Path, _: Path) -> None:
        dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
        library_flags = 0x2022
        head = struct.pack("<HHIIIHH", machine, 0, 0, 0, 0, optional, library_flags)
        directories = struct.pack("<I", 16)
        rest = struct.pack("<H", magic).ljust(optional - 16 * 8 - 4, b"\0") + directories
        path.write_bytes(dos + b"PE\0\0" + head + rest.ljust(optional, b"\0"))

    return make


def _truncated(path: Path, folder: Path) -> None:
    library = build(Fault.NONE, folder).read_bytes()
    path.write_bytes(library[: len(library) // 2])


def _gcc(arguments: list[str], source: str = "") -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    done = subprocess.run(
        ["gcc", *arguments], input=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


_WINDOWS = (Fault.WINDOWS_64, Fault.WINDOWS_32)
_MAKERS: dict[Fault, Callable[[Path, Path], object]] = {
    Fault.MISSING_DEPENDENCY: _missing_dependency,
    Fault.OTHER_PROCESSOR: _other_processor,
    Fault.OTHER_BITNESS: _other_bitness,
    Fault.WINDOWS_64: _windows(machine=0x8664, magic=0x20B, optional=240),
    Fault.WINDOWS_32: _windows(machine=0x14C, magic=0x10B, optional=224),
    Fault.EMPTY_FILE: lambda path, _: path.touch(),
    Fault.TEXT_FILE: lambda path, _: path.write_text("请安装驱动程序\n" * 100, "utf-8"),
    Fault.TRUNCATED: _truncated,
    Fault.FOLDER: lambda path, _: path.mkdir(),
}

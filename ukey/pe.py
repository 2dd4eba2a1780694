"""A Windows library's tables. Imported late: pefile is. Read on Linux too, for the help desk."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pefile

from ukey.headers import NONSENSE, Build, Header, HeaderBroken

_EXPORT = pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_EXPORT"]
_IMPORT = pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_IMPORT"]
_RESOURCE = pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_RESOURCE"]


def header_of(path: Path, build: Build) -> Header:
    """Raises HeaderBroken, OSError, and what a parser fails with (headers.NONSENSE)."""
    with _parsed(path, _IMPORT) as (pe, size):
        if any(s.SizeOfRawData and s.PointerToRawData >= size for s in pe.sections):
            raise HeaderBroken("cut off")
        names = [each.dll for each in getattr(pe, "DIRECTORY_ENTRY_IMPORT", ())]
        # pefile's word for a name that is none.
        is_complete = b"*invalid*" not in names
        needs = dict.fromkeys(name.decode("ascii") for name in names if name != b"*invalid*")
        return Header(build, tuple(needs), is_complete=is_complete)


def exports(path: Path, name: str) -> bool | None:
    """None when its table is damaged or too long to be read. Raises as `header_of` does."""
    with _parsed(path, _EXPORT) as (pe, _):
        if not any(d.VirtualAddress for d in pe.OPTIONAL_HEADER.DATA_DIRECTORY[:1]):
            return False
        table = getattr(pe, "DIRECTORY_ENTRY_EXPORT", None)
        if table is None:
            return None
        if any(symbol.name == name.encode() for symbol in table.symbols):
            return True
        # pefile leaves off before the end of a table that is very long, or damaged.
        return False if len(table.symbols) >= table.struct.NumberOfNames else None


def version_of(path: Path) -> str:
    """`2.1.0.7`, from its version resource; empty when there is none that can be read."""
    try:
        with _parsed(path, _RESOURCE) as (pe, _):
            for fixed in getattr(pe, "VS_FIXEDFILEINFO", ()):
                words = [fixed.FileVersionMS, fixed.FileVersionLS]
                return ".".join(str(half) for word in words for half in divmod(word, 1 << 16))
    except (HeaderBroken, *NONSENSE):
        pass
    return ""


@contextmanager
def _parsed(path: Path, table: int) -> Iterator[tuple[pefile.PE, int]]:
    """Mapped: pefile wants all of it, and Windows lets nobody cut off a file that is mapped."""
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole,
    ):
        try:
            pe = pefile.PE(data=whole, fast_load=True)
            pe.parse_data_directories([table], import_dllnames_only=True)
        except pefile.PEFormatError as error:
            raise HeaderBroken(f"its header is damaged ({error.value})") from error
        yield pe, len(whole)

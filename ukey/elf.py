"""A Linux library's tables, as far as its loader would read them. Imported late: pyelftools is."""

from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSegment, DynamicTag
from elftools.elf.elffile import ELFFile
from elftools.elf.hash import ELFHashTable, GNUHashTable

from ukey.headers import Build, Header, HeaderBroken, open_bounded

_MOST_SEGMENTS = 256
_MOST_TAGS = 4096
_FLAG_PIE = 0x08000000


def header_of(path: Path, build: Build) -> Header:
    """Raises HeaderBroken, OSError, and what a parser fails with (headers.NONSENSE)."""
    with open_bounded(path) as file:
        try:
            return _read(_dynamic_segment(ELFFile(file)), build)
        except ELFError as error:
            raise HeaderBroken(f"its header is damaged ({error})") from error


def exports(path: Path, name: str) -> bool | None:
    """By the hash table, as the loader does; None without one. Raises as `header_of` does."""
    with open_bounded(path) as file:
        elf = ELFFile(file)
        try:
            dynamic = _dynamic_segment(elf)
            _, gnu = dynamic.get_table_offset("DT_GNU_HASH")
            _, old = dynamic.get_table_offset("DT_HASH")
            if gnu is not None:
                symbol = GNUHashTable(elf, gnu, dynamic).get_symbol(name)
            elif old is not None:
                symbol = ELFHashTable(elf, old, None, dynamic).get_symbol(name)
            else:
                return None
        # A table that is damaged, or larger than we read, is the loader's to judge.
        except (ELFError, HeaderBroken):
            return None
    return symbol is not None and symbol["st_shndx"] != "SHN_UNDEF"


def _dynamic_segment(elf: ELFFile) -> DynamicSegment:
    # The loader goes by segments alone; sections may be stripped, or lie.
    elf.header["e_shoff"] = 0
    if elf["e_phnum"] > _MOST_SEGMENTS:
        raise HeaderBroken("its header is damaged")
    found = None
    for segment in elf.iter_segments():
        end = segment["p_offset"] + segment["p_filesz"]
        if segment["p_type"] == "PT_LOAD" and end > elf.stream_len:
            raise HeaderBroken("cut off")
        if isinstance(segment, DynamicSegment):
            found = segment
    if found is None:
        raise HeaderBroken("no dynamic library")
    return found


def _read(dynamic: DynamicSegment, build: Build) -> Header:
    needs: list[str] = []
    rpath: list[str] = []
    runpath: list[str] = []
    is_complete = True
    for index in range(_MOST_TAGS):
        try:
            tag = dynamic.get_tag(index)
        except UnicodeDecodeError:
            # A folder of the machine it was built on, in that machine's own encoding.
            is_complete = False
            continue
        kind = tag.entry.d_tag
        if kind == "DT_NULL":
            break
        if kind == "DT_NEEDED":
            needs.append(_text_of(tag))
        elif kind == "DT_RPATH":
            rpath += _text_of(tag).split(":")
        elif kind == "DT_RUNPATH":
            runpath += _text_of(tag).split(":")
        elif kind == "DT_FLAGS_1" and tag.entry.d_val & _FLAG_PIE:
            raise HeaderBroken("a program")
    else:
        raise HeaderBroken("its tables have no end")
    unique = tuple(dict.fromkeys(needs))
    return Header(build, unique, tuple(rpath), tuple(runpath), is_complete)


def _text_of(tag: DynamicTag) -> str:
    """Its string stands under a name made of the tag's own: DT_NEEDED has `needed`."""
    text: str = getattr(tag, tag.entry.d_tag.removeprefix("DT_").lower())
    return text

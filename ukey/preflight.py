"""Can this file be a driver? There, right architecture, complete, PKCS#11. Loads nothing.

A crash of the driver is not yet possible here, and the loader's own words, often misleading, are
not yet needed: they are put into ours by `loader_failure`.
"""

import functools
import re
import stat
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ukey.dependencies import dependencies_of
from ukey.errors import (
    DriverDependency,
    DriverError,
    DriverFailed,
    DriverMissing,
    DriverNotPkcs11,
    DriverWrongArchitecture,
)
from ukey.headers import Build, Header, HeaderBroken, build_of
from ukey.library_file import exports_pkcs11, read_header

_MOST_HASHED = 200 * 1024 * 1024
_MOST_REMEMBERED = 256
_LONGEST_TEXT = 2000
# What other files, or rights, are the cause of may pass without any change to this one.
_BRIEFLY_REMEMBERED = 5.0
# Compiled by the first failure: the login page does not wait for it.
_NO_FILE = r"(?P<name>[^\s:][^:\n]*): cannot open shared object file: No such file"
_MUSL_NO_FILE = r"Error loading shared library (?P<name>[^:\n]+): No such file"
_OTHER_CLASS = r"(?P<name>[^\s:][^:\n]*): wrong ELF class: ELFCLASS(?P<bits>\d+)"
_NO_VERSION = r"version [`'](?P<name>[^']+)' not found"
_NO_LIBRARY = (
    r"invalid ELF header|file too short|Exec format error"
    r"|undefined symbol: C_GetFunctionList|only ET_DYN and ET_EXEC|cannot dynamically load"
)
# Windows gives a number or a sentence in its own language, depending on who passes it on.
_WINDOWS_NO_FILE = r"WinError 126\b|specified module could not be found|找不到指定的模块"
_WINDOWS_NO_LIBRARY = r"WinError 193\b|not a valid Win32 application|不是有效的 ?Win32 应用程序"


def check_library(path: Path) -> None:
    """Quiet for a file that can be loaded as a driver. One that did not change costs a stat.

    Raises the first of DriverMissing, DriverNotPkcs11, DriverWrongArchitecture, DriverDependency
    that holds, or DriverFailed when the file cannot be read. A pipe or a device never blocks.
    """
    mark = _mark(path)
    known = _remembered.get(path)
    if known is None or known.mark != mark or time.monotonic() > known.until:
        known = _Outcome(mark, *_judged(path, mark.mode))
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[path] = known
    if known.error is not None:
        raise _fresh(known.error)


def loader_failure(path: Path, text: str) -> DriverError:
    """The error behind the loader's `text`, which is kept where nothing better is known.

    The file itself comes first: of a library for another architecture the loader may say that
    there is no such file, and of several that are missing it names one.
    """
    text = text[:_LONGEST_TEXT]
    _remembered.pop(path, None)
    try:
        check_library(path)
    except DriverError as error:
        return error
    if (
        found := re.search(_NO_FILE, text)
        or re.search(_MUSL_NO_FILE, text)
        or re.search(_NO_VERSION, text)
    ):
        name = found["name"].strip()
        return DriverFailed(path, text) if name == str(path) else DriverDependency(path, name)
    if found := re.search(_OTHER_CLASS, text):
        other = f"{Path(found['name']).name}, {found['bits']}-bit"
        return DriverWrongArchitecture(path, other, this_architecture())
    if re.search(_WINDOWS_NO_FILE, text):
        # Windows does not say which.
        return DriverDependency(path, "DLL")
    if re.search(_NO_LIBRARY, text) or re.search(_WINDOWS_NO_LIBRARY, text):
        return DriverNotPkcs11(path, text)
    return DriverFailed(path, text)


def this_architecture() -> str:
    """What a library must be built for to be loaded by this Python: `x86-64, 64-bit`."""
    build = _this_build()
    return build.architecture if build else ""


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """What a help desk asks about a library; empty, 0 or None is what could not be told.

    `modified` is UTC. `version` is a Windows library's own; `needs` names the libraries it asks
    for itself, there or not.
    """

    path: str
    exists: bool
    size: int = 0
    sha256: str = ""
    modified: datetime | None = None
    format: str = ""
    architecture: str = ""
    exports_pkcs11: bool | None = None
    needs: tuple[str, ...] = ()
    version: str = ""


def facts_of(path: Path) -> LibraryFacts:
    """Never raises. Reads the whole file, if it has up to 200 MB."""
    try:
        there = path.stat()
        modified = datetime.fromtimestamp(there.st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return LibraryFacts(str(path), exists=False)
    size = there.st_size if stat.S_ISREG(there.st_mode) else 0
    digest = _sha256(path) if 0 < size <= _MOST_HASHED else ""
    try:
        build = build_of(path, or_program=True)
    except (HeaderBroken, OSError):
        return LibraryFacts(str(path), True, size, digest, modified)
    exports, needs, version = _tables(path, build)
    return LibraryFacts(
        path=str(path),
        exists=True,
        size=size,
        sha256=digest,
        modified=modified,
        format=build.format,
        architecture=build.architecture,
        exports_pkcs11=exports,
        needs=needs,
        version=version,
    )


# --- check ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mark:
    """Changes with the file's content."""

    size: int
    modified: int
    inode: int
    mode: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    mark: _Mark
    error: DriverError | None
    until: float


_remembered: dict[Path, _Outcome] = {}


def _mark(path: Path) -> _Mark:
    try:
        there = path.stat()
    except (OSError, ValueError) as error:
        raise DriverMissing(path, getattr(error, "strerror", None) or str(error)) from error
    return _Mark(there.st_size, there.st_mtime_ns, there.st_ino, there.st_mode)


def _judged(path: Path, mode: int) -> tuple[DriverError | None, float]:
    """What to raise, and until when (monotonic) that can be relied on."""
    try:
        _examine(path, mode)
    except (DriverDependency, DriverFailed) as error:
        return error, time.monotonic() + _BRIEFLY_REMEMBERED
    except DriverError as error:
        return error, float("inf")
    return None, float("inf")


def _examine(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise DriverNotPkcs11(path, kind)
    try:
        build, needed = build_of(path), _this_build()
        if needed is not None and build.format != needed.format:
            raise DriverWrongArchitecture(path, build.platform, needed.platform)
        if needed is not None and build != needed:
            raise DriverWrongArchitecture(path, build.architecture, needed.architecture)
        _examine_tables(path, read_header(path))
    except HeaderBroken as error:
        raise DriverNotPkcs11(path, str(error)) from error
    except OSError as error:
        raise DriverFailed(path, error.strerror or str(error)) from error


def _examine_tables(path: Path, header: Header) -> None:
    """Raises also HeaderBroken and OSError."""
    needed = dependencies_of(path, header)
    if needed.missing:
        raise DriverDependency(path, ", ".join(needed.missing))
    if exports_pkcs11(path) is not False:
        return
    # On Linux the loader also looks for the function in the libraries that come along.
    along = needed.found if header.build.format == "ELF" else ()
    if all(exports_pkcs11(library) is False for library in along) and needed.is_complete:
        raise DriverNotPkcs11(path, "does not export C_GetFunctionList")


def _fresh(error: DriverError) -> DriverError:
    """Its twin: a raised error collects traces, of every thread that raises it."""
    twin = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__)
    return twin


@functools.lru_cache(maxsize=1)
def _this_build() -> Build | None:
    """From the program that runs, since the kernel's word may be about another one (32-bit)."""
    program = "/proc/self/exe" if sys.platform == "linux" else sys.executable
    try:
        return build_of(Path(program), or_program=True)
    except (HeaderBroken, OSError):
        return None


# --- facts ---------------------------------------------------------------------------------------


def _sha256(path: Path) -> str:
    import hashlib

    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _tables(path: Path, build: Build) -> tuple[bool | None, tuple[str, ...], str]:
    try:
        needs = read_header(path).needs
        exports = exports_pkcs11(path)
        if build.format == "ELF":
            return exports, needs, ""
        from ukey import pe

        return exports, needs, pe.version_of(path)
    except (HeaderBroken, OSError):
        return None, (), ""

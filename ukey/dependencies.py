"""Which libraries a library needs, and whether the system's loader would find them. Loads nothing.

What cannot be told for sure counts as found: the loader has the last word, in its own text.
The Windows half follows Microsoft's description of the search order; not checked on Windows.
"""

import functools
import os
import re
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ukey.headers import Build, Header, HeaderBroken, build_of
from ukey.library_file import read_header

_MOST_LIBRARIES = 256
_LONGEST_WALK = 2.0
_CACHE = Path("/etc/ld.so.cache")
_CACHE_LINE = re.compile(r"^\t(\S+) \([^)]*\) => (.+)$", re.MULTILINE)
_DEFAULT_FOLDERS = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")
# The first two stand for no file. Side-by-side runtimes are found through manifests.
_NO_FILE_OF_ITS_OWN = re.compile(
    r"(api-ms-|ext-ms-|(msvc[rpm]|mfc[mu]?|atl|vcomp)(80|90))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Names that the loader would not find, and the libraries that it would load as well."""

    missing: tuple[str, ...]
    found: tuple[Path, ...]
    is_complete: bool
    """False when there was something in the way; nothing is called missing then."""


def dependencies_of(path: Path, header: Header) -> Dependencies:
    """What the library needs, and what those need; bounded."""
    walk = _Walk(header.build)
    walk.through(path, header)
    missing = tuple(name for name in walk.missing if name not in walk.found)
    return Dependencies(
        missing if walk.is_complete else (), tuple(walk.found.values()), walk.is_complete
    )


class _Walk:
    def __init__(self, build: Build) -> None:
        self._build = build
        cache = _linux_cache() if build.format == "ELF" else _Cache({}, ())
        self._cache = cache or _Cache({}, ())
        self.found: dict[str, Path] = {}
        self.missing: dict[str, None] = {}
        self.is_complete = cache is not None

    def through(self, path: Path, header: Header) -> None:
        """In the loader's own order: first all that one library needs, then what these need."""
        until = time.monotonic() + _LONGEST_WALK
        waiting = deque([(path, header, tuple[Path, ...]())])
        while waiting:
            path, header, inherited = waiting.popleft()
            self.is_complete &= header.is_complete
            folders, inherited = self._folders(path, header, inherited)
            for name in header.needs:
                if len(self.found) > _MOST_LIBRARIES or time.monotonic() > until:
                    self.is_complete = False
                    return
                if name in self.found or _has_no_file(name, self._build):
                    continue
                # A name may hold the loader's variables too; that is too rare to follow.
                self.is_complete &= "$" not in name
                library = self._find(name, folders)
                if library is None:
                    self.missing[name] = None
                    continue
                self.found[name] = library
                if (below := self._header(library)) is not None:
                    waiting.append((library, below, inherited))

    def _header(self, library: Path) -> Header | None:
        if self._build.format == "PE" and library.is_relative_to(_windows_folder()):
            return None
        try:
            return read_header(library)
        except (HeaderBroken, OSError):
            self.is_complete = False
            return None

    def _folders(
        self, path: Path, header: Header, inherited: tuple[Path, ...]
    ) -> tuple[list[Path], tuple[Path, ...]]:
        """Where this library's needs are looked for, and what of it also holds for theirs."""
        if self._build.format == "PE":
            return _windows_folders(path), ()
        if any("$" in _with_origin(f, path) for f in (*header.rpath, *header.runpath)):
            # $LIB and $PLATFORM differ from one Linux to the next.
            self.is_complete = False
        preset = os.environ.get("LD_LIBRARY_PATH", "")
        named = [Path(f) for f in re.split("[:;]", preset)] if preset else []
        if header.runpath:
            # It replaces RPATH, its own and its ancestors', for this library alone.
            runpath = _replaced(header.runpath, path)
            return [*named, *runpath, *self._cache.folders], inherited
        inherited = (*_replaced(header.rpath, path), *inherited)
        return [*inherited, *named, *self._cache.folders], inherited

    def _find(self, name: str, folders: list[Path]) -> Path | None:
        if "/" in name:
            return Path(name) if _suits(Path(name), self._build) else None
        for candidate in (*(f / name for f in folders), *self._cache.libraries.get(name, ())):
            if _suits(candidate, self._build):
                return candidate
        return None


def _suits(candidate: Path, build: Build) -> bool:
    """The loader passes over what is not there, or for another processor; all else it takes."""
    try:
        return candidate.exists() and build_of(candidate) == build
    except (HeaderBroken, OSError):
        return True


def _has_no_file(name: str, build: Build) -> bool:
    return build.format == "PE" and _NO_FILE_OF_ITS_OWN.match(name) is not None


# --- Linux ---------------------------------------------------------------------------------------


def _with_origin(folder: str, path: Path) -> str:
    return folder.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", str(path.absolute().parent))


def _replaced(folders: tuple[str, ...], path: Path) -> tuple[Path, ...]:
    real = path.resolve()
    both = [_with_origin(f, at) for f in folders for at in (path, real)]
    return tuple(Path(f) for f in dict.fromkeys(both))


@dataclass(frozen=True, slots=True)
class _Cache:
    """What ldconfig knows: libraries by name, and all folders to look into."""

    libraries: Mapping[str, tuple[Path, ...]]
    folders: tuple[Path, ...]


def _linux_cache() -> _Cache | None:
    """None on a system without it."""
    import subprocess

    try:
        return _read_cache(_CACHE.stat().st_mtime_ns)
    except (OSError, subprocess.SubprocessError):
        return None


@functools.lru_cache(maxsize=1)
def _read_cache(_modified: int) -> _Cache:
    import subprocess

    listed = subprocess.run(
        ["/sbin/ldconfig", "-p"],
        env={"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_LONGEST_WALK,
        check=True,
    ).stdout
    libraries: dict[str, tuple[Path, ...]] = {}
    # Some builds of Python name their own folder for every library that they load.
    folders = dict.fromkeys([str(Path(sys.base_prefix, "lib")), *_DEFAULT_FOLDERS])
    for name, path in _CACHE_LINE.findall(os.fsdecode(listed)):
        libraries[name] = (*libraries.get(name, ()), Path(path))
        folders[path.rpartition("/")[0]] = None
    return _Cache(libraries, tuple(map(Path, folders)))


# --- Windows -------------------------------------------------------------------------------------


def _windows_folder() -> Path:
    return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"))


def _windows_folders(path: Path) -> list[Path]:
    """A 32-bit process sees SysWOW64 under the name of System32."""
    return list(_windows_places(path))


def _windows_places(path: Path) -> Iterator[Path]:
    windows = _windows_folder()
    yield path.parent
    yield Path(sys.executable).parent
    yield Path(sys.base_prefix)
    yield windows / "System32"
    yield windows / "System"
    yield windows
    yield from (Path(f) for f in os.environ.get("PATH", "").split(os.pathsep) if f)

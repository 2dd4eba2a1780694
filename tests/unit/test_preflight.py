"""Can a file be a driver? Libraries built here, broken here, and the real ones."""

import ctypes
import itertools
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ukey.preflight
from clerk_client.demo.soft_tokens import LIBRARY
from tests.helpers.windows_library import windows_library
from ukey.dependencies import dependencies_of
from ukey.errors import (
    DriverDependency,
    DriverError,
    DriverFailed,
    DriverMissing,
    DriverNotPkcs11,
    DriverWrongArchitecture,
    UKeyError,
)
from ukey.headers import Build
from ukey.library_file import read_header
from ukey.preflight import (
    check_library,
    facts_of,
    loader_failure,
    this_architecture,
)

OPENSC = Path("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so")
ENTRY = "int C_GetFunctionList(void **list) { return (long)list != 0; }"
OTHER = "int other(void) { return 1; }"
CALLS_OTHER = "int other(void); int C_GetFunctionList(void **l) { return other(); }"


def build(path: Path, source: str, *options: str | Path) -> Path:
    """A library made by gcc; what it is linked against stays needed, used or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = ("gcc", "-shared", "-fPIC", "-nostdlib", "-Wl,--no-as-needed", "-o", path)
    source_is_input = ("-x", "c", "-", "-x", "none")
    subprocess.run([*words, *source_is_input, *options], input=source, text=True, check=True)
    return path


@pytest.fixture(scope="session")
def entry_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return build(tmp_path_factory.mktemp("entry") / "driver.so", ENTRY).read_bytes()


@pytest.fixture
def driver(tmp_path: Path, entry_bytes: bytes) -> Path:
    """A library that can be a driver."""
    path = tmp_path / "driver.so"
    path.write_bytes(entry_bytes)
    return path


def patch(path: Path, offset: int, *new: bytes) -> Path:
    content = bytearray(path.read_bytes())
    for piece in new:
        content[offset : offset + len(piece)] = piece
    path.write_bytes(content)
    return path


def refused(path: Path) -> UKeyError:
    with pytest.raises(UKeyError) as caught:
        check_library(path)
    return caught.value


def missing_for(path: Path) -> tuple[str, ...]:
    """Past what `check_library` remembers: these tests take away what is needed, not the driver."""
    return dependencies_of(path, read_header(path)).missing


# --- drivers that are fine -----------------------------------------------------------------------


def test_real_drivers_pass() -> None:
    check_library(LIBRARY)
    check_library(OPENSC)


def test_driver_passes_under_a_path_with_chinese_and_blanks(
    tmp_path: Path, entry_bytes: bytes
) -> None:
    path = tmp_path / "白色 KEY 驱动" / "驱动 1.so"
    path.parent.mkdir()
    path.write_bytes(entry_bytes)
    check_library(path)
    link = tmp_path / "链接.so"
    link.symlink_to(path)
    check_library(link)


@pytest.mark.parametrize("style", ["sysv", "gnu", "both"])
def test_entry_point_is_found_by_either_hash_table(tmp_path: Path, style: str) -> None:
    check_library(build(tmp_path / "driver.so", ENTRY, f"-Wl,--hash-style={style}"))
    without = build(tmp_path / "without.so", OTHER, f"-Wl,--hash-style={style}")
    assert type(refused(without)) is DriverNotPkcs11


def test_driver_stripped_of_its_sections_passes(driver: Path) -> None:
    # e_shoff, then e_shnum and e_shstrndx.
    patch(driver, 40, bytes(8))
    check_library(patch(driver, 60, bytes(4)))


# --- no driver at all ----------------------------------------------------------------------------


def test_driver_that_is_not_installed_is_missing(tmp_path: Path, driver: Path) -> None:
    (tmp_path / "broken.so").symlink_to(tmp_path / "gone.so")
    (tmp_path / "circle.so").symlink_to(tmp_path / "circle.so")
    for name in ("none.so", "broken.so", "circle.so", "x" * 300, "nul\0.so"):
        assert type(refused(tmp_path / name)) is DriverMissing
    assert type(refused(driver / "inside.so")) is DriverMissing


@contextmanager
def not_as_root() -> Iterator[None]:
    """No folder is closed to root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_driver_in_a_closed_folder_is_missing_and_a_closed_driver_fails(driver: Path) -> None:
    check_library(driver)  # the parser itself may lie in a folder that is closed to others
    with tempfile.TemporaryDirectory() as opened:
        Path(opened).chmod(0o755)
        closed = Path(opened, "closed")
        closed.mkdir()
        unreadable = Path(shutil.copy(driver, opened))
        shutil.copy(driver, closed)
        unreadable.chmod(0)
        closed.chmod(0)
        with not_as_root():
            assert type(refused(closed / "driver.so")) is DriverMissing
            error = refused(unreadable)
            assert not facts_of(closed / "driver.so").exists
            assert facts_of(unreadable).sha256 == ""
        assert isinstance(error, DriverFailed)
        assert error.detail == "Permission denied"


def test_what_is_no_library_is_told_from_one_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "folder.so").mkdir()
    (tmp_path / "empty.so").touch()
    (tmp_path / "text.so").write_text("驱动程序请到官网下载\n" * 100, encoding="utf-8")
    (tmp_path / "zeros.so").touch()
    os.truncate(tmp_path / "zeros.so", 16 << 20)
    (tmp_path / "starts.so").write_bytes(b"\x7fELF")
    (tmp_path / "dos.so").write_bytes(b"MZ" + bytes(200))
    reasons = {path.name: refused(path) for path in tmp_path.iterdir()}
    assert {type(error) for error in reasons.values()} == {DriverNotPkcs11}
    assert {name: error.detail for name, error in reasons.items()} == {  # type: ignore[attr-defined]
        "folder.so": "a folder",
        "empty.so": "empty",
        "text.so": "neither ELF nor PE",
        "zeros.so": "neither ELF nor PE",
        "starts.so": "its header is damaged",
        "dos.so": "no PE header",
    }


@pytest.mark.timeout(10)
def test_pipe_or_device_in_place_of_a_driver_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.so")
    for path in (tmp_path / "pipe.so", Path("/dev/zero")):
        assert type(refused(path)) is DriverNotPkcs11
        assert facts_of(path).format == ""


@pytest.mark.parametrize("options", [(), ("-no-pie",)])
def test_program_is_no_driver(tmp_path: Path, options: tuple[str, ...]) -> None:
    program = tmp_path / "program"
    source = "int main(void) { return 0; }"
    subprocess.run(
        ["gcc", "-o", program, "-x", "c", "-", *options], input=source, text=True, check=True
    )
    error = refused(program)
    assert isinstance(error, DriverNotPkcs11)
    assert error.detail == "a program"


def test_library_without_the_entry_point_is_no_driver(tmp_path: Path) -> None:
    asks_for_it = "int C_GetFunctionList(void **); int other(void) { return C_GetFunctionList(0);}"
    for name, source in (("lacks.so", OTHER), ("imports.so", asks_for_it)):
        error = refused(build(tmp_path / name, source))
        assert isinstance(error, DriverNotPkcs11)
        assert error.detail == "does not export C_GetFunctionList"


def test_entry_point_of_a_library_that_comes_along_counts(tmp_path: Path) -> None:
    build(tmp_path / "libinner.so", ENTRY)
    options = (f"-L{tmp_path}", "-linner", "-Wl,-rpath,$ORIGIN")
    wrapper = build(tmp_path / "wrapper.so", OTHER, *options)
    assert ctypes.CDLL(str(wrapper)).C_GetFunctionList is not None
    check_library(wrapper)


# --- another architecture ------------------------------------------------------------------------

MACHINE, CLASS, ORDER = 18, 4, 5


@pytest.mark.skipif(this_architecture() != "x86-64, 64-bit", reason="builds for x86-64")
@pytest.mark.parametrize(
    ("machine", "bits", "found"),
    [
        (183, 64, "ARM64, 64-bit"),
        (258, 64, "LoongArch, 64-bit"),
        (3, 32, "x86, 32-bit"),
        (40, 32, "ARM, 32-bit"),
        (62, 32, "x86-64, 32-bit"),
        (0x9916, 64, "Sunway, 64-bit"),
        (4711, 64, "machine 4711, 64-bit"),
    ],
)
def test_driver_for_another_processor_is_named_with_both(
    driver: Path, machine: int, bits: int, found: str
) -> None:
    patch(driver, MACHINE, struct.pack("<H", machine))
    error = refused(patch(driver, CLASS, bytes([bits // 32])))
    assert isinstance(error, DriverWrongArchitecture)
    assert (error.found, error.needed) == (found, "x86-64, 64-bit")


def test_driver_of_windows_is_for_another_system(tmp_path: Path) -> None:
    path = tmp_path / "driver.dll"
    path.write_bytes(windows_library(exports=["C_GetFunctionList"]))
    error = refused(path)
    assert isinstance(error, DriverWrongArchitecture)
    assert error.found == "Windows, x64"
    assert error.needed.startswith("Linux, ")


# --- what a driver needs -------------------------------------------------------------------------


def test_every_missing_library_is_named(tmp_path: Path) -> None:
    first = build(tmp_path / "libgdcafirst.so", OTHER)
    second = build(tmp_path / "libgdcasecond.so", OTHER)
    path = build(tmp_path / "驱 动.so", CALLS_OTHER, f"-L{tmp_path}", "-lgdcafirst", "-lgdcasecond")
    first.unlink()
    second.unlink()
    error = refused(path)
    assert isinstance(error, DriverDependency)
    assert error.missing == "libgdcafirst.so, libgdcasecond.so"


def test_library_missing_two_steps_away_is_named(tmp_path: Path) -> None:
    far = build(tmp_path / "libgdcafar.so", OTHER)
    near = ("-Wl,-rpath,$ORIGIN", f"-L{tmp_path}")
    build(tmp_path / "libgdcanear.so", OTHER, *near, "-lgdcafar")
    path = build(tmp_path / "driver.so", ENTRY, *near, "-lgdcanear")
    check_library(path)
    far.unlink()
    assert missing_for(path) == ("libgdcafar.so",)


@pytest.mark.parametrize("tags", ["--enable-new-dtags", "--disable-new-dtags"])
def test_libraries_beside_the_driver_are_found_as_the_loader_finds_them(
    tmp_path: Path, tags: str
) -> None:
    build(tmp_path / "lib" / "libgdcabeside.so", OTHER)
    options = (f"-L{tmp_path / 'lib'}", "-lgdcabeside", f"-Wl,{tags}")
    near = build(tmp_path / "near.so", CALLS_OTHER, "-Wl,-rpath,${ORIGIN}/lib", *options)
    check_library(near)
    assert ctypes.CDLL(str(near)) is not None
    assert missing_for(build(tmp_path / "far.so", CALLS_OTHER, *options)) == ("libgdcabeside.so",)


def test_search_folder_of_the_driver_serves_what_comes_along_only_as_rpath(tmp_path: Path) -> None:
    """RPATH is inherited, RUNPATH is not: the loader is asked as well."""
    build(tmp_path / "lib" / "libgdcafar.so", OTHER)
    folder = f"-L{tmp_path / 'lib'}"
    build(tmp_path / "lib" / "libgdcanear.so", OTHER, folder, "-lgdcafar")
    options = ("-Wl,-rpath,$ORIGIN/lib", folder, "-lgdcanear")
    old = build(tmp_path / "old.so", ENTRY, *options, "-Wl,--disable-new-dtags")
    new = build(tmp_path / "new.so", ENTRY, *options, "-Wl,--enable-new-dtags")
    assert missing_for(new) == ("libgdcafar.so",)
    with pytest.raises(OSError, match=r"libgdcafar.so: cannot open"):
        ctypes.CDLL(str(new))
    check_library(old)
    assert ctypes.CDLL(str(old)) is not None


def test_search_folder_reaches_past_a_library_with_its_own(tmp_path: Path) -> None:
    folder, near = f"-L{tmp_path / 'lib'}", "-Wl,-rpath,$ORIGIN"
    build(tmp_path / "lib" / "libgdcafar.so", OTHER)
    build(tmp_path / "lib" / "inner" / "libgdcamiddle.so", OTHER, folder, "-lgdcafar")
    inner = (f"-L{tmp_path / 'lib' / 'inner'}", "-lgdcamiddle", f"{near}/inner")
    build(tmp_path / "lib" / "libgdcanear.so", OTHER, *inner, "-Wl,--enable-new-dtags")
    options = (f"{near}/lib", folder, "-lgdcanear", "-Wl,--disable-new-dtags")
    path = build(tmp_path / "driver.so", ENTRY, *options)
    assert ctypes.CDLL(str(path)) is not None
    check_library(path)


def test_folders_set_for_the_whole_process_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "lib" / "libgdcaset.so", OTHER)
    path = build(tmp_path / "driver.so", CALLS_OTHER, f"-L{tmp_path / 'lib'}", "-lgdcaset")
    assert missing_for(path) == ("libgdcaset.so",)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/none:{tmp_path / 'lib'}")
    assert missing_for(path) == ()


def test_library_for_another_processor_does_not_serve(tmp_path: Path) -> None:
    other = build(tmp_path / "libgdcaother.so", OTHER)
    options = ("-Wl,-rpath,$ORIGIN", f"-L{tmp_path}", "-lgdcaother")
    path = build(tmp_path / "driver.so", CALLS_OTHER, *options)
    patch(other, MACHINE, struct.pack("<H", 8))
    assert missing_for(path) == ("libgdcaother.so",)


def test_libraries_that_need_each_other_end(tmp_path: Path) -> None:
    near = ("-Wl,-rpath,$ORIGIN", f"-L{tmp_path}")
    build(tmp_path / "libgdcaone.so", OTHER)
    build(tmp_path / "libgdcatwo.so", OTHER, *near, "-lgdcaone")
    build(tmp_path / "libgdcaone.so", OTHER, *near, "-lgdcatwo")
    check_library(build(tmp_path / "driver.so", CALLS_OTHER, *near, "-lgdcaone"))


@pytest.mark.parametrize("doubt", ["$LIB", "\udcb9\udce3"])
def test_nothing_is_called_missing_when_the_folders_are_in_doubt(
    tmp_path: Path, doubt: str
) -> None:
    """A loader's own variable, and a folder written in GBK."""
    gone = build(tmp_path / "libgdcagone.so", OTHER)
    options = (f"-L{tmp_path}", "-lgdcagone", f"-Wl,-rpath,/opt/{doubt}")
    path = build(tmp_path / "driver.so", CALLS_OTHER, *options)
    gone.unlink()
    check_library(path)


def test_library_named_by_a_variable_is_not_called_missing(tmp_path: Path) -> None:
    name = "-Wl,-soname,$ORIGIN/libgdcagone.so"
    gone = build(tmp_path / "libgdcagone.so", OTHER, name)
    path = build(tmp_path / "driver.so", CALLS_OTHER, f"-L{tmp_path}", "-lgdcagone")
    gone.unlink()
    check_library(path)


# --- damaged and absurd --------------------------------------------------------------------------


def test_driver_that_was_cut_off_is_no_library(driver: Path, entry_bytes: bytes) -> None:
    for length in (1, 5, 16, 52, 63, 64, 200, 4096, 8192, len(entry_bytes) // 2):
        driver.write_bytes(entry_bytes[:length])
        assert type(refused(driver)) is DriverNotPkcs11, length


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    cut=st.integers(0, 20_000) | st.just(20_000),
    changes=st.lists(
        st.tuples(st.integers(0, 1200), st.binary(min_size=1, max_size=8)), max_size=4
    ),
)
def test_damaged_driver_is_refused_or_passes_but_breaks_nothing(
    damaged: Callable[[int, list[tuple[int, bytes]]], Path],
    cut: int,
    changes: list[tuple[int, bytes]],
) -> None:
    path = damaged(cut, changes)
    with suppress(DriverNotPkcs11, DriverWrongArchitecture, DriverDependency):
        check_library(path)
    facts_of(path)
    assert isinstance(loader_failure(path, "whatever"), DriverError)


@pytest.fixture(scope="session")
def damaged(
    tmp_path_factory: pytest.TempPathFactory, entry_bytes: bytes
) -> Callable[[int, list[tuple[int, bytes]]], Path]:
    folder = tmp_path_factory.mktemp("damaged")
    content_of = {"so": entry_bytes, "dll": windows_library(exports=["C_GetFunctionList"])}

    numbers = itertools.count()

    def make(cut: int, changes: list[tuple[int, bytes]]) -> Path:
        kind = "dll" if cut % 3 == 0 else "so"
        content = bytearray(content_of[kind])
        for offset, new in changes:
            content[offset : offset + len(new)] = new
        # A name of its own: two contents of one size within a tick of the clock look the same.
        path = folder / f"{next(numbers)}.{kind}"
        path.write_bytes(content[:cut])
        return path

    return make


def segment_header(content: bytes, wanted: int) -> int:
    """Where the first segment of that type is described, in a 64-bit file."""
    (start,) = struct.unpack_from("<Q", content, 32)
    (count,) = struct.unpack_from("<H", content, 56)
    offsets = range(start, start + count * 56, 56)
    return next(o for o in offsets if struct.unpack_from("<I", content, o)[0] == wanted)


@pytest.mark.timeout(20)
def test_tables_without_an_end_are_given_up(driver: Path, entry_bytes: bytes) -> None:
    dynamic = segment_header(entry_bytes, 2)
    with driver.open("ab") as file:
        file.write(b"\x05" * (16 << 20))
    patch(driver, dynamic + 8, struct.pack("<Q", len(entry_bytes)))
    assert type(refused(driver)) is DriverNotPkcs11
    # Program headers by the ten thousand, and by a count that the first section holds.
    for count in (0xFFFE, 0xFFFF):
        driver.write_bytes(entry_bytes + b"\x05" * (16 << 20))
        assert type(refused(patch(driver, 56, struct.pack("<H", count)))) is DriverNotPkcs11


@pytest.mark.timeout(20)
def test_hash_table_without_an_end_is_left_to_the_loader(driver: Path, entry_bytes: bytes) -> None:
    gnu_hash = entry_bytes.index(struct.pack("<Q", 0x6FFFFEF5))
    (table,) = struct.unpack_from("<Q", entry_bytes, gnu_hash + 8)
    with driver.open("ab") as file:
        file.write(b"\x04" * (16 << 20))
    check_library(patch(driver, table, struct.pack("<I", 0x7FFFFFFF)))


def test_large_driver_passes(driver: Path) -> None:
    os.truncate(driver, 1 << 30)
    check_library(driver)
    facts = facts_of(driver)
    assert (facts.size, facts.sha256, facts.exports_pkcs11) == (1 << 30, "", True)


# --- asked twice a second ------------------------------------------------------------------------


def test_driver_that_did_not_change_is_not_read_again(
    tmp_path: Path, driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.so").write_text("text")
    check_library(driver)
    before = refused(tmp_path / "text.so")
    monkeypatch.setattr(ukey.preflight, "build_of", None)
    check_library(driver)
    again = refused(tmp_path / "text.so")
    assert again is not before
    assert (str(again), again.code, vars(again)) == (str(before), before.code, vars(before))


def test_driver_installed_anew_is_read_again(driver: Path, entry_bytes: bytes) -> None:
    driver.write_text("half a download")
    assert type(refused(driver)) is DriverNotPkcs11
    driver.write_bytes(entry_bytes)
    check_library(driver)
    driver.unlink()
    assert type(refused(driver)) is DriverMissing
    driver.write_bytes(entry_bytes)
    check_library(driver)


def test_library_that_was_missing_is_seen_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ukey.preflight, "_BRIEFLY_REMEMBERED", 0.0)
    late = build(tmp_path / "libgdcalate.so", OTHER)
    options = ("-Wl,-rpath,$ORIGIN", f"-L{tmp_path}", "-lgdcalate")
    path = build(tmp_path / "driver.so", CALLS_OTHER, *options)
    content = late.read_bytes()
    late.unlink()
    assert type(refused(path)) is DriverDependency
    late.write_bytes(content)
    check_library(path)


# --- the loader's own words ----------------------------------------------------------------------


def words_of_the_loader(path: Path) -> str:
    with pytest.raises(OSError, match=r"\.so") as refusal:
        ctypes.CDLL(str(path))
    return str(refusal.value)


def test_loader_names_one_missing_library_and_we_name_all(tmp_path: Path) -> None:
    gone = [build(tmp_path / f"libgdca{name}.so", OTHER) for name in ("a", "b")]
    path = build(tmp_path / "driver.so", CALLS_OTHER, f"-L{tmp_path}", "-lgdcaa", "-lgdcab")
    for library in gone:
        library.unlink()
    text = words_of_the_loader(path)
    assert "libgdcab" not in text
    error = loader_failure(path, text)
    assert isinstance(error, DriverDependency)
    assert error.missing == "libgdcaa.so, libgdcab.so"


def test_real_words_about_a_damaged_driver_become_ours(driver: Path) -> None:
    driver.write_text("no library")
    assert type(loader_failure(driver, words_of_the_loader(driver))) is DriverNotPkcs11


def test_driver_for_another_processor_outweighs_a_loader_that_sees_no_file(driver: Path) -> None:
    patch(driver, MACHINE, struct.pack("<H", 183))
    text = f"{driver}: cannot open shared object file: No such file or directory"
    assert type(loader_failure(driver, text)) is DriverWrongArchitecture


GLIBC = "/lib/libc.so.6: version `GLIBC_2.38' not found (required by /opt/key/driver.so)"
PREFIX = "OS exception while loading /opt/白色 KEY/driver.so: "


@pytest.mark.parametrize(
    ("text", "kind", "facts"),
    [
        (
            PREFIX + "libfoo.so.1: cannot open shared object file: No such file or directory",
            DriverDependency,
            {"missing": "libfoo.so.1"},
        ),
        (
            "Error loading shared library libfoo.so.1: No such file or directory (needed by x)",
            DriverDependency,
            {"missing": "libfoo.so.1"},
        ),
        (GLIBC, DriverDependency, {"missing": "GLIBC_2.38"}),
        (
            "/opt/lib/libfoo.so: wrong ELF class: ELFCLASS32",
            DriverWrongArchitecture,
            {"found": "libfoo.so, 32-bit", "needed": this_architecture()},
        ),
        ("/opt/lib/libfoo.so: invalid ELF header", DriverNotPkcs11, {}),
        ("driver.so: undefined symbol: C_GetFunctionList", DriverNotPkcs11, {}),
        ("driver.so: undefined symbol: SSLv2_method", DriverFailed, {}),
        ("[WinError 126] The specified module could not be found", DriverDependency, {}),
        ("找不到指定的模块。", DriverDependency, {"missing": "DLL"}),
        ("[WinError 193] %1 is not a valid Win32 application", DriverNotPkcs11, {}),
        ("%1 不是有效的 Win32 应用程序。", DriverNotPkcs11, {}),
        ("cannot enable executable stack", DriverFailed, {}),
        ("", DriverFailed, {"detail": ""}),
    ],
)
def test_words_of_loaders_find_their_cause(
    driver: Path, text: str, kind: type[DriverError], facts: dict[str, str]
) -> None:
    error = loader_failure(driver, text)
    assert type(error) is kind
    assert error.path == str(driver)
    assert facts.items() <= vars(error).items()


def test_loader_that_talks_without_end_is_cut_short(driver: Path) -> None:
    assert loader_failure(driver, "x" * 1_000_000).detail == "x" * 2000


# --- the help desk's report ----------------------------------------------------------------------


def test_help_desk_is_told_what_the_file_is(driver: Path, entry_bytes: bytes) -> None:
    os.utime(driver, (0, 1_700_000_000))
    facts = facts_of(driver)
    assert (facts.exists, facts.size) == (True, len(entry_bytes))
    assert facts.sha256 == sha256(entry_bytes).hexdigest()
    assert facts.modified == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (facts.format, facts.architecture) == ("ELF", this_architecture())
    assert (facts.exports_pkcs11, facts.needs, facts.version) == (True, (), "")


def test_help_desk_is_told_a_windows_library_s_version_and_needs(tmp_path: Path) -> None:
    path = tmp_path / "driver.dll"
    content = windows_library(
        exports=["C_Finalize", "C_GetFunctionList"],
        imports=["KERNEL32.dll", "gdca_dal.dll"],
        version=(2, 1, 0, 7),
    )
    path.write_bytes(content)
    facts = facts_of(path)
    assert (facts.format, facts.architecture) == ("PE", "x86-64, 64-bit")
    assert facts.needs == ("KERNEL32.dll", "gdca_dal.dll")
    assert (facts.exports_pkcs11, facts.version) == (True, "2.1.0.7")


def test_help_desk_s_report_survives_what_is_not_there(tmp_path: Path) -> None:
    assert not facts_of(tmp_path / "none").exists
    assert not facts_of(tmp_path / "nul\0").exists
    assert facts_of(tmp_path).exists
    assert facts_of(tmp_path).size == 0


# --- Windows, by its files alone -----------------------------------------------------------------


@pytest.fixture
def on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """System32 of a machine that runs Windows, x64: no test here runs on one."""
    monkeypatch.setattr(ukey.preflight, "_this_build", lambda: Build("PE", "x86-64, 64-bit"))
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path / "Windows"))
    monkeypatch.setenv("PATH", "")
    system = tmp_path / "Windows" / "System32"
    system.mkdir(parents=True)
    (system / "KERNEL32.dll").write_bytes(windows_library(imports=["not-our-business.dll"]))
    return system


def test_windows_driver_is_checked_like_any_other(on_windows: Path) -> None:
    path = on_windows / "driver.dll"
    path.write_bytes(
        windows_library(
            exports=["C_GetFunctionList"],
            imports=["KERNEL32.dll", "api-ms-win-crt-heap-l1-1-0.dll", "MSVCR90.dll"],
        )
    )
    check_library(path)
    path.write_bytes(windows_library(exports=["C_GetFunctionList"], imports=["gdca_dal.dll"]))
    error = refused(path)
    assert isinstance(error, DriverDependency)
    assert error.missing == "gdca_dal.dll"
    path.write_bytes(windows_library(exports=["SKF_EnumDev"]))
    assert type(refused(path)) is DriverNotPkcs11
    path.write_bytes(windows_library())
    assert type(refused(path)) is DriverNotPkcs11


def test_windows_driver_of_32_bits_is_named_with_both(on_windows: Path, driver: Path) -> None:
    path = on_windows / "HtPkcs11.dll"
    path.write_bytes(windows_library(machine=0x14C, exports=["C_GetFunctionList"]))
    error = refused(path)
    assert isinstance(error, DriverWrongArchitecture)
    assert (error.found, error.needed) == ("x86, 32-bit", "x86-64, 64-bit")
    linux = refused(driver)
    assert isinstance(linux, DriverWrongArchitecture)
    assert (linux.found, linux.needed) == ("Linux, x64", "Windows, x64")

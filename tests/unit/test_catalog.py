"""What IT's driver files do to the catalogue, right ones and broken ones."""

import os
import platform
import struct
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from ukey.catalog import Catalog, Driver, Family, driver_at, load_catalog, this_platform
from ukey.driver_files import PLATFORMS
from ukey.registry import libraries_in
from ukey.toml_file import LIMIT

DRIVER = """\
# 蓝色KEY
name = "ours"
family = "legacy"
maker = "某厂"
pin_min = 6
pin_max = 8
checked_on_hardware = true
pcsc = true
usb = [
    "096e:0309",
    "1EA8:C001",
]
mechanisms = ["RSA_PKCS"]
label_encodings = ["gbk", "utf-8"]

[libraries]
windows-x64 = ['C:\\Vendor\\old.dll']
linux-x64 = [
    "/nowhere/新 驱动.so",
    "/nowhere/b.so",
    "/nowhere/old.so",
]
linux-arm64 = ["/nowhere/arm.so"]

[registry]
windows = [
    { key = 'HKLM\\SOFTWARE\\Vendor', value = "Library" },
]
"""


def write(folder: Path, text: str, name: str = "ours.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, on: str = "linux-x64") -> tuple[dict[str, Driver], Catalog]:
    catalog = load_catalog(folder, on=on)
    return {driver.name: driver for driver in catalog.drivers}, catalog


SHIPPED = {on: load_catalog(on=on) for on in PLATFORMS}


# --- shipped -------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", PLATFORMS)
def test_every_shipped_file_is_right_on_every_system(on: str) -> None:
    shipped = SHIPPED[on]
    assert shipped.problems == ()
    assert {family.name: family.title for family in shipped.families} == {
        "gdca": "白色KEY(GDCA)",
        "legacy": "蓝色KEY(吉大正元)",
    }
    assert shipped.drivers
    for driver in shipped.drivers:
        assert driver.libraries
        assert not driver.checked_on_hardware, driver.name
        assert bool(driver.family) == bool(driver.family_name)


def test_a_shipped_file_is_called_as_its_driver() -> None:
    folder = files("resources").joinpath("drivers")
    names = {file.name for file in folder.iterdir() if file.name != "families.toml"}
    assert len(names) == 12
    for name in names:
        text = folder.joinpath(name).read_text(encoding="utf-8")
        assert f'\nname = "{name.removesuffix(".toml")}"\n' in text
        assert "\nchecked_on_hardware = false\n" in text


def test_two_shipped_drivers_never_name_one_library() -> None:
    for on, shipped in SHIPPED.items():
        paths = [str(path).lower() for one in shipped.drivers for path in one.libraries]
        assert len(paths) == len(set(paths)), on


@pytest.mark.parametrize("on", PLATFORMS)
@pytest.mark.parametrize(
    ("usb_id", "families"),
    [
        ("096E:0312", ("gdca",)),
        ("163c:0415", ("gdca",)),
        ("6513:0089", ("gdca",)),
        ("096E:0401", ("legacy",)),
        ("096E:0309", ()),
        ("5448:0203", ()),
        ("1EA8:C02C", ()),
    ],
)
def test_a_key_on_usb_is_known_where_nothing_can_drive_it(
    on: str, usb_id: str, families: tuple[str, ...]
) -> None:
    assert SHIPPED[on].knows_usb(usb_id)
    assert SHIPPED[on].family_of_usb(usb_id) == families


def test_a_mouse_is_no_key() -> None:
    assert not SHIPPED["linux-x64"].knows_usb("046D:C077")
    assert SHIPPED["linux-x64"].family_of_usb("046D:C077") == ()


def test_a_usb_id_may_belong_to_several_families(tmp_path: Path) -> None:
    write(tmp_path, DRIVER.replace("096e:0309", "096e:0312"))
    _, catalog = loaded(tmp_path)
    assert set(catalog.family_of_usb("096E:0312")) == {"gdca", "legacy"}


def test_a_library_for_32_bit_alone_is_searched_for_so_that_it_is_named_wrong() -> None:
    haitai = {
        on: next(d for d in SHIPPED[on].drivers if d.name == "haitai") for on in PLATFORMS[:2]
    }
    expected = (
        Path(r"C:\Windows\SysWOW64\HtPkcs11.dll"),
        Path(r"C:\Windows\System32\HtPkcs11.dll"),
    )
    assert haitai["windows-x64"].libraries == haitai["windows-x64"].other_libraries == expected
    assert (haitai["windows-x86"].libraries, haitai["windows-x86"].other_libraries) == (
        expected,
        (),
    )


# --- IT's own ------------------------------------------------------------------------------------


def test_it_adds_a_driver_with_a_file(tmp_path: Path) -> None:
    library = tmp_path / "库 一.so"
    library.touch()
    folder = tmp_path / "drivers"
    folder.mkdir()
    drivers, catalog = loaded(write(folder, DRIVER.replace("/nowhere/b.so", str(library))))
    assert catalog.problems == ()
    assert drivers.keys() == {"longmai", "ours"}
    assert drivers["ours"] == Driver(
        name="ours",
        family="legacy",
        family_name="蓝色KEY(吉大正元)",
        libraries=(Path("/nowhere/新 驱动.so"), library, Path("/nowhere/old.so")),
        pin_min=6,
        pin_max=8,
        checked_on_hardware=True,
        maker="某厂",
        other_libraries=(Path("/nowhere/arm.so"),),
        usb=("096E:0309", "1EA8:C001"),
        uses_pcsc=True,
        mechanisms=("RSA_PKCS",),
        label_encodings=("gbk", "utf-8"),
    )
    assert drivers["ours"].library == library
    library.unlink()
    assert drivers["ours"].library == Path("/nowhere/新 驱动.so")


def test_a_file_of_its_replaces_the_shipped_driver_of_that_name(tmp_path: Path) -> None:
    write(tmp_path, DRIVER.replace('"ours"', '"longmai"'))
    drivers, catalog = loaded(tmp_path)
    assert catalog.problems == ()
    assert drivers.keys() == {"longmai"}
    assert drivers["longmai"].maker == "某厂"


def test_a_driver_of_its_comes_before_the_shipped_one_of_the_same_library(tmp_path: Path) -> None:
    shared = SHIPPED["linux-x64"].drivers[0].libraries[0]
    _, catalog = loaded(write(tmp_path, DRIVER.replace("/nowhere/b.so", str(shared))))
    assert [driver.name for driver in catalog.drivers] == ["ours", "longmai"]


def test_what_may_be_left_out_has_a_default(tmp_path: Path) -> None:
    short = 'name = "ours"\nchecked_on_hardware = false\n[libraries]\n'
    drivers, catalog = loaded(write(tmp_path, short + 'linux-x64 = ["/nowhere/a.so"]\n'))
    assert catalog.problems == ()
    ours = drivers["ours"]
    assert (ours.family, ours.family_name, ours.maker) == ("", "", "")
    assert (ours.pin_min, ours.pin_max) == (4, 16)
    assert (ours.usb, ours.uses_pcsc, ours.other_libraries) == ((), False, ())
    assert ours.mechanisms == ("SHA256_RSA_PKCS", "RSA_PKCS")
    assert ours.label_encodings == ("utf-8", "gb18030")


def test_it_adds_a_family_and_renames_another(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[legacy]\ntitle = "旧KEY"\nissuers = ["中山CA"]\n[net]\ntitle = "网证通"\nissuers = []\n',
        "families.toml",
    )
    drivers, catalog = loaded(write(tmp_path, DRIVER))
    assert catalog.problems == ()
    assert drivers["ours"].family_name == "旧KEY"
    assert {family.name for family in catalog.families} == {"gdca", "legacy", "net"}
    assert Family("legacy", "旧KEY", ("中山CA",)) in catalog.families


def test_a_file_saved_by_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / "OURS.TOML").write_bytes(
        b"\xef\xbb\xbf" + DRIVER.replace("\n", "\r\n").encode("utf-8")
    )
    drivers, catalog = loaded(tmp_path)
    assert catalog.problems == ()
    assert "ours" in drivers


def test_what_is_no_driver_file_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "[[kind]]\n", "kinds.toml")
    write(tmp_path, "?", ".ours.toml")
    write(tmp_path, "?", "readme.txt")
    write(tmp_path, "?", "ours.toml.bak")
    assert loaded(tmp_path)[1].problems == ()


def test_a_library_alone_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    alone = driver_at(Path("some.so"))
    assert (alone.name, alone.library) == ("some.so", tmp_path / "some.so")
    assert not alone.checked_on_hardware


def test_a_folder_that_may_not_be_looked_into_is_searched_no_further() -> None:
    too_long = Path("/" + "a" * 5000)
    driver = Driver("a", "", "", (too_long, Path("/nowhere")), 4, 16, False)
    assert driver.library == too_long


# --- broken --------------------------------------------------------------------------------------

KNOWN = ", ".join(PLATFORMS)


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ('name = "ours"', "name = ", 2, "Invalid value, column 8"),
        ('name = "ours"', 'name = "ours"\nname = "b"', 3, "Cannot overwrite a value, column 11"),
        ('name = "ours"', "", 1, "name is missing"),
        ('name = "ours"', 'name = ""', 2, "name must be a text, not empty, on one line"),
        ('name = "ours"', 'name = "a\\nb"', 2, "name must be a text, not empty, on one line"),
        ('name = "ours"', "name = 7", 2, "name must be a text, not empty, on one line"),
        (
            'name = "ours"',
            'name = "../a"',
            2,
            "name may have letters, digits and . _ - only, 64 at most",
        ),
        ('maker = "某厂"', "maker = []", 4, "maker must be a text, not empty, on one line"),
        ("pin_min = 6", 'pin_min = "6"', 5, "pin_min must be a whole number"),
        ("pin_min = 6", "pin_min = true", 5, "pin_min must be a whole number"),
        ("pin_min = 6", "pin_min = 0", 5, "pin_min must be 1 or more"),
        ("pin_min = 6", "pin_min = 9", 6, "pin_max is wrong: PINs of 9 to 8 characters"),
        ("pin_min = 6\npin_max = 8", "pin_min = 17", 5, "pin_min is wrong: PINs of 17 to 16"),
        ("hardware = true", "hardware = 1", 7, "checked_on_hardware must be true or false"),
        ("pcsc = true", 'pcsc = "no"', 8, "pcsc must be true or false"),
        ('"1EA8:C001"', '"1EA8:C0G1"', 11, "usb has '1EA8:C0G1', not of the form 096E:0309"),
        ('"1EA8:C001"', "1", 9, "usb must be a list of texts, none of them empty"),
        (
            '["RSA_PKCS"]',
            '["SM2"]',
            13,
            "mechanisms has 'SM2'; known are SHA256_RSA_PKCS, RSA_PKCS",
        ),
        ('["RSA_PKCS"]', "[]", 13, "mechanisms is empty"),
        ('"gbk"', '"gbk2"', 14, "label_encodings has 'gbk2', which is no encoding"),
        ('"gbk"', '"hex"', 14, "label_encodings has 'hex', which is no encoding"),
        ('["gbk", "utf-8"]', "[]", 14, "label_encodings is empty"),
        (
            "linux-x64 = ",
            "linus-x64 = ",
            18,
            f"libraries.linus-x64 is not known; known are {KNOWN}",
        ),
        (
            '"/nowhere/old.so"',
            '"old.so"',
            21,
            "libraries.linux-x64 has 'old.so', which is not an absolute path",
        ),
        (
            "C:\\Vendor\\old.dll",
            "\\Vendor\\old.dll",
            17,
            "libraries.windows-x64 has '\\Vendor\\old.dll', which is not an absolute path",
        ),
        (
            '["/nowhere/arm.so"]',
            "1",
            23,
            "libraries.linux-arm64 must be a list of texts, none of them empty",
        ),
        ("[libraries]", "[librarys]", 16, "librarys is not known"),
        ("[libraries]", "[[libraries]]", 16, "libraries must be a table"),
        ("windows = [", "linux = [", 26, "registry.linux is not known; known are windows"),
        ('value = "L', 'vale = "L', 27, "registry.windows.vale is not known; known are key, value"),
        (', value = "Library"', "", 26, "registry.windows.value is missing"),
        (
            "HKLM\\SOFTWARE\\Vendor",
            "SOFTWARE\\Vendor",
            27,
            "registry.windows.key is 'SOFTWARE\\Vendor', not of the form HKLM\\… or HKCU\\…",
        ),
    ],
)
def test_a_broken_driver_file_is_named_with_line_and_reason_and_stops_nothing_else(
    tmp_path: Path, before: str, after: str, line: int, reason: str
) -> None:
    text = DRIVER
    assert text.count(before) == 1
    write(tmp_path, text.replace(before, after))
    write(tmp_path, DRIVER.replace('"ours"', '"second"'), "second.toml")
    drivers, catalog = loaded(tmp_path)
    assert [(p.file, p.line) for p in catalog.problems] == [("ours.toml", line)]
    assert catalog.problems[0].reason.startswith(reason)
    assert drivers.keys() == {"longmai", "second"}


def test_a_field_that_nobody_knows_is_told_before_the_one_that_is_missing(tmp_path: Path) -> None:
    write(tmp_path, DRIVER.replace("pin_min", "pin_minimum"))
    problem = loaded(tmp_path)[1].problems[0]
    assert (problem.line, problem.reason.partition(";")[0]) == (5, "pin_minimum is not known")


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, "name is missing"),
        ('maker = "x"\n\nname = "旧"'.encode("gb18030"), 3, "not UTF-8 (byte 0xBE); save the file"),
        (DRIVER.encode("utf-16"), 1, "not UTF-8 (byte 0xFF); save the file"),
        (b"\x7fELF\x02\x01\x01\x00", 1, "Invalid"),
        (b'name = "a"\nmaker = """\n\n', 2, "Unterminated string"),
        (b"a = " + b"[" * 100_000, 0, "nested too deeply"),
        (b"a = " + b"1" * 10_000, 0, "Exceeds the limit"),
        (b"#" * 10_000_000, 0, "longer than 256 kB"),
    ],
    ids=["empty", "gb18030", "utf-16", "library", "unended", "deep", "number", "long"],
)
def test_a_file_of_rubbish_is_named_and_stops_nothing_else(
    tmp_path: Path, content: bytes, line: int, reason: str
) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    drivers, catalog = loaded(write(tmp_path, DRIVER))
    assert [(p.file, p.line) for p in catalog.problems] == [("a.toml", line)]
    assert catalog.problems[0].reason.startswith(reason)
    assert drivers.keys() == {"longmai", "ours"}


def test_what_is_no_file_is_named_and_stops_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    (tmp_path / "b.toml").symlink_to(tmp_path / "absent")
    os.mkfifo(tmp_path / "c.toml")
    drivers, catalog = loaded(write(tmp_path, DRIVER))
    assert [(p.file, p.line, p.reason) for p in catalog.problems] == [
        ("a.toml", 0, "a folder, not a file"),
        ("b.toml", 0, "not a file, or a link to nowhere"),
        ("c.toml", 0, "not a file, or a link to nowhere"),
    ]
    assert drivers.keys() == {"longmai", "ours"}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    # A real file that even root can open and not read from its beginning.
    (tmp_path / "a.toml").symlink_to("/proc/self/mem")
    drivers, catalog = loaded(write(tmp_path, DRIVER))
    assert [(p.file, p.line, p.reason) for p in catalog.problems] == [
        ("a.toml", 0, "cannot be read: Input/output error")
    ]
    assert drivers.keys() == {"longmai", "ours"}


@pytest.mark.parametrize(
    ("name", "reason"), [("absent", "No such file or directory"), ("file", "Not a directory")]
)
def test_a_folder_that_cannot_be_read_leaves_what_is_shipped(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    drivers, catalog = loaded(tmp_path / name)
    assert [(p.file, p.line, p.reason) for p in catalog.problems] == [
        (str(tmp_path / name), 0, f"folder cannot be read: {reason}")
    ]
    assert drivers.keys() == {"longmai"}


def test_a_broken_file_leaves_the_shipped_driver_standing(tmp_path: Path) -> None:
    write(tmp_path, 'name = "longmai"\npin_min = "4"\n')
    drivers, catalog = loaded(tmp_path)
    assert len(catalog.problems) == 1
    assert drivers["longmai"].maker == "Longmai"


def test_two_files_for_one_driver_are_named(tmp_path: Path) -> None:
    write(tmp_path, DRIVER)
    drivers, catalog = loaded(write(tmp_path, DRIVER.replace("某厂", "二厂"), "second.toml"))
    assert [(p.file, p.line, p.reason) for p in catalog.problems] == [
        ("second.toml", 2, "name is 'ours', as in ours.toml: one of them has to go")
    ]
    assert drivers["ours"].maker == "某厂"


def test_a_driver_of_an_unknown_family_works_without_it(tmp_path: Path) -> None:
    drivers, catalog = loaded(write(tmp_path, DRIVER.replace('"legacy"', '"legasy"')))
    assert [(p.file, p.line, p.reason) for p in catalog.problems] == [
        (
            "ours.toml",
            3,
            "family is 'legasy', which no families.toml has; the driver is used without",
        )
    ]
    assert (drivers["ours"].family, drivers["ours"].family_name) == ("", "")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("[legacy]\n", 1, "legacy.title is missing"),
        ('\n[legacy]\ntitle = "a"\n', 2, "legacy.issuers is missing"),
        ('[legacy]\ntitle = "a"\nissuers = "b"\n', 3, "legacy.issuers must be a list of texts"),
        ('[legacy]\ntitle = "a"\ncolour = "b"\n', 3, "legacy.colour is not known"),
        ("legacy = 1\n", 1, "legacy must be a table"),
    ],
)
def test_a_broken_family_leaves_the_others_standing(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    write(tmp_path, f'{text}[new]\ntitle = "新"\nissuers = []\n', "families.toml")
    drivers, catalog = loaded(write(tmp_path, DRIVER))
    assert [(p.file, p.line) for p in catalog.problems] == [("families.toml", line)]
    assert catalog.problems[0].reason.startswith(reason)
    titles = {family.name: family.title for family in catalog.families}
    assert titles == {"gdca": "白色KEY(GDCA)", "legacy": "蓝色KEY(吉大正元)", "new": "新"}
    assert drivers["ours"].family_name == "蓝色KEY(吉大正元)"


def test_a_driver_that_names_neither_library_nor_key_is_broken(tmp_path: Path) -> None:
    base = 'name = "a"\npin_min = 4\npin_max = 8\nchecked_on_hardware = false\n'
    write(tmp_path, base, "a.toml")
    write(tmp_path, f"{base}[libraries]\nlinux-x64 = []\n", "b.toml")
    _, catalog = loaded(tmp_path)
    assert [(p.file, p.line, p.reason) for p in catalog.problems] == [
        ("a.toml", 1, "libraries is missing"),
        ("b.toml", 5, "libraries names no path, and there is no USB id to know a key by"),
    ]


def test_a_file_at_the_limit_is_read(tmp_path: Path) -> None:
    text = DRIVER.encode()
    (tmp_path / "ours.toml").write_bytes(text + b"#" * (LIMIT - len(text)))
    assert "ours" in loaded(tmp_path)[0]


# --- registry ------------------------------------------------------------------------------------


class PlainRegistry:
    """Stands for the Windows registry, which is not to be had here: values by key and name."""

    def __init__(self, values: dict[tuple[str, str], str]) -> None:
        self._values = values

    def subkeys(self, key: str) -> Sequence[str]:
        begin = f"{key}\\"
        keys = (known for known, _ in self._values if known.startswith(begin))
        return list({known.removeprefix(begin).partition("\\")[0] for known in keys})

    def text(self, key: str, value: str) -> str:
        return self._values.get((key, value), "")


NETCA = "HKLM\\SOFTWARE\\NETCA\\PKI\\Devices"
NETCA_32 = "HKLM\\SOFTWARE\\WOW6432Node\\NETCA\\PKI\\Devices"
VALUE = "PKCS11DriverDLLPath"
INSTALLED = PlainRegistry(
    {
        (f"{NETCA}\\NETCAKeyFT502", VALUE): "C:\\Windows\\System32\\csp11_ft502.dll",
        (f"{NETCA_32}\\NETCAKEYFT502", VALUE): "C:\\Windows\\SysWOW64\\csp11_ft502.dll",
        (f"{NETCA_32}\\HD", VALUE): "C:\\Windows\\SysWOW64\\HD_Cryptoki.dll",
        (f"{NETCA}\\Longmai", VALUE): "c:\\windows\\system32\\GM3000_pkcs11.dll",
        (f"{NETCA}\\SKFDevice\\GDCA-1", "SkfDllPath"): "gdca_dal_szd3003_sm2.dll",
        (f"{NETCA}\\Relative", VALUE): "somewhere.dll",
        ("HKLM\\SOFTWARE\\Vendor", "Library"): '"D:\\Key 驱动\\p11.dll"',
    }
)


def test_each_library_in_the_registry_becomes_a_driver_of_its_own() -> None:
    catalog = load_catalog(on="windows-x64", registry=INSTALLED)
    walked = {d.name: d for d in catalog.drivers if d.maker == "NETCA"}
    # GM3000_pkcs11.dll is Longmai's, for which there is a file.
    assert walked.keys() == {"netca-netcakeyft502", "netca-hd"}
    both = walked["netca-netcakeyft502"]
    assert both.libraries == (Path("C:\\Windows\\System32\\csp11_ft502.dll"),)
    assert both.other_libraries == (Path("C:\\Windows\\SysWOW64\\csp11_ft502.dll"),)
    old = walked["netca-hd"]
    assert old.libraries == old.other_libraries == (Path("C:\\Windows\\SysWOW64\\HD_Cryptoki.dll"),)


def test_a_32_bit_client_takes_the_32_bit_libraries_of_the_registry() -> None:
    catalog = load_catalog(on="windows-x86", registry=INSTALLED)
    hd = next(driver for driver in catalog.drivers if driver.name == "netca-hd")
    assert hd.libraries == (Path("C:\\Windows\\SysWOW64\\HD_Cryptoki.dll"),)
    assert hd.other_libraries == ()


def test_what_was_installed_is_searched_before_what_is_usual(tmp_path: Path) -> None:
    write(tmp_path, DRIVER)
    catalog = load_catalog(tmp_path, on="windows-x64", registry=INSTALLED)
    ours = next(driver for driver in catalog.drivers if driver.name == "ours")
    assert ours.libraries == (Path("D:\\Key 驱动\\p11.dll"), Path("C:\\Vendor\\old.dll"))


def test_a_registry_says_nothing_about_linux(tmp_path: Path) -> None:
    write(tmp_path, DRIVER)
    catalog = load_catalog(tmp_path, on="linux-arm64", registry=INSTALLED)
    assert {driver.name for driver in catalog.drivers} == {"longmai", "ours"}


def test_a_registry_without_the_key_has_no_library() -> None:
    empty = PlainRegistry({})
    assert list(libraries_in(empty, f"{NETCA}\\*", VALUE)) == []
    assert load_catalog(on="windows-x64", registry=empty).problems == ()


def test_two_stars_walk_two_levels() -> None:
    registry = PlainRegistry(
        {("HKLM\\A\\one\\B\\two\\C", "v"): "C:\\x.dll", ("HKLM\\A\\one\\B", "v"): "C:\\y.dll"}
    )
    assert list(libraries_in(registry, "HKLM\\A\\*\\B\\*\\C", "v")) == [("one-two", "C:\\x.dll")]
    assert list(libraries_in(registry, "HKLM\\A\\*\\B", "v")) == [("one", "C:\\y.dll")]


# --- which machine -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "machine", "pointer", "expected"),
    [
        ("linux", "x86_64", 8, "linux-x64"),
        ("linux", "aarch64", 8, "linux-arm64"),
        ("linux", "loongarch64", 8, "linux-loong64"),
        ("win32", "AMD64", 8, "windows-x64"),
        ("win32", "AMD64", 4, "windows-x86"),
        ("win32", "x86", 4, "windows-x86"),
        ("linux", "aarch64", 4, "linux-arm64-32"),
        ("linux", "mips64", 8, "linux-mips64"),
    ],
)
def test_the_system_and_the_process_say_which_libraries_fit(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, pointer: int, expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(struct, "calcsize", lambda _: pointer)
    on = this_platform()
    monkeypatch.undo()
    assert on == expected
    assert load_catalog(on=on).problems == ()

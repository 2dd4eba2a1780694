"""Why no key is there, told from what a look at the station gave: values only, no driver runs."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from resources.words import entries
from ukey.catalog import Catalog, Driver, Family
from ukey.errors import (
    CatalogBroken,
    CertificateUnreadable,
    CertificateUntrusted,
    ClockWrong,
    DriverCrashed,
    DriverDependency,
    DriverError,
    DriverFailed,
    DriverMissing,
    DriverNotPkcs11,
    DriverWrongArchitecture,
    KeyTimeout,
    SmartCardServiceDown,
    UKeyError,
)
from ukey.evidence import Evidence, absence
from ukey.findings import Finding, Heading, finding_of, shown, words_of
from ukey.usb import UsbDevice

WHITE = Family("gdca", "白色KEY(GDCA)", ())
BLUE = Family("legacy", "蓝色KEY(吉大正元)", ())
NOBODYS = UsbDevice("046D:C31C", "Keyboard")
WHITE_KEY = UsbDevice("096E:0312", "USB Key")
BLUE_KEY = UsbDevice("096E:0401")
MAKERS_KEY = UsbDevice("055C:E618")


def driver(name: str, *usb: str, family: Family | None = None, pcsc: bool = False) -> Driver:
    return Driver(
        name=name,
        family=family.name if family else "",
        family_name=family.title if family else "",
        libraries=(Path(f"/vendor/{name}.so"),),
        pin_min=4,
        pin_max=16,
        checked_on_hardware=False,
        usb=usb,
        uses_pcsc=pcsc,
    )


GDCA = driver("gdca", WHITE_KEY.id, family=WHITE)
JIT = driver("jit", BLUE_KEY.id, family=BLUE)
MAKER = driver("maker", MAKERS_KEY.id)
CARD = driver("card", pcsc=True)
PLAIN = driver("plain")


def catalog_of(*drivers: Driver, usb_only: tuple[tuple[str, str], ...] = ()) -> Catalog:
    return Catalog(drivers, (WHITE, BLUE), usb_only=usb_only)


def missing(*drivers: Driver) -> tuple[UKeyError, ...]:
    return tuple(DriverMissing(each.library) for each in drivers)


def seen(
    *installed: Driver,
    problems: tuple[UKeyError, ...] = (),
    devices: tuple[UsbDevice, ...] | None = (NOBODYS,),
    service: UKeyError | None = None,
    readers: tuple[str, ...] | None = None,
) -> Evidence:
    return Evidence((), problems, installed, devices, service, readers)


ALL = catalog_of(GDCA, JIT, MAKER)


# --- nothing installed, nothing plugged ----------------------------------------------------------


def test_station_without_any_driver_is_told_where_one_was_looked_for() -> None:
    found = absence(seen(problems=missing(GDCA, JIT)), catalog_of(GDCA, JIT))
    paths = f"{GDCA.library}\n{JIT.library}"
    assert found == Finding("DRIVER_MISSING", "error", {"path": paths})
    spread = dataclasses.replace(
        GDCA, libraries=(Path("/a.so"), Path("/b.so")), other_libraries=(Path("/32/a.so"),)
    )
    for devices in ((NOBODYS,), (WHITE_KEY,)):
        evidence = seen(problems=missing(spread), devices=devices)
        found = absence(evidence, catalog_of(spread))
        assert found.facts["path"] == "/a.so\n/b.so\n/32/a.so"
    assert absence(seen(), Catalog(())).code == "DRIVER_MISSING"


def test_clerk_without_a_key_on_usb_is_sent_to_the_usb_port() -> None:
    found = absence(seen(GDCA, problems=missing(JIT)), ALL)
    assert (found.code, found.heading) == ("USB_ABSENT", Heading.USB)


@pytest.mark.parametrize(
    ("installed", "devices"),
    [
        ((GDCA,), None),  # nobody looked at USB
        ((PLAIN,), (NOBODYS,)),  # its key may be the keyboard, for all we know
        ((GDCA, PLAIN), ()),
    ],
)
def test_usb_is_not_blamed_where_nobody_can_know(
    installed: tuple[Driver, ...], devices: tuple[UsbDevice, ...] | None
) -> None:
    found = absence(seen(*installed, devices=devices), catalog_of(GDCA, PLAIN))
    assert found.code == "NO_TOKEN"


# --- a key that somebody knows is on USB ---------------------------------------------------------


def test_key_on_usb_without_its_driver_is_told_by_family_and_device() -> None:
    found = absence(seen(JIT, problems=missing(GDCA), devices=(NOBODYS, WHITE_KEY)), ALL)
    assert found.code == "DRIVER_MISSING"
    assert found.facts == {
        "device": "096E:0312 USB Key",
        "family": "白色KEY(GDCA)",
        "path": str(GDCA.library),
    }


def test_key_on_usb_for_which_no_library_is_known_lacks_its_driver() -> None:
    catalog = catalog_of(JIT, usb_only=((WHITE_KEY.id, "gdca"),))
    found = absence(seen(JIT, devices=(WHITE_KEY,)), catalog)
    assert found.code == "DRIVER_MISSING"
    assert found.facts == {
        "device": "096E:0312 USB Key",
        "family": "白色KEY(GDCA)",
        "unlisted": "true",
    }
    words = words_of(found)
    assert words.code == "DRIVER_MISSING"
    assert words.title == "电脑发现了白色KEY(GDCA)，但客户端不知道这种钥匙的驱动装在哪里"
    assert "docs/drivers.md" in words.next_step
    nobodys = absence(seen(devices=(MAKERS_KEY,)), catalog_of(usb_only=((MAKERS_KEY.id, ""),)))
    assert MAKERS_KEY.id in words_of(nobodys).title


def test_driver_that_is_there_and_does_not_see_its_key_is_blind() -> None:
    found = absence(seen(GDCA, devices=(WHITE_KEY,)), ALL)
    assert found.code == "DRIVER_BLIND"
    assert found.facts == {"device": "096E:0312 USB Key", "family": "白色KEY(GDCA)"}


def test_drivers_of_the_same_family_count_where_the_id_has_none_of_its_own() -> None:
    other = driver("gdca-2", family=WHITE)
    catalog = catalog_of(other, usb_only=((WHITE_KEY.id, "gdca"),))
    assert absence(seen(other, devices=(WHITE_KEY,)), catalog).code == "DRIVER_BLIND"


def test_makers_key_of_no_known_family_is_told_by_its_device_alone() -> None:
    found = absence(seen(MAKER, devices=(MAKERS_KEY,)), ALL)
    assert (found.code, found.facts) == ("DRIVER_BLIND", {"device": MAKERS_KEY.id})


def test_serial_in_the_name_of_a_device_is_no_fact() -> None:
    device = UsbDevice(WHITE_KEY.id, "mToken 0123456789")
    for installed, code in (((GDCA,), "DRIVER_BLIND"), ((), "DRIVER_MISSING")):
        found = absence(seen(*installed, devices=(device,)), ALL)
        assert (found.code, found.facts["device"]) == (code, "096E:0312 mToken …6789")


# --- a driver that is there and broken -----------------------------------------------------------

BREAK: list[Callable[[Path], DriverError]] = [
    lambda path: DriverWrongArchitecture(path, "x86, 32-bit", "x86-64, 64-bit"),
    lambda path: DriverDependency(path, "libgone.so"),
    lambda path: DriverNotPkcs11(path, "empty"),
    lambda path: DriverCrashed(path, "SIGSEGV"),
    lambda path: KeyTimeout(path, "2 s"),
    lambda path: DriverFailed(path, "GeneralError"),
]


def broken(each: Driver, kind: int = 0) -> DriverError:
    return BREAK[kind](each.library)


@pytest.mark.parametrize("kind", range(len(BREAK)))
def test_broken_driver_is_the_cause_and_is_named_with_its_path(kind: int) -> None:
    problem = broken(GDCA, kind)
    is_running = kind > 2
    for devices in ((WHITE_KEY,), (NOBODYS,), None):
        evidence = seen(*([GDCA] if is_running else []), problems=(problem,), devices=devices)
        found = absence(evidence, ALL)
        assert (found.code, found.severity) == (problem.code, "error")
        assert found.facts["path"] == str(GDCA.library)


def test_driver_that_the_plugged_key_does_not_need_is_not_the_cause() -> None:
    problem = broken(JIT)
    lacking = absence(seen(problems=(problem, *missing(GDCA)), devices=(WHITE_KEY,)), ALL)
    assert (lacking.code, lacking.facts["device"]) == ("DRIVER_MISSING", "096E:0312 USB Key")
    assert absence(seen(GDCA, problems=(problem,), devices=(WHITE_KEY,)), ALL).code == (
        "DRIVER_BLIND"
    )


def test_leftover_of_another_maker_does_not_hide_that_no_key_is_plugged() -> None:
    assert absence(seen(GDCA, problems=(broken(JIT),)), ALL).code == "USB_ABSENT"


def test_broken_driver_whose_keys_nobody_knows_by_sight_may_well_be_the_cause() -> None:
    catalog = catalog_of(GDCA, PLAIN)
    assert absence(seen(GDCA, problems=(broken(PLAIN),)), catalog).code == "DRIVER_WRONG_ARCH"
    blind = seen(GDCA, problems=(broken(JIT),), devices=None)
    assert absence(blind, ALL).code == "DRIVER_WRONG_ARCH"


def test_sister_of_a_sound_driver_is_not_asked_about_its_keys() -> None:
    sister = driver("gdca-2", "163C:0415", family=WHITE)
    evidence = seen(GDCA, problems=(broken(sister),), devices=(WHITE_KEY,))
    assert absence(evidence, catalog_of(GDCA, sister)).code == "DRIVER_BLIND"


def test_of_two_plugged_keys_the_broken_driver_comes_first() -> None:
    evidence = seen(GDCA, problems=(broken(JIT),), devices=(WHITE_KEY, BLUE_KEY))
    assert absence(evidence, ALL).code == "DRIVER_WRONG_ARCH"


# --- smart card service --------------------------------------------------------------------------

DOWN = SmartCardServiceDown("0x8010001D")


def test_service_that_is_down_is_never_told_as_no_card() -> None:
    found = absence(seen(CARD, service=DOWN), catalog_of(CARD))
    assert found == Finding("SERVICE_DOWN", "error", {"detail": "0x8010001D"})


def test_service_without_a_reader_and_reader_without_a_card_are_different() -> None:
    catalog = catalog_of(CARD)
    assert absence(seen(CARD, readers=()), catalog).code == "NO_READER"
    assert absence(seen(CARD, readers=("Virtual PCD 00 00",)), catalog).code == "NO_TOKEN"
    # Also where USB has nothing that is known: the reader is there, the card is not.
    with_usb = dataclasses.replace(CARD, usb=("076B:3031",))
    evidence = seen(with_usb, readers=("OMNIKEY",))
    assert absence(evidence, catalog_of(with_usb)).code == "NO_TOKEN"


def test_service_is_no_cause_for_a_key_whose_driver_does_not_use_it() -> None:
    evidence = seen(GDCA, CARD, devices=(WHITE_KEY,), service=DOWN)
    assert absence(evidence, catalog_of(GDCA, CARD)).code == "DRIVER_BLIND"


def test_service_is_the_cause_for_a_plugged_key_whose_driver_uses_it() -> None:
    pcsc = dataclasses.replace(GDCA, uses_pcsc=True)
    catalog = catalog_of(pcsc)
    down = seen(pcsc, devices=(WHITE_KEY,), service=DOWN)
    assert absence(down, catalog).code == "SERVICE_DOWN"
    assert absence(seen(pcsc, devices=(WHITE_KEY,), readers=()), catalog).code == "NO_READER"
    shown_to_service = seen(pcsc, devices=(WHITE_KEY,), readers=("Feitian 00",))
    assert absence(shown_to_service, catalog).code == "DRIVER_BLIND"


def test_driver_that_hangs_comes_before_the_service_that_it_waits_for() -> None:
    evidence = seen(CARD, problems=(broken(CARD, 4),), service=DOWN)
    assert absence(evidence, catalog_of(CARD)).code == "DRIVER_HANG"


# --- facts ---------------------------------------------------------------------------------------


def test_facts_of_an_error_are_text_and_say_nothing_that_is_empty() -> None:
    crashed = finding_of(DriverCrashed("/vendor/a.so", "", quarantined=True))
    assert crashed.facts == {"path": "/vendor/a.so", "quarantined": "true"}
    noon = datetime(2026, 3, 1, 4, tzinfo=UTC)
    clock = finding_of(ClockWrong(noon, noon.replace(year=2027)))
    assert clock.facts["station"] == "2026-03-01T04:00:00+00:00"
    assert clock.facts["seconds"] == "31536000"


def test_facts_of_a_certificate_hold_its_reason_and_not_the_serial_of_its_key() -> None:
    unreadable = finding_of(CertificateUnreadable("SM2 key", "gdca:0012345678:blank"))
    assert unreadable.facts == {"reason": "SM2 key"}
    foreign, old = (CertificateUntrusted("why", issued=issued) for issued in (False, True))
    assert finding_of(foreign).facts == {"reason": "why"}
    assert finding_of(old).facts == {"reason": "why", "issued": "true"}


@pytest.mark.parametrize(
    ("detail", "fault"),
    [
        ("empty", "empty"),
        ("a folder", "folder"),
        ("neither ELF nor PE", "other_file"),
        ("a program", "other_file"),
        ("cut off", "cut_off"),
        ("/a.so: file too short", "cut_off"),
        ("does not export C_GetFunctionList", "no_entry"),
        ("/a.so: undefined symbol: C_GetFunctionList", "no_entry"),
        ("its header is damaged (struct.error)", ""),
    ],
)
def test_file_that_is_no_driver_is_told_by_what_it_is_instead(detail: str, fault: str) -> None:
    found = finding_of(DriverNotPkcs11("/a.so", detail))
    assert found.facts.get("fault", "") == fault
    general = entries()["DRIVER_NOT_PKCS11"].cause
    assert (words_of(found).title == general) is not bool(fault)
    assert detail not in words_of(found).title


def test_sentence_stays_chinese_whatever_a_driver_or_a_file_says() -> None:
    for error, title in (
        (DriverFailed("/a.so", "MemoryError unable to allocate"), "电子钥匙驱动报错"),
        (CatalogBroken("a.toml", 3, "name is missing"), "驱动说明文件 a.toml 第 3 行有误"),
        (CatalogBroken("/gone", 0, "no folder"), "驱动说明文件或文件夹 /gone 不能使用"),
        (
            DriverWrongArchitecture("/a.so", "x86, 32-bit", "x86-64, 64-bit"),
            "电子钥匙驱动适用于 x86（32位），与客户端的系统或位数不符",
        ),
        (
            DriverWrongArchitecture("/a.so", "Windows, x64", "Linux, x64"),
            "电子钥匙驱动适用于 Windows（x64），与客户端的系统或位数不符",
        ),
    ):
        words = words_of(finding_of(error))
        assert words.title == title
        assert "bit" not in words.next_step


def test_moments_are_shown_as_the_day_in_the_hall() -> None:
    assert shown("2026-02-28T16:30:00+00:00") == "2026-03-01"
    assert shown("2026-02-28T16:30:00.250Z") == "2026-03-01"
    assert shown("2026-02-28") == "2026-02-28"
    assert shown(30) == "30"

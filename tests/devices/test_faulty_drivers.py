"""Libraries with one fault each, among others that work: named, and they hide no other key."""

import dataclasses
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.devices.conftest import Keys
from tests.helpers.faulty_drivers import LABEL, Fault
from ukey.catalog import Driver, driver_at
from ukey.driver import Deadlines
from ukey.errors import DriverCrashed, DriverFailed, KeyTimeout
from ukey.hub import KeyHub

MakeDriver = Callable[[Fault], Driver]
HubOf = Callable[..., KeyHub]


@pytest.fixture
def short(hub_of: HubOf) -> HubOf:
    """A hub that waits a second for a driver that hangs."""
    return partial(hub_of, deadlines=Deadlines.all(1.0))


def codes(hub: KeyHub) -> list[str]:
    return [problem.code for problem in hub.problems]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.CRASH_AT_LOAD, "DRIVER_CRASHED"),
        (Fault.CRASH_IN_INITIALIZE, "DRIVER_CRASHED"),
        (Fault.CRASH_IN_SLOT_LIST, "DRIVER_CRASHED"),
        (Fault.HANG_AT_LOAD, "DRIVER_HANG"),
        (Fault.HANG_IN_INITIALIZE, "DRIVER_HANG"),
        (Fault.HANG_IN_SLOT_LIST, "DRIVER_HANG"),
        (Fault.ENDLESS_OUTPUT, "DRIVER_HANG"),
        (Fault.VENDOR_CODE, "DRIVER_ERROR"),
        (Fault.ENTRY_POINT_REFUSES, "DRIVER_ERROR"),
        (Fault.TOKEN_INFO_FAILS, "DRIVER_ERROR"),
        (Fault.ABSURD_SLOT_COUNT, "DRIVER_ERROR"),
        (Fault.ENDLESS_OBJECTS, "DRIVER_ERROR"),
        (Fault.HUGE_ATTRIBUTE, "DRIVER_ERROR"),
        (Fault.NO_ENTRY_POINT, "DRIVER_NOT_PKCS11"),
        (Fault.MISSING_DEPENDENCY, "DRIVER_DEPENDENCY"),
        (Fault.OTHER_PROCESSOR, "DRIVER_WRONG_ARCH"),
        (Fault.OTHER_BITNESS, "DRIVER_WRONG_ARCH"),
        (Fault.WINDOWS_64, "DRIVER_WRONG_ARCH"),
        (Fault.EMPTY_FILE, "DRIVER_NOT_PKCS11"),
        (Fault.TEXT_FILE, "DRIVER_NOT_PKCS11"),
        (Fault.TRUNCATED, "DRIVER_NOT_PKCS11"),
        (Fault.FOLDER, "DRIVER_NOT_PKCS11"),
    ],
)
def test_faulty_driver_is_named_and_hides_no_other_key(
    fault: Fault,
    code: str,
    faulty: MakeDriver,
    keys: Keys,
    short: HubOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(*next(iter(keys.store.environment.items())))
    hub = short(faulty(fault), keys.store.driver)
    assert len(hub.scan()) == 3
    assert codes(hub) == [code]


@pytest.mark.parametrize(
    ("fault", "tokens"),
    [
        (Fault.CHATTER, 1),
        (Fault.ODD_PATH, 1),
        (Fault.TOKEN_NOT_INITIALIZED, 1),
        (Fault.UNRECOGNIZED_TOKEN, 0),
    ],
)
def test_odd_driver_that_works_is_used(
    fault: Fault, tokens: int, faulty: MakeDriver, short: HubOf
) -> None:
    hub = short(faulty(fault))
    assert len(hub.scan()) == tokens
    assert "DRIVER" not in "".join(codes(hub))


def test_label_of_an_old_key_is_read(faulty: MakeDriver, short: HubOf) -> None:
    (token,) = short(faulty(Fault.GB18030_LABEL)).scan()
    assert token.label == LABEL


def test_return_code_of_the_vendors_own_is_kept_in_hex(faulty: MakeDriver, short: HubOf) -> None:
    hub = short(faulty(Fault.VENDOR_CODE))
    hub.scan()
    (problem,) = hub.problems
    assert isinstance(problem, DriverFailed)
    assert "0x80000123" in problem.detail


def test_crash_is_told_with_its_signal(faulty: MakeDriver, short: HubOf) -> None:
    hub = short(faulty(Fault.CRASH_IN_SLOT_LIST))
    hub.scan()
    (problem,) = hub.problems
    assert isinstance(problem, DriverCrashed)
    assert problem.detail == "SIGSEGV"


def test_driver_under_a_changed_file_is_used_again_once_it_is_mended(
    tmp_path: Path, faulty: MakeDriver, keys: Keys, short: HubOf
) -> None:
    library = tmp_path / "vendor.so"
    shutil.copy(faulty(Fault.NO_ENTRY_POINT).library, library)
    hub = short(driver_at(library))
    assert hub.scan() == []
    assert codes(hub) == ["DRIVER_NOT_PKCS11"]
    library.unlink()
    shutil.copy(faulty(Fault.NONE).library, library)
    assert len(hub.scan()) == 1


def test_hanging_driver_does_not_hold_up_the_end(faulty: MakeDriver, short: HubOf) -> None:
    hub = short(faulty(Fault.HANG_IN_SLOT_LIST))
    hub.scan()
    assert isinstance(hub.problems[0], KeyTimeout)
    hub.stop()
    assert hub.scan() == []


def test_library_of_another_bitness_beside_a_missing_one_is_named_as_such(
    tmp_path: Path, faulty: MakeDriver, short: HubOf
) -> None:
    other = faulty(Fault.OTHER_BITNESS)
    driver = dataclasses.replace(
        other, libraries=(tmp_path / "absent.so",), other_libraries=other.libraries
    )
    hub = short(driver)
    hub.scan()
    assert codes(hub) == ["DRIVER_WRONG_ARCH"]

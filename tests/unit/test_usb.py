"""What is plugged into USB, on folders made like those of Linux, and by Windows' names."""

from pathlib import Path

import pytest

from ukey.usb import UsbDevice, devices_named, plugged

FEITIAN = {"idVendor": "096e\n", "idProduct": "0309\n", "bDeviceClass": "00\n"}


def plug(root: Path, place: str, **files: str) -> Path:
    """A folder as the kernel makes it: a stand-in, since no test can plug a key."""
    folder = root / place
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_key_is_seen_by_its_numbers_and_the_name_it_gives_itself(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", **FEITIAN, product="ePass2003\n", manufacturer="FS\n")
    assert plugged(tmp_path) == (UsbDevice("096E:0309", "ePass2003"),)


def test_two_keys_of_one_kind_are_two_devices(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", **FEITIAN)
    plug(tmp_path, "2-1.4", **FEITIAN)
    assert plugged(tmp_path) == (UsbDevice("096E:0309"), UsbDevice("096E:0309"))


def test_hubs_and_parts_of_devices_are_no_keys(tmp_path: Path) -> None:
    plug(tmp_path, "usb1", idVendor="1d6b\n", idProduct="0002\n", bDeviceClass="09\n")
    plug(tmp_path, "1-1:1.0", bInterfaceClass="0b\n")
    assert plugged(tmp_path) == ()


def test_key_without_a_name_goes_by_its_maker_or_nothing(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", **FEITIAN, manufacturer="Feitian\n")
    plug(tmp_path, "1-2", **FEITIAN)
    assert [device.product for device in plugged(tmp_path)] == ["Feitian", ""]


def test_name_made_of_rubbish_does_no_harm(tmp_path: Path) -> None:
    folder = plug(tmp_path, "1-1", **FEITIAN)
    (folder / "product").write_bytes(b"\x1b[31m\xffKEY\n\x00" + b"x" * 100_000)
    (device,) = plugged(tmp_path)
    assert device.product.startswith("[31m\ufffdKEYx")
    assert len(device.product) < 300


def test_key_that_is_pulled_while_we_look_is_left_out(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", idVendor="096e\n")
    (tmp_path / "1-2").symlink_to(tmp_path / "gone")
    plug(tmp_path, "1-3", idVendor="no number", idProduct="0309")
    (plug(tmp_path, "1-4", idProduct="0309") / "idVendor").mkdir()
    assert plugged(tmp_path) == ()


def test_machine_without_usb_has_nothing_plugged(tmp_path: Path) -> None:
    assert plugged(tmp_path / "none") == ()
    assert plugged(Path("/dev/null")) == ()


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        (r"USB\VID_096E&PID_0309\6&1F2A", (UsbDevice("096E:0309"),)),
        (r"USB\Vid_163c&Pid_0406\0001", (UsbDevice("163C:0406"),)),
        (r"USB\VID_096E&PID_0309&MI_00\7&2", ()),
        (r"USB\ROOT_HUB30\4&38A1", ()),
        ("", ()),
    ],
)
def test_windows_names_its_devices(instance: str, expected: tuple[UsbDevice, ...]) -> None:
    assert devices_named([instance]) == expected

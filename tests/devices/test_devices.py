"""The cameras of a machine, told from folders like those of a Linux kernel."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from scanner import devices
from scanner.devices import CameraDevice, camera_called, cameras, holder_of


class Machine:
    """Folders as the kernel and udev make them."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.system, self.devices = folder / "class", folder / "dev"
        self.bus = folder / "devices"
        for made in (self.system, self.devices, self.bus):
            made.mkdir()
        patch.setattr(devices, "SYSTEM", self.system)
        patch.setattr(devices, "DEVICES", self.devices)

    def add(self, number: int, name: str, *, socket: str = "1-2:1.0", index: int = 0) -> None:
        """A node of a camera that sits in that socket."""
        place = self.bus / socket
        node = place / "video4linux" / f"video{number}"
        node.mkdir(parents=True)
        (node / "name").write_bytes(name.encode() + b"\n")
        (node / "index").write_text(f"{index}\n")
        (node / "device").symlink_to(place)
        (self.system / node.name).symlink_to(node)
        (self.devices / node.name).touch()

    def link(self, kind: str, name: str, number: int) -> None:
        """What udev calls it."""
        folder = self.devices / "v4l" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(self.devices / f"video{number}")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells so")
class TestOnLinux:
    def test_machine_without_cameras_has_none(self, machine: Machine) -> None:
        assert cameras() == ()
        machine.system.rmdir()
        assert cameras() == ()
        assert camera_called("") is None

    def test_camera_is_listed_once_though_it_makes_several_nodes(self, machine: Machine) -> None:
        machine.add(10, "良田 S620A3", socket="1-4:1.0")
        machine.add(2, "HD Webcam")
        machine.add(3, "HD Webcam", index=1)
        (machine.system / "v4l-subdev0").mkdir()
        assert cameras() == (
            CameraDevice("HD Webcam", "1-2:1.0", 2),
            CameraDevice("良田 S620A3", "1-4:1.0", 10),
        )

    def test_camera_is_known_again_by_its_serial_number_else_by_its_socket(
        self, machine: Machine
    ) -> None:
        machine.add(0, "One", socket="1-1:1.0")
        machine.add(2, "Two", socket="1-2:1.0")
        machine.link("by-id", "usb-Maker_One_0001-video-index0", 0)
        machine.link("by-path", "pci-0000:00:14.0-usb-0:1:1.0-video-index0", 0)
        machine.link("by-path", "pci-0000:00:14.0-usb-0:2:1.0-video-index0", 2)
        assert [camera.identity for camera in cameras()] == [
            "usb-Maker_One_0001-video-index0",
            "pci-0000:00:14.0-usb-0:2:1.0-video-index0",
        ]

    def test_camera_is_called_by_name_part_of_it_or_identity(self, machine: Machine) -> None:
        machine.add(0, "HD Webcam C270", socket="1-1:1.0")
        machine.add(2, "Webcam", socket="1-2:1.0")
        machine.add(4, "良田高拍仪", socket="1-3:1.0")
        found = {
            wanted: camera.index
            for wanted in ("", "hd", "webcam", "WEBCAM C", "高拍仪", "1-2:1.0", " 1-3:1.0 ")
            if (camera := camera_called(wanted)) is not None
        }
        # A whole name goes before part of one, and a lower number before a higher.
        assert found == {
            "": 0,
            "hd": 0,
            "webcam": 2,
            "WEBCAM C": 0,
            "高拍仪": 4,
            "1-2:1.0": 2,
            " 1-3:1.0 ": 4,
        }
        assert camera_called("Logitech") is None

    def test_entries_that_make_no_sense_are_passed_over(self, machine: Machine) -> None:
        machine.add(0, "Broken")
        (machine.system / "video0" / "index").write_text("first\n")
        machine.add(1, "", socket="1-5:1.0")
        machine.add(2, "x", socket="1-6:1.0")
        (machine.system / "video2" / "name").write_bytes(b"\xff\xfe Camera\n")
        assert [camera.name for camera in cameras()] == ["video1", "\ufffd\ufffd Camera"]

    def test_camera_that_nobody_has_open_has_no_holder(self, machine: Machine) -> None:
        machine.add(0, "One")
        node = machine.devices / "video0"
        assert holder_of(node) == ""
        with node.open("rb"):
            assert holder_of(node) == "", "this program is not another"


def test_cameras_of_windows_are_those_of_directshow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the library and the system: neither runs here."""
    asked: list[int] = []

    def enumerate_cameras(backend: int) -> list[SimpleNamespace]:
        asked.append(backend)
        return [
            SimpleNamespace(index=1, name="USB Camera", path=None),
            SimpleNamespace(index=0, name="良田", path="\\\\?\\usb#vid_1"),
        ]

    library = ModuleType("cv2_enumerate_cameras")
    library.enumerate_cameras = enumerate_cameras  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", library)
    monkeypatch.setattr(sys, "platform", "win32")
    found = cameras()
    monkeypatch.undo()
    assert asked == [700]
    assert found == (
        CameraDevice("良田", "\\\\?\\usb#vid_1", 0),
        CameraDevice("USB Camera", "USB Camera", 1),
    )

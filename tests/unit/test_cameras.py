"""Which camera a window looks through, and how each is adjusted, from one start to the next."""

import logging
from pathlib import Path

import pytest

from clerk_client.desk.cameras import CameraChoice, Cameras
from scanner.adjustment import Adjustment
from scanner.devices import CameraDevice
from scanner.errors import CameraAbsent
from scanner.frames import AdjustableSource
from scanner.sources import source_for

DOCUMENTS = CameraDevice("文档相机 USB", "usb-1", 0)
FACES = CameraDevice("Integrated Webcam", "usb-2", 1)


class Window:
    """One station over several starts; `opened` is what was asked for last."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.plugged = [DOCUMENTS, FACES]
        self.opened: tuple[str, Adjustment] | None = None

    def start(self, configured: str = "camera:0") -> Cameras:
        def open_source(setting: str, adjustment: Adjustment) -> AdjustableSource:
            self.opened = (setting, adjustment)
            return source_for(setting, adjustment)

        return Cameras(
            configured, self.file, known=lambda: tuple(self.plugged), open_source=open_source
        )


@pytest.fixture
def window(tmp_path: Path) -> Window:
    return Window(tmp_path / "kept" / "cameras.json")


@pytest.mark.parametrize(
    ("configured", "first"),
    [
        ("camera:1", FACES),
        ("camera:", DOCUMENTS),
        ("camera:integrated", FACES),
        ("camera:usb-2", FACES),
    ],
)
def test_configured_camera_is_named_first(
    window: Window, configured: str, first: CameraDevice
) -> None:
    cameras = window.start(configured)
    names = [choice.name for choice in cameras.choices()]
    assert names[0] == first.name
    assert len(names) == 2
    cameras.source()
    assert window.opened == (configured, Adjustment())


def test_stream_stands_beside_the_cameras_that_are_plugged(window: Window) -> None:
    cameras = window.start("http://127.0.0.1:1/video")
    assert cameras.choices()[0] == CameraChoice(
        "http://127.0.0.1:1/video", "http://127.0.0.1:1/video", is_device=False
    )
    assert len(cameras.choices()) == 3
    assert cameras.is_there() is None


def test_configured_camera_that_is_missing_is_told_apart_from_those_there(window: Window) -> None:
    cameras = window.start("camera:7")
    assert [choice.name for choice in cameras.choices()] == [
        "camera:7",
        "文档相机 USB",
        "Integrated Webcam",
    ]
    assert cameras.is_there() is False
    window.plugged = []
    assert len(window.start("camera:7").choices()) == 1


def test_choice_lasts_over_a_start_and_follows_the_camera_to_another_socket(
    window: Window,
) -> None:
    window.start().choose("usb-2")
    window.plugged = [DOCUMENTS, CameraDevice("Integrated Webcam", "usb-2", 4)]
    cameras = window.start()
    assert cameras.chosen() == CameraChoice("usb-2", "Integrated Webcam")
    cameras.source()
    assert window.opened == ("camera:4", Adjustment())


def test_chosen_camera_that_is_unplugged_is_awaited_by_its_name(window: Window) -> None:
    window.start().choose("usb-2")
    window.plugged = [DOCUMENTS]
    cameras = window.start()
    assert cameras.is_there() is False
    assert cameras.choices()[-1] == CameraChoice("usb-2", "Integrated Webcam")
    with pytest.raises(CameraAbsent) as absent:
        cameras.source()
    assert absent.value.source == "Integrated Webcam"
    cameras.choose("usb-1")
    assert window.start().chosen().identity == "usb-1"


def test_new_setting_of_it_counts_more_than_an_old_choice(window: Window) -> None:
    window.start("camera:0").choose("usb-2")
    assert window.start("camera:文档").chosen().identity == "usb-1"


def test_camera_that_nobody_offered_is_not_chosen(window: Window) -> None:
    cameras = window.start()
    cameras.choose("../../etc/passwd")
    assert cameras.chosen().identity == "usb-1"
    assert not window.file.exists()


def test_each_camera_keeps_its_own_adjustment(window: Window) -> None:
    cameras = window.start()
    cameras.adjust(Adjustment(brightness=70, rotation=90))
    cameras.choose("usb-2")
    cameras.adjust(Adjustment(exposure=10, width=2592, height=1944))
    cameras = window.start()
    assert cameras.adjustment() == Adjustment(exposure=10, width=2592, height=1944)
    cameras.source()
    assert window.opened == ("camera:1", cameras.adjustment())
    cameras.choose("usb-1")
    assert cameras.adjustment() == Adjustment(brightness=70, rotation=90)
    cameras.adjust(Adjustment())
    assert window.start().adjustment() == Adjustment()


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b'{"chosen": 1, "adjustments": {}}',
        b'{"chosen": {"identity": "usb-2"}, "adjustments": {}}',
        b'{"chosen": null, "adjustments": {"usb-1": {"rotation": 45}}}',
        b'{"chosen": null, "adjustments": {"usb-1": {"brightness": true}}}',
        b'{"chosen": null, "adjustments": {"usb-1": {"width": 99999999}}}',
        b'{"chosen": null, "adjustments": {"usb-1": 3}}',
        b"[" * 5000,
        b" " * 70_000,
    ],
)
def test_damaged_file_means_defaults_and_is_mended_by_the_next_change(
    window: Window, kept: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    window.file.parent.mkdir()
    window.file.write_bytes(kept)
    cameras = window.start()
    with caplog.at_level(logging.WARNING):
        assert cameras.adjustment() == Adjustment()
    assert cameras.chosen().identity == "usb-1"
    assert "damaged" in caplog.text
    cameras.adjust(Adjustment(rotation=180))
    assert window.start().adjustment() == Adjustment(rotation=180)


def test_adjustment_that_cannot_be_written_holds_until_the_end(
    window: Window, caplog: pytest.LogCaptureFixture
) -> None:
    window.file.parent.write_bytes(b"a file where a folder should be")
    cameras = window.start()
    with caplog.at_level(logging.WARNING):
        cameras.adjust(Adjustment(rotation=180))
    assert cameras.adjustment() == Adjustment(rotation=180)
    assert "not kept" in caplog.text
    assert [path.name for path in window.file.parent.parent.iterdir()] == ["kept"]

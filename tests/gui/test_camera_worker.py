"""The camera's worker in its thread, on real pictures: what is read, shown, lost and back again."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp
from PyQt5.QtCore import QObject
from PyQt5.QtGui import QImage
from pytestqt.qtbot import QtBot

from clerk_client.demo.photographs import photograph
from clerk_client.demo.slip import SlipText
from clerk_client.desk.cameras import CameraChoice, Cameras, Mark
from clerk_client.workers import camera_return, camera_worker
from clerk_client.workers.camera_worker import CameraWorker
from clerk_client.workers.thread import WorkerThread
from scanner.adjustment import Adjustment
from scanner.devices import CameraDevice
from scanner.errors import CameraAbsent, CameraBusy, CameraStalled, ScannerError
from scanner.frames import AdjustableSource, Frame
from tests.helpers.mjpeg_camera import MjpegCamera

TICKET = '{"hall":"442000","day":"2026-11-21","number":"A023"}'
WAIT = 20_000

Run = Callable[[QObject], WorkerThread]
Picture = Any


def code(text: str, kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.QRCode) -> Picture:
    image = np.asarray(zxingcpp.create_barcode(text, kind).to_image(scale=6))
    return cv2.copyMakeBorder(image, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=255)


def desk_with(*codes: Picture, width: int = 1920, height: int = 1080) -> Picture:
    desk = np.full((height, width), 170, np.uint8)
    left = 40
    for each in codes:
        desk[80 : 80 + each.shape[0], left : left + each.shape[1]] = each
        left += each.shape[1] + 40
    return cv2.cvtColor(desk, cv2.COLOR_GRAY2BGR)


class Plugged:
    """Gives `pictures` in a circle until it is pulled or fails; stands in for a device, which no
    machine here has."""

    def __init__(self, *pictures: Picture, frame_s: float = 0.01) -> None:
        self.pictures = pictures or (desk_with(),)
        self.frame_s = frame_s
        self.error: ScannerError | None = None
        self.adjusted: list[Adjustment] = []
        self.openings = 0
        self.name = "camera:0"
        self._closed = threading.Event()
        self._number = 0

    def open(self) -> None:
        self.openings += 1
        self._closed.clear()
        if self.error is not None:
            raise self.error

    def read(self) -> Frame:
        if self._closed.wait(self.frame_s):
            raise CameraAbsent(self.name)
        if self.error is not None:
            raise self.error
        self._number += 1
        picture = self.pictures[self._number % len(self.pictures)]
        return Frame(picture, self._number, time.monotonic())

    def close(self) -> None:
        self._closed.set()

    def adjust(self, adjustment: Adjustment) -> None:
        self.adjusted.append(adjustment)


class Dark(Plugged):
    """Opens and gives no picture."""

    def __init__(self) -> None:
        super().__init__(frame_s=20)


DEVICE = CameraDevice("文档相机", "usb-1", 0)
OTHER = CameraDevice("内置摄像头", "usb-2", 1)


class Desk:
    """The cameras of one window, over sources that a test holds in its hand."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "cameras.json"
        self.plugged: list[CameraDevice] = []
        self.sources: dict[str, AdjustableSource] = {}

    def cameras(self, configured: str, source: AdjustableSource | None = None) -> Cameras:
        if source is None:
            return Cameras(configured, self.file, known=lambda: self.plugged)
        self.sources[configured] = source
        return Cameras(
            configured,
            self.file,
            known=lambda: self.plugged,
            open_source=lambda setting, _: self.sources[setting],
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a camera's return in seconds here."""
    monkeypatch.setattr(camera_worker, "LOOK_S", 0.01)
    for name in ("LOOK_S", "BUSY_S", "RESTART_S"):
        monkeypatch.setattr(camera_return, name, 0.01)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tickets")
    slip = SlipText(
        hall="中山市行政服务中心(示例)",
        number="A023",
        matter="食品经营许可",
        department="市场监管局",
        area="2楼B区",
        ahead=5,
        drawn_at="2026-11-21 09:12",
        appointment="",
        document="4420**********1234",
        code=TICKET,
    )
    (folder / "a.jpg").write_bytes(photograph(slip, seed=1))
    return folder


def test_ticket_is_read_by_itself_and_the_preview_stops(
    qtbot: QtBot, pictures: Path, run: Run, desk: Desk
) -> None:
    camera = CameraWorker(desk.cameras(f"folder:{pictures}"))
    kept: list[tuple[QImage, tuple[Mark, ...]]] = []
    camera.kept.connect(lambda *told: kept.append(told))
    thread = run(camera)
    thread.queued(camera.fit_preview)(800, 450)
    signals = [camera.preview_started, camera.ticket_read, camera.preview_stopped]
    with qtbot.waitSignals(signals, timeout=WAIT, order="strict") as told:
        thread.queued(camera.start_preview)(True)
    assert told.all_signals_and_args[1].args == (TICKET,)
    qtbot.waitUntil(lambda: bool(kept))
    image, (mark,) = kept[0]
    assert (image.width(), image.height()) == (600, 450)
    assert mark.text == TICKET
    assert all(0 < x < 1 and 0 < y < 1 for x, y in mark.corners)


def test_every_picture_comes_to_the_page_while_a_code_is_hard_to_read(
    qtbot: QtBot, run: Run, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scanner.sight import Sight

    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(0.2)
        return []

    monkeypatch.setattr(Sight, "read", slow)
    source = Plugged(desk_with())
    camera = CameraWorker(desk.cameras("camera:0", source))
    seen: list[QImage] = []
    camera.previewed.connect(lambda image, _: seen.append(image))
    thread = run(camera)
    thread.queued(camera.start_preview)(True)
    qtbot.waitUntil(lambda: len(seen) >= 40, timeout=WAIT)
    with qtbot.waitSignal(camera.preview_stopped, timeout=WAIT):
        thread.queued(camera.stop_preview)()
    qtbot.wait(0)
    assert len(seen) >= 0.95 * source._number


def test_picture_is_never_enlarged_and_keeps_its_shape(qtbot: QtBot, run: Run, desk: Desk) -> None:
    camera = CameraWorker(desk.cameras("camera:0", Plugged(desk_with(width=400, height=300))))
    thread = run(camera)
    thread.queued(camera.fit_preview)(1400, 900)
    with qtbot.waitSignal(camera.previewed, timeout=WAIT) as seen:
        thread.queued(camera.start_preview)(True)
    assert (seen.args[0].width(), seen.args[0].height()) == (400, 300)


def test_reading_on_demand_starts_a_stopped_preview(
    qtbot: QtBot, pictures: Path, run: Run, desk: Desk
) -> None:
    camera = CameraWorker(desk.cameras(f"folder:{pictures}"))
    thread = run(camera)
    with qtbot.waitSignal(camera.ticket_read, timeout=WAIT) as read:
        thread.queued(camera.read_now)()
    assert read.args == [TICKET]


def test_reading_on_demand_says_when_there_is_no_code(qtbot: QtBot, run: Run, desk: Desk) -> None:
    camera = CameraWorker(desk.cameras("camera:0", Plugged()))
    thread = run(camera)
    with qtbot.waitSignal(camera.nothing_read, timeout=WAIT):
        thread.queued(camera.read_now)()
    with qtbot.waitSignal(camera.preview_stopped):
        thread.queued(camera.stop_preview)()


def test_reading_on_demand_gives_up_when_no_picture_comes(
    qtbot: QtBot, run: Run, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_worker, "OPENED_S", 0.05)
    camera = CameraWorker(desk.cameras("camera:0", Dark()))
    thread = run(camera)
    with qtbot.waitSignal(camera.nothing_read, timeout=WAIT):
        thread.queued(camera.read_now)()


def test_picture_that_the_readers_choke_on_ends_the_preview_once(
    qtbot: QtBot, run: Run, desk: Desk, caught: list[type[BaseException]]
) -> None:
    camera = CameraWorker(desk.cameras("camera:0", Plugged(np.zeros((4, 4, 7), np.uint8))))
    told: list[str] = []
    camera.failed.connect(lambda error: told.append(error.code))
    thread = run(camera)
    with qtbot.waitSignal(camera.preview_stopped, timeout=WAIT):
        thread.queued(camera.start_preview)(True)
    assert told == ["PICTURE_UNREADABLE"]
    assert caught == []


def test_two_tickets_are_a_choice_and_never_picked_silently(
    qtbot: QtBot, run: Run, desk: Desk
) -> None:
    camera = CameraWorker(desk.cameras("camera:0", Plugged(desk_with(code("A023"), code("A024")))))
    read: list[str] = []
    camera.ticket_read.connect(read.append)
    thread = run(camera)
    with qtbot.waitSignal(camera.choices_read, timeout=WAIT) as choices:
        thread.queued(camera.start_preview)(True)
    assert sorted(choices.args[0]) == ["A023", "A024"]
    with qtbot.waitSignal(camera.previewed, check_params_cb=lambda _, marks: len(marks) == 2):
        pass
    assert read == []


def test_two_codes_of_one_ticket_are_no_choice(qtbot: QtBot, run: Run, desk: Desk) -> None:
    picture = desk_with(code(TICKET), code("A023"))
    camera = CameraWorker(
        desk.cameras("camera:0", Plugged(picture)),
        lambda text: "A023" if "A023" in text else None,
    )
    choices: list[list[str]] = []
    camera.choices_read.connect(choices.append)
    thread = run(camera)
    with qtbot.waitSignal(camera.ticket_read, timeout=WAIT) as read:
        thread.queued(camera.start_preview)(True)
    assert read.args[0] in (TICKET, "A023")
    assert choices == []
    # Nor is its other code a new ticket for the next client.
    with qtbot.waitSignal(camera.preview_started, timeout=WAIT):
        thread.queued(camera.start_preview)(False)
    with qtbot.assertNotEmitted(camera.ticket_read, wait=150):
        pass


def test_ticket_that_still_lies_there_is_read_again_only_when_asked(
    qtbot: QtBot, run: Run, desk: Desk
) -> None:
    camera = CameraWorker(desk.cameras("camera:0", Plugged(desk_with(code("A023")))))
    thread = run(camera)
    with qtbot.waitSignal(camera.preview_stopped, timeout=WAIT):
        thread.queued(camera.start_preview)(True)
    with (
        qtbot.assertNotEmitted(camera.ticket_read, wait=100),
        qtbot.waitSignal(camera.preview_started, timeout=WAIT),
    ):
        thread.queued(camera.start_preview)(False)
    with qtbot.waitSignal(camera.ticket_read, timeout=WAIT):
        thread.queued(camera.read_now)()


def test_setting_that_names_no_camera_is_told(qtbot: QtBot, run: Run, desk: Desk) -> None:
    camera = CameraWorker(desk.cameras("webcam"))
    thread = run(camera)
    with qtbot.waitSignals([camera.failed, camera.preview_stopped], order="strict") as told:
        thread.queued(camera.start_preview)(True)
    assert told.all_signals_and_args[0].args[0].code == "CAMERA_SOURCE_UNKNOWN"


def test_window_closed_during_a_preview_lets_the_camera_go(qtbot: QtBot, desk: Desk) -> None:
    source = Plugged()
    camera = CameraWorker(desk.cameras("camera:0", source))
    thread = WorkerThread(camera, "camera")
    thread.start()
    with qtbot.waitSignal(camera.preview_started, timeout=WAIT):
        thread.queued(camera.start_preview)(True)
    assert thread.stop(5000)
    assert source._closed.is_set()


# --- a camera that goes and comes back ---


def test_pulled_camera_is_told_once_and_goes_on_when_it_is_back(
    qtbot: QtBot, run: Run, desk: Desk
) -> None:
    source = Plugged()
    desk.plugged = [DEVICE]
    camera = CameraWorker(desk.cameras("camera:0", source))
    lost: list[str] = []
    camera.lost.connect(lambda error: lost.append(error.code))
    thread = run(camera)
    with qtbot.waitSignal(camera.preview_started, timeout=WAIT):
        thread.queued(camera.start_preview)(True)
    with qtbot.waitSignal(camera.lost, timeout=WAIT):
        desk.plugged, source.error = [], CameraAbsent("camera:0")
    opened = source.openings
    with qtbot.assertNotEmitted(camera.preview_started, wait=400):
        pass
    # It is looked for, and not opened while the system does not know it.
    assert (source.openings, lost) == (opened, ["CAMERA_ABSENT"])
    with qtbot.waitSignal(camera.preview_started, timeout=WAIT):
        desk.plugged, source.error = [DEVICE], None
    assert lost == ["CAMERA_ABSENT"]


def test_clerk_ends_the_waiting_for_a_camera(qtbot: QtBot, run: Run, desk: Desk) -> None:
    source = Plugged()
    source.error = CameraBusy("camera:0")
    desk.plugged = [DEVICE]
    camera = CameraWorker(desk.cameras("camera:0", source))
    thread = run(camera)
    with qtbot.waitSignal(camera.lost, timeout=WAIT):
        thread.queued(camera.start_preview)(True)
    with qtbot.waitSignal(camera.preview_stopped, timeout=WAIT):
        thread.queued(camera.stop_preview)()
    opened = source.openings
    with qtbot.assertNotEmitted(camera.preview_started, wait=100):
        source.error = None
    assert source.openings == opened


def test_stalled_camera_is_restarted_once_and_then_left_to_the_clerk(
    qtbot: QtBot, run: Run, desk: Desk
) -> None:
    source = Plugged()
    source.error = CameraStalled("camera:0")
    desk.plugged = [DEVICE]
    camera = CameraWorker(desk.cameras("camera:0", source))
    thread = run(camera)
    signals = [camera.lost, camera.failed, camera.preview_stopped]
    with qtbot.waitSignals(signals, timeout=WAIT, order="strict"):
        thread.queued(camera.start_preview)(True)
    assert source.openings == 2


def test_stream_that_ends_is_opened_again(qtbot: QtBot, run: Run, desk: Desk) -> None:
    encoded = cv2.imencode(".jpg", desk_with())[1].tobytes()
    with MjpegCamera([encoded]) as stream:
        camera = CameraWorker(desk.cameras(stream.url))
        thread = run(camera)
        with qtbot.waitSignal(camera.preview_started, timeout=WAIT):
            thread.queued(camera.start_preview)(True)
        with qtbot.waitSignal(camera.lost, timeout=WAIT):
            stream.hang_up()
        with qtbot.waitSignal(camera.preview_stopped, timeout=WAIT):
            thread.queued(camera.stop_preview)()


def test_folder_without_pictures_is_looked_at_again(
    qtbot: QtBot, run: Run, desk: Desk, tmp_path: Path
) -> None:
    folder = tmp_path / "tickets"
    camera = CameraWorker(desk.cameras(f"folder:{folder}"))
    thread = run(camera)
    with qtbot.waitSignal(camera.lost, timeout=WAIT) as lost:
        thread.queued(camera.start_preview)(True)
    assert lost.args[0].code == "CAMERA_ABSENT"
    with qtbot.waitSignal(camera.ticket_read, timeout=WAIT):
        (tmp_path / "new").mkdir()
        cv2.imwrite(str(tmp_path / "new" / "a.png"), desk_with(code("A023")))
        (tmp_path / "new").rename(folder)


# --- which camera, and how ---


def test_cameras_are_named_and_the_chosen_one_is_opened_at_once(
    qtbot: QtBot, run: Run, desk: Desk
) -> None:
    desk.plugged = [DEVICE, OTHER]
    first, second = Plugged(), Plugged()
    cameras = desk.cameras("camera:0", first)
    desk.sources["camera:1"] = second
    camera = CameraWorker(cameras)
    thread = run(camera)
    with qtbot.waitSignal(camera.cameras_known, timeout=WAIT) as known:
        thread.queued(camera.start_preview)(True)
    choices = (CameraChoice("usb-1", "文档相机"), CameraChoice("usb-2", "内置摄像头"))
    assert known.args == [choices, "usb-1"]
    with qtbot.waitSignal(camera.cameras_known, timeout=WAIT) as known:
        thread.queued(camera.choose_camera)("usb-2")
    assert known.args == [choices, "usb-2"]
    qtbot.waitUntil(lambda: second.openings == 1, timeout=WAIT)
    assert first._closed.is_set()


def test_adjustment_is_seen_at_once_and_written_down_when_the_slider_rests(
    qtbot: QtBot, run: Run, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_worker, "KEEP_MS", 30)
    desk.plugged = [DEVICE]
    source = Plugged()
    camera = CameraWorker(desk.cameras("camera:0", source))
    thread = run(camera)
    with qtbot.waitSignal(camera.preview_started, timeout=WAIT):
        thread.queued(camera.start_preview)(True)
    for brightness in (60, 61, 62):
        thread.queued(camera.adjust)(Adjustment(brightness=brightness))
    qtbot.waitUntil(lambda: len(source.adjusted) == 3)
    qtbot.waitUntil(desk.file.exists)
    assert desk.cameras("camera:0").adjustment() == Adjustment(brightness=62)


def test_adjustment_made_right_before_the_end_is_kept(qtbot: QtBot, desk: Desk) -> None:
    desk.plugged = [DEVICE]
    camera = CameraWorker(desk.cameras("camera:0", Plugged()))
    thread = WorkerThread(camera, "camera")
    thread.start()
    thread.queued(camera.adjust)(Adjustment(rotation=180))
    assert thread.stop(5000)
    assert desk.cameras("camera:0").adjustment() == Adjustment(rotation=180)

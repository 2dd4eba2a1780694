"""`python -m scanner`: what IT reads and what a program reads."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp

from scanner import trial
from scanner.errors import PictureUnreadable, ScannerError
from scanner.frames import Frame, FrameSource
from scanner.sources import source_for
from scanner.telling import harmless, lines_of_camera, problem
from scanner.trial import try_camera
from tests.helpers.mjpeg_camera import MjpegCamera
from tests.helpers.previews import wait_until

_ROOT = Path(__file__).parents[2]


def scanner(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "scanner", *map(str, arguments)],
        env={**os.environ, **environment},
        cwd=_ROOT,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def said(done: "subprocess.CompletedProcess[str]") -> Any:
    return json.loads(done.stdout)


def code(text: str | bytes, scale: int = 6) -> bytes:
    """A drawn code in the middle of a light desk, as PNG."""
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCodeModel2)
    image = np.asarray(drawn.to_image(scale), np.uint8)
    desk = np.full((480, 640), 225, np.uint8)
    top, left = (480 - image.shape[0]) // 2, (640 - image.shape[1]) // 2
    desk[top : top + image.shape[0], left : left + image.shape[1]] = image
    return encoded(desk, ".png")


def encoded(picture: Any, suffix: str) -> bytes:
    done, file = cv2.imencode(suffix, picture)
    assert done
    return file.tobytes()


def jpeg(text: str) -> bytes:
    """The same as a camera sends it."""
    return encoded(cv2.imdecode(np.frombuffer(code(text), np.uint8), cv2.IMREAD_COLOR), ".jpg")


class BreakingOff:
    """A real stream whose camera hangs up once pictures have come."""

    def __init__(self, source: FrameSource, camera: MjpegCamera) -> None:
        self.name = source.name
        self.open, self.close = source.open, source.close
        self._source, self._camera = source, camera

    def read(self) -> Frame:
        frame = self._source.read()
        if frame.number == 30:
            self._camera.hang_up()
        return frame


@pytest.fixture
def ticket(tmp_path: Path) -> Path:
    file = tmp_path / "叫号纸 1.png"
    file.write_bytes(code("A023"))
    return file


@pytest.fixture
def night(tmp_path: Path) -> Path:
    file = tmp_path / "黑.png"
    file.write_bytes(encoded(np.full((480, 640, 3), 8, np.uint8), ".png"))
    return file


def test_json_has_everything_about_a_picture(ticket: Path) -> None:
    done = scanner(ticket, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = said(done)
    assert document.keys() == {"pictures", "unusable"}
    (picture,) = document["pictures"]
    assert picture["path"] == str(ticket)
    assert (picture["width"], picture["height"]) == (640, 480)
    assert picture["took_ms"] > 0
    assert (picture["located"], picture["fault"], picture["error"]) == ([], None, None)
    (reading,) = picture["readings"]
    assert reading.keys() == {"text", "raw", "kind", "stage", "corners"}
    assert (reading["text"], reading["kind"], reading["stage"]) == ("A023", "qr", "plain")
    assert bytes.fromhex(reading["raw"]) == b"A023"
    assert len(reading["corners"]) == 4


def test_bar_code_is_read_too(tmp_path: Path) -> None:
    bars = zxingcpp.create_barcode("A023", zxingcpp.BarcodeFormat.Code128).to_image(4)
    paper = np.full((300, 900), 225, np.uint8)
    image = np.asarray(bars, np.uint8)
    paper[100 : 100 + image.shape[0], 100 : 100 + image.shape[1]] = image
    (tmp_path / "bars.png").write_bytes(encoded(paper, ".png"))
    (picture,) = said(scanner(tmp_path / "bars.png", "--json"))["pictures"]
    (reading,) = picture["readings"]
    assert (reading["text"], reading["kind"]) == ("A023", "code128")


def test_it_reads_what_was_read_in_chinese(ticket: Path) -> None:
    done = scanner(ticket)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0].startswith(f"{ticket}　640×480　")
    assert lines[1] == "　　读到：A023"
    assert lines[2].startswith("　　　　二维码，plain")


def test_dark_picture_is_named_with_its_cause_and_next_step(night: Path) -> None:
    done = scanner(night)
    assert done.returncode == 1
    assert "　　没有读到码" in done.stdout
    assert "　　代码：PICTURE_TOO_DARK" in done.stdout
    assert "　　办法：请打开补光灯" in done.stdout
    (picture,) = said(scanner(night, "--json"))["pictures"]
    assert picture["fault"].keys() == {"code", "cause", "next_step"}
    assert picture["fault"]["code"] == "PICTURE_TOO_DARK"


def test_folder_is_all_its_pictures_and_bad_ones_do_not_stop_it(
    ticket: Path, night: Path, tmp_path: Path
) -> None:
    (tmp_path / "0.jpg").write_bytes(b"<html>")
    (tmp_path / "cut.jpg").write_bytes(encoded(np.zeros((90, 90), np.uint8), ".jpg")[:200])
    (tmp_path / "notes.txt").write_text("no picture")
    done = scanner(tmp_path, "--json")
    pictures = {Path(each["path"]).name: each for each in said(done)["pictures"]}
    assert done.returncode == 1
    assert list(pictures) == sorted(["0.jpg", "cut.jpg", ticket.name, night.name])
    assert pictures["0.jpg"]["error"]["code"] == "PICTURE_UNREADABLE"
    assert pictures[ticket.name]["readings"][0]["text"] == "A023"
    assert "Traceback" not in done.stderr


def test_folder_with_pictures_in_folders_inside_says_that_these_are_not_looked_at(
    tmp_path: Path,
) -> None:
    inside = tmp_path / "一月"
    inside.mkdir()
    (inside / "ticket.png").write_bytes(code("A023"))
    done = scanner(tmp_path)
    assert done.returncode == 2
    assert "子文件夹不看" in done.stderr
    assert "子文件夹不看" in scanner("--camera", f"folder:{tmp_path}").stdout


def test_picture_without_any_fault_is_told_alike_to_a_person_and_a_program(tmp_path: Path) -> None:
    file = tmp_path / "desk.png"
    file.write_bytes(encoded(np.full((480, 640), 225, np.uint8), ".png"))
    told = scanner(file).stdout
    (picture,) = said(scanner(file, "--json"))["pictures"]
    assert picture["fault"]["code"] == "TICKET_NOT_READ_YET"
    assert f"　　原因：{picture['fault']['cause']}" in told
    assert f"　　办法：{picture['fault']['next_step']}" in told
    assert "输入票号" not in told


def test_path_that_is_not_there_is_named_and_the_rest_goes_on(ticket: Path, tmp_path: Path) -> None:
    empty = tmp_path / "空"
    empty.mkdir()
    done = scanner(tmp_path / "gone.png", empty, ticket, "--json")
    document = said(done)
    assert done.returncode == 2
    assert [each["error"]["code"] for each in document["unusable"]] == [
        "NO_SUCH_FILE",
        "NO_PICTURES",
    ]
    assert document["pictures"][0]["readings"][0]["text"] == "A023"
    assert f"没有这个文件或文件夹，或者无权读取：{tmp_path / 'gone.png'}" in done.stderr
    assert f"这个文件夹里没有图片：{empty}" in done.stderr


@pytest.mark.parametrize(
    "hostile",
    ["A\x1b[2J\x07B", "\u202eA023\u202c", "\u2066x\u2069\u200b", "a\r\nb", "\x00A", "\\x"],
)
def test_hostile_text_is_shown_harmlessly_and_told_exactly(tmp_path: Path, hostile: str) -> None:
    file = tmp_path / "ticket.png"
    file.write_bytes(code(hostile.encode()))
    # The indent is a blank of its own.
    shown = scanner(file).stdout.replace("\u3000", "")
    assert harmless(hostile) in shown
    assert all(character.isprintable() for line in shown.split("\n") for character in line)
    assert said(scanner(file, "--json"))["pictures"][0]["readings"][0]["text"] == hostile


def test_long_text_is_cut_for_a_person_only() -> None:
    assert harmless("字" * 4000) == "字" * 400 + "…（共4000字）"
    assert harmless("\x1b" * 3) == "\\x1b" * 3


@pytest.mark.parametrize("encoding", ["cp936", "cp1252", "ascii"])
def test_console_of_another_code_page_shows_no_traceback(ticket: Path, encoding: str) -> None:
    done = scanner(ticket, PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert said(scanner(ticket, "--json", PYTHONIOENCODING=encoding))["pictures"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--list", "--camera", "0"),
        ("x.png", "--camera", "0"),
        ("--camera", "0", "--seconds", "0"),
        ("--camera", "0", "--seconds", "nan"),
        ("--camera", "0", "--seconds", "soon"),
    ],
)
def test_wrong_call_is_told_and_does_nothing(arguments: tuple[str, ...]) -> None:
    done = scanner(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_list_is_one_document() -> None:
    done = scanner("--list", "--json")
    assert done.returncode == 0
    for camera in said(done)["cameras"]:
        assert camera.keys() == {"name", "identity", "index"}


def test_camera_is_tried_and_each_ticket_told_once() -> None:
    with MjpegCamera([jpeg("A023"), jpeg("B114")]) as camera:
        done = scanner("--camera", camera.url, "--seconds", "0.6", "--json")
    told = said(done)["camera"]
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(reading["text"] for reading in told["readings"]) == ["A023", "B114"]
    assert (told["width"], told["height"]) == (640, 480)
    assert told["fps"] > 1
    assert 1 < told["looked"] <= told["frames"]
    assert told["first_frame_ms"] > 0
    assert told["error"] is None
    for reading in told["readings"]:
        assert reading["frame"] >= 1
        assert 0 <= reading["at_ms"] <= 1000
        assert reading["took_ms"] > 0


def test_camera_in_the_dark_says_so() -> None:
    with MjpegCamera([encoded(np.full((480, 640, 3), 8, np.uint8), ".jpg")]) as camera:
        done = scanner("--camera", camera.url, "--seconds", "0.3")
    assert done.returncode == 1
    assert "640×480，每秒" in done.stdout
    assert "代码：PICTURE_TOO_DARK" in done.stdout


def test_camera_that_breaks_off_is_told_with_what_came_before() -> None:
    with MjpegCamera([jpeg("A023")]) as camera:
        source = BreakingOff(source_for(camera.url), camera)
        report = try_camera(source, 60.0)
    assert isinstance(report.error, ScannerError)
    assert report.seen[0].reading.text == "A023"
    assert "　　读到：A023" in list(lines_of_camera(report))


class Unopened(Frame):
    """Came, and turns out damaged when its pixels are asked for."""

    @property
    def picture(self) -> Any:
        raise PictureUnreadable("test")


def test_camera_whose_picture_does_not_open_is_told() -> None:
    with MjpegCamera([jpeg("A023")]) as camera:
        source = source_for(camera.url)
        read = source.read
        source.read = lambda: Unopened(read().small, 1, 0.0)  # type: ignore[method-assign]
        report = try_camera(source, 60.0)
    assert isinstance(report.error, PictureUnreadable)
    assert "　　代码：PICTURE_UNREADABLE" in list(lines_of_camera(report))


def test_picture_that_is_seen_before_it_is_counted_is_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = trial._CameraTrial._count

    def late(running: trial._CameraTrial, frame: Frame) -> None:
        wait_until(lambda: running._looked)
        count(running, frame)

    monkeypatch.setattr(trial._CameraTrial, "_count", late)
    with MjpegCamera([jpeg("A023")]) as camera:
        report = try_camera(source_for(camera.url), 0.1)
    assert report.seen[0].at_ms == 0


def test_camera_that_is_not_there_is_told_with_a_next_step() -> None:
    done = scanner("--camera", "http://127.0.0.1:9/video")
    assert done.returncode == 3
    assert "　　原因：这个地址没有送来画面，或者中途断了：http://127.0.0.1:9/video" in done.stdout
    assert "　　办法：请核对主机、端口和路径" in done.stdout
    assert "Traceback" not in done.stderr
    told = said(scanner("--camera", "no such camera", "--json"))["camera"]
    assert told["error"]["code"] == "CAMERA_ABSENT"
    assert "--list" in told["error"]["next_step"]
    assert (told["readings"], told["fault"]) == ([], None)


def test_file_for_a_camera_that_is_missing_or_no_picture_is_told_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    for name, told in (("gone.png", "没有这个文件，或者无权读取"), ("notes.txt", "这不是图片")):
        done = scanner("--camera", f"file:{tmp_path / name}")
        assert done.returncode == 3
        assert told in done.stdout
        assert "预览" not in done.stdout


def test_address_of_a_web_page_is_told_as_no_stream() -> None:
    words = problem(PictureUnreadable.code, vars(PictureUnreadable("http://127.0.0.1/")))
    assert words.startswith("这个地址送来的不是 MJPEG 画面：http://127.0.0.1/")


@pytest.mark.parametrize("name", ["ftp://127.0.0.1/", "https://127.0.0.1/", "foldr:/tmp", "FILE:a"])
def test_address_or_path_of_no_known_kind_is_not_taken_for_a_camera(name: str) -> None:
    done = scanner("--camera", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"没有这种画面来源：{name}" in done.stderr
    assert "folder:文件夹" in done.stderr


def test_help_names_the_sources_the_exit_codes_and_the_page() -> None:
    told = scanner("--help").stdout
    for each in ("folder:PATH", "file:PATH", "http://HOST/PATH", "exit code: 0", "docs/camera.md"):
        assert each in told


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_interrupt_ends_politely() -> None:
    picture = encoded(np.full((48, 64, 3), 90, np.uint8), ".jpg")
    with (
        MjpegCamera([picture]) as camera,
        subprocess.Popen(
            [sys.executable, "-c", _INTERRUPTED, camera.url],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as running,
    ):
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "watching\n"
            running.send_signal(signal.SIGINT)
            _, complaint = running.communicate(timeout=30)
        finally:
            running.kill()
    assert (running.returncode, complaint) == (130, "已停止\n")


# Says when the first picture was looked at, so that the test need not guess.
_INTERRUPTED = """
import signal
import sys
# Whoever runs the tests in the background has it ignored, and that is handed down.
signal.signal(signal.SIGINT, signal.default_int_handler)
from scanner import trial, __main__
fault_of = trial.fault_of
def watched(*picture):
    if not watched.told:
        print("watching", flush=True)
    watched.told = True
    return fault_of(*picture)
watched.told = False
trial.fault_of = watched
sys.exit(__main__.main(["--camera", sys.argv[1], "--seconds", "600"]))
"""


def test_command_needs_no_window() -> None:
    check = "import sys, scanner.__main__; print({'PyQt5', 'clerk_client'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=_ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "set()\n"

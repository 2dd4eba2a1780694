"""The whole way of a picture in a real window, from a camera that streams over HTTP to the page."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.decode import one_thread
from benchmarks.engines import Picture, zxing
from benchmarks.ground import Ground
from benchmarks.made_tickets import FPS, Scene
from benchmarks.table import Figure, Goal, Line, NotMeasured, Tally, shown

_SECONDS = 6.0
_TURNS = 40
_WARM = 4
_EMPTY, _SHOWN = 12, 24  # frames of a desk and of what is then put on it
_TICKETS = 10
_QUALITY = 85
_FULL_HD, _FIVE_MP = (1920, 1080), (2592, 1944)
_SKIN = (112, 138, 188)

_FRAMES_GOAL = 0.95
_GAP_GOAL = Goal(seconds=0.050)
_PROCESSOR_GOAL = Goal(seconds=0.5)
_READ_GOALS = (Goal(seconds=0.005), Goal(seconds=0.050))


@dataclass(frozen=True, slots=True)
class _Stream:
    """A folder of pictures and how many a second. `shows` says what lies there."""

    name: str
    folder: str
    fps: int
    shows: str


_STREAMS = (
    _Stream("preview 1080p30", "desk", 30, "a desk, then two tickets to choose from"),
    _Stream("preview 5 MP at 15", "large", 15, "a desk, then two tickets to choose from"),
    _Stream("preview 1080p30, code covered", "covered", 30, "a thumb on the code"),
)


def measure(ground: Ground) -> list[Line]:
    """Three streams that give no ticket, so that the preview goes on; then tickets one by one.

    Raises NotMeasured, and clerk_client.demo.slip.FontAbsent.
    """
    folders = ground.folder / "streams"
    _write(folders)
    lines: list[Line] = []
    with ground.child("preview_camera", folders) as camera:
        address = camera.answer()
        for stream in _STREAMS:
            url = f"{address}/{stream.folder}?fps={stream.fps}"
            asked = (ground.stage.settings, url, "run", _SECONDS)
            with ground.child("preview_window", *asked, on_screen=True) as window:
                seen = window.answer()
            # A process's time and not the clock's, as the client's own is told.
            bare = _bare(folders / stream.folder, time.thread_time)
            lines += _running(stream, seen, bare)
        lines += _reading(ground, f"{address}/tickets?fps=30", folders / "tickets")
    return lines


def _running(stream: _Stream, seen: dict[str, Any], bare: tuple[float, float]) -> list[Line]:
    if seen["stopped"]:
        raise NotMeasured(f"{stream.name}: the preview did not go on")
    seconds = seen["seconds"]
    due = round(seconds * stream.fps)
    came, painted = (seen[what] / seconds for what in ("previewed", "painted"))
    fps = f"shows {stream.shows}; {came:.1f} fps previewed, {painted:.1f} painted"
    least = int(_FRAMES_GOAL * due)
    spent = seen["processor"] / seconds
    decoding, reading = bare
    floor = (decoding + reading) * stream.fps
    parts = f"the peer's: JPEG {shown(decoding)}, reading {shown(reading)} a frame"
    return [
        Tally(
            f"{stream.name}, frames",
            seen["previewed"],
            due,
            "the camera's",
            due,
            at_least=least,
            told=(fps,),
        ),
        Figure(f"{stream.name}, GUI gap (longest)", seen["gap"], seen["previewed"], goal=_GAP_GOAL),
        Figure(
            f"{stream.name}, CPU of one second",
            spent,
            seen["previewed"],
            "bare JPEG + bare zxing-cpp of each frame",
            floor,
            _PROCESSOR_GOAL,
            told=(parts,),
        ),
    ]


def _reading(ground: Ground, url: str, folder: Path) -> list[Line]:
    turns = _TURNS + _WARM
    asked = (ground.stage.settings, url, "read", turns)
    with ground.child("preview_window", *asked, on_screen=True) as window:
        answers: list[dict[str, Any]] = [window.answer() for _ in range(turns)][_WARM:]
    times = [answer["seconds"] for answer in answers]
    _, reading = _bare(folder, time.perf_counter)
    middle, late = _READ_GOALS
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    beside, name = "bare zxing-cpp", "preview, frame to result"
    tickets = len({answer["text"] for answer in answers})
    whole = shown(statistics.median(answer["whole"] for answer in answers))
    told = (f"{tickets} tickets, easy and normal, 1920 x 1080; {whole} with the JPEG's decoding",)
    return [
        Figure.of(name, times, [reading] * len(times), beside, middle, told),
        Figure(f"{name} (p95)", p95, len(times), beside, reading, late),
    ]


def _bare(folder: Path, clock: Callable[[], float]) -> tuple[float, float]:
    """Seconds that a picture's decoding and its reading take, in one thread."""
    decoding, reading = [], []
    with one_thread():
        for file in sorted(folder.glob("*.jpg"))[::4]:
            encoded = np.frombuffer(file.read_bytes(), np.uint8)
            began = clock()
            picture = _picture(encoded)
            opened = clock()
            zxing(picture)
            decoding.append(opened - began)
            reading.append(clock() - opened)
    return statistics.median(decoding), statistics.median(reading)


def _picture(encoded: Picture) -> Picture:
    picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


# --- what the camera sees ---


def _write(folders: Path) -> None:
    """A folder a stream."""
    for name, size in (("desk", _FULL_HD), ("large", _FIVE_MP)):
        _write_all(folders / name, _choice(size))
    _write_all(folders / "covered", _covered(_FULL_HD))
    _write_all(folders / "tickets", _tickets(_FULL_HD))


def _write_all(folder: Path, jpegs: Iterator[bytes]) -> None:
    folder.mkdir(parents=True)
    for number, jpeg in enumerate(jpegs):
        (folder / f"{number:03d}.jpg").write_bytes(jpeg)


def _choice(size: tuple[int, int]) -> Iterator[bytes]:
    scene = next(_scenes(size, slips=2))
    for number in range(_EMPTY):
        yield scene.jpeg(number / FPS, laid=False)
    for number in range(_SHOWN):
        yield scene.jpeg(number / FPS)


def _covered(size: tuple[int, int]) -> Iterator[bytes]:
    scene = next(_scenes(size, slips=1))
    ((x, y),), (side,) = scene.facts.middles, scene.facts.sides_px
    thumb = round(x + 0.1 * side), round(y + 0.1 * side)
    for number in range(_SHOWN):
        picture = scene.picture(number / FPS)
        cv2.circle(picture, thumb, round(0.36 * side), _SKIN, -1, cv2.LINE_AA)
        done, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        assert done
        yield encoded.tobytes()


def _tickets(size: tuple[int, int]) -> Iterator[bytes]:
    """Each lies there for half a second."""
    scenes = _scenes(size, slips=1)
    for _ in range(_TICKETS):
        jpeg = next(scenes).jpeg(0.0)
        yield from [jpeg] * 15


def _scenes(size: tuple[int, int], slips: int) -> Iterator[Scene]:
    """Easy and normal ones that every reader reads."""
    for seed in range(10_000):
        if seed % 4 > 1:
            continue
        scene = Scene(seed)
        texts = scene.facts.texts
        if scene.facts.size != size or len(texts) != slips or scene.facts.bars:
            continue
        moments = (0.0, 0.5, 1.0, 1.5) if slips > 1 else (0.0,)
        if all(set(texts) <= set(zxing(scene.picture(moment))) for moment in moments):
            yield scene

"""What IT tries: one picture, or a camera for some seconds."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from scanner.capture import Capture
from scanner.condition import Fault, fault_of
from scanner.errors import CameraStalled, ScannerError
from scanner.frames import Frame, FrameSource
from scanner.pictures import picture_from_file
from scanner.reading import Kind, Place, Reading
from scanner.sight import Sight

# Windows takes up to 20 s to open a camera.
_OPENING_S = 25.0
# How soon Ctrl+C is noticed while no picture comes.
_GLANCE_S = 0.2


@dataclass(frozen=True, slots=True)
class PictureReport:
    """What one file gave. Without a picture `error` says why, and the rest is empty."""

    path: Path
    width: int = 0
    height: int = 0
    took_ms: float = 0.0
    readings: tuple[Reading, ...] = ()
    places: tuple[Place, ...] = ()
    fault: Fault | None = None
    error: ScannerError | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A code at its first reading: in which frame, how long after the first one."""

    reading: Reading
    frame: int
    at_ms: float
    took_ms: float


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What a camera gave. `fps` counts the pictures that came, looked at (`looked`) or not.

    `fault` is what was wrong with most of the pictures; it and `places` are empty when something
    was read. With `error` the trial ended early, and the rest is what came before.
    """

    source: str
    seconds: float
    width: int = 0
    height: int = 0
    fps: float = 0.0
    frames: int = 0
    looked: int = 0
    first_frame_ms: float | None = None
    seen: tuple[Sighting, ...] = ()
    places: tuple[Place, ...] = ()
    fault: Fault | None = None
    error: ScannerError | None = None


def try_picture(path: Path) -> PictureReport:
    """Everything is tried, as after a press of the button. Raises nothing for a bad file."""
    try:
        picture = picture_from_file(path)
        height, width = picture.shape[:2]
        sight = Sight(Kind)
        _loaded()
        began = time.perf_counter()
        readings = sight.read(picture, thorough=True)
        took_ms = (time.perf_counter() - began) * 1000
        fault = None if readings else fault_of(picture, sight.places)
    except ScannerError as error:
        return PictureReport(path, error=error)
    places = () if readings else sight.places
    return PictureReport(path, width, height, took_ms, tuple(readings), places, fault)


def try_camera(source: FrameSource, seconds: float) -> CameraReport:
    """For so long from the first picture. Lets go of the camera in any case."""
    return _CameraTrial(source, seconds).run()


class _CameraTrial:
    """One go at one camera."""

    def __init__(self, source: FrameSource, seconds: float) -> None:
        self._name = source.name
        self._seconds = seconds
        self._capture = Capture(source, self._count, self._fail)
        self._arrivals: list[float] = []
        self._first_at = 0.0
        self._size = (0, 0)
        self._error: ScannerError | None = None
        self._sight = Sight(Kind)
        self._seen: dict[tuple[Kind, str], Sighting] = {}
        self._faults: Counter[Fault | None] = Counter()
        self._looked = 0
        self._last: Frame | None = None

    def run(self) -> CameraReport:
        """Blocks until the time is over or the camera fails."""
        _loaded()
        began = time.monotonic()
        self._capture.start()
        try:
            self._watch(began)
            if not self._seen and self._last is not None:
                self._look(self._last, thorough=True)
        finally:
            self._capture.stop()
        return self._report(began)

    def _count(self, frame: Frame) -> None:
        self._arrivals.append(frame.taken_at)

    def _fail(self, error: ScannerError) -> None:
        self._error = error

    def _watch(self, began: float) -> None:
        until = began + _OPENING_S
        while (now := time.monotonic()) < until and self._error is None:
            frame = self._capture.latest(min(_GLANCE_S, until - now))
            if frame is None:
                continue
            if self._last is None:
                # A frame may be had a moment before it is counted.
                self._first_at = next(iter(self._arrivals), frame.taken_at)
                until = self._first_at + self._seconds
            self._last = frame
            self._look(frame)
        if self._last is None and self._error is None:
            self._error = CameraStalled(self._name)

    def _look(self, frame: Frame, *, thorough: bool = False) -> None:
        began = time.perf_counter()
        try:
            picture = frame.gray
            self._size = picture.shape[:2]
            readings = self._sight.read(picture, thorough=thorough, taken_at=frame.taken_at)
            took_ms = (time.perf_counter() - began) * 1000
            if not readings:
                self._faults[fault_of(picture, self._sight.places)] += 1
        except ScannerError as error:
            self._error = error
            return
        self._looked += 1
        at_ms = (frame.taken_at - self._first_at) * 1000
        for reading in readings:
            sighting = Sighting(reading, frame.number, at_ms, took_ms)
            self._seen.setdefault((reading.kind, reading.text), sighting)

    def _report(self, began: float) -> CameraReport:
        arrivals = self._arrivals
        if self._last is None:
            return CameraReport(self._name, self._seconds, error=self._error)
        height, width = self._size
        span = arrivals[-1] - self._first_at
        return CameraReport(
            self._name,
            self._seconds,
            width,
            height,
            (len(arrivals) - 1) / span if span > 0 else 0.0,
            len(arrivals),
            self._looked,
            (self._first_at - began) * 1000,
            tuple(self._seen.values()),
            () if self._seen else self._sight.places,
            None if self._seen or not self._faults else self._faults.most_common(1)[0][0],
            self._error,
        )


def _loaded() -> None:
    """OpenCV and the readers, so that the first picture's time is its own."""
    import numpy as np

    Sight(Kind).read(np.zeros((1, 1), np.uint8))

"""Which camera this window looks through, and how each one is adjusted."""

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.adjustment import ROTATIONS, Adjustment
from scanner.devices import camera_called, cameras
from scanner.errors import CameraAbsent

if TYPE_CHECKING:
    from scanner.devices import CameraDevice
    from scanner.frames import AdjustableSource

log = logging.getLogger(__name__)

_LARGEST_FILE = 64 * 1024
_LARGEST_SIDE = 10_000
_KEPT_CAMERAS = 32
_LONGEST_INDEX = 2  # digits; what is longer is a name, as scanner.camera has it
_FRESH_S = 0.3  # one question here asks the system several times, and Windows takes its time


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """One camera that a clerk may choose. `is_device` is False for a stream, a file, a folder."""

    identity: str
    name: str
    is_device: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a code lies in a picture: `text` is what it says, empty when it was only located.

    `corners` are shares of the picture's width and height, so they fit it at any size.
    """

    text: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """`instead_of` is the setting of that day: a new one in station.toml counts more."""

    identity: str
    name: str
    instead_of: str


class Cameras:
    """May be asked from any thread. What a clerk sets is kept in `file`, for each camera its own.

    `known` lists the cameras of the system, `open_source` makes a source of a setting.
    """

    def __init__(
        self,
        configured: str,
        file: Path,
        *,
        known: "Callable[[], Sequence[CameraDevice]] | None" = None,
        open_source: "Callable[[str, Adjustment], AdjustableSource] | None" = None,
    ) -> None:
        self._configured = configured.strip()
        self._file = file
        self._look = known or cameras
        self._open_source = open_source or _source_for
        self._devices: Sequence[CameraDevice] = ()
        self._devices_at = float("-inf")
        self._lock = threading.Lock()
        self._is_read = False
        self._chosen: _Chosen | None = None
        self._adjustments: dict[str, Adjustment] = {}

    def devices(self) -> "Sequence[CameraDevice]":
        """The cameras that the system knows, as of this moment or a little before."""
        now = time.monotonic()
        if now - self._devices_at > _FRESH_S:
            self._devices, self._devices_at = self._look(), now
        return self._devices

    def choices(self) -> tuple[CameraChoice, ...]:
        """The configured camera first, then what else is there, and the chosen one in any case."""
        configured, devices = self._configured_choice(), self.devices()
        found = [configured, *(CameraChoice(d.identity, d.name) for d in devices)]
        chosen = self._chosen_device()
        if chosen:
            found.append(CameraChoice(chosen.identity, chosen.name))
        by_identity: dict[str, CameraChoice] = {}
        for choice in found:
            by_identity.setdefault(choice.identity, choice)
        return tuple(by_identity.values())

    def chosen(self) -> CameraChoice:
        """The one that `source` opens."""
        chosen = self._chosen_device()
        if chosen is None:
            return self._configured_choice()
        return CameraChoice(chosen.identity, chosen.name)

    def choose(self, identity: str) -> None:
        """Kept for the next start; one that is not there any more is not chosen."""
        choices = self.choices()
        choice = next((c for c in choices if c.identity == identity), None)
        if choice is None:
            return
        with self._lock:
            self._read_once()
            self._chosen = (
                None
                if choice == choices[0]
                else _Chosen(choice.identity, choice.name, self._configured)
            )
            self._write()

    def source(self) -> "AdjustableSource":
        """The chosen camera, adjusted. Raises CameraAbsent or SourceUnknown."""
        chosen = self._chosen_device()
        if chosen is None:
            return self._open_source(self._configured, self.adjustment())
        device = next((d for d in self.devices() if d.identity == chosen.identity), None)
        if device is None:
            raise CameraAbsent(chosen.name)
        return self._open_source(f"camera:{device.index}", self.adjustment())

    def is_there(self) -> bool | None:
        """Whether the system knows the chosen camera now; None where only opening it can tell."""
        self._devices_at = float("-inf")
        chosen = self._chosen_device()
        if chosen is None:
            if not self._configured.startswith("camera:"):
                return None
            return self._configured_device() is not None
        return any(device.identity == chosen.identity for device in self.devices())

    def adjustment(self) -> Adjustment:
        """Of the chosen camera."""
        identity = self.chosen().identity
        with self._lock:
            self._read_once()
            return self._adjustments.get(identity, Adjustment())

    def adjust(self, adjustment: Adjustment) -> None:
        """Keeps it for the chosen camera."""
        identity = self.chosen().identity
        with self._lock:
            self._read_once()
            # The one that was set last stands last; the oldest go.
            self._adjustments.pop(identity, None)
            if adjustment != Adjustment():
                self._adjustments[identity] = adjustment
            for oldest in list(self._adjustments)[:-_KEPT_CAMERAS]:
                del self._adjustments[oldest]
            self._write()

    # --- inside ---

    def _chosen_device(self) -> _Chosen | None:
        with self._lock:
            self._read_once()
            chosen = self._chosen
        return chosen if chosen and chosen.instead_of == self._configured else None

    def _configured_choice(self) -> CameraChoice:
        device = self._configured_device()
        if device:
            return CameraChoice(device.identity, device.name)
        return CameraChoice(
            self._configured, self._configured, self._configured.startswith("camera:")
        )

    def _configured_device(self) -> "CameraDevice | None":
        kind, _, asked = self._configured.partition(":")
        if kind != "camera":
            return None
        devices, asked = self.devices(), asked.strip()
        if asked.isdecimal() and len(asked) <= _LONGEST_INDEX:
            return next((d for d in devices if d.index == int(asked)), None)
        return camera_called(asked, devices)

    def _read_once(self) -> None:
        if self._is_read:
            return
        self._is_read = True
        try:
            if self._file.stat().st_size > _LARGEST_FILE:
                raise ValueError("larger than this program writes it")
            self._take(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            # The next change writes it anew: nothing in it is worth a clerk's time.
            log.warning("%s is damaged, cameras as the station has them: %s", self._file, error)
            self._chosen, self._adjustments = None, {}

    def _take(self, kept: Mapping[str, object]) -> None:
        chosen, adjustments = kept["chosen"], kept["adjustments"]
        if chosen is not None:
            if not isinstance(chosen, dict) or not all(isinstance(v, str) for v in chosen.values()):
                raise ValueError("no camera is named by this choice")
            self._chosen = _Chosen(**chosen)
        if not isinstance(adjustments, dict):
            raise TypeError("adjustments are no table")
        for identity, values in adjustments.items():
            self._adjustments[identity] = _checked(Adjustment(**values))

    def _write(self) -> None:
        kept = {
            "chosen": asdict(self._chosen) if self._chosen else None,
            "adjustments": {name: asdict(value) for name, value in self._adjustments.items()},
        }
        beside = self._file.with_name(self._file.name + ".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="utf-8") as file:
                json.dump(kept, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._file)
        except OSError as error:
            # It still holds until the program ends.
            log.warning("what was set for the camera is not kept: %s", error)
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _checked(adjustment: Adjustment) -> Adjustment:
    """Raises ValueError for what no page here sets."""
    for percent in (adjustment.brightness, adjustment.exposure):
        if percent is not None and not (type(percent) is int and 0 <= percent <= 100):
            raise ValueError("no percentage")
    if type(adjustment.rotation) is not int or adjustment.rotation not in ROTATIONS:
        raise ValueError("no rotation")
    for side in (adjustment.width, adjustment.height):
        if type(side) is not int or not 0 <= side <= _LARGEST_SIDE:
            raise ValueError("no size of a picture")
    return adjustment


def _source_for(setting: str, adjustment: Adjustment) -> "AdjustableSource":
    from scanner.sources import source_for

    return source_for(setting, adjustment)

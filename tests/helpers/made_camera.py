"""A document camera that needs no hardware and no kernel module: OpenCV's own V4L2 reader runs.

A library of ours answers in the camera's process what a driver would. Stands in for real cameras,
above all for those that hang, of which none can be had here.
"""

import enum
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from scanner import devices

NAME = "中山 Document Camera"
_SOURCE = Path(__file__).with_suffix(".c")


class Fault(enum.StrEnum):
    """What goes wrong from some picture on, or from the start."""

    NONE = "none"
    ABSENT = "absent"  # its file is there, the driver knows no device
    BUSY = "busy"  # another program streams from it
    DENIED = "denied"  # this account may not use it
    NO_BANDWIDTH = "no_bandwidth"  # the bus is taken by another camera
    HANG = "hang"  # in the driver, deaf to SIGTERM
    HANG_IN_OPEN = "hang_in_open"
    HANG_IN_CLOSE = "hang_in_close"
    STALLED = "stalled"  # no further picture
    SLOW = "slow"  # one in 1.5 s
    FROZEN = "frozen"  # the same picture for ever
    UNPLUGGED = "unplugged"
    LOST = "lost"  # unplugged, and its file stays
    CRASH = "crash"  # the driver takes the process with it
    HICCUP = "hiccup"  # one picture is lost
    GARBAGE = "garbage"  # no picture in what it sends


class MadeCamera:
    """A camera of NAME at number 0, as the camera's process and `scanner.devices` see it."""

    def __init__(self, folder: Path, library: Path, environment: pytest.MonkeyPatch) -> None:
        self._environment = environment
        self._system, self._devices = folder / "sys", folder / "dev"
        self._pictures, self._log = folder / "pictures", folder / "asked"
        for made in (self._system, self._devices, self._pictures):
            made.mkdir()
        environment.setattr(devices, "SYSTEM", self._system)
        environment.setattr(devices, "DEVICES", self._devices)
        environment.setenv("LD_PRELOAD", str(library))
        environment.setenv("MADE_CAMERA_PICTURES", str(self._pictures))
        environment.setenv("MADE_CAMERA_LOG", str(self._log))
        self.show([photograph(50), photograph(100), photograph(150)])
        self.plug_in(0)

    @property
    def node(self) -> Path:
        """The file behind which it stands."""
        return self._node

    @property
    def asked(self) -> list[str]:
        """What was asked of the camera, in order."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    def plug_in(self, number: int) -> None:
        """Here it is, under that number."""
        self._node = self._devices / f"video{number}"
        self._node.touch()
        described = self._system / self._node.name
        described.mkdir()
        (described / "name").write_text(f"{NAME}\n", "utf-8")
        (described / "index").write_text("0\n")
        self._environment.setenv("MADE_CAMERA", str(self._node))

    def pull_out(self) -> None:
        """The plug is pulled, noticed by the system but by no driver."""
        self._node.unlink(missing_ok=True)
        shutil.rmtree(self._system / self._node.name)

    def show(self, pictures: Sequence[bytes]) -> None:
        """In a circle. Said before the camera is opened, as are all that follow."""
        for number, picture in enumerate(pictures):
            (self._pictures / f"{number}.jpg").write_bytes(picture)

    def fail(self, fault: Fault, after: int = 0) -> None:
        """With its picture of that number, counted from the first over all openings."""
        self._environment.setenv("MADE_CAMERA_FAULT", f"{fault}:{after}")

    def offer_only(self, size: str) -> None:
        """It knows no other size, whatever is asked."""
        self._environment.setenv("MADE_CAMERA_SIZE", size)

    def offer_no_jpeg(self) -> None:
        """YUYV alone."""
        self._environment.setenv("MADE_CAMERA_FORMAT", "YUYV")


def built_library(folder: Path) -> Path:
    """Built once for a folder."""
    library = folder / "libmadecamera.so"
    if os.name != "posix" or shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    if not library.exists():
        flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
        done = subprocess.run(
            ["gcc", *flags, "-o", str(library), str(_SOURCE)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return library


def photograph(level: int) -> bytes:
    """A JPEG of 64 x 48 of about that brightness, as cameras send it: without its Huffman tables.

    It shows waves, unless the brightness leaves no room for them.
    """
    rows, columns = np.mgrid[0:48, 0:64]
    gray = level + 20 * np.sin(rows / 5) * np.cos(columns / 7)
    picture = np.repeat(np.clip(gray, 0, 255)[:, :, None], 3, axis=2).astype(np.uint8)
    done, encoded = cv2.imencode(".jpg", picture)
    assert done
    return _without_tables(encoded.tobytes())


def _without_tables(jpeg: bytes) -> bytes:
    kept, at = jpeg[:2], 2
    while jpeg[at : at + 2] != b"\xff\xda":
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if jpeg[at + 1] != 0xC4:
            kept += jpeg[at : at + length]
        at += length
    return kept + jpeg[at:]

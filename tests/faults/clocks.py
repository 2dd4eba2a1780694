"""Clocks that go wrong as a machine's does: a number of seconds in a file, read at every look."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class SkewedClock:
    """This machine's clock and what the file says; it may be rewritten at any time."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def now(self) -> datetime:
        ahead = float(self._file.read_text()) if self._file is not None else 0.0
        return datetime.now(UTC) + timedelta(seconds=ahead)


def set_clock(file: Path, seconds: float) -> None:
    """Renamed into place: a reader sees the old number or the new one."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(f"{seconds}")
    unfinished.replace(file)

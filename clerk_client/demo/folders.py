"""The demonstration's folders: known by a marker, used by one demonstration at a time.

What a demonstration removes, it removes only where its marker lies.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from clerk_client.demo.errors import DemoRunning, FolderForeign, FolderUnusable

MARKER = ".clerk_client-demo"
_LOCK = ".lock"
_HEADING = "# Made by the demonstration of clerk_client, which removes again what it puts here."


def claim(folder: Path) -> None:
    """Makes the folder the demonstration's. Raises FolderForeign, FolderUnusable."""
    marker = folder / MARKER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if marker.is_file():
            return
        if any(folder.iterdir()):
            raise FolderForeign(folder)
        marker.write_text(_HEADING + "\n", encoding="utf-8")
    except OSError as error:
        raise FolderUnusable(folder, error.strerror or str(error)) from error


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """No second demonstration begins in a claimed folder. Raises DemoRunning.

    An empty database stands for the lock file: its lock is the same on every system and goes with
    the process, however that ends.
    """
    with closing(sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise DemoRunning(folder) from error
        yield


class Leavings:
    """The files that one run leaves in `folder`, listed in the marker before they are written."""

    def __init__(self, folder: Path) -> None:
        """Removes what the previous run listed there, nothing else."""
        claim(folder)
        self.folder = folder
        self._marker = folder / MARKER
        for name in self._marker.read_text(encoding="utf-8").splitlines():
            place = folder / name
            if place.name == name and place.is_file():
                place.unlink()
        self._marker.write_text(_HEADING + "\n", encoding="utf-8")

    def place(self, name: str) -> Path:
        """Where to write the file of that name. A foreign file of that name is FolderForeign's."""
        place = self.folder / name
        with self._marker.open("a+", encoding="utf-8") as marker:
            marker.seek(0)
            if name not in marker.read().splitlines():
                if place.exists():
                    raise FolderForeign(self.folder)
                marker.write(name + "\n")
        return place

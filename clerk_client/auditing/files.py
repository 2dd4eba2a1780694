"""Where an export lies and how it is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from clerk_client.auditing.errors import FileAbsent, FileUnreadable
from clerk_client.wire.export import CERTIFICATES, LINES


def export_at(place: Path) -> tuple[Path, list[Path]]:
    """The file of lines, and that of the certificates beside it when `place` is an export's folder.

    Raises FileAbsent.
    """
    try:
        is_folder = place.is_dir()
        file = place / LINES if is_folder else place
        certificates = place / CERTIFICATES
        if not file.exists():
            raise FileAbsent(file)
        return file, [certificates] if is_folder and certificates.exists() else []
    except (OSError, ValueError) as error:
        raise FileUnreadable(place, type(error).__name__) from error


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """For reading, also while it fails half way. Raises FileUnreadable."""
    try:
        with file.open("rb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileUnreadable(file, error.strerror or type(error).__name__) from error

"""Printers: the machine's own through CUPS, and a folder that collects PDFs.

Windows' printers are not driven yet: there the folder is the only one.
"""

import contextlib
import errno
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Protocol

from printing.errors import FolderUnwritable, PrinterAbsent, PrintFailed

FOLDER_PRINTER = "PDF文件夹"

_LIST_SECONDS = 5.0
_SUBMIT_SECONDS = 30.0
# What Windows and shares served by it refuse in a name, and what a shell or a list would misread.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u0080-\u009f\u200b-\u200f\u2028-\u202e]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
# A name may have 255 bytes; the counter and the ending take some.
_NAME_BYTES = 200
_WITHOUT_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class Printer(Protocol):
    """Something that takes a PDF."""

    @property
    def name(self) -> str:
        """As the clerk chooses it."""
        ...

    def submit(self, pdf: bytes, title: str) -> str:
        """Hands the paper over and returns where it went: a job's id or a file's path.

        Waits for the print system, not for the paper. Raises PrintingError.
        """
        ...


class FolderPrinter:
    """A folder that takes each paper as a file, readable by its owner only."""

    def __init__(self, folder: Path, name: str = FOLDER_PRINTER) -> None:
        self.name = name
        self._folder = folder

    def submit(self, pdf: bytes, title: str) -> str:
        """The file's path. The file appears whole or not at all, and replaces none.

        Durable when this returns. Raises FolderUnwritable.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, unnamed = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(pdf)
                    file.flush()
                    os.fsync(file.fileno())
                path = self._named(Path(unnamed), safe_file_name(title))
            finally:
                Path(unnamed).unlink(missing_ok=True)
            _flush_folder(self._folder)
        except OSError as error:
            raise FolderUnwritable(str(self._folder)) from error
        return str(path)

    def _named(self, unnamed: Path, stem: str) -> Path:
        number = 1
        while True:
            path = self._folder / (f"{stem}.pdf" if number == 1 else f"{stem}-{number}.pdf")
            try:
                _rename_to_new(unnamed, path)
            except FileExistsError:
                number += 1
            else:
                return path


class CupsPrinter:
    """A print queue of this machine."""

    def __init__(self, name: str) -> None:
        self.name = name

    def submit(self, pdf: bytes, title: str) -> str:
        """The job's id (HP-12). Raises PrinterAbsent, or PrintFailed with what CUPS said."""
        title = _UNSAFE.sub(" ", title).strip()
        # Scaling would shrink the code until a camera no longer reads it.
        options = ["-o", "media=A4", "-o", "print-scaling=none"]
        try:
            done = subprocess.run(
                ["lp", "-d", self.name, "-t", title, *options],
                input=pdf,
                capture_output=True,
                timeout=_SUBMIT_SECONDS,
                check=False,
                env=_plain_words(),
            )
        except FileNotFoundError as error:
            raise PrinterAbsent(self.name) from error
        except subprocess.TimeoutExpired as error:
            raise PrintFailed(f"lp did not answer within {_SUBMIT_SECONDS:.0f} s") from error
        except OSError as error:
            raise PrintFailed(str(error)) from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            if "does not exist" in said or "nknown destination" in said:
                raise PrinterAbsent(self.name)
            raise PrintFailed(said or f"lp ended with {done.returncode}")
        said = done.stdout.decode(errors="replace").strip()
        job = re.search(r"request id is (\S+)", said)
        return job[1] if job else said


def machine_printers() -> list[Printer]:
    """The print queues of this machine; none where CUPS is absent, asleep or too slow."""
    try:
        done = subprocess.run(
            ["lpstat", "-e"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIST_SECONDS,
            check=False,
            env=_plain_words(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    names = done.stdout.decode(errors="replace").splitlines()
    return [CupsPrinter(name.strip()) for name in names if name.strip()]


def printer_for(name: str, folder: Path | None) -> Printer:
    """The printer of that name: the folder's, where one is set, or one of the machine's.

    Without a name a folder that is set is the printer. Raises PrinterAbsent.
    """
    if folder is not None and name in ("", FOLDER_PRINTER):
        return FolderPrinter(folder)
    for printer in machine_printers():
        if printer.name == name:
            return printer
    raise PrinterAbsent(name)


def safe_file_name(title: str) -> str:
    """`title` as a file name without ending that Linux, Windows and their shares all take."""
    name = _UNSAFE.sub("_", title).strip(" .")
    name = name.encode("utf-8", errors="replace")[:_NAME_BYTES].decode("utf-8", errors="ignore")
    name = name.rstrip(" .") or "_"
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def _rename_to_new(source: Path, target: Path) -> None:
    """Raises FileExistsError instead of replacing a file."""
    if os.name == "nt":
        source.rename(target)
        return
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        # A memory stick or a share may know no second name for a file: take the name first.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        source.replace(target)


def _flush_folder(folder: Path) -> None:
    """Makes a new name in the folder durable, where the system knows how."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot; the paper itself is already on the disk.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _plain_words() -> dict[str, str]:
    """CUPS answers in the user's language; what is read here must be English."""
    return {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}

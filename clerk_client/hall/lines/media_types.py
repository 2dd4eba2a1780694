"""What a file is, by its content: PDF, Word, Excel or JPEG. Its name says nothing."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

PDF = "application/pdf"
JPEG = "image/jpeg"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EXTENSIONS = {PDF: "pdf", JPEG: "jpg", DOC: "doc", XLS: "xls", DOCX: "docx", XLSX: "xlsx"}
"""Every media type that the hall takes."""

# The main part's type in [Content_Types].xml. Files with macros have others, and are not taken.
_MAIN_PARTS = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": DOCX,
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": XLSX,
}
_MOST_OF_A_PART = 1024 * 1024
# An archive's parts: Office's have dozens, and to list a quarter of a million takes seconds.
_MOST_PARTS, _PART = 10_000, b"PK\x01\x02"
# Office writes no others, and some of those ask for memory as the file says.
_CODINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# [MS-CFB] 2.2 and 2.6: streams in the root storage that make it a document of Word or Excel.
_STREAMS = {"WordDocument": DOC, "Workbook": XLS, "Book": XLS}
_LAST_SECTOR = 0xFFFFFFFA


def media_type_of(content: bytes) -> str:
    """One of EXTENSIONS, or nothing."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(content)
    return ""


def _zipped(content: bytes) -> str:
    if content.count(_PART) > _MOST_PARTS:
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            wanted = archive.getinfo("[Content_Types].xml")
            if wanted.compress_type not in _CODINGS:
                return ""
            with archive.open(wanted) as part:
                types = part.read(_MOST_OF_A_PART)
    # All that zipfile is known to raise for what only looks like an archive.
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        OverflowError,
        RuntimeError,
        ValueError,
    ):
        return ""
    return next((found for name, found in _MAIN_PARTS.items() if name in types), "")


def _compound(content: bytes) -> str:
    """Names directly under the root only: a sheet may hold an embedded letter."""
    try:
        names = set(_CompoundFile(content).root_names())
    except (struct.error, IndexError, ValueError):
        return ""
    return next((found for name, found in _STREAMS.items() if name in names), "")


class _CompoundFile:
    """As much of [MS-CFB] as it takes to read a directory. Raises struct.error, IndexError."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        shift, self._first = struct.unpack_from("<30xH16xI", content)
        if shift not in (9, 12):
            raise ValueError("sector size")
        self._size = 1 << shift
        self._most = len(content) // self._size + 1
        self._table = list(self._sectors_of_table())

    def root_names(self) -> Iterator[str]:
        """The entries of the root storage: a tree by left and right, from the root's child on."""
        directory = b"".join(self._sector(each) for each in self._chain(self._first))
        (start,) = struct.unpack_from("<76xI", directory)
        waiting, seen = [start], set()
        while waiting:
            entry = waiting.pop()
            if entry in seen or (entry + 1) * 128 > len(directory):
                continue
            seen.add(entry)
            name, length, left, right = struct.unpack_from("<64sH2xII", directory, entry * 128)
            yield name[: max(0, length - 2)].decode("utf-16-le", "replace")
            waiting += [left, right]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._content[start : start + self._size]

    def _chain(self, sector: int) -> Iterator[int]:
        for _ in range(self._most):
            if sector >= _LAST_SECTOR:
                return
            yield sector
            words = self._size // 4
            table = self._sector(self._table[sector // words])
            (sector,) = struct.unpack_from("<I", table, sector % words * 4)

    def _sectors_of_table(self) -> Iterator[int]:
        """The first 109 stand in the header, the rest in sectors of their own."""
        following, _ = struct.unpack_from("<68xII", self._content)
        yield from (each for each in struct.unpack_from("<76x109I", self._content))
        words = self._size // 4 - 1
        # As many as it takes to list every sector: a chain may lead back to its beginning.
        for _ in range(self._most // (words * words) + 1):
            if following >= _LAST_SECTOR:
                return
            *listed, following = struct.unpack(f"<{words + 1}I", self._sector(following))
            yield from listed

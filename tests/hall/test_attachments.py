"""Captured material: known by its content, sent before the record that names it."""

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from clerk_client.hall.lines.media_types import DOC, DOCX, JPEG, PDF, XLS, XLSX, media_type_of
from tests.hall.conftest import Town
from tests.hall.desk import Desk, Journal
from tests.hall.test_voids import SETTLED, refused

LIMIT = 10_485_760
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def pdf() -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.drawString(72, 720, "consent")
    canvas.save()
    return file.getvalue()


def jpeg(colour: str = "white") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "JPEG")
    return file.getvalue()


def zipped(main: str) -> bytes:
    """As much of an Office file as tells what it is."""
    file = io.BytesIO()
    types = f'<Types><Override PartName="/main.xml" ContentType="{main}"/></Types>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("main.xml", "<x/>")
    return file.getvalue()


def docx() -> bytes:
    return zipped(f"{DOCX}.main+xml")


def xlsx() -> bytes:
    return zipped(f"{XLSX}.main+xml")


def compound(*names: str, nested: str = "") -> bytes:
    """A compound file with streams of these names in its root, and one inside a storage."""

    def entry(name: str, kind: int, right: int = _FREE, child: int = _FREE) -> bytes:
        text = name.encode("utf-16-le")
        fields = (text.ljust(64, b"\0"), len(text) + 2, kind, 1, _FREE, right, child)
        return struct.pack("<64sHBBIII", *fields).ljust(128, b"\0")

    entries = [entry("Root Entry", 5, child=1)]
    last = len(names) + (1 if nested else 0)
    for position, name in enumerate(names, 1):
        entries.append(entry(name, 2, right=position + 1 if position < last else _FREE))
    if nested:
        entries += [entry("MBD0001", 1, child=last + 1), entry(nested, 2)]
    entries += [b"\0" * 128] * (-len(entries) % 4)
    directory = b"".join(entries)
    sectors = len(directory) // 512
    chain = [*range(2, sectors + 1), _END]
    table = struct.pack("<128I", _TABLE, *chain, *[_FREE] * (127 - sectors))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0
    )
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    return header.ljust(512, b"\0") + table + directory


def doc() -> bytes:
    return compound("1Table", "WordDocument")


def xls() -> bytes:
    return compound("Workbook")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(desk: Desk, content: bytes, sha256: str = "") -> tuple[int, str]:
    answer = desk.call("PUT", f"attachments/{sha256 or digest(content)}", data=content)
    return answer.status_code, answer.json()["code"] if answer.content else ""


@pytest.mark.parametrize(
    ("made", "media_type"),
    [(pdf, PDF), (jpeg, JPEG), (doc, DOC), (xls, XLS), (docx, DOCX), (xlsx, XLSX)],
)
def test_what_is_sent_comes_back_as_what_it_is(
    signed_in: Desk, made: Callable[[], bytes], media_type: str
) -> None:
    content = made()
    assert [put(signed_in, content), put(signed_in, content)] == [(204, ""), (204, "")]
    answer = signed_in.get(f"attachments/{digest(content)}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith(
        f"attachment; filename={digest(content)}."
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"MZ\x90\0",
        b"GIF89a" + b"\0" * 40,
        b"PK\x03\x04" + b"\0" * 200,
        b"PK\x05\x06" + b"\0" * 18,
        zipped("application/vnd.ms-word.document.macroEnabled.main+xml"),
        zipped("text/xml"),
        b"MZ" + docx(),
        docx()[:-30],
        bytes.fromhex("d0cf11e0a1b11ae1"),
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\xff" * 2000,
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2000,
        compound("EncryptedPackage"),
        compound("Text", nested="WordDocument"),
        compound("Workbook")[:1000],
    ],
)
def test_another_kind_is_refused_whatever_it_begins_with(signed_in: Desk, content: bytes) -> None:
    assert put(signed_in, content) == (415, "ATTACHMENT_KIND")
    answer = signed_in.get(f"attachments/{digest(content)}")
    assert (answer.status_code, answer.json()["code"]) == (404, "ATTACHMENT_UNKNOWN")


def test_a_letter_inside_a_sheet_leaves_it_a_sheet() -> None:
    assert media_type_of(compound("Workbook", nested="WordDocument")) == XLS


def test_an_archive_that_would_cost_much_is_not_looked_into() -> None:
    def office(coding: int, parts: int) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", coding) as archive:
            archive.writestr("[Content_Types].xml", f"{DOCX}.main+xml")
            for number in range(parts):
                archive.writestr(f"{number}", b"")
        return file.getvalue()

    assert media_type_of(office(zipfile.ZIP_STORED, 9_999)) == DOCX
    assert media_type_of(office(zipfile.ZIP_STORED, 10_000)) == ""
    for coding in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        assert media_type_of(office(coding, 1)) == ""


def test_a_sheet_whose_table_leads_back_to_itself_has_an_end() -> None:
    content = bytearray(compound("Workbook") + b"\0" * 8_000_000)
    # The chain of the table's own sectors begins with one that names itself as the next.
    struct.pack_into("<II", content, 68, 20, 1)
    struct.pack_into("<I", content, 21 * 512 + 508, 20)
    assert media_type_of(bytes(content)) == XLS


def test_ten_megabytes_pass_and_a_byte_more_does_not(signed_in: Desk) -> None:
    largest = pdf().ljust(LIMIT, b"\n")
    assert put(signed_in, largest) == (204, "")
    assert put(signed_in, largest + b"\n") == (413, "REQUEST_TOO_LARGE")


def test_content_that_changed_on_its_way_is_refused(signed_in: Desk) -> None:
    content = pdf()
    assert put(signed_in, content + b"\n", digest(content)) == (422, "ATTACHMENT_OTHER")
    for name in ("x", "0" * 63, "A" * 64, "..%2f..%2fetc"):
        answer = signed_in.call("PUT", f"attachments/{name}", data=content)
        assert answer.status_code in (404, 422)


def test_a_line_waits_for_its_attachment_and_holds_up_its_journal_until_then(
    signed_in: Desk, journal: Journal
) -> None:
    content = jpeg("red")
    body = {"attachments": [{"sha256": digest(content), "name": "营业执照"}] * 2}
    line, after = journal.accepted(body), journal.printed()
    assert signed_in.sent(line, after) == [
        refused("ATTACHMENT_MISSING"),
        refused("LINE_CHAIN_BROKEN"),
    ]
    assert put(signed_in, content) == (204, "")
    assert signed_in.sent(line, after) == [SETTLED, SETTLED]
    assert signed_in.sent(line) == [("already_settled", "")]


@pytest.mark.parametrize(
    "named",
    [None, "x", {}, [None], ["0" * 64], [{}], [{"sha256": 1}], [{"sha256": "0" * 64}] * 101],
)
def test_a_line_that_names_attachments_wrongly_is_refused_and_holds_up_nothing(
    signed_in: Desk, journal: Journal, named: object
) -> None:
    line = journal.accepted({"attachments": named})
    assert signed_in.sent(line, journal.printed()) == [refused("ATTACHMENT_FORM"), SETTLED]


def test_a_line_against_a_rule_does_not_wait_for_its_attachment(
    signed_in: Desk, journal: Journal
) -> None:
    line = journal.accepted({"attachments": [{"sha256": "0" * 64}]}, matter="XX-01")
    assert signed_in.sent(line, journal.printed()) == [refused("MATTER_UNKNOWN"), SETTLED]


def test_it_cannot_see_attachments(town: Town, signed_in: Desk) -> None:
    content = jpeg("blue")
    put(signed_in, content)
    desk = town.desk()
    desk.sign_in(town.keys["T01"])
    answer = desk.get(f"attachments/{digest(content)}")
    assert (answer.status_code, answer.json()["code"]) == (403, "RIGHT_MISSING")
    assert put(desk, content) == (403, "RIGHT_MISSING")

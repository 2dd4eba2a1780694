"""A receipt's code, checked with the stations' published keys, and its line in an export."""

from dataclasses import asdict
from pathlib import Path

from clerk_client.auditing.audit import Finding
from clerk_client.auditing.errors import FileAbsent, FileUnreadable, ReceiptCodeAbsent
from clerk_client.auditing.files import opened
from clerk_client.auditing.rows import rows
from clerk_client.auditing.signers import Signers
from clerk_client.auditing.telling import Telling, shown_time
from clerk_client.auditing.trust import StationKey, Trust
from clerk_client.domain.clock import from_rfc3339
from clerk_client.wire.export import ExportedLine, read_exported
from clerk_client.wire.lines import LineError
from clerk_client.wire.receipt_code import ReceiptCode, ReceiptCodeInvalid, opened_by

_BEGINNING = "R1|"


def code_in_picture(path: Path) -> str:
    """The text of the receipt's code. Raises FileAbsent, FileUnreadable, ReceiptCodeAbsent."""
    # Late: OpenCV and the readers take longer to load than all the rest.
    from scanner.decode import decode
    from scanner.errors import CameraAbsent, PictureUnreadable
    from scanner.pictures import picture_from_file

    try:
        readings = decode(picture_from_file(path), thorough=True)
    except CameraAbsent as error:
        raise FileAbsent(path) from error
    except PictureUnreadable as error:
        raise FileUnreadable(path, "no picture") from error
    for reading in readings:
        if reading.text.startswith(_BEGINNING):
            return reading.text
    raise ReceiptCodeAbsent(path)


def check_receipt(text: str, trust: Trust, journal: Path | None, telling: Telling) -> bool:
    """Whether it is genuine and, with `journal`, its line stands in that export as it says."""
    try:
        station, code = opened_by(text.strip(), ((each, each.key) for each in trust.stations))
    except ReceiptCodeInvalid as error:
        telling.finding(Finding(error.code))
        telling.receipt({})
        return False
    said = {**asdict(code), "station": station.station, "station_window": station.window}
    telling.note("RECEIPT_GENUINE", **{**said, "done_at": shown_time(code.done_at)})
    findings = [] if journal is None else _in_journal(code, station, journal, trust, telling)
    for finding in findings:
        telling.finding(finding)
    telling.receipt(said)
    return not findings


def _in_journal(
    code: ReceiptCode, station: StationKey, journal: Path, trust: Trust, telling: Telling
) -> list[Finding]:
    with opened(journal) as stream:
        for row in rows(stream):
            try:
                line = read_exported(row.text or b"")
            except LineError:
                # What else is wrong with the journal is told by `verify`.
                continue
            if line.hash == code.line_hash:
                break
        else:
            return [Finding("RECEIPT_NOT_IN_JOURNAL", facts={"hash": code.line_hash})]
    seq = line.head.seq
    codes = list(_faults(code, line, trust))
    if not codes:
        telling.note("RECEIPT_IN_JOURNAL", row=row.number, seq=seq)
    return [Finding(each, row.number, seq, _facts(line)) for each in codes]


def _faults(code: ReceiptCode, line: ExportedLine, trust: Trust) -> list[str]:
    head = line.head
    found = []
    if (code.number, code.done_at, code.matter, code.window) != (
        head.number,
        head.done_at,
        head.matter,
        head.window,
    ):
        found.append("RECEIPT_LINE_DIFFERS")
    if not line.body_is_right:
        found.append("LINE_BODY_CHANGED")
    try:
        found += Signers(trust).faults(line, from_rfc3339(head.done_at))
    except ValueError:
        found.append("LINE_FORMAT")
    return found


def _facts(line: ExportedLine) -> dict[str, int | str]:
    return {"certificate": line.head.cert_sha256[:16]}

"""The auditor's commands as they are typed: trust, exit codes, what is told, receipts."""

import base64
import io
import json
import re
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import cv2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.__main__ import main
from clerk_client.auditing import errors
from clerk_client.auditing.audit import Audit
from clerk_client.auditing.errors import AuditingError, TrustEmpty, TrustUnusable
from clerk_client.auditing.rows import rows
from clerk_client.auditing.signers import Signers
from clerk_client.auditing.trust import load_trust
from clerk_client.demo.authority import BEGINNING, END, Authority
from clerk_client.domain.clock import rfc3339
from clerk_client.wire.export import CERTIFICATES, LINES, exported
from clerk_client.wire.lines import Line
from clerk_client.wire.receipt_code import ReceiptCode, sealed
from resources.words import entries
from tests.hall.desk import StationKey, clerk_key
from tests.helpers.codes import drawn, modules_of
from tests.helpers.made_journal import (
    START,
    MadeJournal,
    authority,
    clerks,
    made_lines,
    made_trust,
    station,
    write_certificates,
    write_trust,
)

MADE = made_lines(6)


def as_file(lines: Sequence[Line]) -> bytes:
    return b"".join(exported(line) + b"\n" for line in lines)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    folder.mkdir()
    write_trust(folder)
    return folder


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / LINES).write_bytes(as_file(MADE))
    write_certificates(folder)
    return folder


def found(trust: Signers, *lines: Line) -> list[str]:
    with closing(Audit(trust)) as audit:
        return [finding.code for finding in audit.findings(rows(io.BytesIO(as_file(lines))))]


# --- the command ---------------------------------------------------------------------------------


def test_auditor_is_told_what_was_checked(
    export: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = f"{MADE[-1].hash.upper()}"
    assert main(["verify", str(export), "--trust", str(trust), "--head", head]) == 0
    out, err = capsys.readouterr()
    last = out.splitlines()[-1]
    assert "6 行" in last
    assert MADE[-1].hash in last
    assert "2026-02-05 08:00 至 2026-02-05 08:05" in last
    assert err == ""


def test_file_alone_is_checked_with_certificates_given_by_hand(
    export: Path, trust: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "a.jsonl"
    (export / LINES).rename(alone)
    call = ["verify", str(alone), "--trust", str(trust)]
    assert main(call) == 1
    assert main([*call, "--certificates", str(export / CERTIFICATES)]) == 0


def test_findings_are_told_line_by_line_up_to_a_hundred(
    export: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (export / LINES).write_bytes(as_file(MADE[:1]) + b"{\n" * 150 + as_file(MADE[1:]))
    assert main(["verify", str(export), "--trust", str(trust)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("第 ")]) == 100
    assert lines[0] == "第 2 行，序号 —：这一行不是签名记录的JSON（EXPORT_NOT_JSON）"
    assert "另有 50 处" in lines[100]
    assert "EXPORT_NOT_JSON 共 150 处" in "\n".join(lines[101:])
    assert "150 处" in lines[-1]


def test_program_reads_the_same_as_json(
    export: Path, trust: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (export / LINES).write_bytes(as_file([*MADE[:2], *MADE[3:]]))
    assert main(["verify", str(export), "--trust", str(trust), "--json"]) == 1
    told = json.loads(capsysbinary.readouterr().out)
    (finding,) = told["findings"]
    assert (finding["code"], finding["row"], finding["seq"]) == ("LINES_MISSING", 3, 4)
    assert (told["clean"], told["lines"], told["counts"]) == (False, 5, {"LINES_MISSING": 1})
    assert told["head"] == MADE[-1].hash
    assert [note["code"] for note in told["notes"]] == ["AUDIT_WITHOUT_LISTS"]


def test_nothing_of_a_person_is_told(
    export: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = as_file(MADE).replace("欧阳".encode(), "欧洋".encode())
    (export / LINES).write_bytes(content.replace(b"seq", b"sequ", 1))
    assert main(["verify", str(export), "--trust", str(trust)]) == 1
    assert not re.search("欧|张丽|梁国辉|ZS-", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (["nowhere"], "NO_SUCH_FILE"),
        (["{export}", "--trust", "nowhere"], "NO_SUCH_FILE"),
        (["{export}", "--trust", "{export}/lines.jsonl"], "TRUST_UNUSABLE"),
        (["{export}", "--head", "abc"], "HEAD_MISTYPED"),
        (["{trust}"], "NO_SUCH_FILE"),
    ],
)
def test_audit_that_cannot_begin_says_why(
    call: list[str],
    code: str,
    export: Path,
    trust: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = [part.format(export=export, trust=trust) for part in call]
    assert main(["verify", *named, "--trust", str(trust)]) == 2
    assert code in capsys.readouterr().err


def test_a_gigabyte_without_a_line_end_takes_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "zeros"
    with file.open("wb") as stream:
        stream.truncate(2**30)
    tracemalloc.start()
    try:
        with file.open("rb") as stream:
            assert [row.faults for row in rows(stream)] == [("EXPORT_LINE_TOO_LONG",)]
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


# --- whom an auditor trusts ----------------------------------------------------------------------


def test_authority_that_comes_with_the_export_is_not_trusted(tmp_path: Path) -> None:
    own = Authority("自建机构")
    forger = clerk_key(own, "张丽", "ZS-0001")
    certificates = write_certificates(tmp_path, forger)
    certificates.write_bytes(certificates.read_bytes() + own.pem)
    signers = Signers(load_trust([write_trust(tmp_path)], [certificates]))
    assert found(signers, MadeJournal().act(forger)) == ["SIGNER_UNTRUSTED"]


def test_certificate_is_held_against_the_time_of_the_act(tmp_path: Path) -> None:
    until = START + timedelta(hours=1)
    clerk = clerk_key(authority(), "黄生", "ZS-0009", not_before=START, not_after=until)
    signers = Signers(
        load_trust([write_trust(tmp_path)], [write_certificates(tmp_path, clerk, *clerks())])
    )
    second = timedelta(seconds=1)
    for moment, codes in (
        (START - second, ["SIGNER_NOT_YET_VALID"]),
        (START, []),
        (until, []),
        (until + second / 2, []),
        (until + second, ["SIGNER_EXPIRED"]),
        (END + timedelta(days=2), ["SIGNER_EXPIRED"]),
    ):
        line = MadeJournal().act(clerk, done_at=rfc3339(moment))
        # Asked twice, because answers are kept.
        assert (found(signers, line), found(signers, line)) == (codes, codes)
    late = MadeJournal().act(done_at=rfc3339(BEGINNING - timedelta(days=3)))
    assert found(signers, late) == ["SIGNER_NOT_YET_VALID"]


def test_certificate_for_encryption_signs_nothing(tmp_path: Path) -> None:
    clerk = clerk_key(authority(), "黄生", "ZS-0009", uses=("key_encipherment",))
    certificates = write_certificates(tmp_path, clerk)
    signers = Signers(load_trust([write_trust(tmp_path)], [certificates]))
    assert found(signers, MadeJournal().act(clerk)) == ["SIGNER_WRONG_USE"]


def test_signature_counts_until_the_certificate_was_revoked(tmp_path: Path) -> None:
    clerk = clerks()[1]
    revoked = authority().revocation_list(
        [clerk.certificate], revoked_at=START + timedelta(minutes=1)
    )
    der = revoked.public_bytes(Encoding.DER)
    listed = write_trust(tmp_path, revocation_lists=[base64.b64encode(der).decode()])
    journal = MadeJournal()
    lines = [journal.act(clerk), journal.act(clerk), journal.act()]
    by_hall = load_trust([listed], [write_certificates(tmp_path)])
    assert found(Signers(by_hall), *lines) == ["SIGNER_REVOKED"]
    (tmp_path / "a.crl").write_bytes(der)
    (tmp_path / "b.crl").write_bytes(revoked.public_bytes(Encoding.PEM))
    write_trust(tmp_path)
    assert found(Signers(load_trust([tmp_path])), *lines) == ["SIGNER_REVOKED"]


def test_certificate_that_nobody_gave_is_told(trust: Path) -> None:
    assert found(Signers(load_trust([trust])), MADE[0], MADE[1]) == ["SIGNER_UNKNOWN"] * 2


def test_trust_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(TrustEmpty):
        load_trust([folder])
    foreign = Authority("别家").revocation_list([]).public_bytes(Encoding.PEM)
    pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for name, content in (
        ("a.json", b"{}"),
        (
            "b.json",
            b'{"authorities":[],"stations":[{"station":"S","window":"W","public_key":"?"}]}',
        ),
        ("c.json", b'{"authorities":1,"stations":[]}'),
        ("c2.json", b'{"authorities":[1],"stations":[]}'),
        ("c3.json", b'{"authorities":["PEM"],"stations":[]}'),
        ("d.pem", pem),
        ("e.pem", b"-----BEGIN NOTHING-----"),
        ("f.der", b"\x00" * 100),
        ("g.crl", foreign),
        ("h.json", b"{" * 100_000),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TrustUnusable) as told:
            load_trust([tmp_path / name, write_trust(folder)])
        assert told.value.path.endswith(name)


def test_trust_is_read_from_pem_and_der_as_well(tmp_path: Path) -> None:
    made = made_trust(tmp_path)
    ca = tmp_path / "ca.cer"
    ca.write_bytes(authority().certificate.public_bytes(Encoding.DER))
    found_trust = load_trust([ca, tmp_path / CERTIFICATES])
    assert found_trust.authorities == made.authorities
    assert found_trust.certificates == made.certificates


# --- receipts ------------------------------------------------------------------------------------


def receipt_of(line: Line, key: StationKey | None = None) -> str:
    head = line.head
    code = ReceiptCode(head.number or "", head.done_at, head.matter or "", head.window, line.hash)
    return sealed(code, key or station())


def test_receipt_is_checked_offline_and_found_in_the_journal(
    export: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["verify-receipt", receipt_of(MADE[3]), "--trust", str(trust)]
    assert main(call) == 0
    assert f"受理号 {MADE[3].head.number}" in (told := capsys.readouterr().out)
    assert "工作站 S01" in told
    assert main([*call, "--journal", str(export)]) == 0
    assert "第 4 行，序号 4" in capsys.readouterr().out
    (export / LINES).write_bytes(as_file(MADE[:3]))
    assert main([*call, "--journal", str(export)]) == 1
    assert "RECEIPT_NOT_IN_JOURNAL" in capsys.readouterr().out


def test_receipt_is_read_from_a_picture(
    tmp_path: Path, trust: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    image = tmp_path / "回执.png"
    _, encoded = cv2.imencode(".png", drawn(modules_of(receipt_of(MADE[0]))))
    image.write_bytes(encoded.tobytes())
    call = ["verify-receipt", "--trust", str(trust), "--image"]
    assert main([*call, str(image), "--json"]) == 0
    told = json.loads(capsysbinary.readouterr().out)
    assert told["receipt"]["line_hash"] == MADE[0].hash
    assert told["receipt"]["station"] == "S01"
    _, encoded = cv2.imencode(".png", drawn(modules_of("A023")))
    image.write_bytes(encoded.tobytes())
    assert main([*call, str(image)]) == 2
    image.write_bytes(b"no picture")
    assert main([*call, str(image)]) == 2
    assert main([*call, str(tmp_path / "nowhere.png")]) == 2


def test_forged_receipt_is_told(trust: Path, capsys: pytest.CaptureFixture[str]) -> None:
    genuine = receipt_of(MADE[0])
    for text in (
        receipt_of(MADE[0], StationKey()),
        genuine.replace("GA-LG", "GA-SF"),
        "A023",
        "|" * 1000,
        "R1|||||" + "\udc80",
    ):
        assert main(["verify-receipt", text, "--trust", str(trust)]) == 1
        assert "RECEIPT_CODE_INVALID" in capsys.readouterr().out


def test_receipt_that_says_something_else_than_its_line_is_told(
    export: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = MADE[0].head
    other = sealed(
        ReceiptCode(head.number or "", head.done_at, "GA-SF", head.window, MADE[0].hash),
        station(),
    )
    call = ["verify-receipt", other, "--trust", str(trust), "--journal", str(export)]
    assert main(call) == 1
    assert "RECEIPT_LINE_DIFFERS" in capsys.readouterr().out


# --- words ---------------------------------------------------------------------------------------


def test_every_code_of_an_audit_has_words() -> None:
    room = Path(errors.__file__).parent
    spelled = re.compile(r'"((?:LINE|LINES|EXPORT|HEAD|SIGNER|RECEIPT|AUDIT|JOURNAL)_[A-Z_]+)"')
    files = [*room.glob("*.py"), room.parent / "wire/verify.py", room.parent / "wire/export.py"]
    codes = {code for file in files for code in spelled.findall(file.read_text("utf-8"))}
    codes |= {each.code for each in AuditingError.__subclasses__()} | {AuditingError.code}
    assert sorted(codes - entries().keys()) == []

"""个人证书, 机构证书, 业务证书: told by marks that IT may replace."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.demo.authority import Authority, ec_key
from ukey.certificates import read_certificate
from ukey.kinds import FILE_NAME, Marks, load_kinds
from ukey.token import Kind

AUTHORITY = Authority()
EC = ec_key()
OID = "1.2.156.112570.7"


def policy(*oids: str) -> x509.Extension[x509.ExtensionType]:
    policies = [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]
    return x509.Extension(x509.CertificatePolicies.oid, False, x509.CertificatePolicies(policies))


def usage(*oids: str) -> x509.Extension[x509.ExtensionType]:
    usages = [x509.ObjectIdentifier(oid) for oid in oids]
    return x509.Extension(x509.ExtendedKeyUsage.oid, False, x509.ExtendedKeyUsage(usages))


@pytest.fixture
def own_marks(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes IT's own file; the folder that it is in."""

    def write(text: str | bytes) -> Path:
        raw = text.encode() if isinstance(text, str) else text
        (tmp_path / FILE_NAME).write_bytes(raw)
        return tmp_path

    return write


def test_marks_that_are_shipped_tell_all_three_kinds() -> None:
    kinds = load_kinds()
    assert not kinds.problems
    for kind in Kind:
        signed = AUTHORITY.issue("张丽", "W01", EC, kind=kind)
        assert kinds.kind_of(signed) is kind
        assert read_certificate(signed.public_bytes(Encoding.DER)).kind is kind


def test_department_that_only_contains_the_word_is_no_mark() -> None:
    """Its name stands in the CN here: the marks shipped are whole departments."""
    assert load_kinds().kind_of(AUTHORITY.issue("业务证书", "W01", EC)) is Kind.UNMARKED


@pytest.mark.parametrize(
    ("marks", "signed"),
    [
        (f'policies = ["{OID}"]', AUTHORITY.issue("张丽", None, EC, more=[policy("1.2.3", OID)])),
        (f'usages = ["{OID}"]', AUTHORITY.issue("张丽", None, EC, more=[usage(OID)])),
        ('pieces = ["制证"]', AUTHORITY.issue("电子证照制证专用", None, EC)),
        ('pieces = ["人证"]', AUTHORITY.issue("张丽", None, EC, kind=Kind.PERSONAL)),
        ('units = ["个人证书"]', AUTHORITY.issue("张丽", None, EC, kind=Kind.PERSONAL)),
    ],
)
def test_one_mark_of_it_is_enough_and_the_stricter_kind_counts(
    own_marks: Callable[[str], Path], marks: str, signed: x509.Certificate
) -> None:
    folder = own_marks(f"[business]\n{marks}\n")
    kinds = load_kinds(folder)
    assert kinds.kind_of(signed) is Kind.BUSINESS
    assert read_certificate(signed.public_bytes(Encoding.DER), kinds).kind is Kind.BUSINESS
    assert kinds.kind_of(AUTHORITY.issue("李强", None, EC, more=[policy("1.2.3")])) is Kind.UNMARKED
    (folder / FILE_NAME).write_text(f"[institution]\n{marks}\n", encoding="utf-8")
    assert load_kinds(folder).kind_of(signed) is Kind.INSTITUTION


def test_kind_that_it_names_loses_the_marks_shipped_and_the_others_keep_theirs(
    own_marks: Callable[[str], Path],
) -> None:
    kinds = load_kinds(own_marks('[business]\nunits = [" 密码机 "]\n[personal]\n'))
    assert kinds.marks[Kind.BUSINESS] == Marks(units=("密码机",))
    assert kinds.marks[Kind.PERSONAL] == Marks()
    assert kinds.marks[Kind.INSTITUTION] == load_kinds().marks[Kind.INSTITUTION]


def test_folder_without_such_a_file_changes_nothing(tmp_path: Path) -> None:
    assert load_kinds(tmp_path) is load_kinds()
    assert load_kinds(tmp_path / "none") is load_kinds()


def test_file_from_windows_notepad_is_read(own_marks: Callable[[bytes], Path]) -> None:
    folder = own_marks('\ufeff[business]\r\nunits = ["密码机"]\r\n'.encode())
    assert load_kinds(folder).marks[Kind.BUSINESS] == Marks(units=("密码机",))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('[business]\nunits = "密码机"\n', 2, "business.units must be a list of texts"),
        ("[business]\n\nunits = [1]\n", 3, "must be a list of texts"),
        ('[personal]\nunits = ["人"]\n[business]\nunits = [""]\n', 4, "none of them empty"),
        ('# business\n[business]\npolicies = ["1.2.x"]\n', 3, "'1.2.x'"),
        ('[business]\nunit = ["密码机"]\n', 2, "business.unit is not known"),
        ("[personal]\n[clerk]\n", 2, "clerk is not known"),
        ("[unmarked]\n", 1, "unmarked is not known"),
        ("personal = 1\n", 1, "must be a table"),
        ("[personal]\nunits = [\n", 2, ""),
        ('[personal]\nunits = ["a"\n[business]\n', 3, ""),
        ('[personal]\nunits = ["个"]\n'.encode("gb18030"), 2, "UTF-8"),
        ("[personal]\nunits = " + "[" * 5000, 0, "nested"),
        ("a = " + "1" * 5000, 0, ""),
        (b"\0" * 100, 1, ""),
    ],
)
def test_broken_file_is_named_with_line_and_reason_and_the_marks_shipped_stand(
    own_marks: Callable[[str | bytes], Path], text: str | bytes, line: int, reason: str
) -> None:
    kinds = load_kinds(own_marks(text))
    (broken,) = kinds.problems
    assert (broken.file, broken.line) == (FILE_NAME, line)
    assert reason in broken.reason
    assert broken.reason
    assert kinds.marks == load_kinds().marks


def test_what_is_no_file_is_a_problem_and_stops_nothing(tmp_path: Path) -> None:
    for kind in ("folder", "pipe", "link"):
        extra = tmp_path / kind
        extra.mkdir()
        place = extra / FILE_NAME
        if kind == "folder":
            place.mkdir()
        elif kind == "pipe":
            os.mkfifo(place)
        else:
            place.symlink_to(extra / "nowhere")
        kinds = load_kinds(extra)
        assert [problem.file for problem in kinds.problems] == [FILE_NAME]
        assert kinds.marks == load_kinds().marks

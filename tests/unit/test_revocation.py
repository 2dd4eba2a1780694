"""Certificates that were taken back: lists of the authorities, as IT keeps them in files."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key
from ukey.certificates import read_certificate
from ukey.revocation import Revocations, load_revocations
from ukey.token import Certificate

AUTHORITY = Authority()
NAMESAKE = Authority(AUTHORITY.name)
OTHER = Authority("另一家认证中心")
EC = ec_key()
DAY = timedelta(days=1)
TODAY = BEGINNING + 100 * DAY
REVOKED = AUTHORITY.issue("张丽", "W01", EC)
GOOD = AUTHORITY.issue("李强", "W02", EC)


def read(signed: x509.Certificate) -> Certificate:
    return read_certificate(signed.public_bytes(Encoding.DER))


def lists(*places: Path) -> Revocations:
    return load_revocations(places, [AUTHORITY.certificate, OTHER.certificate])


def put(path: Path, *crls: x509.CertificateRevocationList, der: bool = False) -> Path:
    path.write_bytes(
        b"".join(crl.public_bytes(Encoding.DER if der else Encoding.PEM) for crl in crls)
    )
    return path


def extension(
    value: x509.ExtensionType, critical: bool = True
) -> x509.Extension[x509.ExtensionType]:
    return x509.Extension(value.oid, critical, value)


def part(
    address: str = "", reasons: frozenset[x509.ReasonFlags] | None = None, **flags: bool
) -> x509.Extension[x509.ExtensionType]:
    """Says which part of an authority's certificates a list is about."""
    every = dict.fromkeys(
        (
            "only_contains_user_certs",
            "only_contains_ca_certs",
            "indirect_crl",
            "only_contains_attribute_certs",
        ),
        False,
    )
    return extension(
        x509.IssuingDistributionPoint(
            full_name=[x509.UniformResourceIdentifier(address)] if address else None,
            relative_name=None,
            only_some_reasons=reasons,
            **{**every, **flags},
        )
    )


def asks_at(address: str) -> x509.Extension[x509.ExtensionType]:
    """Says in a certificate which list it will be in."""
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)
    return extension(x509.CRLDistributionPoints([point]), critical=False)


def reason(revocations: Revocations, certificate: x509.Certificate = GOOD) -> str:
    unknown = revocations.unknown(read(certificate), TODAY)
    return unknown.reason if unknown else ""


def in_sequence(content: bytes) -> bytes:
    length = bytes([len(content)])
    return b"\x30" + (b"\x81" if len(content) > 127 else b"") + length + content


def signed_again(tbs: bytes) -> bytes:
    """A list of contents that cryptography's builder refuses."""
    ecdsa_sha256 = bytes.fromhex("300a06082a8648ce3d040302")
    signature = AUTHORITY.key.sign(tbs, ec.ECDSA(SHA256()))
    bits = b"\x03" + bytes([len(signature) + 1]) + b"\0" + signature
    return in_sequence(tbs + ecdsa_sha256 + bits)


# --- taken back ----------------------------------------------------------------------------------


def test_clerk_whose_certificate_was_taken_back_is_found_with_the_day(tmp_path: Path) -> None:
    crl = AUTHORITY.revocation_list([REVOKED], revoked_at=BEGINNING + DAY)
    revocations = lists(put(tmp_path / "list.crl", crl))
    assert revocations.revoked_at(read(REVOKED)) == BEGINNING + DAY
    assert revocations.revoked_at(read(GOOD)) is None
    assert reason(revocations, REVOKED) == reason(revocations) == ""
    assert not revocations.problems


def test_lists_are_read_in_every_form(tmp_path: Path) -> None:
    ours = AUTHORITY.revocation_list([REVOKED])
    theirs = OTHER.revocation_list()
    folder = tmp_path / "吊销 列表"
    folder.mkdir()
    put(folder / "a.CRL", ours, der=True)
    put(folder / "b.pem", theirs)
    (folder / "readme.txt").write_text("not a list", encoding="utf-8")
    for revocations in (
        lists(put(tmp_path / "one", ours, der=True)),
        lists(put(tmp_path / "several", theirs, ours)),
        lists(folder),
        lists(folder / "a.CRL", folder / "b.pem", folder),
    ):
        assert revocations.revoked_at(read(REVOKED)) == BEGINNING
        assert not revocations.problems


def test_same_number_of_another_authority_is_another_certificate(tmp_path: Path) -> None:
    twin = OTHER.issue("王芳", "W03", EC)
    while twin.serial_number < REVOKED.serial_number:
        twin = OTHER.issue("王芳", "W03", EC)
    assert twin.serial_number == REVOKED.serial_number
    revocations = lists(
        put(tmp_path / "list", AUTHORITY.revocation_list([REVOKED]), OTHER.revocation_list())
    )
    assert revocations.revoked_at(read(twin)) is None


@pytest.mark.parametrize("newer_first", [True, False])
def test_newest_list_counts_in_whatever_order_they_are_read(
    tmp_path: Path, newer_first: bool
) -> None:
    """A certificate that was on hold comes off the next list."""
    old = AUTHORITY.revocation_list([REVOKED], reason=x509.ReasonFlags.certificate_hold)
    new = AUTHORITY.revocation_list([GOOD], issued_at=BEGINNING + DAY)
    both = (new, old) if newer_first else (old, new)
    revocations = lists(*(put(tmp_path / str(n), crl) for n, crl in enumerate(both)))
    assert revocations.revoked_at(read(REVOKED)) is None
    assert revocations.revoked_at(read(GOOD)) == BEGINNING


@pytest.mark.filterwarnings("ignore:Parsed a serial number:UserWarning")
def test_certificate_with_a_negative_number_is_asked_about_as_well(tmp_path: Path) -> None:
    def negative(der: bytes, signed: x509.Certificate) -> bytes:
        number = signed.serial_number.to_bytes(2, "big")
        assert der.count(b"\x02\x02" + number) == 1
        return der.replace(b"\x02\x02" + number, b"\x02\x02\xff" + number[1:])

    tbs = AUTHORITY.revocation_list([REVOKED]).tbs_certlist_bytes
    (tmp_path / "list").write_bytes(signed_again(negative(tbs, REVOKED)))
    revocations = lists(tmp_path / "list")
    assert not revocations.problems
    for signed, revoked_at in ((REVOKED, BEGINNING), (GOOD, None)):
        der = negative(signed.public_bytes(Encoding.DER), signed)
        assert revocations.revoked_at(read_certificate(der)) == revoked_at


def test_certificate_on_hold_is_taken_back_and_one_given_back_is_not(tmp_path: Path) -> None:
    for why, held in (
        (x509.ReasonFlags.certificate_hold, True),
        (x509.ReasonFlags.key_compromise, True),
        (x509.ReasonFlags.remove_from_crl, False),
    ):
        file = put(tmp_path / why.value, AUTHORITY.revocation_list([REVOKED], reason=why))
        assert (lists(file).revoked_at(read(REVOKED)) is not None) is held


def test_authority_may_split_its_list_into_parts(tmp_path: Path) -> None:
    one, two = "http://ca.example/1.crl", "http://ca.example/2.crl"
    in_one = AUTHORITY.issue("张丽", "W01", EC, more=[asks_at(one)])
    in_two = AUTHORITY.issue("李强", "W02", EC, more=[asks_at(two)])
    first = AUTHORITY.revocation_list([in_one], more=[part(one)])
    second = AUTHORITY.revocation_list([in_two], more=[part(two)], issued_at=BEGINNING + DAY)
    revocations = lists(put(tmp_path / "both", first, second))
    assert revocations.revoked_at(read(in_one)) == BEGINNING
    assert revocations.revoked_at(read(in_two)) == BEGINNING
    only_first = lists(put(tmp_path / "first", first))
    assert reason(only_first, in_one) == ""
    assert reason(only_first, in_two) == "missing"
    of_authorities = AUTHORITY.revocation_list([in_two], more=[part(only_contains_ca_certs=True)])
    assert reason(lists(put(tmp_path / "authorities", of_authorities)), in_two) == "missing"


def test_authority_with_a_new_key_keeps_the_list_of_the_old_one(tmp_path: Path) -> None:
    old = AUTHORITY.revocation_list([REVOKED])
    new = NAMESAKE.revocation_list([], issued_at=BEGINNING + DAY)
    file = put(tmp_path / "both", old, new)
    authorities = [AUTHORITY.certificate, NAMESAKE.certificate]
    assert load_revocations([file], authorities).revoked_at(read(REVOKED)) == BEGINNING


# --- cannot be told ------------------------------------------------------------------------------


def test_nothing_is_said_where_no_list_is_configured() -> None:
    assert reason(lists()) == ""
    assert lists().revoked_at(read(REVOKED)) is None


def test_clerk_is_warned_when_no_list_is_of_the_authority(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert reason(lists(tmp_path / "none.crl")) == "missing"
    assert reason(lists(tmp_path / "empty")) == "missing"
    assert reason(lists(put(tmp_path / "other", OTHER.revocation_list()))) == "missing"
    found = {p.detail for p in lists(tmp_path / "none.crl", tmp_path / "empty").problems}
    assert found == {"not there", "no list in the folder"}


def test_old_list_warns_with_its_own_date_and_still_refuses(tmp_path: Path) -> None:
    issued_at = BEGINNING + DAY
    crl = AUTHORITY.revocation_list([REVOKED], issued_at=issued_at, next_at=TODAY)
    revocations = lists(put(tmp_path / "list", crl))
    assert reason(revocations) == ""
    unknown = revocations.unknown(read(GOOD), TODAY + timedelta(seconds=1))
    assert unknown is not None
    assert (unknown.reason, unknown.issued_at) == ("outdated", issued_at)
    assert revocations.revoked_at(read(REVOKED)) is not None


def test_list_without_a_next_date_is_old_after_seven_days(tmp_path: Path) -> None:
    crl = AUTHORITY.revocation_list(issued_at=TODAY - 7 * DAY, next_at=END)
    file = tmp_path / "list.crl"
    # cryptography's builder demands a next date.
    tbs = crl.tbs_certlist_bytes
    header = 3 if tbs[1] == 0x81 else 2
    file.write_bytes(signed_again(in_sequence(tbs[header:].replace(b"\x17\x0d350101000000Z", b""))))
    revocations = lists(file)
    assert not revocations.problems
    assert reason(revocations) == ""
    unknown = revocations.unknown(read(GOOD), TODAY + timedelta(seconds=1))
    assert unknown is not None
    assert unknown.reason == "outdated"


def test_list_that_a_stranger_signed_is_not_believed(tmp_path: Path) -> None:
    forged = NAMESAKE.revocation_list([GOOD], issued_at=BEGINNING + DAY)
    revocations = lists(put(tmp_path / "list", forged))
    assert revocations.revoked_at(read(GOOD)) is None
    unknown = revocations.unknown(read(GOOD), TODAY)
    assert unknown is not None
    assert (unknown.reason, unknown.issued_at) == ("untrusted", BEGINNING + DAY)
    assert [p.reason for p in revocations.problems] == ["untrusted"]
    right = put(tmp_path / "right", AUTHORITY.revocation_list([REVOKED]))
    both = lists(tmp_path / "list", right)
    assert reason(both) == ""
    assert both.revoked_at(read(GOOD)) is None


def test_authority_that_may_not_sign_lists_is_not_believed(tmp_path: Path) -> None:
    own = AUTHORITY.issue(AUTHORITY.name, None, AUTHORITY.key, ca=True, uses=("key_cert_sign",))
    file = put(tmp_path / "list", AUTHORITY.revocation_list([REVOKED]))
    revocations = load_revocations([file], [own])
    assert revocations.revoked_at(read(REVOKED)) is None
    assert reason(revocations) == "untrusted"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (extension(x509.DeltaCRLIndicator(1)), "a delta list"),
        (part(indirect_crl=True), "an indirect list"),
        (part(reasons=frozenset({x509.ReasonFlags.key_compromise})), "a list for some reasons"),
        (
            extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.156.1"), b"\x05\x00")),
            "critical extension 1.2.156.1",
        ),
    ],
)
def test_list_of_a_kind_that_is_not_used_says_so(
    tmp_path: Path, more: x509.Extension[x509.ExtensionType], told: str
) -> None:
    complete = AUTHORITY.revocation_list([REVOKED])
    special = AUTHORITY.revocation_list([GOOD], more=[more], issued_at=BEGINNING + DAY)
    revocations = lists(put(tmp_path / "special", special))
    (problem,) = revocations.problems
    assert (problem.file, problem.reason) == ("special", "unreadable")
    assert problem.detail.startswith(told)
    assert reason(revocations) == "unreadable"
    beside = lists(put(tmp_path / "both", complete, special))
    assert beside.revoked_at(read(REVOKED)) is not None
    assert beside.revoked_at(read(GOOD)) is None
    assert reason(beside) == ""


def test_file_that_is_no_list_is_named_and_stops_nothing(tmp_path: Path) -> None:
    good = put(tmp_path / "good", AUTHORITY.revocation_list([REVOKED]))
    raw = good.read_bytes()
    bad = {
        "empty": b"",
        "text": "吊销列表".encode(),
        "cut": raw[: len(raw) // 2],
        "certificate": AUTHORITY.pem,
        "damaged": raw.replace(b"M", b"!", 1),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(65 * 2**20)
    names = [*bad, "pipe", "huge"]
    revocations = lists(*(tmp_path / name for name in names), good)
    assert [(p.file, p.reason) for p in revocations.problems] == [(n, "unreadable") for n in names]
    assert all(problem.detail for problem in revocations.problems)
    assert revocations.revoked_at(read(REVOKED)) is not None
    assert reason(revocations) == ""
    assert reason(lists(tmp_path / "cut")) == "unreadable"


DER = AUTHORITY.revocation_list([REVOKED]).public_bytes(Encoding.DER)


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, len(DER)), st.integers(0, 3), st.binary(max_size=3))))
def test_damaged_list_never_raises(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[tuple[int, int, bytes]]
) -> None:
    der = DER
    for at, gone, inserted in cuts:
        der = der[:at] + inserted + der[at + gone :]
    file = tmp_path_factory.getbasetemp() / "damaged.crl"
    file.write_bytes(der)
    revocations = lists(file)
    if der != DER:
        assert revocations.revoked_at(read(GOOD)) is None
    reason(revocations)


# --- files that change ---------------------------------------------------------------------------


def test_new_list_counts_from_the_next_question_on(tmp_path: Path) -> None:
    file = put(tmp_path / "list.crl", AUTHORITY.revocation_list())
    revocations = lists(tmp_path)
    assert revocations.revoked_at(read(REVOKED)) is None
    put(tmp_path / "new", AUTHORITY.revocation_list([REVOKED], issued_at=TODAY)).replace(file)
    assert revocations.revoked_at(read(REVOKED)) == BEGINNING
    put(tmp_path / "later.crl", AUTHORITY.revocation_list(issued_at=TODAY + DAY))
    assert revocations.revoked_at(read(REVOKED)) is None
    for path in tmp_path.glob("*.crl"):
        path.unlink()
    assert reason(revocations) == "missing"


def test_list_that_can_no_longer_be_read_keeps_what_it_said(tmp_path: Path) -> None:
    file = put(tmp_path / "list.crl", AUTHORITY.revocation_list([REVOKED]))
    revocations = lists(file)
    file.write_bytes(b"half a do")
    for _ in range(2):
        assert revocations.revoked_at(read(REVOKED)) == BEGINNING
        assert [p.reason for p in revocations.problems] == ["unreadable"]
        assert reason(revocations) == ""
    put(file, AUTHORITY.revocation_list(issued_at=TODAY))
    assert revocations.revoked_at(read(REVOKED)) is None
    assert not revocations.problems
    file.unlink()
    assert reason(revocations) == "missing"


def test_folder_that_can_no_longer_be_read_keeps_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stands in for a share that went away: no real one is at hand."""
    put(tmp_path / "list.crl", AUTHORITY.revocation_list([REVOKED]))
    revocations = lists(tmp_path)
    assert revocations.revoked_at(read(REVOKED)) == BEGINNING

    def gone(*_: object, **__: object) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    with monkeypatch.context() as away:
        away.setattr(Path, "iterdir", gone)
        away.setattr(Path, "stat", gone)
        assert revocations.revoked_at(read(REVOKED)) == BEGINNING
        assert "not connected" in revocations.problems[0].detail
    assert revocations.revoked_at(read(REVOKED)) == BEGINNING
    assert not revocations.problems


def test_file_is_read_once_however_often_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path / "list.crl", AUTHORITY.revocation_list([REVOKED]))
    bad = tmp_path / "bad.crl"
    bad.write_bytes(b"no list")
    revocations = lists(file, bad)

    def read_again(_: Path) -> bytes:
        raise AssertionError("read again")

    monkeypatch.setattr(Path, "read_bytes", read_again)
    for _ in range(3):
        assert revocations.revoked_at(read(REVOKED)) == BEGINNING
        assert revocations.unknown(read(GOOD), TODAY) is None
        assert len(revocations.problems) == 1


# --- other keys ----------------------------------------------------------------------------------


def test_list_of_an_authority_with_another_curve_is_checked(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "旧认证中心")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.not_valid_before(BEGINNING).not_valid_after(END).serial_number(7)
    root = builder.public_key(key.public_key()).sign(key, SHA256())
    clerk = builder.public_key(EC.public_key()).sign(key, SHA256())
    crl = x509.CertificateRevocationListBuilder(name, BEGINNING, END)
    entry = x509.RevokedCertificateBuilder(7, BEGINNING).build()
    file = put(tmp_path / "list", crl.add_revoked_certificate(entry).sign(key, SHA256()))
    assert load_revocations([file], [root]).revoked_at(read(clerk)) == BEGINNING

"""Certificates that their authority took back: no sign-in, and no session for longer than 30 s."""

import base64
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.demo.authority import Authority
from clerk_client.demo.hall_process import HallProcess
from clerk_client.domain.clock import SystemClock, hall_day
from clerk_client.hall.access.revoking import RevocationLists
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.files.loading import load
from clerk_client.hall.store import open_engine, upgrade_schema
from tests.hall.conftest import STAFF
from tests.hall.desk import ClerkKey, Desk, clerk_key
from tests.hall.thread_hall import noon
from tests.helpers.small_hall import WINDOW, write_small_hall
from ukey.errors import CertificateRevoked

NOW = noon()
LATER = NOW + timedelta(seconds=30)


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def clerk(authority: Authority) -> ClerkKey:
    return clerk_key(authority, "陈思敏", "ZS-C01")


def write(folder: Path, name: str, *lists: x509.CertificateRevocationList) -> None:
    form = Encoding.DER if name.endswith(".crl") else Encoding.PEM
    unfinished = folder / "unfinished"
    unfinished.write_bytes(b"".join(each.public_bytes(form) for each in lists))
    unfinished.replace(folder / name)


def is_revoked(lists: RevocationLists, clerk: ClerkKey, now: datetime = NOW) -> bool:
    try:
        lists.ensure_not_revoked(clerk.cert_sha256, lambda: clerk.der, now)
    except CertificateRevoked:
        return True
    return False


@pytest.mark.parametrize("name", ["list.crl", "list.pem"])
def test_a_list_counts_as_der_and_as_pem(
    tmp_path: Path, authority: Authority, clerk: ClerkKey, name: str
) -> None:
    other = clerk_key(authority, "黄嘉怡", "ZS-C02")
    write(tmp_path, name, authority.revocation_list([clerk.certificate]))
    lists = RevocationLists(tmp_path, [authority.certificate])
    assert is_revoked(lists, clerk)
    assert not is_revoked(lists, other)


def test_lists_of_several_authorities_may_stand_in_one_file(
    tmp_path: Path, authority: Authority, clerk: ClerkKey
) -> None:
    second = Authority("第二家")
    theirs = clerk_key(second, "林主管", "ZS-S01")
    both = [authority.revocation_list([clerk.certificate])]
    both.append(second.revocation_list([theirs.certificate]))
    write(tmp_path, "both.pem", *both)
    lists = RevocationLists(tmp_path, [authority.certificate, second.certificate])
    assert is_revoked(lists, clerk)
    assert is_revoked(lists, theirs)
    assert set(lists.published(NOW)) == {each.public_bytes(Encoding.DER) for each in both}


def test_a_list_that_changes_is_read_again_after_thirty_seconds(
    tmp_path: Path, authority: Authority, clerk: ClerkKey
) -> None:
    write(tmp_path, "list.crl", authority.revocation_list())
    lists = RevocationLists(tmp_path, [authority.certificate])
    assert not is_revoked(lists, clerk)
    issued = authority.revocation_list([clerk.certificate], issued_at=NOW)
    write(tmp_path, "list.crl", issued)
    assert not is_revoked(lists, clerk, LATER - timedelta(seconds=1))
    assert is_revoked(lists, clerk, LATER)
    assert lists.published(LATER) == (issued.public_bytes(Encoding.DER),)


def test_of_two_lists_of_one_authority_the_newer_one_counts(
    tmp_path: Path, authority: Authority, clerk: ClerkKey
) -> None:
    write(tmp_path, "a-new.crl", authority.revocation_list(issued_at=NOW))
    write(tmp_path, "b-old.crl", authority.revocation_list([clerk.certificate]))
    assert not is_revoked(RevocationLists(tmp_path, [authority.certificate]), clerk)


def test_a_list_that_becomes_garbage_goes_on_saying_what_it_said(
    tmp_path: Path, authority: Authority, clerk: ClerkKey, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "list.crl", authority.revocation_list([clerk.certificate]))
    lists = RevocationLists(tmp_path, [authority.certificate])
    assert is_revoked(lists, clerk)
    (tmp_path / "list.crl").write_bytes(b"garbage")
    for turn in range(1, 4):
        assert is_revoked(lists, clerk, NOW + turn * timedelta(seconds=30))
    assert [record.getMessage() for record in caplog.records] == [
        "revocation list list.crl: unreadable, ValueError"
    ]
    (tmp_path / "list.crl").unlink()
    assert not is_revoked(lists, clerk, NOW + timedelta(minutes=5))


@pytest.mark.parametrize("what", ["foreign", "garbage", "none", "no folder", "a folder"])
def test_a_list_that_cannot_be_used_is_told_once_and_closes_no_hall(
    tmp_path: Path,
    authority: Authority,
    clerk: ClerkKey,
    caplog: pytest.LogCaptureFixture,
    what: str,
) -> None:
    folder = tmp_path / "lists"
    if what != "no folder":
        folder.mkdir()
    if what == "foreign":
        # Of the same name, but not of the same key.
        write(folder, "list.crl", Authority().revocation_list([clerk.certificate]))
    elif what == "garbage":
        (folder / "list.pem").write_bytes(b"-----BEGIN X509 CRL-----\ngarbage")
    elif what == "a folder":
        (folder / "list.crl").mkdir()
    lists = RevocationLists(folder, [authority.certificate])
    for turn in range(3):
        assert not is_revoked(lists, clerk, NOW + turn * timedelta(seconds=30))
    assert lists.published(NOW) == ()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_list_that_is_out_of_date_still_counts_and_is_told_once(
    tmp_path: Path, authority: Authority, clerk: ClerkKey, caplog: pytest.LogCaptureFixture
) -> None:
    other = clerk_key(authority, "黄嘉怡", "ZS-C02")
    old = authority.revocation_list([clerk.certificate], next_at=NOW - timedelta(days=1))
    write(tmp_path, "list.crl", old)
    lists = RevocationLists(tmp_path, [authority.certificate])
    for turn in range(3):
        moment = NOW + turn * timedelta(seconds=30)
        assert is_revoked(lists, clerk, moment)
        assert not is_revoked(lists, other, moment)
    (record,) = caplog.records
    assert "out of date" in record.getMessage()


def test_a_hall_without_lists_asks_nobody(clerk: ClerkKey) -> None:
    lists = RevocationLists(None, [])

    def never() -> bytes:
        raise AssertionError

    lists.ensure_not_revoked(clerk.cert_sha256, never, NOW)
    assert lists.published(NOW) == ()


def test_a_revoked_certificate_ends_the_session_and_opens_none(
    tmp_path: Path, database: str, authority: Authority, clerk: ClerkKey
) -> None:
    now, folder = SystemClock().now(), tmp_path / "lists"
    folder.mkdir()
    write(folder, "list.crl", authority.revocation_list())
    recovery = tmp_path / "recovery.pem"
    recovery.write_bytes(Authority("恢复").pem)
    engine = open_engine(database)
    upgrade_schema(engine)
    load(engine, write_small_hall(tmp_path / "files", hall_day(now), STAFF))
    options = ["--revocation-lists", str(folder), "--recovery-certificate", str(recovery)]
    hall = HallProcess(tmp_path / "service", authority.pem, database, options)
    with hall:
        desk = Desk(hall.url, "ST-1")
        assert desk.enrol(new_enrolment_code(engine, "ST-1", WINDOW, now)).status_code == 200
        assert desk.sign_in(clerk).status_code == 200
        assert desk.get("auth/session").status_code == 200
        # Started again only because the next look at the folder would be 30 s away.
        hall.stop()
        issued = authority.revocation_list([clerk.certificate], issued_at=now)
        write(folder, "list.crl", issued)
        hall.start()
        for answer in (desk.get("auth/session"), desk.get("matters"), desk.sign_in(clerk)):
            assert (answer.status_code, answer.json()["code"]) == (401, "CERT_REVOKED")
            # The window says since when.
            assert datetime.fromisoformat(answer.json()["facts"]["revoked_at"]) <= now
        renewed = clerk_key(authority, "陈思敏", "ZS-C01")
        assert desk.sign_in(renewed).status_code == 200
        trust = requests.get(f"{hall.url}/api/v1/trust", timeout=20).json()
        der = issued.public_bytes(Encoding.DER)
        assert trust["revocation_lists"] == [base64.b64encode(der).decode()]
        assert trust["recovery_certificate"] == recovery.read_text(encoding="ascii")
    engine.dispose()

"""A lost keyring loses nothing: the journal's key lies beside it, wrapped to the hall's."""

import json
import uuid
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import keyring
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key, rsa_key
from clerk_client.hall_link import secret_store
from clerk_client.journal.errors import (
    JournalKeyLost,
    JournalNotWritable,
    RecoveryCertificateUnfit,
    RecoveryCopyAbsent,
    RecoveryCopyBroken,
    RecoveryKeyWrong,
)
from clerk_client.journal.key_copy import copy_of, give_back, keep_recoverable, recovered_key
from clerk_client.journal.opening import key_name, open_journal
from clerk_client.journal.setting_aside import set_aside_files, start_anew
from clerk_client.wire.verify import chain_faults
from tests.unit.test_journal import NOON, STATION, WRITER, accepted

AUTHORITY = Authority()
AUTHORITIES = (AUTHORITY.certificate,)
HALL_KEY = rsa_key()
WRAPPING = ("key_encipherment",)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


CERTIFICATE = der(AUTHORITY.issue("恢复", None, HALL_KEY, uses=WRAPPING))


@pytest.fixture
def station() -> str:
    """A name of its own keeps its secrets apart in the keyring."""
    return f"T-{uuid.uuid4()}"


@pytest.fixture
def path(tmp_path: Path, station: str) -> Path:
    """A journal with one acceptance, closed."""
    path = tmp_path / "窗口" / "journal.db"
    with closing(open_journal(path, station)) as journal:
        journal.append(accepted(), WRITER, STATION, provisional=True)
    return path


def keep(
    path: Path, station: str, certificate: bytes = CERTIFICATE, moment: datetime = NOON
) -> bool:
    return keep_recoverable(path, station, certificate, AUTHORITIES, moment)


def lose_keyring(station: str) -> None:
    keyring.delete_password("clerk_client", key_name(station))


def test_a_station_whose_keyring_was_lost_goes_on_with_all_its_lines(
    path: Path, station: str
) -> None:
    assert keep(path, station)
    lose_keyring(station)
    with pytest.raises(JournalKeyLost):
        open_journal(path, station)
    give_back(path, station, HALL_KEY)
    with closing(open_journal(path, station)) as journal:
        journal.append(accepted(), WRITER, STATION, provisional=True)
        assert len(list(journal.lines())) == 2
        assert not list(chain_faults(journal.lines(), lambda line: STATION.public))


def test_a_new_station_with_the_journals_files_alone_goes_on(path: Path, station: str) -> None:
    keep(path, station)
    give_back(path, f"{station}-new", HALL_KEY)
    with closing(open_journal(path, f"{station}-new")) as journal:
        assert journal.line(1) is not None


def test_the_file_holds_no_key_and_only_its_owner_reads_it(path: Path, station: str) -> None:
    keep(path, station)
    key = secret_store.read(key_name(station))
    assert key is not None
    assert key.hex() not in copy_of(path).read_text()
    assert copy_of(path).stat().st_mode & 0o077 == 0
    assert recovered_key(path, HALL_KEY) == key


def test_the_file_is_written_once_for_a_certificate_and_again_for_the_next(
    path: Path, station: str
) -> None:
    assert keep(path, station)
    before = copy_of(path).read_bytes()
    assert not keep(path, station)
    assert copy_of(path).read_bytes() == before
    next_key = rsa_key()
    assert keep(path, station, der(AUTHORITY.issue("恢复", None, next_key, uses=WRAPPING)))
    with pytest.raises(RecoveryKeyWrong):
        recovered_key(path, HALL_KEY)
    give_back(path, station, next_key)


def test_a_journal_set_aside_keeps_its_wrapped_key_beside_it(path: Path, station: str) -> None:
    keep(path, station)
    start_anew(path, station, NOON, WRITER, STATION).close()
    (aside,) = set_aside_files(path)
    assert recovered_key(aside, HALL_KEY) == recovered_key(path, HALL_KEY)


def issued(**fields: object) -> bytes:
    key = fields.pop("key", HALL_KEY)
    return der(AUTHORITY.issue("恢复", None, key, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(der(Authority("别家").issue("恢复", None, HALL_KEY)), id="another issuer"),
        pytest.param(issued(uses=("digital_signature",)), id="not for wrapping keys"),
        pytest.param(issued(uses=("key_encipherment", "key_cert_sign"), ca=True), id="authority"),
        pytest.param(issued(key=ec_key(), uses=WRAPPING), id="no RSA"),
        pytest.param(issued(key=rsa.generate_private_key(65537, 1024), uses=WRAPPING), id="short"),
        pytest.param(issued(uses=WRAPPING, not_after=BEGINNING + timedelta(days=9)), id="expired"),
        pytest.param(issued(uses=WRAPPING, not_before=END - timedelta(days=9)), id="to come"),
        pytest.param(b"", id="nothing"),
        pytest.param(CERTIFICATE[:-5], id="cut"),
    ],
)
def test_a_certificate_that_cannot_wrap_is_refused_and_the_file_stays(
    path: Path, station: str, certificate: bytes
) -> None:
    with pytest.raises(RecoveryCertificateUnfit):
        keep(path, station, certificate)
    assert not copy_of(path).exists()
    keep(path, station)
    before = copy_of(path).read_bytes()
    with pytest.raises(RecoveryCertificateUnfit):
        keep(path, station, certificate)
    assert copy_of(path).read_bytes() == before


@pytest.mark.parametrize("uses", [None, WRAPPING, ("digital_signature", "key_encipherment")])
def test_certificates_for_wrapping_are_taken(
    path: Path, station: str, uses: tuple[str, ...] | None
) -> None:
    assert keep(path, station, issued(uses=uses))


def test_a_missing_copy_is_told(path: Path, station: str) -> None:
    with pytest.raises(RecoveryCopyAbsent):
        give_back(path, station, HALL_KEY)


def test_a_copy_without_its_journal_makes_none(path: Path, station: str) -> None:
    keep(path, station)
    path.unlink()
    with pytest.raises(JournalNotWritable):
        give_back(path, station, HALL_KEY)
    assert not path.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"wrapped": "!"},
        {"wrapped": 1},
        {"v": 2},
        {"alg": "none"},
        {"key": "0" * 64},
        {"certificate": None},
    ],
)
def test_a_copy_that_is_broken_is_told_and_made_anew(
    path: Path, station: str, change: dict[str, object]
) -> None:
    keep(path, station)
    kept = json.loads(copy_of(path).read_text())
    copy_of(path).write_text(json.dumps({**kept, **change}))
    with pytest.raises(RecoveryCopyBroken):
        recovered_key(path, HALL_KEY)
    assert keep(path, station)
    give_back(path, station, HALL_KEY)


@pytest.mark.parametrize("text", ["", "[]", "{}", '"x"', "\x00"])
def test_a_file_that_is_no_copy_is_told_and_made_anew(path: Path, station: str, text: str) -> None:
    copy_of(path).write_text(text)
    with pytest.raises(RecoveryCopyBroken):
        recovered_key(path, HALL_KEY)
    assert keep(path, station)
    give_back(path, station, HALL_KEY)


def test_a_wrong_key_never_reaches_the_keyring(path: Path, station: str) -> None:
    """The copy of another station's journal, put beside this one."""
    keep(path, station)
    other = f"{station}-other"
    elsewhere = path.with_name("other.db")
    open_journal(elsewhere, other).close()
    copy_of(elsewhere).write_bytes(copy_of(path).read_bytes())
    before = secret_store.read(key_name(other))
    with pytest.raises(JournalKeyLost):
        give_back(elsewhere, other, HALL_KEY)
    assert secret_store.read(key_name(other)) == before

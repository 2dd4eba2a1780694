"""IT takes a station's journal out, and gives a lost key back, by command and without the hall."""

import uuid
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import keyring
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from clerk_client.__main__ import main
from clerk_client.auditing.station import PASSPHRASE
from clerk_client.demo.authority import ec_key, rsa_key
from clerk_client.domain.cases import Category
from clerk_client.hall_link.station_key import StationKey as JournalStationKey
from clerk_client.journal.key_copy import keep_recoverable
from clerk_client.journal.opening import key_name, open_journal
from clerk_client.journal.store import Entry, Journal, Writer
from clerk_client.wire.export import CERTIFICATES, LINES
from clerk_client.wire.lines import Kind
from tests.helpers.made_journal import (
    START,
    authority,
    clerks,
    station,
    write_certificates,
    write_trust,
)
from tests.helpers.small_hall import HALL, WINDOW

HALL_KEY = rsa_key()


@pytest.fixture
def name() -> str:
    """A name of its own keeps its secrets apart in the keyring."""
    return f"T-{uuid.uuid4()}"


@pytest.fixture
def settings(tmp_path: Path, name: str) -> Path:
    (tmp_path / "authorities.pem").write_bytes(authority().pem)
    file = tmp_path / "station.toml"
    file.write_text(
        f'[station]\nid = "{name}"\n[hall]\nurl = "http://127.0.0.1:9"\ncode = "{HALL}"\n'
        '[journal]\npath = "journal.db"\n',
        encoding="utf-8",
    )
    return file


def write_lines(journal: Journal) -> str:
    """The head after an act of each clerk and a paper of the station's."""
    writer = Writer(HALL, WINDOW, "W01", 0)
    for at, clerk in enumerate(clerks()):
        entry = Entry(
            Kind.ACCEPTED,
            START + timedelta(minutes=at),
            {"applicant": {"name": "欧阳娜"}},
            category=Category.HALL_PENDING,
            matter="GA-LG",
        )
        journal.append(entry, writer, clerk, provisional=True)
    paper = Entry(Kind.PRINTED, START, {"reprint": 0})
    return journal.append(paper, writer, JournalStationKey(station().key)).hash


def test_journal_is_taken_out_beside_its_open_window_and_verifies(
    tmp_path: Path, settings: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with closing(open_journal(tmp_path / "journal.db", name)) as journal:
        head = write_lines(journal)
        assert main(["export", str(out), "--station", str(settings)]) == 0
    told = capsys.readouterr().out
    assert head in told
    assert "2 张签名证书" in told
    assert not (out / CERTIFICATES).exists()
    by_hand = write_certificates(tmp_path)
    (tmp_path / "trust").mkdir()
    trust = write_trust(tmp_path / "trust")
    call = ["verify", str(out), "--trust", str(trust), "--certificates", str(by_hand)]
    assert main([*call, "--head", head]) == 0
    assert (out / LINES).read_bytes().count(b"\n") == 3


def test_nothing_is_made_where_nothing_can_be_exported(
    tmp_path: Path, settings: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["--station", str(settings), "export", str(tmp_path / "out")]
    assert main(call) == 2
    assert "NO_SUCH_FILE" in capsys.readouterr().err
    assert not (tmp_path / "journal.db").exists()
    open_journal(tmp_path / "journal.db", name).close()
    keyring.delete_password("clerk_client", key_name(name))
    assert main(call) == 2
    assert "JOURNAL_KEY_LOST" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "out"), "--station", str(tmp_path / "none.toml")]) == 2
    assert "SETTINGS_BROKEN" in capsys.readouterr().err
    assert main(["export", str(tmp_path), "--station", str(settings)]) == 2
    assert "EXPORT_EXISTS" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def written_key(
    file: Path, key: object = HALL_KEY, how: KeySerializationEncryption | None = None
) -> Path:
    private: rsa.RSAPrivateKey = key  # type: ignore[assignment] # another kind of key is one test
    file.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how or NoEncryption())
    )
    return file


def test_lost_key_of_a_journal_is_given_back_by_command(
    tmp_path: Path,
    settings: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "journal.db"
    with closing(open_journal(path, name)) as journal:
        head = write_lines(journal)
    recovery = authority().issue("恢复", None, HALL_KEY, uses=("key_encipherment",))
    moment: datetime = START
    assert keep_recoverable(
        path, name, recovery.public_bytes(Encoding.DER), (authority().certificate,), moment
    )
    keyring.delete_password("clerk_client", key_name(name))
    secret = BestAvailableEncryption(b"correct horse")

    def recover(key: Path) -> int:
        return main(["recover-journal", str(path), "--key", str(key), "--station", str(settings)])

    for key, code in (
        (tmp_path / "none.pem", "NO_SUCH_FILE"),
        (settings, "RECOVERY_KEY_UNUSABLE"),
        (written_key(tmp_path / "ec.pem", ec_key()), "RECOVERY_KEY_UNUSABLE"),
        (written_key(tmp_path / "locked.pem", how=secret), "RECOVERY_KEY_UNUSABLE"),
        (written_key(tmp_path / "other.pem", rsa_key()), "RECOVERY_KEY_WRONG"),
    ):
        assert recover(key) == 2
        assert code in capsys.readouterr().err
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert recover(tmp_path / "locked.pem") == 0
    assert name in capsys.readouterr().out
    with closing(open_journal(path, name)) as journal:
        assert [line.hash for line in journal.lines()][-1] == head

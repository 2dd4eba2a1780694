"""Keys on real SoftHSM tokens: found, opened, signing, pulled, hanging."""

import dataclasses
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key, rsa_key
from clerk_client.demo.soft_tokens import LIBRARY, PIN, SoftTokens
from clerk_client.wire.lines import Signer
from tests.devices.conftest import Keys
from ukey.algorithms import is_signature_of
from ukey.catalog import load_catalog
from ukey.diagnosis import diagnose
from ukey.errors import (
    CatalogBroken,
    CertificateMissing,
    CertificateUnreadable,
    DriverFailed,
    DriverMissing,
    KeyTimeout,
    NoToken,
    PinLength,
    PinRefused,
    TokenRemoved,
    UKeyError,
)
from ukey.hub import KeyHub, OpenedKey
from ukey.token import PinStanding, Token

MakeHub = Callable[..., KeyHub]
TODAY = BEGINNING + timedelta(days=100)
MESSAGE = "受理一件".encode()


def token_of(hub: KeyHub, label: str) -> Token:
    return next(token for token in hub.scan() if token.label == label)


def is_right(key: OpenedKey, signature: bytes, message: bytes) -> bool:
    public = x509.load_der_x509_certificate(key.certificate.der).public_key()
    return is_signature_of(public, key.alg, signature, message)


# --- found ---------------------------------------------------------------------------------------


def test_holder_is_shown_before_any_pin_is_asked_for(hub: KeyHub, keys: Keys) -> None:
    certificate = token_of(hub, "W01").certificate
    assert certificate is not None
    assert (certificate.holder, certificate.identity) == ("张丽", "W01")
    assert certificate.issuer == keys.authority.name
    assert (certificate.not_before, certificate.not_after) == (BEGINNING, END)


def test_every_plugged_key_is_offered_under_an_id_that_lasts(keys: Keys, make_hub: MakeHub) -> None:
    hub = make_hub(keys.store)
    ids = {token.label: token.id for token in hub.scan()}
    hub.stop()
    assert len(set(ids.values())) == 3
    assert {token.label: token.id for token in make_hub(keys.store).scan()} == ids


def test_key_plugged_later_is_found_by_the_next_scan(
    own_store: SoftTokens, authority: Authority, make_hub: MakeHub
) -> None:
    hub = make_hub(own_store)
    assert hub.scan() == []
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    token = token_of(hub, "W01")
    assert hub.is_present(token.id)


def test_of_several_certificates_the_one_for_signing_is_taken(
    own_store: SoftTokens, authority: Authority, make_hub: MakeHub
) -> None:
    key = ec_key()
    for_encryption = authority.issue("张丽", "W01", key, uses=("key_encipherment",))
    for_signing = authority.issue("张丽", "W01", key, not_after=END - timedelta(days=1))
    own_store.add("W01", key, [for_encryption, for_signing, authority.certificate, b"garbage"])
    hub = make_hub(own_store)
    opened = hub.open(token_of(hub, "W01").id, PIN)
    assert opened.certificate.serial == f"{for_signing.serial_number:X}"
    assert is_right(opened, opened.sign(MESSAGE), MESSAGE)
    assert hub.problems == ()


def test_key_without_a_readable_certificate_is_shown_and_not_opened(
    own_store: SoftTokens, make_hub: MakeHub, authority: Authority
) -> None:
    own_store.add("EMPTY", ec_key())
    own_store.add("GARBAGE", ec_key(), [b"garbage"])
    hub = make_hub(own_store)
    for label, problem in (("EMPTY", CertificateMissing), ("GARBAGE", CertificateUnreadable)):
        token = token_of(hub, label)
        assert token.certificate is None
        with pytest.raises(problem):
            hub.open(token.id, PIN)
    codes = {f.code for f in diagnose(hub, [authority.certificate], TODAY)}
    assert codes == {"CERT_MISSING", "CERT_UNREADABLE"}


# --- opened --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "alg"), [("W01", "RS256"), ("W02", "ES256")])
def test_clerk_signs_with_either_kind_of_key(hub: KeyHub, keys: Keys, label: str, alg: str) -> None:
    key = hub.open(token_of(hub, label).id, keys.tokens[label].pin)
    signer: Signer = key
    assert (signer.alg, signer.cert_sha256) == (alg, key.certificate.sha256)
    signature = signer.sign(MESSAGE)
    assert is_right(key, signature, MESSAGE)
    assert not is_right(key, signature, MESSAGE + b"!")


def test_driver_without_hashing_signs_the_same(
    tmp_path: Path, authority: Authority, make_hub: MakeHub
) -> None:
    store = SoftTokens(tmp_path / "store", mechanisms="-CKM_SHA256_RSA_PKCS")
    store.add_clerk(authority, "张丽", "W01", rsa_key())
    hub = make_hub(store)
    key = hub.open(token_of(hub, "W01").id, PIN)
    assert is_right(key, key.sign(MESSAGE), MESSAGE)


def test_clerk_learns_how_a_wrong_pin_left_the_key(hub: KeyHub) -> None:
    token = token_of(hub, "W03")
    assert token.pin is PinStanding.FULL
    for _ in range(2):
        with pytest.raises(PinRefused) as refused:
            hub.open(token.id, "000000")
        assert refused.value.standing is PinStanding.LOW
    assert token_of(hub, "W03").pin is PinStanding.LOW
    key = hub.open(token.id, PIN)
    assert is_right(key, key.sign(MESSAGE), MESSAGE)


@pytest.mark.parametrize("pin", ["", "123", "1" * 17, "密码密码密码", "12345\x00", "１２３４５６"])
def test_pin_that_cannot_be_right_wastes_no_try(hub: KeyHub, pin: str) -> None:
    token = token_of(hub, "W01")
    with pytest.raises(PinLength) as refused:
        hub.open(token.id, pin)
    assert (refused.value.shortest, refused.value.longest) == (4, 16)
    assert token_of(hub, "W01").pin is PinStanding.FULL


def frames_of(error: BaseException) -> Iterator[types.FrameType]:
    """Every frame that the error or what led to it keeps."""
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next
    for before in (error.__cause__, error.__context__):
        if before is not None:
            yield from frames_of(before)


@pytest.mark.parametrize(
    ("wrong", "code"), [("000000", "PIN_WRONG"), ("密码密码密码", "PIN_LENGTH")]
)
def test_wrong_pin_is_not_kept_with_the_error(hub: KeyHub, wrong: str, code: str) -> None:
    token = token_of(hub, "W03")
    pin = "".join(list(wrong))  # an object of its own, whose holders can be counted
    holders = sys.getrefcount(pin)
    with pytest.raises(UKeyError) as refused:
        hub.open(token.id, pin)
    assert refused.value.code == code
    # Answered behind the log-in, so that the driver's thread has put that away.
    assert hub.is_present(token.id)
    # Cells and closures count as well, which a look at the frames does not show.
    assert sys.getrefcount(pin) == holders
    this, *frames = frames_of(refused.value)
    assert this.f_code.co_name == "test_wrong_pin_is_not_kept_with_the_error"
    assert [f.f_code.co_name for f in frames if pin in f.f_locals.values()] == []
    hub.open(token.id, PIN)


def test_key_of_a_kind_that_the_binding_does_not_know_is_told(
    hub: KeyHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for an SM2 key, which SoftHSM cannot hold: its type is the vendor's own."""
    from pkcs11 import KeyType

    def look(*_: object) -> KeyType:
        return KeyType(0x80000001)

    token = token_of(hub, "W01")
    monkeypatch.setattr("ukey.host._private_key", look)
    with pytest.raises(DriverFailed) as failed:
        hub.open(token.id, PIN)
    assert "80000001" in failed.value.detail or "2147483649" in failed.value.detail


def test_one_certificate_that_cannot_be_read_does_not_hide_the_others(
    own_store: SoftTokens,
    authority: Authority,
    make_hub: MakeHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stand-in for an object without a value, which SoftHSM does not store."""
    import pkcs11

    from ukey.host import RawCertificate

    def read(key_id: bytes, der: bytes) -> RawCertificate:
        if der == b"broken":
            raise pkcs11.AttributeTypeInvalid
        return RawCertificate(key_id, der)

    monkeypatch.setattr("ukey.host.RawCertificate", read)
    key = ec_key()
    own_store.add("W01", key, [b"broken", authority.issue("张丽", "W01", key)])
    own_store.add("W02", ec_key(), [b"broken"])
    hub = make_hub(own_store)
    (token,) = hub.scan()
    assert token.certificate is not None
    assert token.certificate.holder == "张丽"
    opened = hub.open(token.id, PIN)
    assert is_right(opened, opened.sign(MESSAGE), MESSAGE)


def test_wrong_pin_on_one_key_leaves_another_open(hub: KeyHub, keys: Keys) -> None:
    key = hub.open(token_of(hub, "W01").id, PIN)
    with pytest.raises(PinRefused):
        hub.open(token_of(hub, "W03").id, "000000")
    assert is_right(key, key.sign(MESSAGE), MESSAGE)


def test_key_that_no_scan_showed_is_not_opened(hub: KeyHub) -> None:
    with pytest.raises(NoToken):
        hub.open("softhsm:nobody:00000000", PIN)
    assert not hub.is_present("softhsm:nobody:00000000")


def test_looking_for_keys_keeps_the_clerk_signed_in(hub: KeyHub) -> None:
    token = token_of(hub, "W01")
    key = hub.open(token.id, PIN)
    assert token_of(hub, "W01").certificate == key.certificate
    assert hub.is_present(token.id)
    assert is_right(key, key.sign(MESSAGE), MESSAGE)


def test_closed_key_signs_nothing_until_it_is_opened_again(hub: KeyHub) -> None:
    token = token_of(hub, "W01")
    key = hub.open(token.id, PIN)
    hub.close(token.id)
    hub.close(token.id)
    with pytest.raises(NoToken):
        key.sign(MESSAGE)
    again = hub.open(token.id, PIN)
    key.close()
    assert is_right(again, again.sign(MESSAGE), MESSAGE)


def test_opening_an_open_key_asks_its_pin_again(hub: KeyHub) -> None:
    token = token_of(hub, "W03")
    first = hub.open(token.id, PIN)
    with pytest.raises(PinRefused):
        hub.open(token.id, "000000")
    with pytest.raises(NoToken):
        first.sign(MESSAGE)
    second = hub.open(token.id, PIN)
    assert is_right(second, second.sign(MESSAGE), MESSAGE)


def test_two_keys_sign_for_many_threads_at_once(hub: KeyHub, keys: Keys) -> None:
    opened = [hub.open(token_of(hub, x).id, keys.tokens[x].pin) for x in ("W01", "W02")]
    messages = [str(n).encode() for n in range(20)]
    with ThreadPoolExecutor(4) as threads:
        for key in opened:
            signatures = list(threads.map(key.sign, messages))
            looked = threads.submit(hub.scan)
            assert all(map(is_right, [key] * 20, signatures, messages))
            assert len(looked.result()) == 3


# --- pulled, hanging, stopped --------------------------------------------------------------------


def test_pulled_key_is_told_as_pulled(
    own_store: SoftTokens, authority: Authority, make_hub: MakeHub
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    token = token_of(hub, "W01")
    key = hub.open(token.id, PIN)
    for folder in own_store.folder.iterdir():
        shutil.rmtree(folder)
    with pytest.raises(TokenRemoved):
        key.sign(MESSAGE)
    assert not hub.is_present(token.id)
    assert hub.scan() == []
    with pytest.raises(TokenRemoved):
        hub.open(token.id, PIN)


@pytest.fixture
def serials_all_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for cards of makes that number none of them; SoftHSM numbers each token."""
    monkeypatch.setattr("ukey.host._text", lambda _: "0" * 16)


@pytest.mark.usefixtures("serials_all_zero")
def test_pin_is_never_tried_on_another_clerks_key(
    own_store: SoftTokens, authority: Authority, make_hub: MakeHub
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    folders = list(own_store.folder.iterdir())
    own_store.add_clerk(authority, "李强", "W02", ec_key())
    hub = make_hub(own_store)
    pulled = token_of(hub, "W01")
    assert hub.is_present(pulled.id)
    for folder in folders:
        shutil.rmtree(folder)
    for pin in ("000000", PIN):
        with pytest.raises(TokenRemoved):
            hub.open(pulled.id, pin)
    assert not hub.is_present(pulled.id)
    left = token_of(hub, "W02")
    assert left.pin is PinStanding.FULL
    opened = hub.open(left.id, PIN)
    assert opened.certificate.holder == "李强"


@pytest.mark.usefixtures("serials_all_zero")
def test_keys_of_one_serial_sign_each_for_their_clerk(
    own_store: SoftTokens, authority: Authority, make_hub: MakeHub
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", rsa_key())
    own_store.add_clerk(authority, "李强", "W02", ec_key())
    hub = make_hub(own_store)
    tokens = hub.scan()
    opened = [hub.open(token.id, PIN) for token in tokens]
    assert [key.certificate.holder for key in opened] == ["张丽", "李强"]
    assert all(is_right(key, key.sign(MESSAGE), MESSAGE) for key in opened)
    assert hub.scan() == tokens


@contextmanager
def hanging(store: SoftTokens) -> Iterator[None]:
    """Another process holds the store's files, for which SoftHSM waits without end."""
    script = (
        "import fcntl, pathlib, sys\n"
        "files = [p.open('r+b') for p in pathlib.Path(sys.argv[1]).glob('*/*')]\n"
        "for file in files: fcntl.lockf(file, fcntl.LOCK_EX)\n"
        "print(flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(store.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.stdin.close()


def test_driver_that_hangs_is_told_and_serves_again_once_it_goes_on(
    own_store: SoftTokens, authority: Authority, make_hub: MakeHub
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store, deadline=1.0)
    token = token_of(hub, "W01")
    key = hub.open(token.id, PIN)
    asked: list[Callable[[], object]] = [
        lambda: key.sign(MESSAGE),
        lambda: hub.is_present(token.id),
        lambda: hub.open(token.id, PIN),
    ]
    with hanging(own_store):
        with ThreadPoolExecutor(len(asked)) as threads:
            for answer in [threads.submit(ask) for ask in asked]:
                assert isinstance(answer.exception(), KeyTimeout)
        assert hub.scan() == []
        assert [problem.code for problem in hub.problems] == ["DRIVER_HANG"]
        hub.close(token.id)
    again = hub.open(token.id, PIN)
    assert is_right(again, again.sign(MESSAGE), MESSAGE)


def test_stopped_hub_says_so(hub: KeyHub) -> None:
    token = token_of(hub, "W01")
    key = hub.open(token.id, PIN)
    hub.stop()
    hub.stop()
    with pytest.raises(DriverFailed):
        key.sign(MESSAGE)
    with pytest.raises(DriverFailed):
        hub.open(token.id, PIN)
    assert hub.scan() == []
    assert [problem.code for problem in hub.problems] == ["DRIVER_ERROR"]


def test_client_starts_without_loading_pkcs11() -> None:
    script = "import sys, ukey.hub, ukey.diagnosis; sys.exit('pkcs11' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# --- drivers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["nothing", "text", "folder", "no_pkcs11"])
def test_library_that_cannot_be_used_is_told(keys: Keys, tmp_path: Path, shape: str) -> None:
    library = tmp_path / "driver.so"
    if shape == "text":
        library.write_text("not a library", encoding="utf-8")
    elif shape == "folder":
        library.mkdir()
    elif shape == "no_pkcs11":
        import _ctypes

        library = Path(_ctypes.__file__)
    hub = KeyHub([dataclasses.replace(keys.store.driver, library=library)])
    assert hub.scan() == []
    (problem,) = hub.problems
    assert isinstance(problem, DriverMissing if shape == "nothing" else DriverFailed)
    (finding,) = diagnose(hub, [], TODAY)
    assert (finding.code, finding.severity) == (problem.code, "error")
    assert str(library) in "".join(finding.facts.values())
    hub.stop()


def test_one_library_under_two_names_is_one_driver(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "same.so"
    link.symlink_to(LIBRARY)
    monkeypatch.setenv(*next(iter(keys.store.environment.items())))
    absent = tmp_path / "absent.so"
    driver = keys.store.driver
    twice = dataclasses.replace(driver, name="twice", library=link)
    missing = dataclasses.replace(driver, name="missing", library=absent)
    hub = KeyHub([missing, driver, twice])
    assert {token.driver for token in hub.scan()} == {"softhsm"}
    assert [problem.code for problem in hub.problems] == ["DRIVER_MISSING"]
    assert hub.installed == (driver,)
    hub.stop()


DRIVER_FILE = """
name = "legacy"
family = "legacy"
family_name = "蓝色KEY(吉大正元)"
pin_min = 6
pin_max = 8
checked_on_hardware = true
[libraries]
windows = ['C:\\Vendor\\old.dll']
linux = ["/nowhere/new.so", "{library}", "/nowhere/old.so"]
"""


def test_it_can_correct_a_shipped_driver(tmp_path: Path) -> None:
    shipped = {driver.name: driver for driver in load_catalog()}
    assert not any(driver.checked_on_hardware for driver in shipped.values())
    (tmp_path / "ours.toml").write_text(DRIVER_FILE.format(library=LIBRARY), encoding="utf-8")
    corrected = {driver.name: driver for driver in load_catalog(tmp_path)}
    assert corrected.keys() == shipped.keys() | {"legacy"}
    legacy = corrected["legacy"]
    assert (legacy.library, legacy.pin_min, legacy.pin_max) == (LIBRARY, 6, 8)
    assert legacy.checked_on_hardware


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('name = "legacy"', "name = ", "Invalid value"),
        ('name = "legacy"', "", "name is missing"),
        ('name = "legacy"', 'name = ""', "name is empty"),
        ("pin_min = 6", 'pin_min = "6"', "pin_min is no int"),
        ("pin_min = 6", "pin_min = 9", "no range"),
        ("pin_min = 6", "pin_min = 6\npin_minimum = 6", "pin_minimum is not known"),
        ("/nowhere/new.so", "new.so", "not absolute"),
        ("linux = ", "linus = ", "libraries.linus is not known"),
        ('linux = ["/nowhere/new.so", "{library}", "/nowhere/old.so"]', "linux = 1", "no list"),
    ],
)
def test_broken_driver_file_is_named_with_its_reason(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    assert before in DRIVER_FILE
    text = DRIVER_FILE.replace(before, after).format(library=LIBRARY)
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogBroken) as broken:
        load_catalog(tmp_path)
    assert broken.value.file == "ours.toml"
    assert reason in broken.value.reason


def test_driver_file_or_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogBroken):
        load_catalog(tmp_path / "absent")
    (tmp_path / "ours.toml").write_bytes('name = "旧"'.encode("gb18030"))
    with pytest.raises(CatalogBroken):
        load_catalog(tmp_path)


# --- diagnosis -----------------------------------------------------------------------------------


def test_diagnosis_tells_each_key_by_holder_and_serial(hub: KeyHub, keys: Keys) -> None:
    findings = diagnose(hub, [keys.authority.certificate], TODAY)
    assert {(f.code, f.severity, f.facts["holder"]) for f in findings} == {
        ("KEY_OK", "ok", name) for name in ("张丽", "李强", "王芳")
    }


@pytest.mark.parametrize(
    ("moment", "code"),
    [(BEGINNING - timedelta(days=1), "CERT_NOT_YET_VALID"), (END + timedelta(1), "CERT_EXPIRED")],
)
def test_diagnosis_tells_a_certificate_out_of_its_dates(
    hub: KeyHub, keys: Keys, moment: datetime, code: str
) -> None:
    findings = diagnose(hub, [keys.authority.certificate], moment)
    assert {finding.code for finding in findings} == {code}


def test_diagnosis_tells_an_unknown_authority(hub: KeyHub) -> None:
    findings = diagnose(hub, [Authority("别处").certificate], TODAY)
    assert {finding.code for finding in findings} == {"CERT_UNTRUSTED"}


def test_diagnosis_without_a_key_asks_for_one(own_store: SoftTokens, make_hub: MakeHub) -> None:
    assert [f.code for f in diagnose(make_hub(own_store), [], TODAY)] == ["NO_TOKEN"]


def test_diagnosis_without_a_driver_asks_for_one() -> None:
    assert [f.code for f in diagnose(KeyHub([]), [], TODAY)] == ["DRIVER_MISSING"]


def test_diagnosis_never_raises(hub: KeyHub, keys: Keys) -> None:
    # A naive moment is the caller's mistake; it cannot be compared with a certificate's dates.
    naive = TODAY.replace(tzinfo=None)
    findings = diagnose(hub, [keys.authority.certificate], naive)
    assert {finding.code for finding in findings} == {"DRIVER_ERROR"}


def test_every_key_error_has_a_code_of_its_own() -> None:
    def family(root: type[UKeyError]) -> list[type[UKeyError]]:
        return [root, *(kind for sub in root.__subclasses__() for kind in family(sub))]

    kinds = family(UKeyError)
    assert len({kind.code for kind in kinds}) == len(kinds)

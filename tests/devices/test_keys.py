"""Keys on real SoftHSM tokens: found, opened, signing, pulled, hanging."""

import dataclasses
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key, rsa_key
from clerk_client.demo.soft_tokens import LIBRARY, PIN, SoftTokens
from clerk_client.wire.lines import Signer
from tests.devices.conftest import Keys
from tests.helpers.pulled_tokens import pull
from ukey.algorithms import is_signature_of
from ukey.errors import (
    CertificateMissing,
    CertificateUnreadable,
    DriverFailed,
    KeyTimeout,
    NoToken,
    PinLength,
    PinRefused,
    TokenRemoved,
    UKeyError,
)
from ukey.hub import KeyHub
from ukey.opened_key import OpenedKey
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
    assert token_of(hub, "W01").certificate is not None


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
        assert token.unusable == problem.code


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
    # Cells and closures count as well, which a look at the frames does not show.
    assert sys.getrefcount(pin) == holders
    this, *frames = frames_of(refused.value)
    assert this.f_code.co_name == "test_wrong_pin_is_not_kept_with_the_error"
    assert [f.f_code.co_name for f in frames if pin in f.f_locals.values()] == []
    hub.open(token.id, PIN)


def test_pins_of_a_change_that_failed_are_not_kept_with_the_error(hub: KeyHub) -> None:
    token = token_of(hub, "W03")
    old, new = "".join(list("000000")), "".join(list("999999"))
    holders = sys.getrefcount(old), sys.getrefcount(new)
    with pytest.raises(PinRefused) as refused:
        hub.change_pin(token.id, old, new)
    assert (sys.getrefcount(old), sys.getrefcount(new)) == holders
    _, *frames = frames_of(refused.value)
    assert [f for f in frames if {old, new} & set(map(str, f.f_locals.values()))] == []
    hub.open(token.id, PIN)


def test_wrong_pin_on_one_key_leaves_another_open(hub: KeyHub, keys: Keys) -> None:
    key = hub.open(token_of(hub, "W01").id, PIN)
    with pytest.raises(PinRefused):
        hub.open(token_of(hub, "W03").id, "000000")
    assert is_right(key, key.sign(MESSAGE), MESSAGE)


def test_key_that_no_scan_showed_is_not_opened(hub: KeyHub) -> None:
    with pytest.raises(NoToken):
        hub.open("softhsm:nobody:00000000", PIN)
    assert isinstance(hub.loss_of("softhsm:nobody:00000000"), TokenRemoved)


def test_looking_for_keys_keeps_the_clerk_signed_in(hub: KeyHub) -> None:
    token = token_of(hub, "W01")
    key = hub.open(token.id, PIN)
    assert token_of(hub, "W01").certificate == key.certificate
    assert hub.loss_of(token.id) is None
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
    pull(own_store.folder.iterdir())
    with pytest.raises(TokenRemoved):
        key.sign(MESSAGE)
    assert isinstance(hub.loss_of(token.id), TokenRemoved)
    assert hub.scan() == []
    with pytest.raises(TokenRemoved):
        hub.open(token.id, PIN)


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
    with hanging(own_store):
        with pytest.raises(KeyTimeout):
            key.sign(MESSAGE)
        assert isinstance(hub.loss_of(token.id), KeyTimeout)
        # Whoever asks after that is told at once: it is not asked again so soon.
        assert hub.scan() == []
        assert [problem.code for problem in hub.problems] == ["DRIVER_HANG"]
    with pytest.raises(KeyTimeout):
        key.sign(MESSAGE)
    again = hub.open(token.id, PIN)
    assert is_right(again, again.sign(MESSAGE), MESSAGE)


def test_whoever_waits_behind_a_hanging_driver_does_not_wait_for_ever(
    own_store: SoftTokens, authority: Authority, make_hub: MakeHub
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store, deadline=1.0)
    token = token_of(hub, "W01")
    key = hub.open(token.id, PIN)
    asked: list[Callable[[], object]] = [
        lambda: key.sign(MESSAGE),
        lambda: key.sign(MESSAGE),
        lambda: hub.change_pin(token.id, PIN, "654321"),
    ]
    with hanging(own_store), ThreadPoolExecutor(len(asked)) as threads:
        for answer in [threads.submit(ask) for ask in asked]:
            assert isinstance(answer.exception(), KeyTimeout)


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


def test_one_library_under_two_names_is_one_driver(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "same.so"
    link.symlink_to(LIBRARY)
    monkeypatch.setenv(*next(iter(keys.store.environment.items())))
    absent = tmp_path / "absent.so"
    driver = keys.store.driver
    twice = dataclasses.replace(driver, name="twice", libraries=(link,))
    missing = dataclasses.replace(driver, name="missing", libraries=(absent,))
    hub = KeyHub([missing, driver, twice])
    assert {token.driver for token in hub.scan()} == {"softhsm"}
    assert [problem.code for problem in hub.problems] == ["DRIVER_MISSING"]
    assert hub.installed == (driver,)
    hub.stop()


def test_every_key_error_has_a_code_of_its_own() -> None:
    def family(root: type[UKeyError]) -> list[type[UKeyError]]:
        return [root, *(kind for sub in root.__subclasses__() for kind in family(sub))]

    kinds = family(UKeyError)
    assert len({kind.code for kind in kinds}) == len(kinds)

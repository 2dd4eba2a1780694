"""What runs in a driver's process, for once in this one: states that no token here can hold."""

from collections.abc import Callable, Iterator

import pkcs11
import pytest

from clerk_client.demo.authority import Authority, ec_key, rsa_key
from clerk_client.demo.soft_tokens import LIBRARY, PIN, SoftTokens
from tests.helpers.pulled_tokens import pull
from ukey.errors import DriverFailed, TokenRemoved
from ukey.host import DriverHost
from ukey.look import options_of
from ukey.protocol import RawCertificate, RawToken, TokenRef
from ukey.token import PinStanding

MESSAGE = "受理一件".encode()


@pytest.fixture
def make_host(
    own_store: SoftTokens, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], DriverHost]]:
    """SoftHSM in this process, over the test's own store. One at a time."""
    hosts: list[DriverHost] = []

    def make() -> DriverHost:
        for name, value in own_store.environment.items():
            monkeypatch.setenv(name, value)
        hosts.append(DriverHost(LIBRARY.resolve(), options_of(own_store.driver)))
        return hosts[-1]

    yield make
    for host in hosts:
        host.stop()


def ids_of(token: RawToken) -> tuple[bytes, ...]:
    return tuple(certificate.id for certificate in token.certificates)


def test_key_of_a_kind_that_the_binding_does_not_know_is_told(
    own_store: SoftTokens,
    authority: Authority,
    make_host: Callable[[], DriverHost],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stand-in for an SM2 key, which SoftHSM cannot hold: its type is the vendor's own."""

    def look(*_: object) -> pkcs11.KeyType:
        return pkcs11.KeyType(0x80000001)

    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    host = make_host()
    (token,) = host.tokens()
    monkeypatch.setattr("ukey.host.private_key", look)
    with pytest.raises(DriverFailed) as failed:
        host.open(1, TokenRef.of(token), ids_of(token), PIN)
    assert "0x80000001" in failed.value.detail


def test_one_certificate_that_cannot_be_read_does_not_hide_the_others(
    own_store: SoftTokens,
    authority: Authority,
    make_host: Callable[[], DriverHost],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stand-in for an object without a value, which SoftHSM does not store."""

    def read(key_id: bytes, der: bytes, has_key: bool) -> RawCertificate:
        if der == b"broken":
            raise pkcs11.AttributeTypeInvalid
        return RawCertificate(key_id, der, has_key)

    monkeypatch.setattr("ukey.on_token.RawCertificate", read)
    key = ec_key()
    own_store.add("W01", key, [b"broken", authority.issue("张丽", "W01", key)])
    own_store.add("W02", ec_key(), [b"broken"])
    host = make_host()
    (token,) = host.tokens()
    assert token.label == "W01"
    assert len(token.certificates) == 1
    host.open(1, TokenRef.of(token), ids_of(token), PIN)
    assert len(host.sign(1, MESSAGE)) == 64


@pytest.fixture
def serials_all_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for cards of makes that number none of them; SoftHSM numbers each token."""
    monkeypatch.setattr("ukey.token_info.serial_text", lambda _: "0" * 16)


@pytest.mark.usefixtures("serials_all_zero")
def test_pin_is_never_tried_on_another_clerks_key(
    own_store: SoftTokens, authority: Authority, make_host: Callable[[], DriverHost]
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    folders = list(own_store.folder.iterdir())
    own_store.add_clerk(authority, "李强", "W02", ec_key())
    host = make_host()
    tokens = {token.label: token for token in host.tokens()}
    pulled = TokenRef.of(tokens["W01"])
    assert host.is_present(pulled)
    pull(folders)
    for pin in ("000000", PIN):
        with pytest.raises(TokenRemoved):
            host.open(1, pulled, ids_of(tokens["W01"]), pin)
    assert not host.is_present(pulled)
    (left,) = host.tokens()
    assert (left.label, left.pin) == ("W02", PinStanding.FULL)
    host.open(2, TokenRef.of(left), ids_of(left), PIN)


@pytest.mark.usefixtures("serials_all_zero")
def test_keys_of_one_serial_sign_each_for_their_clerk(
    own_store: SoftTokens, authority: Authority, make_host: Callable[[], DriverHost]
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", rsa_key())
    own_store.add_clerk(authority, "李强", "W02", ec_key())
    host = make_host()
    tokens = sorted(host.tokens(), key=lambda token: token.label)
    for handle, token in enumerate(tokens):
        host.open(handle, TokenRef.of(token), ids_of(token), PIN)
    assert [len(host.sign(handle, MESSAGE)) for handle in (0, 1)] == [256, 64]
    assert sorted(host.tokens(), key=lambda token: token.label) == tokens

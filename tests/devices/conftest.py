"""Devices for the tests: SoftHSM stores, virtual cards, a legacy key, hubs over them; a camera."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from clerk_client.demo.authority import Authority, ec_key, rsa_key
from clerk_client.demo.soft_tokens import SoftToken, SoftTokens
from tests.helpers.crypto_tokens import CryptoToken, crypto_token
from tests.helpers.faulty_drivers import Fault, build
from tests.helpers.made_camera import MadeCamera, built_library
from tests.helpers.smart_cards import SmartCards, smart_cards
from ukey.catalog import Driver, driver_at
from ukey.driver import Deadlines
from ukey.hub import KeyHub

_OPENSC = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"), Path("opensc-pkcs11.so"))
OPENSC = dataclasses.replace(driver_at(_OPENSC), name="opensc", uses_pcsc=True)
"""The driver of the virtual cards."""
_PATIENT = Deadlines.all(5.0)


@dataclass(frozen=True)
class Keys:
    """A store with 张丽's RSA key (W01), 李强's EC key (W02) and one to mistype a PIN on (W03)."""

    store: SoftTokens
    authority: Authority
    tokens: dict[str, SoftToken]


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Keys:
    store = SoftTokens(tmp_path_factory.mktemp("keys"))
    made = [
        store.add_clerk(authority, "张丽", "W01", rsa_key()),
        store.add_clerk(authority, "李强", "W02", ec_key(), pin="654321"),
        store.add_clerk(authority, "王芳", "W03", ec_key()),
    ]
    return Keys(store, authority, {token.label: token for token in made})


@pytest.fixture
def make_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., KeyHub]]:
    """A hub over one store; its driver's process reads where that store is when it starts."""
    hubs: list[KeyHub] = []

    def make(store: SoftTokens, deadline: float = 10.0) -> KeyHub:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        hubs.append(KeyHub([store.driver], Deadlines.all(deadline)))
        return hubs[-1]

    yield make
    for hub in hubs:
        hub.stop()


@pytest.fixture
def hub(keys: Keys, make_hub: Callable[..., KeyHub]) -> KeyHub:
    return make_hub(keys.store)


@pytest.fixture
def own_store(tmp_path: Path) -> SoftTokens:
    """An empty store that a test may change."""
    return SoftTokens(tmp_path / "store")


@dataclass(frozen=True)
class Clerk:
    """A clerk's RSA key and what was issued for it."""

    key: RSAPrivateKey
    certificate: x509.Certificate


@pytest.fixture(scope="session")
def clerk(authority: Authority) -> Clerk:
    key = rsa_key()
    return Clerk(key, authority.issue("张丽", "W01", key))


@pytest.fixture(scope="session")
def supervisor(authority: Authority) -> Clerk:
    """Of the clerk's own name, so that a card's label does not tell them apart."""
    key = rsa_key()
    return Clerk(key, authority.issue("张丽", "W09", key))


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmartCards]:
    """Two empty readers, which OpenSC finds when its process starts."""
    if not _OPENSC.exists():
        pytest.skip("opensc-pkcs11 is not installed")
    folder = tmp_path / "cards"
    folder.mkdir()
    with smart_cards(folder) as cards:
        for name, value in cards.environment.items():
            monkeypatch.setenv(name, value)
        yield cards


@pytest.fixture
def legacy(tmp_path: Path) -> Iterator[CryptoToken]:
    """Fresh, not initialised."""
    with crypto_token(tmp_path / "legacy") as token:
        yield token


@pytest.fixture
def hub_of() -> Iterator[Callable[..., KeyHub]]:
    """A hub over drivers whose environment is set already, stopped in the end."""
    hubs: list[KeyHub] = []

    def make(
        *drivers: Driver, deadlines: Deadlines = _PATIENT, launcher: Sequence[str] = ()
    ) -> KeyHub:
        hubs.append(KeyHub(drivers, deadlines, launcher=launcher))
        return hubs[-1]

    yield make
    for hub in hubs:
        hub.stop()


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Fault], Driver]:
    """A driver with one fault; each library is built once."""
    folder = tmp_path_factory.mktemp("faulty")
    return lambda fault: driver_at(build(fault, folder))


@pytest.fixture(scope="session")
def camera_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_library(tmp_path_factory.mktemp("made_camera"))


@pytest.fixture
def made(tmp_path: Path, camera_library: Path, monkeypatch: pytest.MonkeyPatch) -> MadeCamera:
    """A V4L2 camera at number 0, which OpenCV's own reader streams from."""
    return MadeCamera(tmp_path, camera_library, monkeypatch)

"""Keys for the device tests: SoftHSM stores, and a hub over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clerk_client.demo.authority import Authority, ec_key, rsa_key
from clerk_client.demo.soft_tokens import SoftToken, SoftTokens
from ukey.hub import KeyHub


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
    """A hub over one store. Only one at a time: the library is loaded once a process."""
    hubs: list[KeyHub] = []

    def make(store: SoftTokens, deadline: float = 10.0) -> KeyHub:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        hubs.append(KeyHub([store.driver], deadline))
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

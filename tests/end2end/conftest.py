"""One set of keys for all end-to-end tests of a worker; a hall and a station for each module."""

import uuid
from collections.abc import Iterator

import pytest

from clerk_client.demo.authority import Authority
from clerk_client.demo.soft_tokens import SoftTokens
from tests.helpers.station import CLERK, STRANGER, SUPERVISOR, Station, make_station


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> SoftTokens:
    made = SoftTokens(tmp_path_factory.mktemp("keys"))
    for person, pin in ((CLERK, "123456"), (SUPERVISOR, "654321"), (STRANGER, "111111")):
        made.add_clerk(authority, person.name, person.identity, pin=pin)
    return made


@pytest.fixture
def station(
    tmp_path_factory: pytest.TempPathFactory,
    store: SoftTokens,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Station]:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path_factory.mktemp("station")
    made = make_station(folder, store, authority, f"test-{uuid.uuid4().hex[:8]}")
    yield made
    made.hall.kill()

"""统一身份认证 at a real identity provider, a process of its own on a loopback port."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from clerk_client.domain.clock import SystemClock
from clerk_client.hall_link.errors import (
    IdentityGarbled,
    IdentityNotAwaited,
    IdentityOther,
    IdentityRefused,
    IdentityUnreachable,
)
from clerk_client.hall_link.unified_identity import Confirmation, Provider
from tests.helpers.identity_provider import CLIENT, IdentityProvider, identity_provider

CLERK, COLLEAGUE = "ZS-0001", "ZS-0002"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with identity_provider(tmp_path_factory.mktemp("identity"), (CLERK, COLLEAGUE)) as found:
        yield found


@pytest.fixture
def provider(running: IdentityProvider) -> Provider:
    return Provider(running.issuer, CLIENT)


def confirm(provider: Provider, browse: Callable[[str], object], identity: str = CLERK) -> None:
    """With a browser that goes on beside the client, as a real one does."""
    visits: list[threading.Thread] = []

    def open_browser(address: str) -> bool:
        visits.append(threading.Thread(target=browse, args=[address], name="browser"))
        visits[0].start()
        return True

    try:
        Confirmation(provider, SystemClock()).confirm(identity, open_browser)
    finally:
        for visit in visits:
            visit.join(20)


def back(address: str, **fields: str) -> None:
    """Leads the browser back to the client with these fields in place of the provider's."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    answer = {"state": asked["state"], **fields}
    requests.get(asked["redirect_uri"], params=answer, timeout=10)


def test_the_clerk_signs_in_at_the_browser_and_is_confirmed(
    running: IdentityProvider, provider: Provider
) -> None:
    confirm(provider, lambda address: running.browse(address, CLERK))


def test_another_person_at_the_browser_confirms_nobody(
    running: IdentityProvider, provider: Provider
) -> None:
    with pytest.raises(IdentityOther):
        confirm(provider, lambda address: running.browse(address, COLLEAGUE))


def test_neither_code_nor_token_nor_verifier_reaches_a_log(
    running: IdentityProvider, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    def browse(address: str) -> None:
        seen.extend(parse_qs(urlsplit(address).query)["state"])
        running.browse(address, CLERK)

    confirm(provider, browse)
    ours = [each.getMessage() for each in caplog.records if "clerk_client" in each.name]
    assert ours == ["identity confirmed"]
    said = [each.getMessage() for each in caplog.records if each.threadName != "browser"]
    for word in ("eyJ", "code_verifier", "access_token", "code=", *seen):
        assert not [each for each in said if word in each]


def test_a_provider_that_is_down_is_told_as_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(IdentityUnreachable):
        confirm(Provider(f"http://127.0.0.1:{port}/o", CLIENT), lambda _: None)


def test_an_answer_with_another_state_is_not_taken(provider: Provider) -> None:
    with pytest.raises(IdentityGarbled, match="state"):
        confirm(provider, lambda address: back(address, state="another", code="x"))


def test_a_clerk_who_declines_is_told_so(provider: Provider) -> None:
    with pytest.raises(IdentityRefused) as refused:
        confirm(provider, lambda address: back(address, error="access_denied"))
    assert refused.value.reason == "access_denied"


def test_a_made_up_code_is_refused_by_the_provider(provider: Provider) -> None:
    with pytest.raises(IdentityRefused) as refused:
        confirm(provider, lambda address: back(address, code="made-up"))
    assert refused.value.reason == "invalid_grant"


def test_a_code_that_somebody_else_redeems_is_worth_nothing(
    running: IdentityProvider, provider: Provider
) -> None:
    """Without the verifier, which never leaves the client, PKCE makes a stolen code useless."""
    stolen: list[requests.Response] = []

    def browse(address: str) -> None:
        (place,) = parse_qs(urlsplit(address).query)["redirect_uri"]
        onward = running.browse(address, CLERK, as_far_as=place)
        (code,) = parse_qs(urlsplit(onward).query)["code"]
        theft = {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "redirect_uri": place,
            "code": code,
            "code_verifier": "guessed" * 8,
        }
        stolen.append(requests.post(f"{running.issuer}/token/", data=theft, timeout=10))
        back(address, error="access_denied")

    with pytest.raises(IdentityRefused):
        confirm(provider, browse)
    assert stolen[0].status_code == 400
    assert stolen[0].json()["error"] == "invalid_grant"


def test_a_clerk_who_goes_on_without_is_not_waited_for(provider: Provider) -> None:
    confirmation = Confirmation(provider, SystemClock())

    def open_browser(_: str) -> bool:
        confirmation.cancel()
        return True

    with pytest.raises(IdentityNotAwaited):
        confirmation.confirm(CLERK, open_browser)


def test_a_machine_without_a_browser_says_so(provider: Provider) -> None:
    with pytest.raises(IdentityNotAwaited, match="browser"):
        Confirmation(provider, SystemClock()).confirm(CLERK, lambda _: False)


def test_a_client_that_the_provider_does_not_know_is_refused(provider: Provider) -> None:
    with pytest.raises(IdentityRefused) as refused:
        confirm(replace(provider, client_id="unknown"), lambda address: back(address, code="x"))
    assert refused.value.reason == "invalid_client"


def test_another_issuer_than_the_configured_one_is_not_asked(
    running: IdentityProvider,
) -> None:
    elsewhere = running.issuer.replace("127.0.0.1", "localhost")
    with pytest.raises((IdentityGarbled, IdentityUnreachable)):
        confirm(Provider(elsewhere, CLIENT), lambda _: pytest.fail("the browser was opened"))

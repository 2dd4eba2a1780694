"""统一身份认证: an optional confirmation after the key, at the province's identity provider.

OAuth 2.0 code flow for native apps (RFC 8252): the clerk's own browser, a redirect to a loopback
port, `state`, PKCE (RFC 7636) and an OpenID Connect ID token whose signature, issuer, audience,
nonce and dates are checked. Nothing that it gives opens or closes anything: the key signs in.
"""

import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from clerk_client.domain.clock import Clock
from clerk_client.hall_link.errors import (
    IdentityGarbled,
    IdentityNotAwaited,
    IdentityOther,
    IdentityRefused,
    IdentityUnreachable,
)
from clerk_client.hall_link.loopback import Redirect

log = logging.getLogger(__name__)

_PATIENCE = (3.0, 8.0)
_FOR_THE_CLERK = timedelta(minutes=3)
_ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
_LEEWAY = 60  # seconds


@dataclass(frozen=True, slots=True)
class Provider:
    """Where to ask. `claim` of the ID token must be what the key's certificate says of its holder.

    `issuer` without a slash at its end, https unless it is a loopback address.
    """

    issuer: str
    client_id: str
    claim: str = "preferred_username"
    authority_file: str = ""


class Confirmation:
    """One confirmation; `cancel` may be called from any thread, `confirm` once."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """The clerk goes on without: `confirm` ends at once."""
        self._cancelled.set()

    def confirm(self, identity: str, open_browser: Callable[[str], bool]) -> None:
        """Returns when the provider names `identity`.

        Waits up to 3 minutes for the clerk at the browser. Raises IdentityNotConfirmed kinds only.
        """
        try:
            self._confirm(identity, open_browser)
        except requests.RequestException as error:
            raise IdentityUnreachable(type(error).__name__) from error

    def _confirm(self, identity: str, open_browser: Callable[[str], bool]) -> None:
        places = self._discovered()
        with Redirect() as redirect, self._session(redirect.uri) as session:
            verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
            address, state = session.create_authorization_url(
                places["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
            if not open_browser(address):
                raise IdentityNotAwaited("no browser")
            answer = redirect.wait(_FOR_THE_CLERK, self._cancelled)
            if answer is None:
                raise IdentityNotAwaited("nobody came back")
            code = _code(answer, state, self._provider.issuer)
            try:
                token = session.fetch_token(
                    places["token_endpoint"],
                    code=code,
                    code_verifier=verifier,
                    grant_type="authorization_code",
                    redirect_uri=redirect.uri,
                    timeout=_PATIENCE,
                )
            except AuthlibBaseError as error:
                raise IdentityRefused(str(error.error)[:60]) from None
        claims = self._checked(token.get("id_token"), places, nonce)
        found = claims.get(self._provider.claim)
        if not isinstance(found, str) or not hmac.compare_digest(found.encode(), identity.encode()):
            raise IdentityOther(self._provider.claim)
        log.info("identity confirmed")

    def _session(self, redirect_uri: str) -> OAuth2Session:
        session = OAuth2Session(
            self._provider.client_id,
            scope="openid profile",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="none",  # noqa: S106 - a native app keeps no secret
        )
        session.trust_env = False
        if self._provider.authority_file:
            session.verify = self._provider.authority_file
        return session

    def _discovered(self) -> dict[str, str]:
        """The provider's addresses (OpenID Connect Discovery 1.0)."""
        issuer = self._provider.issuer
        found = self._fetched(f"{issuer}/.well-known/openid-configuration")
        names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        places = {name: found.get(name) for name in names}
        if str(places["issuer"]).rstrip("/") != issuer:
            raise IdentityGarbled("issuer")
        for name, place in places.items():
            if not isinstance(place, str) or not _is_safe(place):
                raise IdentityGarbled(name)
        return {name: str(place) for name, place in places.items()}

    def _checked(self, token: object, places: Mapping[str, str], nonce: str) -> dict[str, Any]:
        if not isinstance(token, str):
            raise IdentityGarbled("no ID token")
        keys = self._fetched(places["jwks_uri"])
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": places["issuer"]},
            aud={"essential": True, "value": self._provider.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            held = jwk.KeySet.import_key_set(keys)  # type: ignore[arg-type]
            claims = jwt.decode(token, held, algorithms=_ALGORITHMS).claims
            rules.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            # Without the error's text: it may quote the token.
            raise IdentityGarbled(f"ID token: {type(error).__name__}") from None
        return claims

    def _fetched(self, url: str) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            verify: str | bool = self._provider.authority_file or True
            answer = session.get(url, timeout=_PATIENCE, allow_redirects=False, verify=verify)
        if answer.status_code != 200:
            raise IdentityUnreachable(f"HTTP {answer.status_code}")
        try:
            found = answer.json()
        except ValueError as error:
            raise IdentityGarbled("not JSON") from error
        if not isinstance(found, dict):
            raise IdentityGarbled("no object")
        return found


def _code(answer: str, state: str, issuer: str) -> str:
    """The authorization code in the redirect. Raises IdentityRefused, IdentityGarbled."""
    fields = parse_qs(answer, max_num_fields=20)
    if not hmac.compare_digest("".join(fields.get("state", [])).encode(), state.encode()):
        raise IdentityGarbled("state")
    # RFC 9207: a provider that names itself must be the one that was asked.
    if "iss" in fields and "".join(fields["iss"]).rstrip("/") != issuer:
        raise IdentityGarbled("iss")
    if "error" in fields:
        raise IdentityRefused(fields["error"][0][:60])
    codes = fields.get("code", [])
    if len(codes) != 1:
        raise IdentityGarbled("code")
    return codes[0]


def _is_safe(address: str) -> bool:
    """Encrypted, or not leaving this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    )

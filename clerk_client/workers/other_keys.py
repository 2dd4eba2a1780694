"""Another person's key beside the clerk's: which could approve, and one signature of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clerk_client.desk.keys import ApprovalOwnKey
from ukey.errors import NoToken

if TYPE_CHECKING:
    from ukey.hub import KeyHub
    from ukey.opened_key import OpenedKey
    from ukey.token import Certificate, Token


class OtherKeys:
    """Seen from the clerk's key `own`, which stays open; None where nobody is signed in.

    Who asks for an approval does not give it: neither that key nor a second one of its holder's.
    """

    def __init__(
        self,
        hub: "KeyHub",
        own: "OpenedKey | None",
        unfit: "Callable[[Certificate], Exception | None]",
    ) -> None:
        self._hub = hub
        self._own = own
        self._unfit = unfit

    def plugged(self) -> "list[Token]":
        """All but the clerk's own."""
        return [token for token in self._hub.scan() if not self._is_own(token)]

    def hindrance(self, token_id: str) -> Exception | None:
        """Why the PIN of this key is not even tried for an approval."""
        if self._is_open(token_id):
            return ApprovalOwnKey()
        token = next((token for token in self._hub.scan() if token.id == token_id), None)
        if token is None:
            return NoToken("not plugged")
        if self._is_own(token):
            return ApprovalOwnKey()
        return self._unfit(token.certificate) if token.certificate is not None else None

    @contextmanager
    def opened(self, token_id: str, pin: str) -> "Iterator[OpenedKey]":
        """Open while the caller uses it, closed then. Raises UKeyError, ApprovalOwnKey."""
        try:
            key = self._hub.open(token_id, pin)
        finally:
            del pin
        try:
            # Which certificate its private key belongs to, only the log-in shows.
            if self._is_of_same_holder(key.certificate):
                raise ApprovalOwnKey
            yield key
        finally:
            self._hub.close(token_id)

    def signed(self, token_id: str, pin: str, message: bytes) -> "tuple[Certificate, bytes, str]":
        """Opened, asked once and closed. Raises UKeyError, ApprovalOwnKey."""
        with self.opened(token_id, pin) as key:
            del pin
            return key.certificate, key.sign(message), key.alg

    def _is_open(self, token_id: str) -> bool:
        return self._own is not None and self._own.token.id == token_id

    def _is_own(self, token: "Token") -> bool:
        # One key may show through two drivers, and one person may have two keys.
        return self._is_open(token.id) or (
            token.certificate is not None and self._is_of_same_holder(token.certificate)
        )

    def _is_of_same_holder(self, certificate: "Certificate") -> bool:
        return self._own is not None and self._own.certificate.identity == certificate.identity

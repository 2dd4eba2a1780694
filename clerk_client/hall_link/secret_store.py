"""The operating system's keyring: where this station's two secrets live."""

import base64

import keyring
import keyring.errors

from clerk_client.hall_link.errors import KeyringAbsent

_SERVICE = "clerk_client"


def read(name: str) -> bytes | None:
    """What the keyring holds under `name`. Raises KeyringAbsent."""
    try:
        kept = keyring.get_password(_SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise KeyringAbsent(type(error).__name__) from error
    return None if kept is None else base64.b64decode(kept)


def store(name: str, secret: bytes) -> bytes:
    """Keeps the secret and gives it back as the keyring now holds it. Raises KeyringAbsent."""
    try:
        keyring.set_password(_SERVICE, name, base64.b64encode(secret).decode("ascii"))
    except keyring.errors.KeyringError as error:
        raise KeyringAbsent(type(error).__name__) from error
    kept = read(name)
    if kept != secret:
        raise KeyringAbsent("the keyring forgot at once")
    return kept

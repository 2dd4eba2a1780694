"""The operating system's keyring: where this station's two secrets live.

A backend that keyring itself does not recommend (a plain file, say) is as good as none. Only a
demonstration may use a folder of its own, and must say so in station.toml.
"""

import base64
import json
import os
from pathlib import Path

import keyring
import keyring.core
import keyring.errors
from keyring.backend import KeyringBackend

from clerk_client.hall_link.errors import KeyringAbsent

_SERVICE = "clerk_client"


class FolderKeyring(KeyringBackend):
    """A demonstration's keyring: a file that only its owner may read. Never found by itself."""

    # Without a priority keyring never picks a backend; it must be set by name.
    priority = property()

    def __init__(self, folder: Path) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._file = folder / "secrets.json"

    def get_password(self, service: str, username: str) -> str | None:
        """What was kept, or None."""
        return self._kept().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keeps it for as long as the folder stays."""
        kept = {**self._kept(), f"{service}/{username}": password}
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = self._file.with_suffix(".new")
        with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(kept, out)
        written.replace(self._file)

    def _kept(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}


def use_folder(folder: Path) -> None:
    """For a demonstration on a machine whose desktop offers no keyring."""
    if not isinstance(keyring.get_keyring(), FolderKeyring):
        keyring.set_keyring(FolderKeyring(folder))


def read(name: str) -> bytes | None:
    """What the keyring holds under `name`. Raises KeyringAbsent."""
    try:
        kept = _backend().get_password(_SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise KeyringAbsent(type(error).__name__) from error
    return None if kept is None else base64.b64decode(kept)


def store(name: str, secret: bytes) -> bytes:
    """Keeps the secret and gives it back as the keyring now holds it. Raises KeyringAbsent."""
    try:
        _backend().set_password(_SERVICE, name, base64.b64encode(secret).decode("ascii"))
    except keyring.errors.KeyringError as error:
        raise KeyringAbsent(type(error).__name__) from error
    kept = read(name)
    if kept != secret:
        raise KeyringAbsent("the keyring forgot at once")
    return kept


def is_offered() -> bool:
    """The machine has a keyring that keeps and gives back."""
    try:
        return store("try", b"1") == b"1"
    except KeyringAbsent:
        return False


def _backend() -> KeyringBackend:
    backend = keyring.get_keyring()
    if not isinstance(backend, FolderKeyring) and not keyring.core.recommended(backend):
        raise KeyringAbsent(type(backend).__name__)
    return backend

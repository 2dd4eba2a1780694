"""opencryptoki's soft token, which stands for a legacy key: three wrong PINs lock it for good.

Its daemon and its store live in a namespace of the test's; the machine's are not touched. Run as a
program, `python -m tests.helpers.crypto_tokens PIN` inside, it writes a key and certificates.
"""

import base64
import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.helpers.namespace import COVERED, Namespace

PIN = "123456"
SLOT = 3
OBJECT_ID = b"\x01"
_MAKERS_SO_PIN = "87654321"
_SO_PIN = "12345678"
_FIRST_PIN = "111111"
_CONFIGURATION = f"version opencryptoki-3.1\nslot {SLOT}\n{{\nstdll = libpkcs11_sw.so\n}}\n"
_STORE = "/var/lib/opencryptoki"
_FLAGS_AT = 32 + 32 + 16 + 16  # in the token's file: behind label, maker, model and serial
_PIN_TO_BE_CHANGED = 0x00080000


class CryptoToken:
    """One token in slot 3; `crypto_token` makes it. A fresh one is not initialised.

    Drivers reach it from within only: start their process behind `launcher`.
    """

    def __init__(self, space: Namespace, store: Path, library: Path) -> None:
        self._space = space
        self._store = store
        self.library = library

    @property
    def launcher(self) -> list[str]:
        return self._space.launcher

    def initialise(self, label: str = "JIT") -> None:
        """Without a PIN of the user's. Its flags say then that the PIN is to be changed, too."""
        self._configure("-I", "-S", _MAKERS_SO_PIN, given=f"{label}\n".encode())
        self._configure("-P", "-S", _MAKERS_SO_PIN, "-n", _SO_PIN)

    def set_pin(self, pin: str = PIN) -> None:
        """As an office does and then its user; unlocks one that is locked. Four to eight digits."""
        self._configure("-u", "-S", _SO_PIN, "-n", _FIRST_PIN)
        self._configure("-p", "-U", _FIRST_PIN, "-n", pin)

    def write(
        self, key: RSAPrivateKey, certificates: Sequence[x509.Certificate], pin: str = PIN
    ) -> None:
        """The key and what was issued for it, all under OBJECT_ID."""
        pem = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        objects = [pem, *(each.public_bytes(Encoding.DER) for each in certificates)]
        given = json.dumps([base64.b64encode(each).decode() for each in objects])
        self._space.run([sys.executable, "-m", __name__, str(self.library), pin], given.encode())

    def make_ready(
        self, key: RSAPrivateKey, certificates: Sequence[x509.Certificate], label: str = "JIT"
    ) -> None:
        """From fresh to a clerk's, with PIN."""
        self.initialise(label)
        self.set_pin()
        self.write(key, certificates)

    def demand_new_pin(self) -> None:
        """As after an office has set the PIN: the right one opens nothing until it is changed.

        Written into the token's file, because this token raises the flag for no PIN of an office's;
        what it then does is its own. No program may have it loaded at that moment.
        """
        file = self._store / "swtok" / "NVTOK.DAT"
        raw = bytearray(file.read_bytes())
        (flags,) = struct.unpack_from("<I", raw, _FLAGS_AT)
        struct.pack_into("<I", raw, _FLAGS_AT, flags | _PIN_TO_BE_CHANGED)
        file.write_bytes(raw)

    def mistype(self, times: int) -> None:
        """So many wrong PINs: one makes the count low, two leave one try, three lock it."""
        for _ in range(times):
            done = self._asked("-p", "-U", "000000", "-n", "000001")
            assert done.returncode != 0, "the wrong PIN was taken"

    def _configure(self, *arguments: str, given: bytes = b"") -> None:
        self._space.run(["pkcsconf", "-c", str(SLOT), *arguments], given)

    def _asked(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        command = self._space.command(["pkcsconf", "-c", str(SLOT), *arguments])
        return subprocess.run(command, capture_output=True, check=False)


@contextmanager
def crypto_token(folder: Path) -> Iterator[CryptoToken]:
    """A fresh token and its daemon, until the end of the context. `folder` is the test's own."""
    library = next(Path("/usr/lib").glob("*/opencryptoki/libopencryptoki.so.0"), None)
    if library is None or shutil.which("pkcsslotd") is None:
        pytest.skip("opencryptoki is not installed")
    store, settings = folder / "store", folder / "settings"
    (store / "swtok" / "TOK_OBJ").mkdir(parents=True)
    settings.mkdir()
    (settings / "opencryptoki.conf").write_text(_CONFIGURATION)
    bound = {_STORE: store, "/etc/opencryptoki": settings}
    with Namespace([*COVERED, "/var/log"], bound) as space:
        space.run(["mkdir", "-p", "/run/lock/opencryptoki/swtok", "/var/log/opencryptoki"])
        space.daemon(["pkcsslotd", "-f"], "/run/pkcsslotd.socket")
        yield CryptoToken(space, store, library)


def _write(library: str, pin: str, key: bytes, certificates: Sequence[bytes]) -> None:
    import pkcs11
    from pkcs11 import Attribute, CertificateType, ObjectClass
    from pkcs11.util.rsa import decode_rsa_private_key

    slot = next(each for each in pkcs11.lib(library).get_slots() if each.slot_id == SLOT)
    with slot.get_token().open(rw=True, user_pin=pin) as session:
        marks = {Attribute.TOKEN: True, Attribute.ID: OBJECT_ID}
        session.create_object({**decode_rsa_private_key(key), **marks, Attribute.LABEL: "key"})
        for der in certificates:
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                    Attribute.PRIVATE: False,
                    Attribute.LABEL: "certificate",
                    Attribute.SUBJECT: b"\x30\x00",
                    Attribute.VALUE: der,
                    **marks,
                }
            )


if __name__ == "__main__":
    _key, *_certificates = (base64.b64decode(each) for each in json.load(sys.stdin))
    _write(sys.argv[1], sys.argv[2], _key, _certificates)

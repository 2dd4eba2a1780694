"""Real keys without hardware: SoftHSM tokens in a folder of their own, for the demo and for tests.

Run as `python -m clerk_client.demo.soft_tokens LABEL PIN ID`, with a certificate on standard input,
it writes that onto a token. In a process of its own, because the one that uses the keys must not
have the library loaded a second time.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clerk_client.demo.authority import Authority, PrivateKey, rsa_key
from clerk_client.demo.programs import run_program
from ukey.catalog import Driver, this_platform

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "123456"
_SO_PIN = "87654321"


@dataclass(frozen=True, slots=True)
class SoftToken:
    """A token as made. Its serial is SoftHSM's choice: find it in a scan by `label`."""

    label: str
    pin: str
    key: PrivateKey
    certificates: tuple[x509.Certificate, ...]


class SoftTokens:
    """A store of SoftHSM tokens under `folder`.

    The library reads SOFTHSM2_CONF whenever it starts: set `environment` before a hub's first scan.
    `mechanisms` as in softhsm2.conf(5), to stand for a driver that has fewer.
    """

    def __init__(self, folder: Path, mechanisms: str = "ALL", name: str = "softhsm") -> None:
        self.folder = folder / "tokens"
        self.folder.mkdir(parents=True, exist_ok=True)
        conf = folder / "softhsm2.conf"
        conf.write_text(
            f"directories.tokendir = {self.folder}\n"
            "objectstore.backend = file\n"
            "log.level = ERROR\n"
            f"slots.mechanisms = {mechanisms}\n",
            encoding="utf-8",
        )
        self.environment = {"SOFTHSM2_CONF": str(conf)}
        self.driver = Driver(
            name=name,
            family="gdca",
            family_name="白色KEY(GDCA)",
            libraries=(LIBRARY,),
            pin_min=4,
            pin_max=16,
            checked_on_hardware=False,
            ignores_blank=True,
            restart_to_notice=True,
        )

    def add(
        self,
        label: str,
        key: PrivateKey,
        certificates: Sequence[x509.Certificate | bytes] = (),
        pin: str = PIN,
    ) -> SoftToken:
        """Initialises a token with the key and its certificates, all under one CKA_ID."""
        pins = ("--so-pin", _SO_PIN, "--pin", pin)
        self._util("--init-token", "--free", "--label", label, *pins)
        file = self.folder.parent / "key.p8"
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
        self._util("--import", str(file), "--token", label, "--label", "k", "--id", "01", *pins[2:])
        file.unlink()
        for certificate in certificates:
            der = (
                certificate
                if isinstance(certificate, bytes)
                else certificate.public_bytes(Encoding.DER)
            )
            self._run([sys.executable, "-m", __name__, label, pin, "01"], der)
        readable = tuple(c for c in certificates if isinstance(c, x509.Certificate))
        return SoftToken(label, pin, key, readable)

    def add_clerk(
        self,
        authority: Authority,
        name: str,
        code: str,
        key: PrivateKey | None = None,
        pin: str = PIN,
    ) -> SoftToken:
        """A clerk's key, labelled with their code, which is the certificate's serialNumber too."""
        key = key or rsa_key()
        return self.add(code, key, [authority.issue(name, code, key)], pin)

    def write_driver(self, folder: Path) -> None:
        """The store's driver as a file of IT's own, for a catalogue."""
        folder.mkdir(parents=True, exist_ok=True)
        driver = self.driver
        (folder / f"{driver.name}.toml").write_text(
            f'name = "{driver.name}"\n'
            f'family = "{driver.family}"\n'
            f"pin_min = {driver.pin_min}\n"
            f"pin_max = {driver.pin_max}\n"
            "checked_on_hardware = false\n"
            "ignore_blank = true\n"
            "restart_to_notice = true\n"
            "[libraries]\n"
            f'{this_platform()} = ["{driver.library}"]\n',
            encoding="utf-8",
        )

    def serials(self) -> dict[str, str]:
        """The serial that SoftHSM gave each token, by label."""
        found: dict[str, str] = {}
        serial = ""
        for row in self._util("--show-slots").splitlines():
            name, _, value = row.partition(":")
            if name.strip() == "Serial number":
                serial = value.strip()
            elif name.strip() == "Label" and value.strip():
                found[value.strip()] = serial
        return found

    def _util(self, *arguments: str) -> str:
        return self._run(["softhsm2-util", *arguments], b"")

    def _run(self, command: list[str], given: bytes) -> str:
        environment = {**os.environ, **self.environment}
        return run_program(command, given=given, environment=environment)


def _write_certificate(label: str, pin: str, object_id: str, der: bytes) -> None:
    import pkcs11
    from pkcs11 import Attribute, CertificateType, ObjectClass

    token = pkcs11.lib(str(LIBRARY)).get_token(token_label=label)
    with token.open(rw=True, user_pin=pin) as session:
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.LABEL: "certificate",
                Attribute.ID: bytes.fromhex(object_id),
                Attribute.SUBJECT: b"\x30\x00",
                Attribute.VALUE: der,
            }
        )


if __name__ == "__main__":
    _write_certificate(sys.argv[1], sys.argv[2], sys.argv[3], sys.stdin.buffer.read())

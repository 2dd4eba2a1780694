"""A key that is plugged and pulled: a PIV card in a process of its own, commanded by the test.

Run as a program it holds the card and does what lines of JSON on its standard input tell it, until
that ends. It has to live where the reader does; tests/helpers/smart_cards.py starts it there.
"""

import base64
import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from tests.helpers.piv import ATR, Contents, PivCard, Place

PIN = "123456"
_PATIENCE = 20.0


class VirtualCard:
    """The test's side of one card. SmartCards makes it, plugs it and pulls it.

    `serial` is what tells it from another card; tries left, PIN and keys outlast a pull.
    """

    def __init__(
        self, launcher: Sequence[str], contents: Contents, serial: bytes, pin: str, tries: int
    ) -> None:
        self.serial = serial.hex()
        self._process = subprocess.Popen(
            [*launcher, sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        made = {str(int(place)): _plain(*pair) for place, pair in contents.items()}
        self._tell("made", contents=made, serial=self.serial, pin=pin, tries=tries)

    def insert(self, port: int) -> None:
        """Plugs it into the reader that listens there, and waits until that has powered it."""
        self._tell("insert", port=port)

    def pull(self) -> None:
        """At once, whatever it is doing. Nothing happens to one that is not plugged."""
        self._tell("pull")

    def pull_in_next_signature(self) -> None:
        """It will be out before it has answered: the driver is left waiting."""
        self._tell("pull_in_next_signature")

    def take_for_signature(self, seconds: float) -> None:
        """How slow it signs from now on. A pull does not wait for it."""
        self._tell("take_for_signature", seconds=seconds)

    def wait_until_signing(self) -> None:
        """Until it works on one. Only a slow card can be caught at it: `take_for_signature`."""
        self._tell("wait_until_signing")

    @property
    def tries_left(self) -> int:
        return int(self._tell("count")["tries_left"])

    @property
    def signatures(self) -> int:
        """How many it was asked for."""
        return int(self._tell("count")["signatures"])

    def end(self) -> None:
        self._process.communicate()

    def _tell(self, order: str, **details: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": order, **details}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the card's process ended at `{order}`"
        answer: dict[str, Any] = json.loads(line)
        assert "failed" not in answer, f"{order}: {answer['failed']}"
        return answer


def _plain(key: RSAPrivateKey, of: x509.Certificate) -> list[str]:
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return [base64.b64encode(each).decode() for each in (der, of.public_bytes(Encoding.DER))]


# --- the card's process --------------------------------------------------------------------------


class _PulledOut(Exception):
    """The card went while it was working."""


class _Hand:
    """Holds the card, puts it in and takes it out. The orders of a test are its methods."""

    def __init__(self, contents: dict[str, list[str]], serial: str, pin: str, tries: int) -> None:
        found: dict[Place, Any] = {}
        for place, pair in contents.items():
            key, certificate = (base64.b64decode(each) for each in pair)
            parts = load_der_private_key(key, None), x509.load_der_x509_certificate(certificate)
            found[Place(int(place))] = parts
        self._card = PivCard(found, bytes.fromhex(serial), pin, tries, self._before_signing)
        self._connection: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._powered = threading.Event()
        self._pulled = threading.Event()
        self._signing = threading.Event()
        self._signatures = 0
        self._seconds = 0.0
        self._is_to_leave = False

    def insert(self, port: int) -> None:
        self.pull()  # what is left of a card that went by itself
        self._pulled.clear()
        self._powered.clear()
        self._connection = socket.create_connection(("127.0.0.1", port), _PATIENCE)
        self._connection.settimeout(None)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = threading.Thread(target=self._talk, args=(self._connection,), daemon=True)
        self._thread.start()
        if not self._powered.wait(_PATIENCE):
            raise TimeoutError("no reader took the card")

    def pull(self) -> None:
        self._pulled.set()
        if self._connection is not None and self._thread is not None:
            # Wakes the thread, which may have left by itself already.
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._connection = self._thread = None

    def pull_in_next_signature(self) -> None:
        self._is_to_leave = True

    def take_for_signature(self, seconds: float) -> None:
        self._seconds = seconds

    def wait_until_signing(self) -> None:
        if not self._signing.wait(_PATIENCE):
            raise TimeoutError("no signature was asked for")

    def count(self) -> dict[str, int]:
        return {"tries_left": self._card.tries_left, "signatures": self._signatures}

    def _before_signing(self) -> None:
        self._signatures += 1
        if self._is_to_leave:
            self._is_to_leave = False
            raise _PulledOut
        self._signing.set()
        was_pulled = self._pulled.wait(self._seconds)
        self._signing.clear()
        if was_pulled:
            raise _PulledOut

    def _talk(self, connection: socket.socket) -> None:
        """vpcd's own: messages behind their length, those of one byte are the reader's orders."""
        with connection:
            try:
                while True:
                    message = _received(connection, *struct.unpack(">H", _received(connection, 2)))
                    answer = self._answered(message)
                    if answer is not None:
                        connection.sendall(struct.pack(">H", len(answer)) + answer)
            except (_PulledOut, OSError):
                return

    def _answered(self, message: bytes) -> bytes | None:
        if len(message) > 1:
            return self._card.answer(message)
        self._powered.set()
        if message == b"\x04":
            return ATR
        self._card.power()
        return None


def _received(connection: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        # Without it the other side waits 40 ms for the acknowledgement of each message.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(got))
        if not part:
            raise _PulledOut
        got += part
    return got


def _obey() -> None:
    hand: _Hand | None = None
    for line in sys.stdin:
        order = json.loads(line)
        name = order.pop("do")
        answer: dict[str, Any] = {}
        try:
            if hand is None:
                hand = _Hand(**order)
            else:
                answer = getattr(hand, name)(**order) or {}
        except OSError as error:
            answer = {"failed": str(error)}
        print(json.dumps(answer), flush=True)  # noqa: T201  # the channel to the test


if __name__ == "__main__":
    _obey()

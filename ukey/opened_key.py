"""A key that is logged in, as whoever signs with it sees it."""

import contextlib

from ukey.driver import Deadlines, DriverProcess
from ukey.errors import DriverFailed, UKeyError
from ukey.token import Certificate, Token


class OpenedKey:
    """A key that is logged in: the clerk's signature. Keeps to `clerk_client`'s Signer."""

    def __init__(
        self,
        token: Token,
        certificate: Certificate,
        process: DriverProcess,
        handle: int,
        deadlines: Deadlines,
    ) -> None:
        self.token = token
        self.certificate = certificate
        self._process = process
        self.generation = process.generation
        self._handle = handle
        self._deadlines = deadlines
        self._is_closed = False

    @property
    def alg(self) -> str:
        """`RS256` or `ES256`."""
        return self.certificate.alg

    @property
    def cert_sha256(self) -> str:
        """Hex, over the certificate's DER."""
        return self.certificate.sha256

    @property
    def loss(self) -> UKeyError | None:
        """Why it is open no more, when the driver's process ended; asks nobody."""
        return self._process.loss_since(self.generation)

    def sign(self, message: bytes) -> bytes:
        """The signature over `message` itself. Waits for the key, so never in the GUI thread.

        Raises TokenRemoved, NoToken once closed, DriverError.
        """
        arguments = {"handle": self._handle, "message": message}
        signature = self._process.ask(
            "sign", arguments, self._deadlines.sign, generation=self.generation
        )
        if not isinstance(signature, bytes):
            raise DriverFailed(self._process.library, "no signature")
        return signature

    def close(self) -> None:
        """Logs out, without waiting for it. Quiet when the key is closed already, or pulled."""
        if self.loss is None and not self._is_closed:
            self._is_closed = True
            with contextlib.suppress(UKeyError):
                arguments = {"handle": self._handle}
                self._process.tell("close", arguments, self._deadlines.close, self.generation)

"""A key that is logged in, as whoever signs with it sees it."""

from ukey.driver import Deadlines, DriverProcess
from ukey.errors import DriverFailed, NoToken, TokenRemoved, UKeyError
from ukey.token import Certificate, Token


class OpenedKey:
    """A key that is logged in: the clerk's signature. Keeps to `clerk_client`'s Signer.

    `generation` is that of the driver's process which has it open.
    """

    def __init__(
        self,
        token: Token,
        certificate: Certificate,
        process: DriverProcess,
        handle: int,
        generation: int,
        deadlines: Deadlines,
    ) -> None:
        self.token = token
        self.certificate = certificate
        self.generation = generation
        self._process = process
        self._handle = handle
        self._deadlines = deadlines
        self._is_closed = False
        self._removed = False

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
        """Why it is open no more, as a signature or the end of its process told; asks nobody.

        A key that was away between two looks is plugged again and yet logged out.
        """
        if self._removed:
            return TokenRemoved("away for a moment")
        return self._process.loss_since(self.generation)

    def is_of(self, process: DriverProcess) -> bool:
        """That driver has it open."""
        return self._process is process

    def sign(self, message: bytes) -> bytes:
        """The signature over `message` itself. Waits for the key, so never in the GUI thread.

        Raises TokenRemoved, NoToken once closed, DriverError.
        """
        if self._is_closed:
            raise NoToken("the key is closed")
        arguments = {"handle": self._handle, "message": message}
        try:
            answer = self._process.ask(
                "sign", arguments, self._deadlines.sign, generation=self.generation
            )
        except (TokenRemoved, NoToken):
            self._removed = True
            raise
        if not isinstance(answer.value, bytes):
            raise DriverFailed(self._process.library, "no signature")
        return answer.value

    def close(self) -> None:
        """Logs out, without waiting for it. Quiet when the key is closed already, or pulled."""
        if not self._is_closed:
            self._is_closed = True
            self._process.close_key(self._handle, self.generation)

"""The token of the clerk who is signed in, shared by every thread that talks to the hall."""

import threading
from collections.abc import Callable
from datetime import timedelta


class Credentials:
    """The token of the clerk who is signed in, shared by every thread that talks to the hall."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._renew: Callable[[], str] | None = None
        self.hall_ahead = timedelta(0)
        self.knows_hall_time = False
        """The hall has told its time since this client was started."""

    @property
    def token(self) -> str:
        """Empty when nobody is signed in."""
        return self._token

    def begin(self, token: str, renew: Callable[[], str]) -> None:
        """`renew` lets the key sign a fresh challenge, without a PIN, and gives the new token."""
        with self._lock:
            self._token, self._renew = token, renew

    def end(self) -> str:
        """Forgets the token, and gives it so that the hall can be told."""
        with self._lock:
            token, self._token, self._renew = self._token, "", None
            return token

    def renewed(self, spent: str) -> str:
        """A token other than `spent`, or an empty text when nobody is signed in.

        Whoever comes second with the same spent token gets what the first one renewed.
        """
        with self._lock:
            if self._token == spent and self._renew is not None:
                self._token = self._renew()
            return self._token if self._token != spent else ""

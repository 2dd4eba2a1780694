"""A bad network on loopback: what stands between a window and the hall, scripted by a seed.

It knows just enough of HTTP to tell one request from the next. A request that it saw may be sent on
a second time, at once or after later ones: nobody asked for that, and its answer goes nowhere.
"""

import enum
import random
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Self

_PATIENCE = 20.0


class Fate(enum.Enum):
    """What becomes of one request."""

    ANSWERED = "answered"
    CUT_BEFORE = "cut before the request"
    CUT_WITHIN = "cut within the request"
    CUT_UNANSWERED = "cut before the answer"
    CUT_IN_ANSWER = "cut within the answer"
    TWICE = "sent twice"
    OUT_OF_ORDER = "sent again after later ones"
    LATE = "answered when nobody waits any more"


class CuttingProxy:
    """Listens on `port`; `target` is the hall's port. Each request's fate is drawn by the seed.

    `bad` is the share of requests that do not simply go through; `met` counts fates.
    """

    def __init__(self, seed: int, bad: float = 0.5, only: tuple[Fate, ...] = ()) -> None:
        self.target = 0
        self.bad = bad
        self.met: Counter[Fate] = Counter()
        self._random = random.Random(seed)
        self._fates = only or tuple(each for each in Fate if each is not Fate.ANSWERED)
        self._kept: deque[bytes] = deque(maxlen=3)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._is_over = False

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        # A thread that waits in accept() is not woken by a close.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._listening.close()
        with self._lock:
            for each in self._open:
                each.close()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def _begin(self, what: Callable[..., object], *given: object) -> None:
        thread = threading.Thread(target=what, args=given, daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            if self._is_over:
                client.close()
                return
            self._begin(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.add(client)
        client.settimeout(_PATIENCE)
        try:
            with client, client.makefile("rb") as incoming:
                while (request := _message(incoming)) is not None and self._pass(client, request):
                    pass
        except (OSError, ValueError):
            # Either side is gone, which is what a cut looks like from here.
            pass
        finally:
            with self._lock:
                self._open.discard(client)

    def _pass(self, client: socket.socket, request: bytes) -> bool:
        """False once the connection is to be cut."""
        with self._lock:
            is_bad = self._random.random() < self.bad
            fate = self._random.choice(self._fates) if is_bad else Fate.ANSWERED
            self.met[fate] += 1
            earlier = list(self._kept) if fate is Fate.OUT_OF_ORDER else []
            self._kept.append(request)
        if fate is Fate.CUT_BEFORE:
            return False
        if fate is Fate.CUT_WITHIN:
            self._ask(request[: max(len(request) // 2, 1)], is_whole=False)
            return False
        if fate is Fate.LATE:
            # The client's patience for its first question is a second; this one has hung up.
            self._begin(self._ask, request)
            return False
        answer = self._ask(request)
        if fate is Fate.TWICE:
            self._ask(request)
        for each in earlier:
            self._ask(each)
        if fate is Fate.CUT_UNANSWERED or not answer:
            return False
        if fate is Fate.CUT_IN_ANSWER:
            client.sendall(answer[: len(answer) // 2])
            return False
        client.sendall(answer)
        return True

    def _ask(self, request: bytes, is_whole: bool = True) -> bytes:
        """The hall's answer, or nothing."""
        try:
            with socket.create_connection(("127.0.0.1", self.target), _PATIENCE) as hall:
                hall.sendall(request)
                if not is_whole:
                    return b""
                with hall.makefile("rb") as incoming:
                    return _message(incoming) or b""
        except (OSError, ValueError):
            return b""


def _message(incoming: BinaryIO) -> bytes | None:
    """One whole request or answer as its bytes; None at the end."""
    head, length = b"", 0
    while True:
        row = incoming.readline()
        if not row.endswith(b"\n"):
            return None
        head += row
        name, _, value = row.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if row in (b"\r\n", b"\n"):
            break
    body: bytes = incoming.read(length) if length else b""
    return head + body if len(body) == length else None

"""KeyHub: every plugged key behind one door, for any thread.

pkcs11 takes long to import, so it is imported with the first driver and not with this module.
"""

import itertools
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ukey.catalog import Driver
from ukey.certificates import best_for_signing, read_certificate
from ukey.errors import (
    CertificateMissing,
    CertificateUnreadable,
    DriverFailed,
    DriverMissing,
    KeyTimeout,
    NoToken,
    PinLength,
    UKeyError,
)
from ukey.token import Certificate, Token

if TYPE_CHECKING:
    from ukey.host import DriverHost, RawToken

log = logging.getLogger(__name__)

T = TypeVar("T")


class KeyHub:
    """The keys of every driver. One hub a process; any thread may call it.

    A call waits at most `deadline` seconds for the driver and then raises KeyTimeout. Calls to one
    driver wait for each other, calls to different ones do not.
    """

    def __init__(self, drivers: Sequence[Driver], deadline: float = 10.0) -> None:
        self._drivers = tuple(drivers)
        self._deadline = deadline
        self._lock = threading.Lock()  # over the fields below, never held while a driver works
        self._lanes: dict[Path, _Lane] = {}
        self._known: dict[str, _Known] = {}
        self._open: dict[str, OpenedKey] = {}
        self._problems: tuple[UKeyError, ...] = ()
        self._handles = itertools.count(1)
        self._stopped = False

    @property
    def problems(self) -> tuple[UKeyError, ...]:
        """What kept the last scan from telling more: missing or failing drivers, certificates.

        That libraries are missing is usual: a station has one vendor's driver, not all of them.
        """
        return self._problems

    @property
    def installed(self) -> tuple[Driver, ...]:
        """The drivers whose library a scan found."""
        with self._lock:
            return tuple(lane.driver for lane in self._lanes.values())

    def scan(self) -> list[Token]:
        """Every plugged key. Raises nothing about a driver: see `problems`.

        An open key stays open. While it is, some drivers do not notice a second one.
        """
        problems: list[UKeyError] = []
        lanes = self._lanes_installed(problems)
        until = time.monotonic() + self._deadline
        asked = [(lane, lane.send(lambda host: host.tokens())) for lane in lanes]
        found: list[_Known] = []
        for lane, future in asked:
            try:
                found += [_known(lane, raw, problems) for raw in lane.answer(future, until)]
            except UKeyError as problem:
                problems.append(problem)
        with self._lock:
            self._known.update({known.token.id: known for known in found})
            self._problems = tuple(problems)
        # In one order always: the slots of some drivers change places from start to start.
        return sorted((known.token for known in found), key=_place)

    def open(self, token_id: str, pin: str) -> "OpenedKey":
        """Logs in to a key that a scan showed. It stays open until closed, pulled or stopped.

        One that is open already is closed first, so that the PIN is asked of the key each time.
        A PIN that cannot be right is refused here (PinLength), before the key counts a try.
        Raises PinRefused, PinLocked, CertificateMissing, CertificateUnreadable, NoToken,
        TokenRemoved, KeyTimeout, DriverFailed.
        """
        try:
            return self._logged_in(token_id, pin)
        except BaseException as error:
            _clear_frames(error)
            raise
        finally:
            # An error keeps this frame, too, for as long as somebody keeps the error.
            del pin

    def _logged_in(self, token_id: str, pin: str) -> "OpenedKey":
        known = self._known.get(token_id)
        if known is None:
            raise NoToken("no scan showed this key")
        if isinstance(known.usable, UKeyError):
            raise known.usable.with_traceback(None)
        certificate, key_id = known.usable
        driver = known.lane.driver
        if not (driver.pin_min <= len(pin) <= driver.pin_max and _is_plain(pin)):
            raise PinLength(driver.pin_min, driver.pin_max)
        handle = next(self._handles)
        key = OpenedKey(known.token, certificate, known.lane, handle)
        with self._lock:
            before, self._open[token_id] = self._open.get(token_id), key
        if before is not None:
            before.close(wait=False)
        try:
            # No lambda: its frame could be cleared, but not the function with the PIN inside.
            known.lane.ask(partial(_log_in, handle, known.raw, key_id, pin))
        except KeyTimeout:
            # Should the log-in still succeed, nobody is left who would log out.
            key.close(wait=False)
            raise
        return key

    def is_present(self, token_id: str) -> bool:
        """The key is plugged. Cheap enough to ask twice a second, also while it is open."""
        known = self._known.get(token_id)
        return known is not None and known.lane.ask(lambda host: host.is_present(known.raw))

    def close(self, token_id: str) -> None:
        """Logs out. Quiet when the key is not open."""
        with self._lock:
            key = self._open.pop(token_id, None)
        if key is not None:
            key.close()

    def stop(self) -> None:
        """Closes every key and lets the drivers go. A driver that hangs is left behind."""
        with self._lock:
            self._stopped = True
            lanes = tuple(self._lanes.values())
            self._open.clear()
        for lane in lanes:
            lane.stop()

    def _lanes_installed(self, problems: list[UKeyError]) -> "list[_Lane]":
        """A lane for each library that exists, started when first seen."""
        lanes: dict[Path, _Lane] = {}
        with self._lock:
            if self._stopped:
                problems.append(DriverFailed("the hub is stopped"))
                return []
            for driver in self._drivers:
                try:
                    # Two names of one file would start the same library twice, which it refuses.
                    library = driver.library.resolve()
                    exists = library.exists()
                except (OSError, RuntimeError) as error:
                    problems.append(DriverFailed(str(error)))
                    continue
                if not exists:
                    problems.append(DriverMissing(driver.library))
                elif library not in lanes:
                    lanes[library] = self._lanes.get(library) or _Lane(
                        driver, library, self._deadline
                    )
            self._lanes.update(lanes)
        return list(lanes.values())


class OpenedKey:
    """A key that is logged in: the clerk's signature. Keeps to `clerk_client`'s Signer."""

    def __init__(self, token: Token, certificate: Certificate, lane: "_Lane", handle: int) -> None:
        self.token = token
        self.certificate = certificate
        self._lane = lane
        self._handle = handle

    @property
    def alg(self) -> str:
        """`RS256` or `ES256`."""
        return self.certificate.alg

    @property
    def cert_sha256(self) -> str:
        """Hex, over the certificate's DER."""
        return self.certificate.sha256

    def sign(self, message: bytes) -> bytes:
        """The signature over `message` itself. Waits for the key, so never in the GUI thread.

        Raises TokenRemoved, NoToken once closed, KeyTimeout, DriverFailed.
        """
        return self._lane.ask(lambda host: host.sign(self._handle, message))

    def close(self, *, wait: bool = True) -> None:
        """Logs out. Quiet when the key is closed already, or pulled.

        A driver that hangs logs out once it goes on, even if nobody waits for it any more.
        """
        future = self._lane.send(lambda host: host.close(self._handle))
        if wait:
            self._lane.wait(future)


@dataclass(frozen=True, slots=True)
class _Known:
    """A key as last scanned. `usable`: certificate and CKA_ID, or why it cannot be opened."""

    token: Token
    lane: "_Lane"
    raw: "RawToken"
    usable: tuple[Certificate, bytes] | UKeyError


def _known(lane: "_Lane", raw: "RawToken", problems: list[UKeyError]) -> _Known:
    readable: dict[Certificate, bytes] = {}
    reason = ""
    for raw_certificate in raw.certificates:
        try:
            readable[read_certificate(raw_certificate.der)] = raw_certificate.id
        except CertificateUnreadable as error:
            reason = error.reason or "unreadable"
    certificate = best_for_signing(readable)
    driver = lane.driver
    # A serial alone is not always one of a kind: cards of some makes all say zero.
    mark = certificate.sha256[:8] if certificate else "blank"
    token = Token(
        id=f"{driver.name}:{raw.serial}:{mark}",
        driver=driver.name,
        family=driver.family,
        family_name=driver.family_name,
        label=raw.label or driver.family_name,
        serial=raw.serial,
        pin=raw.pin,
        certificate=certificate,
    )
    if certificate:
        return _Known(token, lane, raw, (certificate, readable[certificate]))
    if not reason:
        return _Known(token, lane, raw, CertificateMissing("no certificate on the key"))
    problem = CertificateUnreadable(reason, token.id)
    problems.append(problem)
    return _Known(token, lane, raw, problem)


def _place(token: Token) -> tuple[str, str]:
    return (token.certificate.identity if token.certificate else "\uffff", token.id)


def _log_in(handle: int, raw: "RawToken", key_id: bytes, pin: str, host: "DriverHost") -> None:
    host.open(handle, raw, key_id, pin)


def _clear_frames(error: BaseException) -> None:
    """An error outlives the call that it ended: what its frames hold, a PIN, must not."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            traceback.clear_frames(each.__traceback__)
            waiting += [each.__cause__, each.__context__]


def _is_plain(pin: str) -> bool:
    return pin.isascii() and pin.isprintable()


class _Lane:
    """One driver's own thread: two threads inside one PKCS#11 library crash the process.

    A daemon thread of our own and no executor: Python waits at its end for an executor's threads,
    so that a driver which hangs would keep the client from ever closing.
    """

    def __init__(self, driver: Driver, library: Path, deadline: float) -> None:
        self.driver = driver
        self._library = library
        self._deadline = deadline
        self._host: DriverHost | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"key-{driver.name}", daemon=True)
        self._thread.start()

    def send(self, ask: "Callable[[DriverHost], T]") -> "Future[T]":
        """Puts a question behind those before it."""
        future: Future[T] = Future()
        if self._stopping.is_set():
            future.set_exception(DriverFailed("the hub is stopped"))
        else:
            self._jobs.put(_Job(future, ask))
        return future

    def answer(self, future: "Future[T]", until: float) -> T:
        """Waits for it. Raises KeyTimeout, and takes back a question that was not begun."""
        try:
            return future.result(max(0.0, until - time.monotonic()))
        except TimeoutError as error:
            future.cancel()
            raise KeyTimeout(f"no answer from {self._library.name}") from error

    def ask(self, ask: "Callable[[DriverHost], T]") -> T:
        """Sends and waits."""
        return self.answer(self.send(ask), time.monotonic() + self._deadline)

    def wait(self, future: "Future[None]") -> None:
        """Until it is done, or the deadline over; a question not begun stays in line."""
        if not wait((future,), self._deadline).done:
            log.info("%s is still busy", self._library.name)

    def stop(self) -> None:
        """Lets the driver go and waits for that, until the deadline."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._jobs.put(None)
        self._thread.join(self._deadline)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._answer_one(job)
            # The question holds a PIN, and the next one may be hours away.
            del job
        if self._host is not None:
            self._host.stop()

    def _answer_one(self, job: "_Job") -> None:
        future, ask = job.future, job.ask
        if not future.set_running_or_notify_cancel():
            return
        try:
            if self._host is None:
                from ukey.host import DriverHost

                self._host = DriverHost(self._library)
            future.set_result(ask(self._host))
        except BaseException as error:  # noqa: BLE001 - whoever asked gets it, whatever it is
            # The error keeps this frame as well, and the question holds a PIN.
            del job, ask
            _clear_frames(error)
            future.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Job:
    future: "Future[Any]"
    ask: "Callable[[DriverHost], Any]"

"""KeyHub: every plugged key behind one door, for any thread.

Each driver works in a process of its own (`ukey.driver`); this one never loads a vendor's library.
"""

import itertools
import logging
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ukey.catalog import Driver, Family
from ukey.driver import Deadlines, DriverBusy, DriverProcess, Pending
from ukey.errors import (
    DriverError,
    DriverFailed,
    DriverMissing,
    NoToken,
    PinLength,
    PinNotSet,
    TokenNotInitialized,
    TokenRemoved,
    UKeyError,
)
from ukey.kinds import Kinds
from ukey.opened_key import OpenedKey
from ukey.preflight import check_library
from ukey.protocol import Garbled, HostOptions, RawToken, TokenRef, token_from_plain
from ukey.recognition import Recognised, Recognition, error_of
from ukey.token import Token

log = logging.getLogger(__name__)

_LEAST = 0.5
"""Seconds that any driver has to answer a scan, however short of time it is."""


class KeyHub:
    """The keys of every driver. One hub a process; any thread may call it.

    A call waits at most its deadline for the driver and then raises KeyTimeout. Calls to one driver
    wait for each other, calls to different ones do not. `launcher` see DriverProcess.
    """

    def __init__(
        self,
        drivers: Sequence[Driver],
        deadlines: Deadlines | None = None,
        *,
        families: Sequence[Family] = (),
        kinds: Kinds | None = None,
        launcher: Sequence[str] = (),
    ) -> None:
        self._drivers = tuple(drivers)
        self._deadlines = deadlines or Deadlines()
        self._recognition = Recognition(tuple(families), kinds)
        self._launcher = tuple(launcher)
        self._lock = threading.Lock()  # over the fields below, never held while a driver works
        self._installed: dict[Path, _Installed] = {}
        self._known: dict[str, _Known] = {}
        self._open: dict[str, OpenedKey] = {}
        self._problems: tuple[UKeyError, ...] = ()
        self._seen: tuple[_Known, ...] = ()
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
        """The drivers whose library a scan found fit to be loaded."""
        with self._lock:
            return tuple(each.driver for each in self._installed.values())

    def scan(self, within: float | None = None) -> list[Token]:
        """Every plugged key. Raises nothing about a driver: see `problems`.

        An open key stays open. While it is, some drivers do not notice a second one. `within`
        shortens the drivers' deadline.
        """
        problems: list[UKeyError] = []
        seconds = within or self._deadlines.look
        until = time.monotonic() + seconds
        asked: list[tuple[_Installed, Pending]] = []
        found: list[_Known] = []
        for each in self._fit_to_load(problems):
            try:
                asked.append((each, each.process.begin("tokens", {}, seconds, urgent=False)))
            except DriverBusy:
                # Somebody signs: what it showed last is what it would show.
                found += [k for k in self._seen if k.process is each.process]
            except UKeyError as problem:
                problems.append(problem)
        for each, pending in asked:
            try:
                # All at once, so the slowest alone decides how long it takes; and none is taken
                # for hanging because the one before it was slow.
                left = max(_LEAST, until - time.monotonic())
                raw = _tokens(pending.answer(left), each)
            except UKeyError as problem:
                problems.append(problem)
                continue
            for token in raw:
                recognised = self._recognition.recognise(each.driver, token)
                found.append(_Known(recognised, each.process))
        problems += [known.key.problem for known in found if known.key.problem is not None]
        with self._lock:
            self._known.update({known.key.token.id: known for known in found})
            self._problems = tuple(problems)
            self._seen = tuple(found)
        # In one order always: the slots of some drivers change places from start to start.
        return sorted((known.key.token for known in found), key=_place)

    def open(self, token_id: str, pin: str) -> "OpenedKey":
        """Logs in to a key that a scan showed. It stays open until closed, pulled or stopped.

        One that is open already is closed first, so that the PIN is asked of the key each time.
        A PIN that cannot be right is refused here (PinLength), before the key counts a try.
        Raises PinRefused, PinLocked, PinMustChange, PinNotSet, TokenNotInitialized,
        CertificateMissing, CertificateUnreadable, NoToken, TokenRemoved, DriverError.
        """
        try:
            return self._logged_in(token_id, pin)
        except BaseException as error:
            _clear_frames(error)
            raise
        finally:
            # An error keeps this frame, too, for as long as somebody keeps the error.
            del pin

    def change_pin(self, token_id: str, old: str, new: str) -> None:
        """From `old` to `new`; a key that is open is closed first, and stays closed.

        Raises as `open`, and PinLength for a new PIN that the key does not take.
        """
        try:
            known = self._usable(token_id)
            for pin in (old, new):
                _ensure_possible(pin, known.key.token)
            self.close(token_id)
            arguments = {"token": asdict(TokenRef.of(known.key.raw)), "old": old, "new": new}
            known.process.ask("change_pin", arguments, self._deadlines.log_in)
        except BaseException as error:
            _clear_frames(error)
            raise
        finally:
            del old, new

    def is_present(self, token_id: str) -> bool:
        """The key is plugged. Cheap enough to ask twice a second, also while it is open."""
        return self._is_present(token_id)

    def loss_of(self, token_id: str) -> UKeyError | None:
        """Why an open key is open no more; None while it is, or while its driver is busy.

        TokenRemoved when it was pulled, else how its driver ended: DriverCrashed, KeyTimeout.
        """
        key = self._open.get(token_id)
        if key is None:
            return TokenRemoved("not open")
        if (lost := key.loss) is not None:
            return lost
        try:
            # Of its own process: a new one would know of no open key.
            plugged = self._is_present(token_id, key.generation)
            return None if plugged else TokenRemoved("not plugged any more")
        except TokenRemoved as removed:
            return removed
        except DriverError as error:
            log.info("open key not looked at: %s", error.code)
            return key.loss

    def close(self, token_id: str) -> None:
        """Logs out. Quiet when the key is not open."""
        with self._lock:
            key = self._open.pop(token_id, None)
        if key is not None:
            key.close()

    def choose_family(self, family: str) -> None:
        """手动选择: what a key counts as that neither driver nor certificate tells; "" for none."""
        self._recognition = replace(self._recognition, chosen_family=family)

    def forgive_drivers(self) -> None:
        """Drivers that died too often are started again: somebody asks what is wrong with them."""
        with self._lock:
            installed = tuple(self._installed.values())
        for each in installed:
            each.process.forgive()

    def stop(self) -> None:
        """Closes every key and lets the drivers go, at once; one that hangs is killed."""
        with self._lock:
            self._stopped = True
            installed = tuple(self._installed.values())
            self._open.clear()
        leaving = [
            threading.Thread(target=each.process.stop, args=(self._deadlines.close,))
            for each in installed
        ]
        for thread in leaving:
            thread.start()
        for thread in leaving:
            thread.join()

    # --- inside ----------------------------------------------------------------------------------

    def _logged_in(self, token_id: str, pin: str) -> "OpenedKey":
        known = self._usable(token_id)
        token, certificates = known.key.token, known.key.certificates
        if not certificates:
            raise known.key.problem or error_of(token)
        _ensure_possible(pin, token)
        handle = next(self._handles)
        # Before, not after: a key opened by another process of the driver is another key.
        self.close(token_id)
        key_ids = [key_id for _, key_id in certificates]
        arguments = {
            "handle": handle,
            "token": asdict(TokenRef.of(known.key.raw)),
            "key_ids": list(dict.fromkeys(key_ids)),
            "pin": pin,
        }
        found = known.process.ask("open", arguments, self._deadlines.log_in)
        certificate = next((c for c, key_id in certificates if key_id == found), None)
        if certificate is None:
            raise DriverFailed(known.process.library, "another key than asked for")
        key = OpenedKey(token, certificate, known.process, handle, self._deadlines)
        with self._lock:
            self._open[token_id] = key
        return key

    def _is_present(self, token_id: str, generation: int | None = None) -> bool:
        known = self._known.get(token_id)
        if known is None:
            return False
        arguments = {"token": asdict(TokenRef.of(known.key.raw))}
        seconds = self._deadlines.look
        answer = known.process.ask("is_present", arguments, seconds, generation=generation)
        return answer is True

    def _usable(self, token_id: str) -> "_Known":
        known = self._known.get(token_id)
        if known is None:
            raise NoToken("no scan showed this key")
        if known.key.token.unusable in (TokenNotInitialized.code, PinNotSet.code):
            raise error_of(known.key.token)
        return known

    def _fit_to_load(self, problems: list[UKeyError]) -> "list[_Installed]":
        """The drivers that passed their preflight, each with its process."""
        fit: dict[Path, _Installed] = {}
        with self._lock:
            if self._stopped:
                problems.append(DriverFailed("", "the hub is stopped"))
                return []
            for driver in self._drivers:
                try:
                    library = _library_of(driver)
                except DriverError as error:
                    problems.append(error)
                    continue
                # Two names of one file would start the same library twice, which it refuses.
                if library not in fit:
                    fit[library] = self._installed.get(library) or _Installed(
                        driver, DriverProcess(library, options_of(driver), self._launcher)
                    )
            gone = [each for path, each in self._installed.items() if path not in fit]
            self._installed = fit
        for each in gone:
            each.process.stop(self._deadlines.close)
        return list(fit.values())


@dataclass(frozen=True, slots=True)
class _Installed:
    driver: Driver
    process: DriverProcess


@dataclass(frozen=True, slots=True)
class _Known:
    """A key as last scanned, and whom to ask about it."""

    key: Recognised
    process: DriverProcess


def _library_of(driver: Driver) -> Path:
    """The first of its libraries that can be loaded. Raises what is wrong with the first there."""
    problem: DriverError | None = None
    for library in driver.libraries:
        try:
            path = library.resolve()
            check_library(path)
        except DriverMissing:
            continue
        except DriverError as error:
            problem = problem or error
        except (OSError, RuntimeError) as error:
            problem = problem or DriverFailed(library, str(error))
        else:
            return path
    raise problem or DriverMissing(driver.library)


def options_of(driver: Driver) -> HostOptions:
    """What its process has to know of it."""
    return HostOptions(
        mechanisms=driver.mechanisms,
        label_encodings=driver.label_encodings,
        ignores_blank=driver.ignores_blank,
        restart_to_notice=driver.restart_to_notice,
    )


def _tokens(answer: Any, each: _Installed) -> list[RawToken]:
    try:
        return [token_from_plain(plain) for plain in answer]
    except (Garbled, TypeError) as error:
        raise DriverFailed(each.process.library, f"garbled: {error}") from error


def _ensure_possible(pin: str, token: Token) -> None:
    fits = token.pin_min <= len(pin) <= token.pin_max
    if not (fits and pin.isascii() and pin.isprintable()):
        raise PinLength(token.pin_min, token.pin_max)


def _place(token: Token) -> tuple[str, str]:
    return (token.certificate.identity if token.certificate else "\uffff", token.id)


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

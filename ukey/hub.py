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

from ukey.catalog import Driver, Family
from ukey.driver import FAREWELL, Deadlines, DriverBusy, DriverProcess
from ukey.errors import (
    DriverError,
    DriverFailed,
    KeyTimeout,
    NoToken,
    PinLength,
    PinNotSet,
    TokenNotInitialized,
    TokenRemoved,
    UKeyError,
)
from ukey.kinds import Kinds
from ukey.look import Installed, Look, Question, library_of, options_of
from ukey.opened_key import OpenedKey
from ukey.protocol import TokenRef
from ukey.recognition import Recognised, Recognition, error_of
from ukey.token import Token

log = logging.getLogger(__name__)

_BUSY = 0.3
"""Seconds that the watch waits for a driver which works for somebody else."""


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
        self._installed: dict[Path, Installed] = {}
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

    def scan(self) -> list[Token]:
        """Every plugged key. Raises nothing about a driver: see `problems`.

        An open key stays open. While it is, some drivers do not notice a second one.
        """
        return list(self.look().tokens)

    def look(self, within: float | None = None) -> Look:
        """A scan with what it could not tell. Drivers that exceed `within` seconds are named, but
        killed only at their own deadline: somebody may have a key open in them."""
        problems: list[UKeyError] = []
        seconds = within or self._deadlines.look
        patience = _BUSY if within is None else within
        questions = [
            Question(each, self._deadlines.look, patience) for each in self._fit_to_load(problems)
        ]
        if len(questions) == 1 and within is None:
            questions[0].run()
        else:
            until = time.monotonic() + seconds
            # A thread for each, so that none holds up another, nor is held up.
            for question in questions:
                question.start()
            for question in questions:
                question.join(max(0.0, until - time.monotonic()))
        found: list[_Known] = []
        for question in questions:
            found += self._answered(question, problems, within)
        problems += [known.key.problem for known in found if known.key.problem is not None]
        # In one order always: the slots of some drivers change places from start to start.
        tokens = tuple(sorted((known.key.token for known in found), key=_place))
        with self._lock:
            self._known.update({known.key.token.id: known for known in found})
            self._problems = tuple(problems)
            self._seen = tuple(found)
        return Look(tokens, tuple(problems))

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
            self._change_pin(token_id, old, new)
        except BaseException as error:
            _clear_frames(error)
            raise
        finally:
            del old, new

    def loss_of(self, token_id: str) -> UKeyError | None:
        """Why an open key is open no more; None while it is, or while its driver is busy. Cheap
        enough to ask twice a second.

        TokenRemoved when it was pulled, else how its driver ended: DriverCrashed, KeyTimeout.
        """
        key = self._open.get(token_id)
        if key is None:
            return TokenRemoved("not open")
        if (lost := key.loss) is not None:
            return lost
        try:
            # Of its own process: a new one would know of no open key.
            plugged = self._is_plugged(token_id, key.generation)
            return None if plugged else TokenRemoved("not plugged any more")
        except DriverBusy:
            return None
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

    def stop(self, within: float = FAREWELL) -> None:
        """Closes every key and lets the drivers go, all at once; one that hangs is killed."""
        with self._lock:
            self._stopped = True
            installed = tuple(self._installed.values())
            self._open.clear()
        leaving = [threading.Thread(target=each.process.stop, args=(within,)) for each in installed]
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
        answer = known.process.ask("open", arguments, self._deadlines.log_in)
        found = [c for c, key_id in certificates if key_id == answer.value]
        if not found:
            known.process.close_key(handle, answer.generation)
            raise DriverFailed(known.process.library, "another key than asked for")
        key = OpenedKey(token, found[0], known.process, handle, answer.generation, self._deadlines)
        with self._lock:
            self._open[token_id] = key
        return key

    def _change_pin(self, token_id: str, old: str, new: str) -> None:
        known = self._usable(token_id)
        _ensure_possible(old, known.key.token)
        _ensure_possible(new, known.key.token)
        self.close(token_id)
        arguments = {"token": asdict(TokenRef.of(known.key.raw)), "old": old, "new": new}
        try:
            known.process.ask("change_pin", arguments, self._deadlines.log_in)
        except PinLength as error:
            # Some keys do not say how long theirs may be.
            token = known.key.token
            shortest, longest = error.shortest or token.pin_min, error.longest or token.pin_max
            raise PinLength(shortest, longest) from None

    def _answered(
        self, question: Question, problems: list[UKeyError], within: float | None
    ) -> "list[_Known]":
        process = question.of.process
        if question.busy is not None and not (within and question.busy.is_looking):
            # Somebody signs, or looks: what it showed last is what it would show.
            return [known for known in self._seen if known.process is process]
        if question.error is not None:
            problems.append(question.error)
        elif question.answer is None:
            problems.append(KeyTimeout(process.library, f"{within or self._deadlines.look:.1f} s"))
        else:
            driver = question.of.driver
            return [
                _Known(self._recognition.recognise(driver, raw), process) for raw in question.answer
            ]
        return []

    def _is_plugged(self, token_id: str, generation: int) -> bool:
        known = self._known[token_id]
        answer = known.process.ask(
            "is_present",
            {"token": asdict(TokenRef.of(known.key.raw))},
            self._deadlines.look,
            patience=_BUSY,
            generation=generation,
        )
        return answer.value is True

    def _usable(self, token_id: str) -> "_Known":
        known = self._known.get(token_id)
        if known is None:
            raise NoToken("no scan showed this key")
        if known.key.token.unusable in (TokenNotInitialized.code, PinNotSet.code):
            raise error_of(known.key.token)
        return known

    def _fit_to_load(self, problems: list[UKeyError]) -> list[Installed]:
        """The drivers that passed their preflight, each with its process."""
        wanted: dict[Path, Driver] = {}
        for driver in self._drivers:
            try:
                # Two names of one file would start the same library twice, which it refuses.
                wanted.setdefault(library_of(driver), driver)
            except DriverError as error:
                problems.append(error)
        with self._lock:
            if self._stopped:
                problems.append(DriverFailed("", "the hub is stopped"))
                return []
            fit = {
                library: self._installed.get(library)
                or Installed(driver, DriverProcess(library, options_of(driver), self._launcher))
                for library, driver in wanted.items()
            }
            in_use = {
                library: each
                for library, each in self._installed.items()
                if library not in fit and any(k.is_of(each.process) for k in self._open.values())
            }
            gone = [
                each
                for library, each in self._installed.items()
                if library not in fit and library not in in_use
            ]
            # An updater takes a library away for a moment; the clerk's key stays open meanwhile.
            self._installed = fit | in_use
        for each in gone:
            each.process.stop()
        return list(fit.values())


@dataclass(frozen=True, slots=True)
class _Known:
    """A key as last scanned, and whom to ask about it."""

    key: Recognised
    process: DriverProcess


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

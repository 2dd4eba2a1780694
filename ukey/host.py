"""One vendor driver, driven. The only file that imports pkcs11, and nothing of it comes out.

Every call belongs on one thread: two threads inside one library crash. Questions and answers are
plain values, so that a driver can be given a process of its own without a change to this file.
"""

import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag

from ukey.errors import (
    DriverFailed,
    NoToken,
    PinLocked,
    PinRefused,
    TokenRemoved,
)
from ukey.token import PinStanding

# What a pulled key answers without a doubt...
_GONE = (
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
    pkcs11.DeviceRemoved,
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.ObjectHandleInvalid,
    pkcs11.KeyHandleInvalid,
    pkcs11.SlotIDInvalid,
)
# ... and what may be anything, until the slot says whether the key is still in it.
_VAGUE = (pkcs11.GeneralError, pkcs11.DeviceError, pkcs11.FunctionFailed)
# What the binding says of values that PKCS#11 does not know: an SM2 key's type, for one.
_STRANGE = (ValueError, TypeError, LookupError)
_NOTICED_WITHIN = 0.6  # seconds; PC/SC tells of a pull within 0.4
_LOOK_EVERY = 0.05

# RFC 8017, 9.2: what stands before a SHA-256 digest in a PKCS#1 v1.5 signature.
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True, slots=True)
class RawCertificate:
    """A certificate as it lies on the key. `id` is its CKA_ID, which its private key shares."""

    id: bytes
    der: bytes


@dataclass(frozen=True, slots=True)
class RawToken:
    """A key as its driver shows it. `slot` may change when the key is plugged again."""

    slot: int
    serial: str
    label: str
    pin: PinStanding
    certificates: tuple[RawCertificate, ...]


@dataclass(slots=True)
class _Opened:
    token: RawToken
    slot: Any
    session: Any
    key: Any
    mechanism: Mechanism


class DriverHost:
    """Loads a driver's library at its first call, and asks it. Everything raises UKeyError.

    One host a library and process: a second one would close the first one's sessions.
    """

    def __init__(self, library: Path) -> None:
        self._path = library
        self._library: Any = None
        self._slots: dict[int, Any] = {}
        # By slot and serial: a serial alone is not always one of a kind.
        self._mechanisms: dict[tuple[int, str], frozenset[Mechanism]] = {}
        self._shared_serials: set[str] = set()
        self._opened: dict[int, _Opened] = {}

    def tokens(self) -> list[RawToken]:
        """Every initialised key, with its certificates: they need no PIN.

        Some drivers notice a new key only when started afresh. That closes every session, so it
        is done only while no key is open.
        """
        found, failures = [], []
        with _told():
            self._start_afresh()
            self._slots = {slot.slot_id: slot for slot in self._library.get_slots(True)}
        for slot in self._slots.values():
            try:
                with _told():
                    token = slot.get_token()
                    if TokenFlag.TOKEN_INITIALIZED in token.flags:
                        found.append(self._looked_at(slot, token))
            except TokenRemoved:
                continue
            except DriverFailed as failure:
                failures.append(failure)
        # One reader that fails must not hide the key in another.
        if failures and not found:
            raise failures[0]
        seen = Counter(token.serial for token in found)
        self._shared_serials.update(serial for serial, count in seen.items() if count > 1)
        return found

    def is_present(self, token: RawToken) -> bool:
        """The key is plugged. Costs one question as long as it stays in its slot."""
        if self._library is None or not self._library.initialized:
            return False
        with _told():
            slot = self._slots.get(token.slot)
            if slot is not None and _same(slot, token) is not None:
                return True
            return self._plugged(token) is not None

    def open(self, handle: int, token: RawToken, key_id: bytes, pin: str) -> None:
        """Logs in and finds the private key `key_id`. `handle` is the caller's choice.

        Serial or certificates are compared first, so that no other clerk's key counts a wrong PIN.
        Raises PinRefused with the standing after this try, PinLocked without using a try,
        TokenRemoved, DriverFailed.
        """
        with _told():
            self._start()
            # Flags are a snapshot taken with the token object, so this one has to be fresh.
            plugged = self._plugged(token)
        if plugged is None:
            raise TokenRemoved("not plugged any more")
        slot = plugged.slot
        session = self._logged_in(plugged, pin)
        try:
            with _told(slot):
                key = _private_key(session, key_id)
                mechanism = self._mechanism(token, key)
        except BaseException:
            _close(session)
            raise
        self._opened[handle] = _Opened(token, slot, session, key, mechanism)

    def sign(self, handle: int, message: bytes) -> bytes:
        """RSA: PKCS#1 v1.5 with SHA-256. EC: r and s over SHA-256."""
        opened = self._opened.get(handle)
        if opened is None:
            raise NoToken("the key is not open")
        if opened.mechanism is not Mechanism.SHA256_RSA_PKCS:
            message = hashlib.sha256(message).digest()
        if opened.mechanism is Mechanism.RSA_PKCS:
            message = _SHA256_DIGEST_INFO + message
        try:
            with _told(opened.slot):
                return bytes(opened.key.sign(message, mechanism=opened.mechanism))
        except TokenRemoved:
            self.close(handle)
            raise

    def close(self, handle: int) -> None:
        """Logs out. Quiet when the key is not open, or gone."""
        opened = self._opened.pop(handle, None)
        if opened is not None:
            _close(opened.session)

    def stop(self) -> None:
        """Closes every key and lets the driver go."""
        for handle in list(self._opened):
            self.close(handle)
        if self._library is not None and self._library.initialized:
            with contextlib.suppress(pkcs11.PKCS11Error):
                self._library.finalize()

    # --- driver and slots ------------------------------------------------------------------------

    def _start(self) -> None:
        if self._library is None:
            # dlopen waits for ever on a pipe.
            if not self._path.is_file():
                raise DriverFailed(f"{self._path} is no file")
            self._library = pkcs11.lib(str(self._path))
        elif not self._library.initialized:
            self._library.initialize()

    def _start_afresh(self) -> None:
        if self._library is None or self._opened or not self._library.initialized:
            self._start()
        else:
            self._library.reinitialize()

    def _plugged(self, token: RawToken) -> Any:
        """The key as it is now, mostly where it was. None when it is in no slot.

        Its serial is enough where it was and while no other key says the same; else the
        certificates, which need no PIN, tell whose key it is.
        """
        slots = self._library.get_slots(True)
        found = [plugged for slot in slots if (plugged := _same(slot, token)) is not None]
        if len(found) > 1:
            self._shared_serials.add(token.serial)
        is_unique = token.serial.strip("0") != "" and token.serial not in self._shared_serials
        if is_unique and found and found[0].slot.slot_id == token.slot:
            return found[0]
        return next((each for each in found if _has_certificates_of(each, token)), None)

    def _looked_at(self, slot: Any, token: Any) -> RawToken:
        serial = _text(token.serial)
        place = (slot.slot_id, serial)
        opened = [o.token for o in self._opened.values()]
        known = next((each for each in opened if (each.slot, each.serial) == place), None)
        # A second session beside the open one gains nothing, and some drivers have but one.
        certificates = known.certificates if known is not None else _certificates_on(token)
        # Asked now and not at log-in, which the clerk waits for.
        if place not in self._mechanisms:
            self._mechanisms[place] = frozenset(slot.get_mechanisms())
        # The replacement character stands for bytes that are not UTF-8: old keys write GBK.
        label = token.label.replace("\N{REPLACEMENT CHARACTER}", "").strip(" \0")
        return RawToken(slot.slot_id, serial, label, _standing(token), certificates)

    # --- PIN and key -----------------------------------------------------------------------------

    def _logged_in(self, plugged: Any, pin: str) -> Any:
        if _standing(plugged) is PinStanding.LOCKED:
            raise PinLocked("locked before this try")
        with _told(plugged.slot):
            try:
                return plugged.open(user_pin=pin)
            except pkcs11.PKCS11Error as error:
                refusal = None
                try:
                    refusal = _refusal(error, plugged.slot)
                    if refusal is None:
                        raise
                    raise refusal from error
                finally:
                    # It holds this frame, which holds the PIN: they would keep each other.
                    del refusal
                    self._forget_failed_login()

    def _forget_failed_login(self) -> None:
        """The binding leaves the session of a failed login open: only a fresh start closes it.

        Not while another key is open, which that would close; then the session stays until later.
        """
        if not self._opened:
            # A driver that fails here is started again by the next call, which tells of it.
            with contextlib.suppress(pkcs11.PKCS11Error):
                self._library.reinitialize()

    def _mechanism(self, token: RawToken, key: Any) -> Mechanism:
        if key.key_type is KeyType.EC:
            return Mechanism.ECDSA
        if key.key_type is not KeyType.RSA:
            raise DriverFailed(f"a private key of type {key.key_type}")
        for mechanism in (Mechanism.SHA256_RSA_PKCS, Mechanism.RSA_PKCS):
            if mechanism in self._mechanisms[token.slot, token.serial]:
                return mechanism
        raise DriverFailed("no mechanism for RSA signatures")


@contextlib.contextmanager
def _told(slot: Any = None) -> Iterator[None]:
    """Puts a driver's error into our words; with `slot`, asks it whether the key was pulled."""
    try:
        yield
    except _GONE as error:
        raise TokenRemoved(_detail(error)) from error
    except pkcs11.PKCS11Error as error:
        if slot is not None and isinstance(error, _VAGUE) and _vanishes(slot):
            raise TokenRemoved(_detail(error)) from error
        raise DriverFailed(_detail(error)) from error
    except _STRANGE as error:
        raise DriverFailed(_detail(error)) from error


def _refusal(error: Exception, slot: Any) -> Exception | None:
    """What a failed login says about the PIN; None when it says nothing about it."""
    if isinstance(error, pkcs11.PinLocked):
        return PinLocked("locked")
    # Too long or not digits for this key is wrong all the same, and may have cost a try.
    if isinstance(error, pkcs11.PinIncorrect | pkcs11.PinInvalid | pkcs11.PinLenRange):
        standing = _standing(slot.get_token())
        return PinLocked("this try") if standing is PinStanding.LOCKED else PinRefused(standing)
    return None


def _vanishes(slot: Any) -> bool:
    """The key is out of its slot, or will be seen to be in a moment."""
    until = time.monotonic() + _NOTICED_WITHIN
    while _token_in(slot) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_EVERY)
    return True


def _same(slot: Any, token: RawToken) -> Any:
    """The key in the slot if it is this one."""
    plugged = _token_in(slot)
    return plugged if plugged is not None and _text(plugged.serial) == token.serial else None


def _token_in(slot: Any) -> Any:
    """None when the slot is empty, or cannot be asked."""
    try:
        return slot.get_token()
    except pkcs11.PKCS11Error:
        return None


def _standing(token: Any) -> PinStanding:
    flags = token.flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        return PinStanding.LOCKED
    if TokenFlag.USER_PIN_FINAL_TRY in flags:
        return PinStanding.LAST
    if TokenFlag.USER_PIN_COUNT_LOW in flags:
        return PinStanding.LOW
    return PinStanding.FULL


def _has_certificates_of(plugged: Any, token: RawToken) -> bool:
    """Not when they cannot be read: then nobody knows whose key it is."""
    try:
        return _certificates_on(plugged) == token.certificates
    except (pkcs11.PKCS11Error, *_STRANGE):
        return False


def _certificates_on(plugged: Any) -> tuple[RawCertificate, ...]:
    session = plugged.open()
    try:
        return _certificates(session)
    finally:
        _close(session)


def _certificates(session: Any) -> tuple[RawCertificate, ...]:
    """All that can be read. Raises what the driver says when there are some and none can."""
    # A search left half way stays open in the driver: always to the end.
    found = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    readable: list[RawCertificate] = []
    failure: Exception | None = None
    for each in found:
        try:
            readable.append(RawCertificate(bytes(each[Attribute.ID]), bytes(each[Attribute.VALUE])))
        except _GONE:
            raise
        except (pkcs11.PKCS11Error, *_STRANGE) as error:
            failure = error
    if failure is not None and not readable:
        raise failure
    return tuple(readable)


def _private_key(session: Any, key_id: bytes) -> Any:
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
    keys = list(session.get_objects(wanted))
    if len(keys) != 1:
        raise DriverFailed(f"{len(keys)} private keys for the certificate")
    return keys[0]


def _close(session: Any) -> None:
    # A pulled key, or a driver started afresh, closed it already.
    with contextlib.suppress(pkcs11.PKCS11Error):
        session.close()


def _text(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace").strip(" \0")


def _detail(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()

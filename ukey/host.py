"""One vendor driver, driven. Lives in the driver's process (`ukey.serve`) and nowhere else.

Every call belongs on one thread: two threads inside one PKCS#11 library crash. An SKF driver (GM/T
0016) would have a host of its own beside this one, with the same methods.
"""

import contextlib
import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Mechanism, TokenFlag

from ukey import token_info
from ukey.driver_words import STRANGE, refusal, standing, told, told_of_loading
from ukey.errors import DriverFailed, NoToken, PinLength, PinLocked, TokenRemoved
from ukey.on_token import certificates_on, close_session, private_key, signing_mechanism
from ukey.protocol import HostOptions, RawCertificate, RawToken, TokenRef, mark_of
from ukey.token import PinStanding

# RFC 8017, 9.2: what stands before a SHA-256 digest in a PKCS#1 v1.5 signature.
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")

_MOST_SLOTS = 64


@dataclass(slots=True)
class _Opened:
    token: TokenRef
    session: Any
    key: Any
    mechanism: Mechanism


class DriverHost:
    """Loads a driver's library at its first call, and asks it. Everything raises UKeyError.

    One host a library and process: a second one would close the first one's sessions.
    """

    def __init__(self, library: Path, options: HostOptions) -> None:
        self._path = library
        self._options = options
        self._library: Any = None
        self._info: token_info.TokenInfoReader | None = None
        self._sees_any = False
        # By slot and serial: a serial alone is not always one of a kind.
        self._mechanisms: dict[tuple[int, str], frozenset[Mechanism]] = {}
        self._certificates: dict[tuple[int, str], tuple[RawCertificate, ...]] = {}
        self._shared_serials: set[str] = set()
        self._opened: dict[int, _Opened] = {}
        self.is_worn = False
        """The library did not start again: only another process can use it."""

    def tokens(self) -> list[RawToken]:
        """Every plugged key, with its certificates: they need no PIN.

        Some drivers notice a new key only when started afresh. That closes every session, so it
        is done only while no key is open, and where nothing is seen or the driver is known for it.
        """
        if self._options.restart_to_notice or not self._sees_any:
            self._start_afresh()
        else:
            self._start()
        found, failures = [], []
        with told(self._path):
            slots = self._filled_slots()
        self._sees_any = bool(slots)
        for slot in slots:
            try:
                with told(self._path):
                    token = self._looked_at(slot)
            except TokenRemoved:
                continue
            except DriverFailed as failure:
                failures.append(failure)
                continue
            if token is not None:
                found.append(token)
        # One reader that fails must not hide the key in another.
        if failures and not found:
            raise failures[0]
        self._forget_all_but(found)
        return found

    def is_present(self, token: TokenRef) -> bool:
        """The key is plugged. Also a process that replaces another looks before it answers."""
        self._start()
        with told(self._path):
            return self._plugged(token) is not None

    def open(self, handle: int, token: TokenRef, key_ids: tuple[bytes, ...], pin: str) -> bytes:
        """Logs in and finds the private key: the first of `key_ids` that has one, returned.

        `handle` is the caller's choice. Serial or certificates are compared first, so that no other
        clerk's key counts a wrong PIN. Raises PinRefused with the standing after this try,
        PinLocked without using a try, PinMustChange, TokenRemoved, CertificateMissing and
        DriverFailed.
        """
        plugged = self._found_again(token)
        slot = plugged.slot
        session = self._logged_in(token, plugged, pin, rw=False)
        try:
            with told(self._path, partial(self._sees, token)):
                key_id, key = private_key(session, key_ids)
                mechanism = signing_mechanism(
                    key,
                    self._mechanisms_of(slot, token.serial),
                    self._options.mechanisms,
                )
        except BaseException:
            close_session(session)
            raise
        self._opened[handle] = _Opened(token, session, key, mechanism)
        return key_id

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
            with told(self._path, partial(self._sees, opened.token)):
                return bytes(opened.key.sign(message, mechanism=opened.mechanism))
        except TokenRemoved:
            self.close(handle)
            raise

    def change_pin(self, token: TokenRef, old: str, new: str) -> None:
        """Only while the key is not open. Raises as `open`, and PinLength for the new one."""
        plugged = self._found_again(token)
        session = self._logged_in(token, plugged, old, rw=True)
        try:
            with told(self._path, partial(self._sees, token)):
                try:
                    session.set_pin(old, new)
                except (pkcs11.PinLenRange, pkcs11.PinInvalid) as error:
                    # The old one was just taken, so this is about the new one.
                    assert self._info is not None
                    said = self._info.read(plugged.slot.slot_id)
                    raise PinLength(
                        _length(said.pin_min if said else 0), _length(said.pin_max if said else 0)
                    ) from error
                except pkcs11.PinIncorrect as error:
                    raise refusal(error, plugged.slot) or error from error
        finally:
            close_session(session)

    def close(self, handle: int) -> None:
        """Logs out. Quiet when the key is not open, or gone."""
        opened = self._opened.pop(handle, None)
        if opened is not None:
            close_session(opened.session)

    def stop(self) -> None:
        """Closes every key and lets the driver go."""
        for handle in list(self._opened):
            self.close(handle)
        if self._library is not None and self._library.initialized:
            self._library.finalize()

    @property
    def has_open_keys(self) -> bool:
        """Somebody is logged in, whom the process's end would log out."""
        return bool(self._opened)

    # --- driver and slots ------------------------------------------------------------------------

    def _start(self) -> None:
        if self._library is None:
            with told_of_loading(self._path):
                self._library = pkcs11.lib(str(self._path))
            self._info = token_info.TokenInfoReader(self._path, self._options.label_encodings)
        elif not self._library.initialized:
            with told(self._path):
                self._library.initialize()

    def _start_afresh(self) -> None:
        if self._library is None or self._opened or not self._library.initialized:
            self._start()
        else:
            # Some do not come up again in the same process.
            self.is_worn = True
            with told(self._path):
                self._library.reinitialize()
            self.is_worn = False

    def _found_again(self, token: TokenRef) -> Any:
        """The key, fetched anew: its flags are a snapshot taken with the binding's token."""
        self._start()
        with told(self._path):
            plugged = self._plugged(token)
        if plugged is None:
            raise TokenRemoved("not plugged any more")
        return plugged

    def _plugged(self, token: TokenRef) -> Any:
        """The key as it is now, mostly where it was. None when it is in no slot.

        Its serial is enough where it was and while no other key says the same; else the
        certificates, which need no PIN, tell whose key it is.
        """
        slots = self._filled_slots()
        found = [plugged for slot in slots if (plugged := _same(slot, token)) is not None]
        if len(found) > 1:
            self._shared_serials.add(token.serial)
        if self._is_unique(token.serial) and found and found[0].slot.slot_id == token.slot:
            return found[0]
        return next((each for each in found if _has_certificates_of(each, token)), None)

    def _filled_slots(self) -> list[Any]:
        """Asked each time: many a driver notices a pull by this question and by no other."""
        try:
            return list(self._library.get_slots(True))[:_MOST_SLOTS]
        except pkcs11.PKCS11Error:
            # The binding asks how many, then which. A key that goes in between makes it make one
            # up, and for one that comes its room is too small.
            return list(self._library.get_slots(True))[:_MOST_SLOTS]

    def _sees(self, token: TokenRef) -> bool:
        """Something with that serial is in that slot; whose it is does not matter now."""
        try:
            slots = self._filled_slots()
        except pkcs11.PKCS11Error:
            return False
        return any(s.slot_id == token.slot and _same(s, token) is not None for s in slots)

    def _is_unique(self, serial: str) -> bool:
        return serial.strip("0") != "" and serial not in self._shared_serials

    def _looked_at(self, slot: Any) -> RawToken | None:
        assert self._info is not None
        info = self._info.read(slot.slot_id)
        if info is None:
            return None
        is_initialized = bool(info.flags & token_info.CKF_TOKEN_INITIALIZED)
        if not is_initialized and self._options.ignores_blank:
            return None
        place = (slot.slot_id, info.serial)
        certificates = self._certificates_in(slot, place) if is_initialized else ()
        return RawToken(
            slot=slot.slot_id,
            serial=info.serial,
            label=info.label,
            maker=info.maker,
            pin=standing(info.flags),
            pin_min=_length(info.pin_min),
            pin_max=_length(info.pin_max),
            is_initialized=is_initialized,
            has_pin=bool(info.flags & token_info.CKF_USER_PIN_INITIALIZED),
            must_change_pin=bool(info.flags & token_info.CKF_USER_PIN_TO_BE_CHANGED),
            certificates=certificates,
        )

    def _certificates_in(self, slot: Any, place: tuple[int, str]) -> tuple[RawCertificate, ...]:
        is_open = any((o.token.slot, o.token.serial) == place for o in self._opened.values())
        # A second session beside the open one gains nothing, and some drivers have but one. And a
        # real key takes a second to be read, while it is looked at twice a second.
        if place in self._certificates and (is_open or self._is_unique(place[1])):
            return self._certificates[place]
        # Asked now and not at log-in, which the clerk waits for.
        self._mechanisms_of(slot, place[1])
        self._certificates[place] = certificates_on(slot.get_token())
        return self._certificates[place]

    def _mechanisms_of(self, slot: Any, serial: str) -> frozenset[Mechanism]:
        place = (slot.slot_id, serial)
        if place not in self._mechanisms:
            self._mechanisms[place] = frozenset(slot.get_mechanisms())
        return self._mechanisms[place]

    def _forget_all_but(self, found: list[RawToken]) -> None:
        """A key that was pulled is read again when it comes back: it may have been renewed."""
        there = {(token.slot, token.serial) for token in found}
        for known in (self._certificates, self._mechanisms):
            for place in known.keys() - there:
                del known[place]
        seen = Counter(token.serial for token in found)
        self._shared_serials.update(serial for serial, count in seen.items() if count > 1)

    # --- PIN -------------------------------------------------------------------------------------

    def _logged_in(self, token: TokenRef, plugged: Any, pin: str, *, rw: bool) -> Any:
        if standing(plugged.flags) is PinStanding.LOCKED:
            raise PinLocked("locked before this try")
        with told(self._path, partial(self._sees, token)):
            try:
                return plugged.open(rw=rw, user_pin=pin)
            except pkcs11.PKCS11Error as error:
                refused = None
                try:
                    refused = refusal(error, plugged.slot)
                    if refused is None:
                        raise
                    raise refused from error
                finally:
                    # It holds this frame, which holds the PIN: they would keep each other.
                    del refused
                    self._forget_failed_login()

    def _forget_failed_login(self) -> None:
        """The binding leaves the session of a failed login open: only a fresh start closes it.

        Not while another key is open, which that would close; then the session stays until later.
        """
        if not self._opened:
            self.is_worn = True
            with contextlib.suppress(pkcs11.PKCS11Error):
                self._library.reinitialize()
                self.is_worn = False


def _same(slot: Any, token: TokenRef) -> Any:
    """The key in the slot if it is this one."""
    try:
        plugged = slot.get_token()
    except pkcs11.PKCS11Error:
        return None
    return plugged if token_info.serial_text(plugged.serial) == token.serial else None


def _has_certificates_of(plugged: Any, token: TokenRef) -> bool:
    """Not when they cannot be read: then nobody knows whose key it is."""
    try:
        return TokenFlag.TOKEN_INITIALIZED in plugged.flags and (
            mark_of(certificates_on(plugged)) == token.mark
        )
    except (pkcs11.PKCS11Error, *STRANGE):
        return False


def _length(said: int) -> int:
    """PIN lengths come as 0, or as an all-ones "unavailable", when a driver does not know."""
    longest_sane = 255
    return said if 0 < said <= longest_sane else 0

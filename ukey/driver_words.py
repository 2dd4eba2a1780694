"""What a PKCS#11 driver says when something fails, in our words. For the driver's process only."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pkcs11

from ukey.errors import (
    DriverFailed,
    PinLocked,
    PinMustChange,
    PinNotSet,
    PinRefused,
    TokenRemoved,
    UKeyError,
)
from ukey.preflight import loader_failure
from ukey.token import PinStanding

# What a pulled key answers without a doubt...
GONE = (
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
STRANGE = (ValueError, TypeError, LookupError, OverflowError, MemoryError)
_VENDORS = "Unmapped error code "
"""What the binding writes before a return code, in hex, that PKCS#11 has no name for."""
_NOTICED_WITHIN = 0.6  # seconds; PC/SC tells of a pull within 0.4
_LOOK_EVERY = 0.05
_VENDOR_DEFINED = 0x80000000


@contextlib.contextmanager
def told(path: Path, is_plugged: Callable[[], bool] | None = None) -> Iterator[None]:
    """Puts a driver's error into our words; what may be a pull is held against `is_plugged`."""
    try:
        yield
    except GONE as error:
        raise TokenRemoved(detail_of(error)) from error
    except pkcs11.PinExpired as error:
        raise PinMustChange(detail_of(error)) from error
    except pkcs11.PKCS11Error as error:
        if is_plugged is not None and isinstance(error, _VAGUE) and _vanishes(is_plugged):
            raise TokenRemoved(detail_of(error)) from error
        raise DriverFailed(path, detail_of(error)) from error
    except STRANGE as error:
        raise DriverFailed(path, detail_of(error)) from error


@contextlib.contextmanager
def told_of_loading(path: Path) -> Iterator[None]:
    """The same while the library is loaded, when the loader has words of its own."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        # A return code has a class of its own; the loader's text comes as the bare one.
        if type(error) is pkcs11.PKCS11Error and not str(error).startswith(_VENDORS):
            raise loader_failure(path, str(error)) from error
        raise DriverFailed(path, detail_of(error)) from error
    except STRANGE as error:
        raise DriverFailed(path, detail_of(error)) from error


def refusal(error: Exception, slot: Any) -> UKeyError | None:
    """What a failed login says about the PIN; None when it says nothing about it."""
    if isinstance(error, pkcs11.PinLocked):
        return PinLocked("locked")
    if isinstance(error, pkcs11.PinExpired):
        return PinMustChange("expired")
    if isinstance(error, pkcs11.UserPinNotInitialized):
        return PinNotSet("no user PIN")
    # Too long or not digits for this key is wrong all the same, and may have cost a try.
    if isinstance(error, pkcs11.PinIncorrect | pkcs11.PinInvalid | pkcs11.PinLenRange):
        left = standing(slot.get_token().flags)
        return PinLocked("this try") if left is PinStanding.LOCKED else PinRefused(left)
    return None


def standing(flags: int) -> PinStanding:
    """How far the PIN is from being locked, from a token's flags."""
    if flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
        return PinStanding.LOCKED
    if flags & pkcs11.TokenFlag.USER_PIN_FINAL_TRY:
        return PinStanding.LAST
    if flags & pkcs11.TokenFlag.USER_PIN_COUNT_LOW:
        return PinStanding.LOW
    return PinStanding.FULL


def detail_of(error: Exception) -> str:
    """For whoever mends it: the return code's name, or its hex value where it has none."""
    text = str(error)
    if text.startswith(_VENDORS):
        return text.removeprefix(_VENDORS)
    # Python writes values that it has no name for as decimal numbers.
    words = [hex(int(w)) if w.isdecimal() and int(w) > 0xFF else w for w in text.split()]
    return " ".join([type(error).__name__, *words])


def _vanishes(is_plugged: Callable[[], bool]) -> bool:
    """The key is out of its slot, or will be seen to be in a moment."""
    until = time.monotonic() + _NOTICED_WITHIN
    while True:
        if not is_plugged():
            return True
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_EVERY)

"""What a token says of itself, as the bytes it says it in. For the driver's process only.

The binding decodes labels as UTF-8 and drops what is none: old keys write GB18030. So the one call
is made a second time, by ctypes, on the library that the binding has loaded and initialised.
"""

import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path

from ukey.errors import DriverFailed

# PKCS#11 v2.40, 2.1: structures are packed on Windows, where an unsigned long has four bytes.
_IS_PACKED = sys.platform == "win32"
_VERSION = ctypes.c_ubyte * 2
_GET_TOKEN_INFO = 6  # place among the functions of CK_FUNCTION_LIST

# CKR_SLOT_ID_INVALID, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED.
_NO_KEY = frozenset((0x3, 0x32, 0xE0, 0xE1))

CKF_USER_PIN_INITIALIZED = 0x8
CKF_TOKEN_INITIALIZED = 0x400
CKF_USER_PIN_TO_BE_CHANGED = 0x80000


class _TokenInfo(ctypes.Structure):
    """CK_TOKEN_INFO."""

    if _IS_PACKED:
        _pack_ = 1
    _fields_ = [
        ("label", ctypes.c_ubyte * 32),
        ("manufacturer", ctypes.c_ubyte * 32),
        ("model", ctypes.c_ubyte * 16),
        ("serial", ctypes.c_ubyte * 16),
        ("flags", ctypes.c_ulong),
        ("max_sessions", ctypes.c_ulong),
        ("sessions", ctypes.c_ulong),
        ("max_rw_sessions", ctypes.c_ulong),
        ("rw_sessions", ctypes.c_ulong),
        ("pin_max", ctypes.c_ulong),
        ("pin_min", ctypes.c_ulong),
        ("total_public", ctypes.c_ulong),
        ("free_public", ctypes.c_ulong),
        ("total_private", ctypes.c_ulong),
        ("free_private", ctypes.c_ulong),
        ("hardware_version", _VERSION),
        ("firmware_version", _VERSION),
        ("utc_time", ctypes.c_ubyte * 16),
    ]


class _FunctionList(ctypes.Structure):
    """The beginning of CK_FUNCTION_LIST, as far as it is needed."""

    if _IS_PACKED:
        _pack_ = 1
    _fields_ = [("version", _VERSION), ("functions", ctypes.c_void_p * (_GET_TOKEN_INFO + 1))]


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """CK_TOKEN_INFO, decoded. PIN lengths as the key says them: 0 or nonsense is possible."""

    label: str
    maker: str
    serial: str
    flags: int
    pin_min: int
    pin_max: int


class TokenInfoReader:
    """Of one library, which the binding must have loaded."""

    def __init__(self, library: Path, encodings: tuple[str, ...]) -> None:
        self._encodings = encodings
        self._path = library
        loaded = ctypes.CDLL(str(library))
        listed = ctypes.POINTER(_FunctionList)()
        if loaded.C_GetFunctionList(ctypes.byref(listed)) != 0 or not listed:
            raise DriverFailed(library, "C_GetFunctionList")
        shape = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.POINTER(_TokenInfo))
        # Kept, because what it points to goes with it.
        self._loaded = loaded
        self._ask = shape(listed.contents.functions[_GET_TOKEN_INFO])

    def read(self, slot: int) -> TokenInfo | None:
        """None when nothing is in the slot that could be a key. Raises DriverFailed."""
        info = _TokenInfo()
        code = self._ask(slot, ctypes.byref(info))
        if code in _NO_KEY:
            return None
        if code != 0:
            raise DriverFailed(self._path, f"C_GetTokenInfo {code:#x}")
        return TokenInfo(
            label=self._decoded(bytes(info.label)),
            maker=self._decoded(bytes(info.manufacturer)),
            serial=serial_text(bytes(info.serial)),
            flags=info.flags,
            pin_min=info.pin_min,
            pin_max=info.pin_max,
        )

    def _decoded(self, raw: bytes) -> str:
        # A driver may cut a text at 32 bytes, in the middle of a character.
        raw = raw.split(b"\0", 1)[0].rstrip(b" ")
        for encoding in self._encodings:
            for cut in range(min(4, len(raw) + 1)):
                try:
                    text = raw[: len(raw) - cut].decode(encoding)
                except UnicodeDecodeError:
                    # Only a full field can have been cut.
                    if len(raw) < 30:
                        break
                    continue
                return "".join(c for c in text if c.isprintable())
        return raw.decode("ascii", "backslashreplace")


def serial_text(raw: bytes) -> str:
    """A serial number as text, the same by the binding's bytes and by ours."""
    return raw.decode("ascii", "backslashreplace").strip(" \0")

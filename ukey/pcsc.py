"""Asks the operating system's smart card service whether it runs and which readers it has.

A driver that depends on it shows no key and no error when the service is down. Linux asks
libpcsclite, Windows winscard (not checked on Windows).
"""

import ctypes
import sys
import threading

from ukey.errors import SmartCardServiceDown

_SYSTEM_SCOPE = 2
_TIMEOUT = 0x8010000A
_NO_READERS = 0x8010002E
# More characters than the service has names for: pcscd knows 16 readers of 128.
_ROOM = 1 << 16

if sys.platform == "win32":
    _LIBRARY = "winscard.dll"
    _LIST = "SCardListReadersW"
    _ENCODING, _WIDTH = "utf-16-le", 2
    _Library, _Context = ctypes.WinDLL, ctypes.c_size_t
else:
    _LIBRARY = "libpcsclite.so.1"
    _LIST = "SCardListReaders"
    _ENCODING, _WIDTH = "utf-8", 1
    _Library, _Context = ctypes.CDLL, ctypes.c_long


def readers(deadline: float = 2.0) -> tuple[str, ...]:
    """Names of the readers, empty without any. May be called from any thread.

    Raises SmartCardServiceDown with the service's code, the name of its library when that is
    missing, or 0x8010000A when nothing was answered before the deadline (seconds).
    """
    global _question
    with _lock:
        # One that hangs stands for all later ones too: each would cost another thread.
        if _question is None or not _question.is_alive():
            _question = _Question()
            _question.start()
        question = _question
    question.join(deadline)
    if question.is_alive():
        raise SmartCardServiceDown(f"0x{_TIMEOUT:08X}")
    if question.problem:
        raise SmartCardServiceDown(question.problem)
    return question.names


class _Question(threading.Thread):
    """The service has no time limit of its own, so that this thread may have to be left behind."""

    def __init__(self) -> None:
        super().__init__(name="smart-card-service", daemon=True)
        self.names: tuple[str, ...] = ()
        self.problem = ""

    def run(self) -> None:
        try:
            self.names = _ask()
        except _Refused as error:
            self.problem = f"0x{error.code:08X}"
        # AttributeError: a library of this name without these functions.
        except (OSError, AttributeError):
            self.problem = _LIBRARY


_lock = threading.Lock()
_question: _Question | None = None


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _ask() -> tuple[str, ...]:
    """Raises _Refused, OSError and AttributeError."""
    service = _Library(_LIBRARY)
    # DWORD is unsigned long on both systems: 64 bits on Linux, 32 on Windows.
    scope, room = ctypes.c_ulong(_SYSTEM_SCOPE), ctypes.c_ulong(_ROOM)
    names = ctypes.create_string_buffer(_ROOM * _WIDTH)
    context = _Context()
    _ensure(service.SCardEstablishContext(scope, None, None, ctypes.byref(context)))
    try:
        _ensure(service[_LIST](context, None, names, ctypes.byref(room)))
    except _Refused as error:
        if error.code == _NO_READERS:
            return ()
        raise
    finally:
        service.SCardReleaseContext(context)
    listed = names.raw[: room.value * _WIDTH].decode(_ENCODING, "replace")
    return tuple(name for name in listed.split("\0") if name)


def _ensure(answer: int) -> None:
    # Codes have their highest bit set, which comes as a minus.
    if code := answer & 0xFFFFFFFF:
        raise _Refused(code)

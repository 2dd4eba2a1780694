"""Signals that end the program, turned into an orderly end: contexts stop what they started."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from PyQt5.QtCore import QCoreApplication, QMetaObject, Qt

# Windows has no SIGHUP.
_ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def unwind_on_signals() -> None:
    """SIGTERM and SIGHUP raise SystemExit in the main thread, which must call this."""
    for number in _ENDINGS:
        # nohup, and a shell's background job, ignore some: that stays.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _unwind)


def _unwind(number: int, _frame: FrameType | None) -> None:
    # A second one must not interrupt the clearing up.
    for each in _ENDINGS:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


@contextmanager
def signals_close_the_window() -> Iterator[None]:
    """While Qt's loop runs inside, these and Ctrl+C end the loop first, then raise SystemExit.

    Python sleeps while Qt waits, and an exception inside a slot would be a crash. So Python's own
    wake-up socket is heard by a thread, which asks Qt to quit.
    """
    signals = [*_ENDINGS, signal.SIGINT]
    hears, wakes = socket.socketpair()
    wakes.setblocking(False)
    told: list[int] = []

    def listen() -> None:
        for byte in iter(lambda: hears.recv(1), b""):
            application = QCoreApplication.instance()
            if byte[0] in signals and application is not None:
                told.append(byte[0])
                QMetaObject.invokeMethod(application, "quit", Qt.ConnectionType.QueuedConnection)

    before = {number: signal.getsignal(number) for number in signals}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _leave_to_qt)
    old = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=listen, name="signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(old)
        wakes.close()
        listener.join()
        hears.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    if told:
        raise SystemExit(128 + told[0])


def _leave_to_qt(number: int, _frame: FrameType | None) -> None:
    if QCoreApplication.instance() is None:
        raise SystemExit(128 + number)

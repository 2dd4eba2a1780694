"""What keeps a driver's process from harming the machine, or from outliving the client."""

import os
import sys

MEMORY_LIMIT = 2 * 1024**3
"""Bytes of address space. A driver that grows without end meets it long before the machine does."""

SPENT_MEMORY = 256 * 1024**2
"""Bytes once held. A process that had more is replaced when no key is open."""


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _EXTENDED_LIMIT_INFORMATION = 9
    _PROCESS_MEMORY = 0x100
    _DIE_ON_UNHANDLED_EXCEPTION = 0x400
    _KILL_ON_JOB_CLOSE = 0x2000

    class _BasicLimits(ctypes.Structure):
        _fields_ = [
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        ]

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = [
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        ]

    def tie(process_handle: int) -> int:
        """Called by the client: the process ends with it and holds no more than the limit.

        Returns the job's handle, to be kept as long as the process. Not checked on Windows.
        """
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        job = kernel.CreateJobObjectW(None, None)
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = (
            _PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION | _KILL_ON_JOB_CLOSE
        )
        limits.ProcessMemoryLimit = MEMORY_LIMIT
        kernel.SetInformationJobObject(
            wintypes.HANDLE(job),
            _EXTENDED_LIMIT_INFORMATION,
            ctypes.byref(limits),
            ctypes.sizeof(limits),
        )
        kernel.AssignProcessToJobObject(wintypes.HANDLE(job), wintypes.HANDLE(process_handle))
        return int(job or 0)

    def confine(_lifeline: int) -> None:
        """Called in the driver's process: no window of the system's asks about a crash."""
        no_fault_boxes = 0x0001 | 0x0002 | 0x8000
        ctypes.WinDLL("kernel32").SetErrorMode(no_fault_boxes)

    def memory_held() -> int:
        """Bytes that this process held at most; 0 where it is not known."""
        return 0

else:
    import fcntl
    import resource
    import signal

    def confine(lifeline: int) -> None:
        """Called in the driver's process, before anything is loaded.

        `lifeline` is the reading end of a pipe that nobody ever writes to. When the client ends,
        however it does, the kernel sends SIGIO for it, and that ends this process: even while a
        driver hangs with Python's lock in its hands, which no thread of ours would survive.
        """
        # A core file would hold the PIN.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        signal.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        # The client may have ended before the kernel was asked to tell of it.
        try:
            gone = os.read(lifeline, 1) == b""
        except BlockingIOError:
            gone = False
        if gone:
            os._exit(0)

    def memory_held() -> int:
        """Bytes that this process held at most."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

"""What keeps a driver's process from harming the machine, or from outliving the client."""

import os
import sys
from pathlib import Path

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

        Returns the job's handle, for `untie` once the process has ended. Raises OSError. Not
        checked on Windows.
        """
        kernel = _kernel()
        job = kernel.CreateJobObjectW(None, None)
        if not job:
            raise ctypes.WinError(ctypes.get_last_error())
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = (
            _PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION | _KILL_ON_JOB_CLOSE
        )
        limits.ProcessMemoryLimit = MEMORY_LIMIT
        size = ctypes.sizeof(limits)
        if not (
            kernel.SetInformationJobObject(
                job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size
            )
            and kernel.AssignProcessToJobObject(job, wintypes.HANDLE(process_handle))
        ):
            error = ctypes.WinError(ctypes.get_last_error())
            kernel.CloseHandle(job)
            raise error
        return int(job)

    def untie(job: int) -> None:
        """Closes the job's handle, which ends what is still in it."""
        _kernel().CloseHandle(wintypes.HANDLE(job))

    def confine(_lifeline: int, library: Path) -> None:
        """Called in the driver's process: no window of the system's asks about a crash."""
        no_fault_boxes = 0x0001 | 0x0002 | 0x8000
        kernel = _kernel()
        kernel.SetErrorMode(no_fault_boxes)
        # The binding loads by LoadLibrary alone, which does not look beside the library itself.
        kernel.SetDllDirectoryW(str(library.parent))

    def memory_held() -> int:
        """Bytes that this process held at most; 0 where it is not known."""
        return 0

    def _kernel() -> "ctypes.WinDLL":
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.SetInformationJobObject.argtypes = [
            *(wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
        ]
        kernel.AssignProcessToJobObject.argtypes = [wintypes.HANDLE, wintypes.HANDLE]
        return kernel

else:
    import fcntl
    import resource
    import signal

    def confine(lifeline: int, _library: Path) -> None:
        """Called in the driver's process, before anything is loaded.

        `lifeline` is the reading end of a pipe that nobody ever writes to. When the client ends,
        however it does, the kernel sends SIGIO for it, and that ends this process: even while a
        driver hangs with Python's lock in its hands, which no thread of ours would survive.
        """
        # A core file would hold the PIN.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = MEMORY_LIMIT if most == resource.RLIM_INFINITY else min(MEMORY_LIMIT, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
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
        # Not getrusage: its peak counts what the client held before this was started from it.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

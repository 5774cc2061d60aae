"""Processes that work for another: how they end with it, and what their own end means. Standard library only."""

from __future__ import annotations

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1
SIGKILL = getattr(signal, "SIGKILL", 9)
"""Windows has no name for it."""
NO_THREAD_DATA = 127
"""What glibc ends a process with that has no memory for the data of a new thread."""
OUT_OF_MEMORY = (-SIGKILL, NO_THREAD_DATA)
"""Exit codes that most likely mean that memory ran out."""


def end_with_parent() -> None:
    """Have the system end this process with the one that started it, even if it is stopped or deep in compiled code.

    Else it might still write when nobody knows of it any more. Only Linux can; elsewhere nothing is done.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)


def trim_heap() -> None:
    """Give freed memory back to the system, which a C library may keep in pieces for the next time.

    Only glibc can be told to; elsewhere nothing is done.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def describe_exit(code: int | None) -> str:
    """Return what an exit code says about a process, to go on from its name: ``was killed, most likely …``.

    Args:
        code: as `subprocess` and `multiprocessing` have it, minus the number of a signal; None if it is not known.
    """
    if code == -SIGKILL:
        return "was killed, most likely because memory ran out"
    if code == NO_THREAD_DATA:
        return f"ended because memory ran out (exit code {code})"
    if code is None or code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"crashed ({signal.Signals(-code).name})"
    except ValueError:  # a signal of another system
        return f"crashed (signal {-code})"

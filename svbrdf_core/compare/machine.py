"""Peak memory of a piece of work in this process, and the name of the processor."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def start_counting() -> None:
    """Forget the peak so far, where the system can (Linux); elsewhere a peak is the whole process's."""
    if RESET.exists():
        try:
            RESET.write_text("5", encoding="ascii")
        except OSError:  # no right to: the peak stays the process's
            return


def peak_mb() -> float:
    """Return the most memory held since `start_counting`, in MB; other programs that were called are not in it.

    Linux's ``getrusage`` starts at what the parent held when it started us, so its own count is asked first.
    """
    if STATUS.is_file():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def processor() -> str:
    """Return the name of the processor, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())

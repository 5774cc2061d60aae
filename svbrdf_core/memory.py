"""The memory that this machine, or the container this runs in, has."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says what a container may have: version 2, version 1."""


def memory_size() -> int | None:
    """Return the bytes of memory; None where the system does not tell (Windows)."""
    found = []
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in GROUPS:
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            found.append(int(path.read_text(encoding="ascii")))
    return min(found, default=None)

"""Locks of open files, which the system lets go when their process ends in whatever way."""

from __future__ import annotations

import sys
from typing import IO, Any


def lock_file(stream: IO[Any]) -> None:
    """Lock an open file until it is closed.

    Raises:
        OSError: another process holds it.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

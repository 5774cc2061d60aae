"""Pieces of work for the pool's tests, at the top of a module so that another process can find them."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from svbrdf_core.errors import FillError
from svbrdf_core.tensors.threads import map_in_threads


def double(value: int) -> int:
    return 2 * value


def fail() -> None:
    raise FillError("The hole cannot be filled; paint less.")


def slip() -> None:
    raise KeyError("roughness")


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(7)


def sleep(beat: Path) -> None:
    """Touch a file again and again, for a minute."""
    for _ in range(600):
        beat.write_text(str(time.monotonic()), encoding="utf-8")
        time.sleep(0.1)


def threads() -> str:
    return os.environ["NUMBA_NUM_THREADS"]


def begun() -> int:
    """Return how many threads work that could take any number takes."""
    seen = set()

    def note(_: int) -> None:
        seen.add(threading.get_ident())
        time.sleep(0.01)  # so that every thread that there is comes to its turn

    map_in_threads(note, range(20))
    return len(seen)

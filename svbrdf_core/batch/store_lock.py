"""A lock in an object store, by writing on the condition that there is no such object.

Locks are numbered, and the highest counts. Its holder writes it anew all the while, and says at last that it is free.
One that was not written for a while, or whose process is gone from this machine, is of a batch that was killed. Whoever
writes the next number first has it, for the store lets only one.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from svbrdf_core.batch.places import address
from svbrdf_core.batch.row import HOME
from svbrdf_core.batch.stores import create, list_below, read, remove, write
from svbrdf_core.errors import OutputError, SvbrdfError

EVERY = 20.0
"""Seconds between two writings."""
STALE = 180.0
"""Seconds without one after which a lock counts for nothing."""
RUN = uuid.uuid4().hex
"""Of this process, whose number another had before."""


@contextmanager
def hold_store(out: Path) -> Iterator[None]:
    """Keep other batches from an address.

    Raises:
        OutputError: another one is at work there, or it cannot be written.
    """
    lock = _take(out)
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(lock, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        write(lock, _text(free=True))


def _take(out: Path) -> Path:
    folder = out / HOME / "locks"
    known = [file.path for file in list_below(folder)]
    if known:
        _check_free(out, known[-1])
    number = int(known[-1].stem) + 1 if known else 1
    lock = folder / f"{number:09d}.json"
    if not create(lock, _text(free=False)) or list_below(folder)[-1].path != lock:
        raise _busy(out, "began at this moment")
    remove(known)
    return lock


def _check_free(out: Path, lock: Path) -> None:
    try:
        about = json.loads(read([lock]).get(lock, b"null"))
        free, machine, process, run = (about[name] for name in ("free", "machine", "process", "run"))
        when = float(about["when"])
    except (ValueError, TypeError, KeyError):
        return  # whatever it is, it is no lock of ours
    age = time.time() - when
    # A container that was started again numbers its processes from one again.
    is_gone = machine == _machine() and (not _is_alive(process) or (process == os.getpid() and run != RUN))
    if free or age > STALE or is_gone:
        return
    raise _busy(out, f"on {about.get('host')} was at work {max(0.0, age):.0f} s ago")


def _busy(out: Path, told: str) -> OutputError:
    return OutputError(
        f"Another batch is at work in {address(out)} (one {told}); wait for it, {STALE:.0f} s if its machine was lost, "
        "or give another address."
    )


def _keep(lock: Path, over: threading.Event) -> None:
    while not over.wait(EVERY):
        try:
            write(lock, _text(free=False))
        except SvbrdfError:
            continue  # the store may come back; if it does not, results cannot be written either


def _text(*, free: bool) -> bytes:
    about: dict[str, Any] = {
        "free": free, "host": socket.gethostname(), "machine": _machine(), "process": os.getpid(), "run": RUN,
        "when": time.time(),
    }  # fmt: skip
    return json.dumps(about).encode()


def _machine() -> str:
    """Return what tells this machine, or container, from others: a process is known by its number there alone."""
    parts = [socket.gethostname(), str(uuid.getnode())]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:  # no Linux
        pass
    return " ".join(parts)


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":
        return True  # which cannot be asked without harm
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

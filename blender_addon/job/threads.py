"""Daemon threads for what may take long: background work that is handed back to the main thread, and parallel work."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ..client import Stopped, UserError
from ..client.gate import GATE

T = TypeVar("T")
LOG = logging.getLogger(__name__)
MAX_PARALLEL = 4


class Background:
    """Threads that do what may take long; nothing of it may touch bpy."""

    def __init__(self) -> None:
        self._outcomes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether anything is being done, or came and was not asked for yet."""
        with self._lock:
            return bool(self._threads) or not self._outcomes.empty()

    def run(self, work: Callable[[], T], then: Callable[[T | UserError], None]) -> None:
        """Do something in a thread; what came of it, or a UserError, goes to ``then``, which `poll` calls."""

        def do() -> None:
            outcome = _catch_errors(work)
            with self._lock:
                self._outcomes.put(lambda: then(outcome))
                self._threads.discard(threading.current_thread())

        with self._lock:
            if not self._closed:
                self._threads.add(GATE.start(do))

    def poll(self) -> bool:
        """Hand over what came since the last time, on this thread; whether there was anything."""
        came: list[Callable[[], None]] = []
        while not self._closed:
            try:
                came.append(self._outcomes.get_nowait())
            except queue.Empty:
                break
        for hand_over in came:
            try:
                hand_over()
            except Exception:
                LOG.exception("What came of background work could not be taken")
        return bool(came)

    def close(self, timeout: float = 1.0) -> None:
        """Take no more work and hand nothing over any more; threads that still work are given a moment."""
        with self._lock:
            self._closed, threads = True, list(self._threads)
        end = time.monotonic() + timeout
        for thread in threads:
            if thread.is_alive():  # one that was to start when the gate opens may not have started
                thread.join(max(0.0, end - time.monotonic()))


def run_parallel(work: Iterable[Callable[[], T]], failed: threading.Event | None = None) -> list[T]:
    """Return what each piece of work returns, in order; the first error is raised, and nothing more is begun.

    The threads are daemons, unlike those of ``concurrent.futures``, so that Blender never waits for them at its end.

    Args:
        work: to be done, `MAX_PARALLEL` at a time.
        failed: set when something failed, for those that still work.
    """
    pieces = list(enumerate(work))
    failed = failed or threading.Event()
    results: dict[int, T] = {}
    errors: list[BaseException] = []
    lock = threading.Lock()

    def do() -> None:
        while not failed.is_set():
            with lock:
                if not pieces:
                    return
                number, piece = pieces.pop(0)
            try:
                results[number] = piece()
            except BaseException as error:
                with lock:
                    errors.append(error)
                failed.set()

    threads = [GATE.start(do) for _ in range(min(MAX_PARALLEL, len(pieces)))]
    with GATE.resting():
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    return [results[number] for number in sorted(results)]


def unexpected_error(error: Exception) -> UserError:
    """Return what the user is told of a fault of ours, which goes to the log in full."""
    sentence = f"Something went wrong that is our fault ({type(error).__name__}); see the console."
    return UserError("broken", sentence)


def _catch_errors(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except UserError as error:
        return error
    except Stopped:
        return UserError("lost", "This was stopped before it was done.")
    except Exception as error:
        LOG.exception("Background work failed")
        return unexpected_error(error)

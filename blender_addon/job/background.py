"""Work comes in from the main thread and is done by others; what came of it goes back when the main thread asks."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ..wire import Stopped, Trouble

T = TypeVar("T")
LOG = logging.getLogger(__name__)


class Background:
    """Threads that do what may take long; nothing of it may touch bpy."""

    def __init__(self) -> None:
        self._came: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether anything is being done, or came and was not asked for yet."""
        with self._lock:
            return bool(self._threads) or not self._came.empty()

    def run(self, work: Callable[[], T], then: Callable[[T | Trouble], None]) -> None:
        """Do something in a thread; what came of it, or Trouble, goes to ``then``, which `poll` calls."""

        def do() -> None:
            came = _done(work)
            with self._lock:
                self._came.put(lambda: then(came))
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=do, name="svbrdf", daemon=True)
        with self._lock:
            if self._closed:
                return
            self._threads.add(thread)
            thread.start()

    def poll(self) -> bool:
        """Hand over what came since the last time, on this thread; whether there was anything."""
        came: list[Callable[[], None]] = []
        while not self._closed:
            try:
                came.append(self._came.get_nowait())
            except queue.Empty:
                break
        for hand_over in came:
            try:
                hand_over()
            except Exception:
                LOG.exception("What came of background work could not be taken")
        return bool(came)

    def close(self, patience: float = 1.0) -> None:
        """Take no more work and hand nothing over any more; threads that still work are given a moment."""
        with self._lock:
            self._closed, threads = True, list(self._threads)
        end = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))


def _done(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Trouble as trouble:
        return trouble
    except Stopped:
        return Trouble("lost", "This was stopped before it was done.")
    except Exception as error:
        LOG.exception("Background work failed")
        return Trouble("broken", f"Something went wrong that is our fault ({type(error).__name__}); see the console.")

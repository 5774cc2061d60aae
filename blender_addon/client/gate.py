"""A gate at which the add-on's threads stand still while Blender runs an operator in an overridden context.

Blender up to 5.0 has a fault. While an operator runs it has given Python's lock away, and where ``temp_override`` is in
force it still looks into the override's dictionary. For that it takes the lock only if ``PyThreadState_GetDict`` says
that no thread holds it. Until Python 3.11 that answers for all threads, so that Blender and whichever thread is at work
change Python's objects at once, and Blender crashes. From Python 3.12 on it answers for the thread that asks, and the
gate is never closed.

Threads of the add-on are started by `Gate.start`, wait by `Gate.sleep` or in slices of `SLICE` seconds, and call
`Gate.pause` between the slices and in long loops. What remains: a thread that rests in one long call, such as the
search for a host's name, or comes to no pause within `PATIENCE`, does harm if that call ends within the operator, for
the few steps until it stands still; and nothing here can stop the threads of other add-ons.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

NEEDED = sys.version_info < (3, 12)
PATIENCE = 0.25
"""Seconds that whoever closes the gate waits for threads to stand still."""
SLICE = 0.05 if NEEDED else 0.2
"""Seconds that a thread waits for anything before it looks whether it is to stand still, or not to wait any more."""


class Gate:
    """Threads that may run, until whoever closes the gate has them stand still."""

    def __init__(self, *, needed: bool = NEEDED) -> None:
        self.needed = needed
        self._lock = threading.RLock()
        self._stands_still, self._opens = threading.Condition(self._lock), threading.Condition(self._lock)
        self._closed = 0
        self._running: set[threading.Thread] = set()
        self._standing: set[threading.Thread] = set()
        self._ending: set[threading.Thread] = set()
        self._late: list[threading.Thread] = []

    def start(self, do: Callable[[], object]) -> threading.Thread:
        """Start a daemon thread, or, within `closed`, have it start when the gate opens."""

        def run() -> None:
            try:
                do()
            finally:
                with self._lock:
                    self._ending.add(threading.current_thread())
                    self._leave()

        thread = threading.Thread(target=run, name="svbrdf", daemon=True)
        with self._lock:
            self.pause()
            if self._closed:
                self._late.append(thread)
            else:
                self._begin(thread)
        return thread

    def pause(self) -> float:
        """Stand still while the gate is closed, where a thread of this gate calls; return for how many seconds."""
        if not self._closed:
            return 0.0
        began = time.monotonic()
        with self._lock:
            if self._leave():
                self._come_back()
        return time.monotonic() - began

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Count as standing still: in one call that lets go of Python's lock, or waits for another thread of ours."""
        with self._lock:
            ran = self._leave()
        try:
            yield
        finally:
            if ran:
                with self._lock:
                    self._come_back()

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Wait for an event so long; return whether it happened."""
        end = time.monotonic() + seconds
        wake = wake or threading.Event()
        while not wake.is_set() and (left := end - time.monotonic()) > 0:
            self.pause()
            wake.wait(min(left, SLICE) if self.needed else left)
        return wake.is_set()

    @contextlib.contextmanager
    def closed(self) -> Iterator[bool]:
        """Have the threads stand still, where there is need; for Blender's main thread, and may be nested.

        Within it nothing may be waited for that such a thread has to do. Gives whether all stand still.
        """
        if not self.needed:
            yield False
            return
        with self._lock:
            self._closed += 1
        try:
            yield self._wait_until_all_stand_still()
        finally:
            self._open()

    def _wait_until_all_stand_still(self) -> bool:
        end = time.monotonic() + PATIENCE
        with self._lock:
            stand = self._stands_still.wait_for(lambda: not self._running, PATIENCE if self._closed == 1 else 0.0)
            ending = list(self._ending)
        for thread in ending:
            thread.join(max(end - time.monotonic(), 0.0))
        with self._lock:
            self._ending = {thread for thread in self._ending if thread.is_alive()}
            return stand and not self._ending

    def _open(self) -> None:
        with self._lock:
            self._closed -= 1
            if self._closed:
                return
            self._running |= self._standing  # from now on, so that the gate is not closed again before they are awake
            self._standing.clear()
            self._opens.notify_all()
            late, self._late = self._late, []
            for thread in late:
                self._begin(thread)

    def _begin(self, thread: threading.Thread) -> None:
        self._ending = {one for one in self._ending if one.is_alive()}
        self._running.add(thread)
        thread.start()

    def _leave(self) -> bool:
        """Note that this thread runs no more; return whether it is one of this gate's, and did."""
        me = threading.current_thread()
        if me not in self._running:
            return False
        self._running.discard(me)
        if not self._running:
            self._stands_still.notify()
        return True

    def _come_back(self) -> None:
        me = threading.current_thread()
        if self._closed:
            self._standing.add(me)
            self._opens.wait_for(lambda: me not in self._standing)
        else:
            self._running.add(me)


GATE = Gate()
"""The one of this Blender."""

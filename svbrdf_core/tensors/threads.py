"""Array work on several threads, of which the caller's is one, so that a thread that cannot start is not waited for."""

from __future__ import annotations

import _thread
import os
import queue
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from svbrdf_core.cores import count_share

T = TypeVar("T")
R = TypeVar("R")

Job = Callable[[], None]


def _acquire(lock: _thread.LockType, errors: list[BaseException]) -> None:
    """Wait for a lock even if the user interrupts: what was begun works on the caller's arrays and files."""
    while True:
        try:
            lock.acquire()
            return
        except BaseException as error:
            errors.append(error)


class _Helpers:
    """Threads that wait for work, since starting one takes as long as a short kernel."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._alive = 0

    def ask(self, job: Job, count: int) -> None:
        """Have up to so many threads do a job too; those that cannot start are missing."""
        alive = min(self._alive, count)
        for _ in range(alive):
            self._jobs.put(job)
        for _ in range(count - alive):
            try:
                _thread.start_new_thread(self._live, (job,))
            except RuntimeError:  # there can be no more threads
                return

    def _live(self, job: Job) -> None:
        job()
        del job  # with the arrays that it holds
        if self._alive >= count_share() - 1:
            return
        self._alive += 1
        while True:
            self._jobs.get()()


_helpers = _Helpers()


def _forget_helpers() -> None:
    """Begin anew in a child process, which has none of its parent's threads."""
    global _helpers
    _helpers = _Helpers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_helpers)


def begin(function: Callable[[], R]) -> Callable[[], R]:
    """Have another thread call a function when it has time; return what gives its result.

    Whoever asks for the result first calls the function himself if no thread has begun, and waits if one has.

    Raises:
        Exception: what the function raised, when its result is asked for.
    """
    results: list[R] = []
    errors: list[BaseException] = []
    taken, ended = _thread.allocate_lock(), _thread.allocate_lock()
    ended.acquire()

    def work() -> None:
        if not taken.acquire(blocking=False):
            return
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)
        finally:
            ended.release()

    def ask() -> R:
        work()
        with ended:
            if errors:
                raise errors[0]
            return results[0]

    _helpers.ask(work, min(count_share() - 1, 1))
    return ask


def map_in_threads(function: Callable[[T], R], items: Sequence[T], threads: int | None = None) -> list[R]:
    """Return what a function makes of each item, in their order; worth it where the function leaves Python's lock.

    `concurrent.futures` waits for ever for a thread that finds no memory to begin with. Here such a thread is only
    missed: the caller works like the others, and waits for what others have taken, not for them.

    Args:
        function: called once with each item.
        items: what it is called with.
        threads: at the most; as many as this process has cores if None.

    Raises:
        Exception: the first one that the function raised; what was not begun by then is not.
    """
    results: list[R | None] = [None] * len(items)
    errors: list[BaseException] = []
    waiting = deque(range(len(items)))
    ended = [_thread.allocate_lock() for _ in items]
    for lock in ended:
        lock.acquire()

    def work() -> None:
        while True:
            try:
                at = waiting.popleft()
            except IndexError:
                return
            try:
                if not errors:
                    results[at] = function(items[at])
            except BaseException as error:
                errors.append(error)
            finally:
                ended[at].release()

    _helpers.ask(work, min(count_share() if threads is None else threads, len(items)) - 1)
    work()
    for lock in ended:
        _acquire(lock, errors)
    if errors:
        raise errors[0]
    return results  # type: ignore[return-value]  # all are done

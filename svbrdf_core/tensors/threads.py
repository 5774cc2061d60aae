"""Array work on several threads, of which the caller's is one, so that a thread that cannot start is not waited for."""

from __future__ import annotations

import _thread
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from svbrdf_core.cores import count_cores

T = TypeVar("T")
R = TypeVar("R")


def map_in_threads(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return what a function makes of each item, in their order; worth it where the function leaves Python's lock.

    `concurrent.futures` waits for ever for a thread that finds no memory to begin with. Here such a thread is only
    missed: the caller works like the others, and waits for what others have taken, not for them.

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

    for _ in range(min(count_cores(), len(items)) - 1):
        with contextlib.suppress(RuntimeError):  # there can be no more threads
            _thread.start_new_thread(work, ())
    work()
    for lock in ended:
        lock.acquire()
    if errors:
        raise errors[0]
    return results  # type: ignore[return-value]  # all are done

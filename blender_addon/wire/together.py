"""Several things to do come in; they are done at the same time, and what came of them goes out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 4


def together(work: Iterable[Callable[[], T]], over: threading.Event | None = None) -> list[T]:
    """Return what each piece of work returns, in order; the first error is raised, and nothing more is begun.

    The threads are daemons, unlike those of ``concurrent.futures``, so that Blender never waits for them at its end.

    Args:
        work: to be done, `AT_ONCE` at a time.
        over: set when something failed, for those that still work.
    """
    pieces = list(enumerate(work))
    over = over or threading.Event()
    came: dict[int, T] = {}
    errors: list[BaseException] = []
    lock = threading.Lock()

    def do() -> None:
        while not over.is_set():
            with lock:
                if not pieces:
                    return
                number, piece = pieces.pop(0)
            try:
                came[number] = piece()
            except BaseException as error:
                with lock:
                    errors.append(error)
                over.set()

    threads: Sequence[threading.Thread] = [
        threading.Thread(target=do, name="svbrdf", daemon=True) for _ in range(min(AT_ONCE, len(pieces)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [came[number] for number in sorted(came)]

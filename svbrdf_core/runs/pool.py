"""A pool of processes that may die.

A method may crash the interpreter or never return; the rest goes on. The standard pools give up when one process
dies, so each worker here has a pipe of its own.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from svbrdf_core.cores import share_cores
from svbrdf_core.errors import SvbrdfError
from svbrdf_core.runs.processes import describe_exit, end_with_parent

Work = Callable[[], Any]
TICK = 0.5
"""Seconds between two looks at the clock."""


@dataclass(frozen=True)
class WorkOutcome:
    """What became of one piece of work.

    Attributes:
        number: which one.
        value: what it returned; None if it failed.
        why: why it failed, in a sentence; None if it did not.
    """

    number: int
    value: Any
    why: str | None


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    number: int | None = None
    since: float = field(default=0.0)


class Pool:
    """Processes that do one piece of work after the other, for as long as they are wanted; to be used in ``with``.

    Args:
        processes: how many run at a time, each with its share of the cores.
        seconds: the time one piece may take; None for any.
    """

    def __init__(self, processes: int, seconds: float | None = None) -> None:
        self._processes, self._seconds = processes, seconds
        self._workers: list[_Worker] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            _end(worker)
        self._workers.clear()

    def run(self, work: Sequence[Work], needs: Sequence[int] = (), budget: int | None = None) -> Iterator[WorkOutcome]:
        """Yield the outcomes of pieces of work as they come; closing the iterator ends what is at work.

        Args:
            work: functions that can be pickled by name, with their arguments (`functools.partial`).
            needs: what each piece needs of something that there is only so much of, such as bytes of memory.
            budget: of that; what needs more runs alone. None for no limit.
        """
        waiting = list(range(len(work)))[::-1]
        workers = self._workers
        try:
            while waiting or any(worker.number is not None for worker in workers):
                while (number := _choose(waiting, workers, self._processes, needs, budget)) is not None:
                    worker = _idle(workers, self._processes)
                    worker.number, worker.since = number, time.monotonic()
                    worker.pipe.send(work[number])
                yield from _collect(workers, self._seconds)
        finally:
            for worker in [worker for worker in workers if worker.number is not None]:
                workers.remove(worker)
                _end(worker)


def _choose(
    waiting: list[int], workers: Sequence[_Worker], processes: int, needs: Sequence[int], budget: int | None
) -> int | None:
    """Take the next piece of work that there is a process and room for; None if there is none."""
    busy = [worker.number for worker in workers if worker.number is not None]
    if len(busy) >= processes:
        return None
    left = None if budget is None or not busy else budget - sum(needs[number] for number in busy)
    for at in range(len(waiting) - 1, -1, -1):
        if left is None or needs[waiting[at]] <= left:
            return waiting.pop(at)
    return None


def _idle(workers: list[_Worker], processes: int) -> _Worker:
    free = next((worker for worker in workers if worker.number is None), None)
    if free is None:
        ours, theirs = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=_serve, args=(theirs, processes), daemon=True)
        process.start()
        theirs.close()
        free = _Worker(process, ours)
        workers.append(free)
    return free


def _collect(workers: list[_Worker], seconds: float | None) -> Iterator[WorkOutcome]:
    ready = wait([worker.pipe for worker in workers if worker.number is not None], TICK)
    for worker in [w for w in workers if w.pipe in ready]:
        number, worker.number = worker.number, None
        assert number is not None  # only those at work were waited for
        try:
            value, why = worker.pipe.recv()
        except (EOFError, OSError):
            workers.remove(worker)
            _end(worker)
            value, why = None, f"Its process {describe_exit(worker.process.exitcode)}."
        yield WorkOutcome(number, value, why)
    for worker in list(workers):
        if worker.number is not None and _is_late(worker, seconds):
            workers.remove(worker)
            _end(worker)
            yield WorkOutcome(worker.number, None, f"It took more than {seconds:g} seconds and was stopped.")


def _is_late(worker: _Worker, seconds: float | None) -> bool:
    return seconds is not None and time.monotonic() - worker.since > seconds


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.join(0.2)
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()


def _serve(pipe: Connection, processes: int) -> None:
    """Do one piece of work after the other until the other end is closed."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    share_cores(processes)  # the work's own modules, which read that, are imported when it is received
    while True:
        try:
            work = pipe.recv()
        except (EOFError, OSError):
            return
        answer: tuple[Any, str | None]
        try:
            answer = (work(), None)
        except SvbrdfError as error:
            answer = (None, str(error))
        except Exception as error:
            answer = (None, f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except OSError:  # the parent is gone
            return
